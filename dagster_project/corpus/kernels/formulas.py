"""Formulas of a page: TeX as it stands in MathML's annotations, in scripts of MathJax, and in elements called math."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.kernels import copying
from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import needle, packed

MATH, DIV, SPAN = packed("math"), packed("div"), packed("span")
ALTTEXT, ENCODING, TYPE, CLASS = packed("alttext"), packed("encoding"), packed("type"), packed("class")
END_OF_MATH, ANNOTATION, TEX = needle("</math"), needle("<annotation"), needle("tex")
MATH_SCRIPT = needle("math/tex")
CLASSES = (needle("math"), needle("math-tex"), needle("tex"), needle("katex"), needle("mathjax"))


@bare
def formula(page: Any, at: Any, end: Any, room: Any) -> Any:
    """A math element: its TeX in its place where it has any, else its own text."""
    state = room.state
    alt = m.find(room.attributes, room.said[m.COUNT], ALTTEXT)
    start, stop = (room.attributes[alt, m.VALUE], room.attributes[alt, m.VALUE_END]) if alt >= 0 else (0, 0)
    closes, copied = room.said[m.CLOSES_ITSELF], room.said[m.COPY_END]
    close = len(page) if closes or state[k.HAS_NO_MATH_END] else _end_of_math(page, end)
    if close < len(page):
        left, right = _annotation(page, end, close, room)
        start, stop = (left, right) if right > left else (start, stop)
        if stop > start:
            _put_tex(page, start, stop, True, room)
            return after_end_tag(page, close)
    elif not closes:
        state[k.HAS_NO_MATH_END] = 1
    if not state[k.MATH] and not closes:
        state[k.MATHML] = k.new_mark(room, e.MATHML, -1, 0, 0) + 1
        k.put_mark(room, state[k.MATHML] - 1)
    copying.copy_text(page, at, copied, room)
    if closes:
        k.put_byte(room, m.SLASH)
    else:
        state[k.FOREIGN], state[k.FOREIGN_DEPTH] = MATH, 1
    k.put_byte(room, m.GREATER)
    return end


@bare
def end_formula(room: Any) -> Any:
    """Mark the end of a math element that was copied."""
    number = room.state[k.MATHML] - 1
    if number >= 0:
        k.put_mark(room, k.new_mark(room, e.END, number, 0, 0))
    room.state[k.MATHML] = 0


@bare
def _end_of_math(page: Any, at: Any) -> Any:
    while at < len(page):
        if page[at] == m.LESS and m.begins(page, at, len(page), END_OF_MATH):
            return at
        at += 1
    return at


@bare
def after_end_tag(page: Any, at: Any) -> Any:
    """Where the end tag at `at` ends."""
    while at < len(page) and page[at] != m.GREATER:
        at += 1
    return min(at + 1, len(page))


@bare
def _annotation(page: Any, at: Any, end: Any, room: Any) -> Any:
    """Where the TeX of a math element stands: (start, end), or (0, 0)."""
    while at < end:
        if page[at] == m.LESS and m.begins(page, at, end, ANNOTATION) and at + 11 < end and m.is_space(page[at + 11]):
            start = m.attributes(page, at + 11, room.attributes, room.said)
            place = m.find(room.attributes, room.said[m.COUNT], ENCODING)
            if 0 < start <= end and place >= 0:
                row = room.attributes[place]
                if m.contains(page, row[m.VALUE], row[m.VALUE_END], TEX):
                    stop = start
                    while stop < end and page[stop] != m.LESS:
                        stop += 1
                    return start, stop
        at += 1
    return 0, 0


@bare
def _put_tex(page: Any, start: Any, end: Any, knows_references: Any, room: Any) -> Any:
    """Write TeX as text with its marks, unless a formula around it has them already."""
    while start < end and m.is_space(page[start]):
        start += 1
    while start < end and m.is_space(page[end - 1]):
        end -= 1
    state, number = room.state, -1
    if not state[k.MATH]:
        number = k.new_mark(room, e.MATH, -1, 0, 0)
        k.put_mark(room, number)
    visible = copying.copy_escaped(page, start, end, room, knows_references)
    if state[k.HIDDEN] == 0 and state[k.QUIET] == 0:
        state[k.VISIBLE] += visible
    if number >= 0:
        k.put_mark(room, k.new_mark(room, e.END, number, 0, 0))


@bare
def script(page: Any, start: Any, end: Any, room: Any) -> Any:
    """Whether a script is a formula of MathJax, which is then written as text."""
    place = m.find(room.attributes, room.said[m.COUNT], TYPE)
    if place < 0 or room.state[k.QUIET]:
        return False
    row = room.attributes[place]
    if not m.begins(page, row[m.VALUE], row[m.VALUE_END], MATH_SCRIPT):
        return False
    _put_tex(page, start, end, False, room)
    return True


@bare
def begin_container(page: Any, name: Any, room: Any) -> Any:
    """A span or div whose class says that it is a formula."""
    state = room.state
    if name not in (SPAN, DIV):
        return
    if state[k.MATH]:
        state[k.MATH_DEPTH] += name == _name(room)
        return
    place = m.find(room.attributes, room.said[m.COUNT], CLASS)
    if place < 0 or not _is_formula(page, room.attributes[place, m.VALUE], room.attributes[place, m.VALUE_END]):
        return
    number = k.new_mark(room, e.MATH, name == DIV, 1, 0)
    if number >= 0:
        state[k.MATH], state[k.MATH_DEPTH] = number + 1, 1
        k.put_mark(room, number)


@bare
def _name(room: Any) -> Any:
    return DIV if room.partners[room.state[k.MATH] - 1] else SPAN


@bare
def end_container(name: Any, room: Any) -> Any:
    """The end tag of such a span or div."""
    state = room.state
    if not state[k.MATH] or name != _name(room):
        return
    state[k.MATH_DEPTH] -= 1
    if state[k.MATH_DEPTH] == 0:
        number, state[k.MATH] = state[k.MATH] - 1, 0
        k.put_mark(room, k.new_mark(room, e.END, number, 0, 0))


@bare
def _is_formula(page: Any, at: Any, end: Any) -> Any:
    while at < end:
        stop = at
        while stop < end and not m.is_space(page[stop]):
            stop += 1
        for one in CLASSES:
            if stop - at == len(one) and m.begins(page, at, stop, one):
                return True
        at = stop + 1
    return False
