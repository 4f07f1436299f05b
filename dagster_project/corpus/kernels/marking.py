"""A copy of a page in which marks stand where structure begins and ends, for a parser that forgets its elements.

A mark is an image with an alternative text of one code point: parsers hand such texts on, but do not weigh them when
they set links against words. Marks of tables and rows wait for the cell that follows, for a parser moves what stands
between cells out of the table. The copy leaves out what costs a parser time without bound, and no text of the page:
scripts, styles, comments, tags of elements deeper than DEEPEST, attributes past ATTRIBUTES.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import evidence
from dagster_project.corpus.kernels import formulas
from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels import nesting
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import needle, packed

DEEPEST, FORMATTED = 400, 48  # the latter of elements such as <b>, which a parser opens again in every block
DIV, SVG, MATH, SCRIPT, PRE = packed("div"), packed("svg"), packed("math"), packed("script"), packed("pre")
SELECT, INPUT, TEXTAREA, TITLE = packed("select"), packed("input"), packed("textarea"), packed("title")
XMP, PLAINTEXT, HIDDEN, STYLE = packed("xmp"), packed("plaintext"), packed("hidden"), packed("style")
A, END_OF_ANCHOR = packed("a"), needle("</a>")  # as its author meant it: else all that follows is one link
HREF, SRC, DATA_SRC, ALT = packed("href"), packed("src"), packed("data-src"), packed("alt")
DISPLAY, VISIBILITY, NONE = needle("display"), needle("visibility"), needle("none")


def mark(page: NDArray[np.uint8]) -> k.Room:
    """The marked copy of a page, with the table of its marks and of the tags that hold evidence."""
    room = k.room(page)
    _mark(page, room)
    return room


@bare
def _mark(page: Any, room: Any) -> Any:
    at, size = 0, len(page)
    while at < size:
        if page[at] != m.LESS:
            at = _text(page, at, room)
        elif at + 1 < size and m.is_letter(page[at + 1]):
            at = _start_tag(page, at, room)
        elif at + 2 < size and page[at + 1] == m.SLASH and m.is_letter(page[at + 2]):
            at = _end_tag(page, at, room)
        elif at + 1 < size and (page[at + 1] == m.BANG or page[at + 1] == m.QUESTION or page[at + 1] == m.SLASH):
            at = _declaration(page, at, room)
        else:
            at = _text(page, at, room)


@bare
def _text(page: Any, start: Any, room: Any) -> Any:
    size, end = len(page), start + 1
    while end < size and page[end] != m.LESS:
        end += 1
    visible = k.copy_text(page, start, end, room)
    state = room.state
    if end - start <= 2 * m.LONGEST_REFERENCE and visible:
        k.put_filler(page, start, end, room)
    if state[k.HIDDEN] == 0 and state[k.QUIET] == 0:
        state[k.VISIBLE] += visible
    return end


@bare
def _declaration(page: Any, at: Any, room: Any) -> Any:
    """A comment leaves an empty one, for a parser asks what stands beside what; CDATA counts in SVG and MathML."""
    end = m.comment_end(page, at)
    if room.state[k.FOREIGN] and m.begins(page, at, len(page), CDATA):
        return k.copy_cdata(page, at, room)
    is_doctype = m.begins(page, at, len(page), DOCTYPE)
    if is_doctype:
        k.copy_raw(page, at, end, room)
    elif page[at + 1] != m.SLASH or page[min(at + 2, len(page) - 1)] != m.GREATER:
        for byte in COMMENT:
            k.put_byte(room, byte)
    return end


CDATA, DOCTYPE, COMMENT = needle("<![cdata["), needle("<!doctype"), needle("<!---->")


@bare
def _start_tag(page: Any, at: Any, room: Any) -> Any:
    after = m.name_end(page, at + 1)
    name = m.name_at(page, at + 1, after)
    end = m.attributes(page, after, room.attributes, room.said)
    if end < 0:
        return len(page)
    place, state = e.place_of(name), room.state
    flags = e.FLAGS[place]
    evidence.note(page, at, end, name, flags, room)
    if state[k.FOREIGN] and not flags & e.BREAKS_OUT:
        return _foreign(page, at, end, name, room)
    state[k.FOREIGN] = 0
    if flags & (e.DROPPED | e.KEPT_RAW) or name == PLAINTEXT:
        return _raw(page, at, after, end, name, flags, room)
    if state[k.QUIET] and not _leaves_select(state, name):
        state[k.QUIET_DEPTH] += name == state[k.QUIET]
        k.copy_text(page, at, room.said[m.COPY_END], room)
        k.put_byte(room, m.GREATER)
        return end
    if name == MATH:
        return formulas.formula(page, at, end, room)
    if not flags & e.VOID:
        _hide(page, name, flags, room)
    return _element(page, at, after, end, name, place, room)


@bare
def _element(page: Any, at: Any, after: Any, end: Any, name: Any, place: Any, room: Any) -> Any:
    """An element of HTML proper: what it closes is marked before its tag, and itself after."""
    flags, kind, state = e.FLAGS[place], e.KINDS[place], room.state
    nesting.make_way(name, flags, kind, room)
    if not _is_let_in(flags, state):
        return end
    if kind == e.IMAGE:
        return _image(page, at, after, end, room)
    k.copy_text(page, at, room.said[m.COPY_END], room)
    k.put_byte(room, m.GREATER)
    if name == A and room.said[m.CLOSES_ITSELF]:
        k.copy_raw(END_OF_ANCHOR, 0, len(END_OF_ANCHOR), room)
        return end
    if flags & e.QUIET and not room.said[m.CLOSES_ITSELF]:
        state[k.QUIET], state[k.QUIET_DEPTH] = name, 1
    elif name == SVG and not room.said[m.CLOSES_ITSELF]:
        state[k.FOREIGN], state[k.FOREIGN_DEPTH] = name, 1
    elif kind >= 0:
        start, stop = _value(page, kind, room)
        if stop >= 0 and not (kind == e.CODE and nesting.is_in_block(start, stop, room)):
            nesting.enter(name, kind, start, stop, room)
    else:
        formulas.begin_container(page, name, room)
        if name == DIV:
            start, stop = k.language_of(page, room.attributes, room.said[m.COUNT])
            if stop > start:
                state[k.LANGUAGE], state[k.LANGUAGE_END] = start, stop
    return end


@bare
def _is_let_in(flags: Any, state: Any) -> Any:
    """Whether the tag is copied: not deeper than any real page."""
    if flags & (e.VOID | e.FLAT):
        return True
    is_formatting = flags & e.FORMATTING != 0
    if state[k.LEFT_OUT] or state[k.DEPTH] >= DEEPEST or (is_formatting and state[k.FORMATS] >= FORMATTED):
        state[k.LEFT_OUT] += 1
        return False
    state[k.DEPTH] += 1
    state[k.FORMATS] += is_formatting
    return True


@bare
def _is_let_out(flags: Any, state: Any) -> Any:
    """Whether an end tag is copied: those of tags left out are left out."""
    if flags & (e.VOID | e.FLAT):
        return True
    if state[k.LEFT_OUT]:
        state[k.LEFT_OUT] -= 1
        return False
    state[k.DEPTH] = max(0, state[k.DEPTH] - 1)
    if flags & e.FORMATTING:
        state[k.FORMATS] = max(0, state[k.FORMATS] - 1)
    return True


@bare
def _value(page: Any, kind: Any, room: Any) -> Any:
    """Where the value of a structure stands: the target of a link, the language of code; (0, -1) for a link to nothing."""
    rows, count, state = room.attributes, room.said[m.COUNT], room.state
    if kind == e.LINK:
        place = m.find(rows, count, HREF)
        return (rows[place, m.VALUE], rows[place, m.VALUE_END]) if place >= 0 else (0, -1)
    if kind == e.CODE_BLOCK or kind == e.CODE:
        start, end = k.language_of(page, rows, count)
        if kind == e.CODE_BLOCK and end == 0:
            start, end = state[k.LANGUAGE], state[k.LANGUAGE_END]
        return start, end
    return 0, 0


@bare
def _image(page: Any, at: Any, after: Any, end: Any, room: Any) -> Any:
    """Put the marks into the alternative text itself, so that they share its lot; a later one of its name is ignored."""
    rows, count = room.attributes, room.said[m.COUNT]
    place, alt = m.find(rows, count, SRC), m.find(rows, count, ALT)
    if place < 0:
        place = m.find(rows, count, DATA_SRC)
    start, stop = (rows[alt, m.VALUE], rows[alt, m.VALUE_END]) if alt >= 0 else (0, 0)
    quote = _quote(page, start, stop)
    state = room.state
    k.copy_text(page, at, after, room)
    if quote and (place >= 0 or stop > start) and not state[k.QUIET]:
        value, value_end = (rows[place, m.VALUE], rows[place, m.VALUE_END]) if place >= 0 else (0, 0)
        number = k.new_mark(room, e.IMAGE, -1, value, value_end)
        for byte in IMAGE:
            k.put_byte(room, byte)
        k.put_byte(room, quote)
        if number >= 0:
            k.put_number(room, number)
        visible = k.copy_text(page, start, stop, room)
        if number >= 0:
            k.put_number(room, k.new_mark(room, e.END, number, 0, 0))
        k.put_byte(room, quote)
        state[k.VISIBLE] += visible if state[k.HIDDEN] == 0 else 0
    k.copy_text(page, after, room.said[m.COPY_END], room)
    k.put_byte(room, m.GREATER)
    return end


IMAGE = needle(" alt=")


@bare
def _quote(page: Any, start: Any, end: Any) -> Any:
    """A quote that page[start:end] has none of; 0 where it has both."""
    has_double, has_single = False, False
    for i in range(start, end):
        has_double |= page[i] == m.DOUBLE
        has_single |= page[i] == m.SINGLE
    return 0 if has_double and has_single else m.SINGLE if has_double else m.DOUBLE


@bare
def _raw(page: Any, at: Any, after: Any, end: Any, name: Any, flags: Any, room: Any) -> Any:
    """An element whose content is no markup: of scripts and their like only the tags are copied."""
    if name == PLAINTEXT:
        stop = len(page)
    elif name == SCRIPT:
        stop = m.script_end(page, end, at + 1)
        if formulas.script(page, end, stop, room):
            return formulas.after_end_tag(page, stop)
    else:
        stop = m.raw_end(page, end, at + 1, after - at - 1)
    evidence.end_text(stop, name, room)
    k.copy_text(page, at, room.said[m.COPY_END], room)
    k.put_byte(room, m.GREATER)
    if name == XMP or name == PLAINTEXT:
        k.copy_raw(page, end, stop, room)
    elif not flags & e.DROPPED:
        k.copy_text(page, end, stop, room)
    after_tag = formulas.after_end_tag(page, stop)
    k.copy_raw(page, stop, after_tag, room)
    if name == SELECT or name == TEXTAREA:
        room.state[k.QUIET] = 0
    return after_tag


@bare
def _foreign(page: Any, at: Any, end: Any, name: Any, room: Any) -> Any:
    """A tag in SVG or MathML, where a mark would end the drawing."""
    state = room.state
    if name == state[k.FOREIGN] and not room.said[m.CLOSES_ITSELF]:
        state[k.FOREIGN_DEPTH] += 1
    closes = room.said[m.CLOSES_ITSELF]
    if not closes and not _is_let_in(0, state):
        return end
    k.copy_text(page, at, room.said[m.COPY_END], room)
    if closes:
        k.put_byte(room, m.SLASH)
    k.put_byte(room, m.GREATER)
    return end


@bare
def _leaves_select(state: Any, name: Any) -> Any:
    """A select is left, and its silence with it, when a field begins."""
    if state[k.QUIET] == SELECT and (name == INPUT or name == TEXTAREA):
        state[k.QUIET] = 0
        return True
    return False


@bare
def _hide(page: Any, name: Any, flags: Any, room: Any) -> Any:
    """Notice where an element begins that is not shown, and where it ends."""
    state = room.state
    if state[k.HIDDEN]:
        if name == state[k.HIDDEN]:
            state[k.HIDDEN_DEPTH] += 0 if flags & e.FLAT else 1
            if flags & e.FLAT:
                state[k.HIDDEN] = 0
        if state[k.HIDDEN]:
            return
    if name and _is_hidden(page, room):
        state[k.HIDDEN], state[k.HIDDEN_DEPTH] = name, 1


@bare
def _is_hidden(page: Any, room: Any) -> Any:
    rows = room.attributes
    for i in range(room.said[m.COUNT]):
        if rows[i, m.NAME] == HIDDEN:
            return True
        if rows[i, m.NAME] == STYLE:
            start, end = rows[i, m.VALUE], rows[i, m.VALUE_END]
            if m.contains(page, start, end, DISPLAY_NONE) or m.contains(page, start, end, DISPLAY_NONE_APART):
                return True
            return m.contains(page, start, end, HIDDEN_STYLE) or m.contains(page, start, end, HIDDEN_STYLE_APART)
    return False


DISPLAY_NONE, DISPLAY_NONE_APART = needle("display:none"), needle("display: none")
HIDDEN_STYLE, HIDDEN_STYLE_APART = needle("visibility:hidden"), needle("visibility: hidden")


@bare
def _end_tag(page: Any, at: Any, room: Any) -> Any:
    after = m.name_end(page, at + 2)
    name = m.name_at(page, at + 2, after)
    end = m.attributes(page, after, room.attributes, room.said)
    if end < 0:
        return len(page)
    place, state = e.place_of(name), room.state
    flags = e.FLAGS[place]
    evidence.end_text(at, name, room)
    if name and name == state[k.HIDDEN]:
        state[k.HIDDEN_DEPTH] -= 1
        if state[k.HIDDEN_DEPTH] <= 0:
            state[k.HIDDEN] = 0
    is_formula = _ends_foreign(name, state)
    if state[k.QUIET]:
        if name == state[k.QUIET]:
            state[k.QUIET_DEPTH] -= 1
            if state[k.QUIET_DEPTH] <= 0:
                state[k.QUIET] = 0
                _is_let_out(flags, state)
    else:
        state[k.LANGUAGE_END] = 0 if name == DIV else state[k.LANGUAGE_END]
        formulas.end_container(name, room)
        nesting.leave(name, e.KINDS[place], room)
        if not _is_let_out(flags, state):
            return end
    k.copy_text(page, at, after, room)
    k.put_byte(room, m.GREATER)
    if is_formula:
        formulas.end_formula(room)
    nesting.leave_table(name, room)
    return end


@bare
def _ends_foreign(name: Any, state: Any) -> Any:
    """Whether the formula ends here that a parser sees; a drawing ends likewise."""
    if not state[k.FOREIGN] or name != state[k.FOREIGN]:
        return False
    state[k.FOREIGN_DEPTH] -= 1
    if state[k.FOREIGN_DEPTH] > 0:
        return False
    state[k.FOREIGN] = 0
    return name == MATH
