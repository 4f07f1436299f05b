"""Elements that a page does not show, which no reader misses."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import needle, packed

HIDDEN, STYLE = packed("hidden"), packed("style")


@bare
def hide(page: Any, name: Any, flags: Any, room: Any) -> Any:
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
