"""Which tags of a page hold evidence: where they stand, and their text."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import needle, packed

BEGIN, BEGIN_END, TEXT, TEXT_END = 0, 1, 2, 3
A, SCRIPT, TITLE, TIME = packed("a"), packed("script"), packed("title"), packed("time")
REL, HREF, TYPE, ITEMPROP = packed("rel"), packed("href"), packed("type"), packed("itemprop")
LICENSE, TAG, COMMONS, JSON_LD = needle("license"), needle("tag"), needle("creativecommons.org"), needle("ld+json")
PROPERTIES = (needle("datepublished"), needle("datemodified"), needle("license"), needle("datecreated"))


@bare
def note(page: Any, at: Any, end: Any, name: Any, flags: Any, room: Any) -> Any:
    """Keep a start tag that holds evidence; its text begins after it when it has one."""
    if not flags & e.EVIDENCE and not _speaks(page, name, room):
        return
    state = room.state
    row = room.tags[state[k.TAGS]]
    row[BEGIN], row[BEGIN_END], row[TEXT], row[TEXT_END] = at, end, 0, 0
    state[k.TAGS] += 1
    if not flags & e.VOID and not (flags & e.EVIDENCE and name != TITLE and name != TIME):
        state[k.SPEAKING], state[k.SPEAKING_NAME] = state[k.TAGS], name
        row[TEXT] = end


@bare
def _speaks(page: Any, name: Any, room: Any) -> Any:
    rows = room.attributes
    for i in range(room.said[m.COUNT]):
        what, start, end = rows[i, m.NAME], rows[i, m.VALUE], rows[i, m.VALUE_END]
        if what == ITEMPROP:
            if name == A:
                return True
            for one in PROPERTIES:
                if m.contains(page, start, end, one):
                    return True
        elif name == A and what == REL:
            if m.contains(page, start, end, LICENSE) or m.contains(page, start, end, TAG):
                return True
        elif name == A and what == HREF:
            if m.contains(page, start, end, COMMONS):
                return True
        elif name == SCRIPT and what == TYPE and m.contains(page, start, end, JSON_LD):
            return True
    return False


@bare
def end_text(at: Any, name: Any, room: Any) -> Any:
    """The text of the last tag of this name ends here."""
    state = room.state
    if state[k.SPEAKING] and state[k.SPEAKING_NAME] == name:
        room.tags[state[k.SPEAKING] - 1, TEXT_END] = at
        state[k.SPEAKING] = 0
