"""The programming languages that blocks of code are said to be in."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import needle, packed

LANGUAGES = (needle("language-"), needle("lang-"), needle("highlight-source-"), needle("highlight-"))
SOURCE_CODE = needle("sourcecode")
CLASS, DATA_LANG = packed("class"), packed("data-lang")


@bare
def language_of(page: Any, rows: Any, count: Any) -> Any:
    """Where the programming language stands in a tag's attributes: (start, end), or (0, 0)."""
    place = m.find(rows, count, DATA_LANG)
    if place >= 0:
        return rows[place, m.VALUE], rows[place, m.VALUE_END]
    place = m.find(rows, count, CLASS)
    if place < 0:
        return 0, 0
    i, end, is_next = rows[place, m.VALUE], rows[place, m.VALUE_END], False
    while i < end:
        stop = i
        while stop < end and not m.is_space(page[stop]):
            stop += 1
        if is_next:
            return i, stop
        for start in LANGUAGES:
            if m.begins(page, i, stop, start) and stop > i + len(start):
                return i + len(start), stop
        is_next = stop - i == 10 and m.begins(page, i, stop, SOURCE_CODE)
        i = stop + 1
        while i < end and m.is_space(page[i]):
            i += 1
    return 0, 0
