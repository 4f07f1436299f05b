"""The maximal spans of some texts that stand, letter for letter, in a version, and the documents that hold each.

Two passes over the version, shard by shard on any engine: how far each text goes on in a document, wherever it begins;
then, of the spans that no longer one holds, which documents have them. Every span was compared byte by byte. Memory is
bounded by the texts at hand, not by the version: a task has a table of these, 24 bytes for each of their bytes at most,
and 4 bytes for each in which it notes how far one goes. The driver sorts pairs of spans and documents on disk.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.kernels.texts import Bytes, Offsets, buffers, sealed
from dagster_project.corpus.kernels.verbatim import Needles, holders, needles, reaches
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.portraits.spans import (
    Least,
    Numbers,
    Spans,
    characters_before,
    is_outer,
    kinds_of,
    maximal,
    starts_of_characters,
)
from dagster_project.corpus.portraits.texts import TOLD, TextShard
from dagster_project.corpus.storage.exchange import Exchange
from dagster_project.corpus.storage.runs import Runs
from dagster_project.corpus.storage.stores import Store

MEMORY_BYTES = 64 << 20
LARGEST = 1 << 30  # bytes of texts at once


class Holder(NamedTuple):
    """Where a span stands: the document, and the character of its text at which it begins there."""

    doc_id: bytes
    start: int
    source: str | None
    license: str | None
    url: str | None
    title: str | None
    position: int | None  # in the mix


class Match(NamedTuple):
    """A span that stands in the version, and within no longer one; in characters of its text."""

    text: int  # number
    start: int
    end: int
    documents: int  # different ones that hold it
    first: Holder  # of these the first, as the version has them


class Matches(NamedTuple):
    """All of them by text and start. `cut_short` documents repeat themselves so much that they were not followed to
    their end: spans, or documents that hold them, may be missing."""

    found: list[Match]
    cut_short: int


@dataclass(frozen=True)
class _Sought:
    """Needles on the store, from where each process takes them once."""

    store: Store = field(compare=False)
    path: str
    gram: int
    whole: bool


@dataclass(frozen=True)
class _Task:
    sought: _Sought
    shard: TextShard
    number: int
    least: int = 0


class _Reached(NamedTuple):
    starts: Numbers
    sizes: Numbers
    documents: int
    cut_short: int


class _HeldBy(NamedTuple):
    """Rows of one shard that hold needles; `told` of the first document of each needle."""

    needles: Numbers
    ids: bytes  # 16 for each
    told: list[tuple[int, Holder]]
    cut_short: int


def matches(store: Store, engine: Engine, shards: Sequence[TextShard], texts: Sequence[str], least: Least) -> Matches:
    """The maximal spans of the texts that stand in the shards."""
    distinct = list(dict.fromkeys(texts))
    data, bounds = buffers(pa.array(distinct, pa.large_string()))
    if len(data) > LARGEST:
        raise Refused(f"{len(data)} bytes of texts at once are more than {LARGEST}: ask about fewer")
    gram = (least.count + 1) // 2
    with Exchange(store) as address:
        _put(address.store, f"{address.folder}/texts", data, bounds)
        sought = _Sought(store, f"{address.folder}/texts", gram, False)
        tasks = [_Task(sought, shard, number, least.count) for number, shard in enumerate(shards)]
        reach, holding, cut_short = _reach(engine, tasks, len(data))
        spans = maximal(data, bounds, reach, least)
        kinds, place = kinds_of(data, spans)
        text, ends = kinds
        _put(address.store, f"{address.folder}/spans", text, ends)
        whole = _Sought(store, f"{address.folder}/spans", gram, True)
        tasks = [_Task(whole, shards[number], number) for number in holding] if len(place) else []
        documents, firsts, more = _held(engine, tasks, len(ends) - 1)
    found = _told(data, bounds, spans, place, documents, firsts)
    return Matches(_of_texts(found, distinct, texts), max(cut_short, more))


def _reach(engine: Engine, tasks: Sequence[_Task], size: int) -> tuple[NDArray[np.int32], list[int], int]:
    """How far each byte's text goes on, the shards in which any does, and the documents that were cut short."""
    reach, holding, cut_short = np.zeros(size, np.int32), [], 0
    for number, found in enumerate(engine.map(find_reaches, tasks)):
        np.maximum.at(reach, found.starts, found.sizes.astype(np.int32))
        cut_short += found.cut_short
        if len(found.starts):
            holding.append(number)
    return reach, holding, cut_short


def find_reaches(task: _Task) -> _Reached:
    """What of the texts stands in one shard."""
    sought = _needles(task.sought)
    reach = np.zeros(len(sought.text), np.int32)
    documents = cut_short = 0
    for table in task.shard.read(task.sought.store):
        documents += len(table)
        cut_short += reaches(*buffers(table.column("text")), sought, task.least, reach)
    starts = np.flatnonzero(reach)
    starts = starts[is_outer(starts, starts + reach[starts])]
    return _Reached(starts, reach[starts].astype(np.int64), documents, cut_short)


def find_holders(task: _Task) -> _HeldBy:
    """Which documents of one shard hold which spans."""
    sought = _needles(task.sought)
    numbers: list[Numbers] = []
    ids: list[bytes] = []
    told: dict[int, Holder] = {}
    cut_short = 0
    for table in task.shard.read(task.sought.store, *TOLD, "license"):
        data, offsets = buffers(table.column("text"))
        found = holders(data, offsets, sought)
        numbers.append(found.needles)
        ids += table.column("doc_id").take(pa.array(found.documents)).to_pylist()
        cut_short += found.cut_short
        for needle, row, start in zip(*(column.tolist() for column in found[:3]), strict=True):
            if needle not in told:
                before = characters_before(data, int(offsets[row]), int(offsets[row]) + start)
                told[needle] = _holder(table.slice(row, 1).to_pylist()[0], before)
    together = np.concatenate([np.empty(0, np.int64), *numbers])
    return _HeldBy(together, b"".join(ids), sorted(told.items()), cut_short)


def _held(engine: Engine, tasks: Sequence[_Task], count: int) -> tuple[Numbers, dict[int, Holder], int]:
    """Of each span how many different documents hold it, and the first, by the order of the shards."""
    documents, cut_short = np.zeros(count, np.int64), 0
    firsts: dict[int, Holder] = {}
    with Runs(3, MEMORY_BYTES) as pairs:
        for found in engine.map(find_holders, tasks):
            cut_short += found.cut_short
            ids = np.frombuffer(found.ids, ">u8").astype(np.uint64).reshape(-1, 2)
            pairs.append(np.column_stack([found.needles.astype(np.uint64), ids]))
            firsts = {**dict(found.told), **firsts}
        last = np.full((1, 3), np.iinfo(np.uint64).max, np.uint64)
        for rows in pairs.sorted():
            is_new = (np.concatenate([last, rows[:-1]]) != rows).any(axis=1)
            np.add.at(documents, rows[is_new, 0].astype(np.int64), 1)
            last = rows[-1:]
    return documents, firsts, cut_short


def _told(
    data: Bytes, bounds: Offsets, spans: Spans, place: Numbers, documents: Numbers, firsts: dict[int, Holder]
) -> dict[int, list[Match]]:
    """The matches of each different text."""
    before = np.append(0, np.cumsum(starts_of_characters(data)))
    owners = np.searchsorted(bounds, spans.starts, side="right") - 1
    found: dict[int, list[Match]] = {}
    for owner, start, end, kind in zip(owners.tolist(), *(c.tolist() for c in spans), place.tolist(), strict=True):
        if kind in firsts:  # none, where a document was left before its end
            origin = before[bounds[owner]]
            told = Match(
                owner, int(before[start] - origin), int(before[end] - origin), int(documents[kind]), firsts[kind]
            )
            found.setdefault(owner, []).append(told)
    return found


def _of_texts(found: dict[int, list[Match]], distinct: Sequence[str], texts: Sequence[str]) -> list[Match]:
    """The same for every text, equal ones included."""
    numbers = {text: number for number, text in enumerate(distinct)}
    return [match._replace(text=number) for number, text in enumerate(texts) for match in found.get(numbers[text], ())]


def _holder(row: dict[str, Any], start: int) -> Holder:
    return Holder(row["doc_id"], start, *(row.get(name) for name in TOLD))


def _put(store: Store, path: str, text: Bytes, bounds: Offsets) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, text=text, bounds=bounds)
    store.put(path, buffer.getvalue())


@lru_cache(maxsize=1)
def _needles(sought: _Sought) -> Needles:
    with np.load(io.BytesIO(sought.store.get(sought.path)), allow_pickle=False) as found:
        return needles(sealed(found["text"]), found["bounds"], sought.gram, whole=sought.whole)
