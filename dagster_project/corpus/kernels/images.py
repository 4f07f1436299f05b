"""Images: their marks stand in the alternative text."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.kernels import copying
from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import needle, packed

SRC, DATA_SRC, ALT = packed("src"), packed("data-src"), packed("alt")


@bare
def image(page: Any, at: Any, after: Any, end: Any, room: Any) -> Any:
    """Put the marks into the alternative text itself, which is then the first of its name."""
    rows, count = room.attributes, room.said[m.COUNT]
    place, alt = m.find(rows, count, SRC), m.find(rows, count, ALT)
    if place < 0:
        place = m.find(rows, count, DATA_SRC)
    start, stop = (rows[alt, m.VALUE], rows[alt, m.VALUE_END]) if alt >= 0 else (0, 0)
    quote = _quote(page, start, stop)
    state = room.state
    copying.copy_text(page, at, after, room)
    if quote and (place >= 0 or stop > start) and not state[k.QUIET]:
        value, value_end = (rows[place, m.VALUE], rows[place, m.VALUE_END]) if place >= 0 else (0, 0)
        number = k.new_mark(room, e.IMAGE, -1, value, value_end)
        for byte in IMAGE:
            k.put_byte(room, byte)
        k.put_byte(room, quote)
        if number >= 0:
            k.put_number(room, number)
        visible = copying.copy_text(page, start, stop, room)
        if number >= 0:
            k.put_number(room, k.new_mark(room, e.END, number, 0, 0))
        k.put_byte(room, quote)
        state[k.VISIBLE] += visible if state[k.HIDDEN] == 0 else 0
    copying.copy_text(page, after, room.said[m.COPY_END], room)
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
