"""A copy of a page in which marks stand where structure begins and ends, for a parser that forgets its elements.

A mark is an image with an alternative text of one code point: parsers hand such texts on, but do not weigh them when
they set links against words. Marks of tables and rows wait for the cell that follows, for a parser moves what stands
between cells out of the table. The copy leaves out what costs a parser time without bound, and no text of the page:
scripts, styles, comments, tags of elements nested too deep, attributes past ATTRIBUTES.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import copying, depth, evidence, formulas, hiding, images, languages, nesting
from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels import references as r
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import needle, packed

DIV, SVG, MATH, SCRIPT = packed("div"), packed("svg"), packed("math"), packed("script")
SELECT, INPUT, TEXTAREA = packed("select"), packed("input"), packed("textarea")
XMP, PLAINTEXT = packed("xmp"), packed("plaintext")
HTML, BODY = packed("html"), packed("body")
A, END_OF_ANCHOR = packed("a"), needle("</a>")  # as its author meant it: else all that follows is one link
HREF = packed("href")


def mark(page: NDArray[np.uint8]) -> k.Room:
    """The marked copy of a page, with the table of its marks and of the tags that hold evidence."""
    room = k.room(page)
    room.state[k.DEEPEST] = depth.deepest(len(page), len(room.tags))
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
    visible = copying.copy_text(page, start, end, room)
    state = room.state
    if end - start <= 2 * r.LONGEST_REFERENCE and visible:
        copying.put_filler(page, start, end, room)
    if state[k.HIDDEN] == 0 and state[k.QUIET] == 0:
        state[k.VISIBLE] += visible
    return end


@bare
def _declaration(page: Any, at: Any, room: Any) -> Any:
    """A comment leaves an empty one, for a parser asks what stands beside what; CDATA counts in SVG and MathML."""
    end = m.comment_end(page, at)
    if room.state[k.FOREIGN] and m.begins(page, at, len(page), CDATA):
        return copying.copy_cdata(page, at, room)
    is_doctype = m.begins(page, at, len(page), DOCTYPE)
    if is_doctype:
        copying.copy_raw(page, at, end, room)
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
        _copy_tag(page, at, after, name, room)
        return end
    if name == MATH:
        return formulas.formula(page, at, end, room)
    if not flags & e.VOID:
        hiding.hide(page, name, flags, room)
    return _element(page, at, after, end, name, place, room)


@bare
def _element(page: Any, at: Any, after: Any, end: Any, name: Any, place: Any, room: Any) -> Any:
    """An element of HTML proper: what it closes is marked before its tag, and itself after."""
    flags, kind, state = e.FLAGS[place], e.KINDS[place], room.state
    nesting.make_way(name, flags, kind, room)
    if not depth.is_let_in(flags, state):
        return end
    if kind == e.IMAGE:
        return images.image(page, at, after, end, room)
    _copy_tag(page, at, after, name, room)
    if name == A and room.said[m.CLOSES_ITSELF]:
        copying.copy_raw(END_OF_ANCHOR, 0, len(END_OF_ANCHOR), room)
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
            start, stop = languages.language_of(page, room.attributes, room.said[m.COUNT])
            if stop > start:
                state[k.LANGUAGE], state[k.LANGUAGE_END] = start, stop
    return end


@bare
def _copy_tag(page: Any, at: Any, after: Any, name: Any, room: Any) -> Any:
    """Copy a start tag; of <html> and <body> only the first with its attributes, for a parser seeks each of those of
    the others among all that it has."""
    state, end = room.state, room.said[m.COPY_END]
    if name in (HTML, BODY):
        place = k.HAS_HTML if name == HTML else k.HAS_BODY
        end = after if state[place] else end
        state[place] = 1
    copying.copy_text(page, at, end, room)
    k.put_byte(room, m.GREATER)


@bare
def _value(page: Any, kind: Any, room: Any) -> Any:
    """Where the value of a structure stands: the target of a link, the language of code; (0, -1): none."""
    rows, count, state = room.attributes, room.said[m.COUNT], room.state
    if kind == e.LINK:
        place = m.find(rows, count, HREF)
        return (rows[place, m.VALUE], rows[place, m.VALUE_END]) if place >= 0 else (0, -1)
    if kind == e.CODE_BLOCK or kind == e.CODE:
        start, end = languages.language_of(page, rows, count)
        if kind == e.CODE_BLOCK and end == 0:
            start, end = state[k.LANGUAGE], state[k.LANGUAGE_END]
        return start, end
    return 0, 0


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
    copying.copy_text(page, at, room.said[m.COPY_END], room)
    k.put_byte(room, m.GREATER)
    if name in (XMP, PLAINTEXT):
        copying.copy_raw(page, end, stop, room)
    elif not flags & e.DROPPED:
        copying.copy_text(page, end, stop, room)
    after_tag = formulas.after_end_tag(page, stop)
    copying.copy_raw(page, stop, after_tag, room)
    if name in (SELECT, TEXTAREA):
        room.state[k.QUIET] = 0
    return after_tag


@bare
def _foreign(page: Any, at: Any, end: Any, name: Any, room: Any) -> Any:
    """A tag in SVG or MathML, where a mark would end the drawing."""
    state = room.state
    if name == state[k.FOREIGN] and not room.said[m.CLOSES_ITSELF]:
        state[k.FOREIGN_DEPTH] += 1
    closes = room.said[m.CLOSES_ITSELF]
    if not closes and not depth.is_let_in(0, state):
        return end
    copying.copy_text(page, at, room.said[m.COPY_END], room)
    if closes:
        k.put_byte(room, m.SLASH)
    k.put_byte(room, m.GREATER)
    return end


@bare
def _leaves_select(state: Any, name: Any) -> Any:
    """A select is left, and its silence with it, when a field begins."""
    if state[k.QUIET] == SELECT and name in (INPUT, TEXTAREA):
        state[k.QUIET] = 0
        return True
    return False


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
                depth.is_let_out(flags, state)
    else:
        state[k.LANGUAGE_END] = 0 if name == DIV else state[k.LANGUAGE_END]
        formulas.end_container(name, room)
        nesting.leave(name, e.KINDS[place], room)
        if not depth.is_let_out(flags, state):
            return end
    copying.copy_text(page, at, after, room)
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
