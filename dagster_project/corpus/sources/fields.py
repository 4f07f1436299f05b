"""Which values of a raw record mean what: the columns of a recipe applied to one JSON-like object."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import orjson

from dagster_project.corpus.model.dates import Dated
from dagster_project.corpus.model.recipes import Columns
from dagster_project.corpus.sources.batches import (
    BAD_KEY,
    BAD_PARENT,
    EMPTY_TEXT,
    EXCERPT_BYTES,
    NO_TEXT,
    NOT_UTF8,
    TEXT_NOT_A_STRING,
    DeadLetter,
    Record,
)
from dagster_project.corpus.sources.descent import BadParent, parents_in
from dagster_project.corpus.sources.moments import seconds as seconds
from dagster_project.corpus.sources.paths import UNREADABLE, Path, get, path_of, remove
from dagster_project.corpus.sources.shapes import columns_of
from dagster_project.corpus.sources.spdx_tags import tag_evidence
from dagster_project.corpus.sources.turns import BadTurn, Turns

VALUE_CHARACTERS = 4_096  # of one metadata value, in JSON; longer ones are dropped and named
NAME_CHARACTERS = 200
EVIDENCE_CHARACTERS = 2_000
DEEPEST = 32  # levels of nesting in a metadata value
DROPPED = "_dropped"
CONVERSATIONS = ("messages", "conversations")  # where published data sets have lists of turns
EXACT = frozenset({str, int, bool, type(None)})  # leaves that every JSON writer spells alike

Slot = Literal["key", "url", "title", "language", "license_evidence", "collected", "published", "parents", "generator"]
# The spelling of `canonical`, which orjson shares but for some floats, and is faster at.
ENCODE = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False, check_circular=False
).encode


class _BadKey(Exception):
    """A value that cannot locate a record."""


class Fields:
    """The columns of a recipe, ready to take records apart."""

    def __init__(self, columns: Columns):
        columns = columns_of(columns)
        self._text = path_of(columns.text)
        self._turns = Turns([(path_of(turn.column), turn.role) for turn in columns.turns])
        self._where = f"column {columns.license}"
        declared: tuple[tuple[Slot, str | None, Callable[[Any], Any]], ...] = (
            ("key", columns.key, _locator),
            ("url", columns.url, _locator),
            ("title", columns.title, _label),
            ("language", columns.language, _label),
            ("license_evidence", columns.license, self._evidence),
            ("collected", columns.collected_at, seconds),
            ("published", columns.published_at, seconds),
            ("parents", columns.parents, parents_in),
            ("generator", columns.generator, _label),
        )
        self._declared = [(slot, path_of(name), read) for slot, name, read in declared if name]

    def take(self, value: dict[str, Any], position: int, raw: bytes = b"") -> Record | DeadLetter:
        """A record, or why there is none. What no column used stays as metadata; `value` is used up."""
        row: dict[str, Any] = {}
        dates: list[Dated] = []
        used: list[Path] = []
        if self._turns:
            try:
                text, row["structure"] = self._turns.take(value)
            except BadTurn as bad:
                return DeadLetter(position, bad.reason, bad.detail, raw[:EXCERPT_BYTES])
        else:
            text, used = get(value, self._text), [self._text]
            if type(text) is not str or not text or text.isspace():
                reason, detail = _bad_text(text, self._text)
                hint = next((f"; it has {name}, which `turns` can take" for name in CONVERSATIONS if name in value), "")
                return DeadLetter(position, reason, detail + hint, raw[:EXCERPT_BYTES])
        for slot, path, read in self._declared:
            found = get(value, path)
            if found is None or found == "":
                used.append(path)
                continue
            try:
                converted = read(found)
            except (_BadKey, BadParent) as error:
                detail = f"column {'.'.join(path)} holds {error}"
                reason = BAD_PARENT if isinstance(error, BadParent) else BAD_KEY
                return DeadLetter(position, reason, detail, raw[:EXCERPT_BYTES])
            if converted is None:
                continue
            used.append(path)
            if slot == "collected" or slot == "published":
                dates.append(Dated(slot, converted, "column", f"{'.'.join(path)}: {found}"[:EVIDENCE_CHARACTERS]))
            else:
                row[slot] = converted
        for path in used:
            remove(value, path)
        if value:
            row["metadata"] = metadata(value)
        if tags := tag_evidence(text, "the text"):
            row["license_evidence"] = [*tags, *row.get("license_evidence", ())]
        return Record(position, text, dates=dates, **row)

    def _evidence(self, value: Any) -> list[dict[str, str]]:
        """One item per license that the record states, in its own words."""
        if type(value) is str:
            return [{"kind": "record.license", "value": value[:EVIDENCE_CHARACTERS], "where": self._where}]
        values = value if isinstance(value, list) else [value]
        said = [item if isinstance(item, str) else _encoded(item) for item in values if item is not None and item != ""]
        shown = [text[:EVIDENCE_CHARACTERS] for text in said if text]
        return [{"kind": "record.license", "value": text, "where": self._where} for text in shown]


def metadata(value: dict[str, Any]) -> str:
    """Canonical JSON of what a record says besides; values too long or too deep are named under `_dropped`."""
    text = _encoded(value)
    if text is not None and len(text) <= VALUE_CHARACTERS and DROPPED not in value:
        return text
    kept = {name: item for name, item in value.items() if _is_kept(name, item)}
    dropped = sorted({name[:NAME_CHARACTERS] for name in value if name not in kept})
    return ENCODE({**kept, DROPPED: dropped} if dropped else kept)


def _is_kept(name: str, value: Any) -> bool:
    if len(name) > NAME_CHARACTERS or name == DROPPED:
        return False
    text = _encoded(value)
    return text is not None and len(text) <= VALUE_CHARACTERS


def _encoded(value: Any) -> str | None:
    """Canonical JSON, or None for what has none. Depth is limited by our number, not by the interpreter's stack."""
    if _is_shallow(value, DEEPEST, _is_simple):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    if not _is_shallow(value, DEEPEST, _is_leaf):
        return None
    try:
        return ENCODE(value)
    except ValueError:  # NaN and infinities
        return None


def _is_shallow(value: Any, levels: int, is_leaf: Callable[[Any], bool]) -> bool:
    """Whether a value nests no deeper than `levels` and is made of such leaves."""
    kind = type(value)
    if not (kind is dict or kind is list):
        return is_leaf(value)
    if levels == 0:
        return False
    for item in value.values() if kind is dict else value:  # a loop: `all` over a generator takes twice as long
        if type(item) not in EXACT and not _is_shallow(item, levels - 1, is_leaf):
            return False
    return True


def _is_leaf(value: Any) -> bool:
    return type(value) in EXACT or type(value) is float


def _is_simple(value: Any) -> bool:
    """Whether orjson spells a leaf as Python does: beyond these bounds floats get an exponent, and they differ."""
    return type(value) in EXACT or (type(value) is float and (1e-4 <= abs(value) < 1e15 or value == 0))


def _bad_text(text: Any, path: Path) -> tuple[str, str]:
    column = f"column {'.'.join(path)}"
    if text is None:
        return NO_TEXT, f"{column} is missing or null"
    if isinstance(text, str):
        return EMPTY_TEXT, f"{column} holds {len(text)} characters, all of them white space"
    return NOT_UTF8 if text is UNREADABLE else TEXT_NOT_A_STRING, f"{column} holds {_kind(text)}"


def _locator(value: Any) -> str:
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    raise _BadKey(_kind(value))


def _label(value: Any) -> str | None:
    return value if type(value) is str else str(value) if type(value) is int else None


def _kind(value: Any) -> str:
    names = {bool: "true or false", float: "a fraction", list: "a list", dict: "an object", int: "a number"}
    return names.get(type(value), "bytes that are not UTF-8" if value is UNREADABLE else "another type")
