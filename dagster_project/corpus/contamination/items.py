"""Benchmarks as items: a question, perhaps an answer, and the name by which a hit is reported.

A layout says which fields of a benchmark's rows are what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import Any, NamedTuple

from dagster_project.corpus.model.artifact_recipes import Layout
from dagster_project.corpus.model.errors import Refused

ROWS_AT_ONCE, MOST_DIGITS, LONGEST_ID = 4096, 9, 200
HIDDEN = ("", "-1")


class Item(NamedTuple):
    """One question of a benchmark."""

    benchmark: str
    id: str  # unique in its benchmark
    question: str
    answer: str | None


def items_of(benchmark: str, rows: Iterable[Mapping[str, Any]], layout: Layout) -> Iterator[Item]:
    """The items of a benchmark, in the order of its rows; a row that lacks a field of the layout is refused."""
    for number, row in enumerate(rows):
        try:
            yield _item(benchmark, number, row, layout)
        except _Unreadable as problem:
            raise Refused(
                f"row {number} of benchmark {benchmark} cannot be read: {problem}; correct its layout"
            ) from None


def columns_of(layout: Layout, names: Sequence[str]) -> list[str]:
    """Those columns of a table that a layout reads."""
    paths = [*layout.question, *layout.choices, layout.answer, layout.labels, layout.id]
    read = {path.split(".")[0] if path not in names else path for path in paths if path}
    return [name for name in names if name in read]


class _Unreadable(Exception):
    """What is wrong with a row."""


def _item(benchmark: str, number: int, row: Mapping[str, Any], layout: Layout) -> Item:
    question = "\n".join(text for path in layout.question for text in _texts(_field(row, path), path))
    name = str(number) if layout.id is None else " ".join(_texts(_field(row, layout.id), layout.id))
    if len(name) > LONGEST_ID:
        raise _Unreadable(f"its id has more than {LONGEST_ID} characters")
    return Item(benchmark, name, question, _answer(row, layout))


def _field(row: Mapping[str, Any], path: str) -> Any:
    """The value at a path; a field whose own name has a dot comes first."""
    if path in row:
        return row[path]
    value: Any = row
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise _Unreadable(f"it has no field {path!r}")
        value = value[name]
    return value


def _texts(value: Any, path: str) -> list[str]:
    """A text, or each text of a list; null is an empty one, so that choices keep their places."""
    if value is None:
        return [""]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one, path)]
    if isinstance(value, str | int | float):
        return [str(value).encode(errors="replace").decode()]  # JSON may hold half a surrogate pair
    raise _Unreadable(f"field {path!r} is a {type(value).__name__}, not a text or a list of texts")


def _answer(row: Mapping[str, Any], layout: Layout) -> str | None:
    if layout.answer is None:
        return None
    value = _field(row, layout.answer)
    if not layout.choices:
        return next((text for text in _texts(value, layout.answer) if text), None)
    return _chosen(value, row, layout)


def _chosen(value: Any, row: Mapping[str, Any], layout: Layout) -> str | None:
    """The text of the right choice; test sets without answers have null, nothing or -1."""
    choices = [text for path in layout.choices for text in _texts(_field(row, path), path)]
    if value is None or str(value) in HIDDEN:
        return None
    labels = _texts(_field(row, layout.labels), layout.labels) if layout.labels else []
    if isinstance(value, str) and not labels and value in choices:
        return value
    place = _place(str(int(value) if isinstance(value, bool) else value).strip(), labels, choices, layout.first)
    if not 0 <= place < len(choices):
        raise _Unreadable(f"its answer {value!r:.80} is none of its {len(choices)} choices")
    return choices[place]


def _place(answer: str, labels: Sequence[str], choices: Sequence[str], first: int) -> int:
    """The place of the right choice; one that there is not, if it cannot be told."""
    if answer in labels:
        return labels.index(answer)
    if answer.isascii() and answer.isdigit() and len(answer) <= MOST_DIGITS:
        return int(answer) - first
    if len(answer) == 1 and answer.upper() in ascii_uppercase:
        return ascii_uppercase.index(answer.upper())
    return choices.index(answer) if answer in choices else len(choices)
