"""What a mix holds of every document below it, shard by shard: which texts, how often, and why not the others.

Members and candidates are sorted by where their documents lie: 48 and 32 bytes for each, on disk beyond a memory limit.
A document that lies in two versions of a snapshot, as below a replayed mix, counts in each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.lineage.walk import ancestors, texts_of
from dagster_project.corpus.mixing.fates import (
    ELIGIBLE,
    OUTSIDE,
    REFUSED,
    STATUS,
    UNHELD,
    Names,
    candidates_of,
)
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.runs import Cursor, Runs
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.stores import Store

Numbers = NDArray[np.int64]
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
MEMORY_BYTES = 256 << 20
BATCH_ROWS = 1 << 16
MEMBERS, CANDIDATES = 5, 4  # columns: shard, edits, row, cut, words; shard, row, how far it came, reason
READ = ("documents", "edits", "row", "cut", "words")
FIRST = 1  # a cursor asks for what is below a number of at least 1
REPLAYED, FILTERED, DEDUPLICATED, SELECTED, LICENSED, CHOSEN = range(6)
STEPS = ("replayed", "filtered", "deduplicated", "selected", "licensed", "chosen")  # where documents leave, in order


@dataclass(frozen=True)
class Held:
    """The texts that a mix takes of one documents shard, as one shard of edits leaves them. int64[n] each, by row."""

    edits: File | None
    rows: Numbers
    cuts: Numbers  # bytes of the text that are taken; -1: all
    members: Numbers  # copies in the mix
    words: Numbers  # of all members together


@dataclass(frozen=True)
class Shard:
    """Documents of one source, and the texts that the mix holds of them."""

    source: str
    file: File
    held: tuple[Held, ...]


class Reason(NamedTuple):
    """Why a document is no member: at which of STEPS it left, and what is said of it."""

    step: int
    said: str


def shards_of(store: Store, mixed: Manifest) -> list[tuple[str, File]]:
    """The documents shards below a mix with the keys of their snapshots, each once, ordered by key."""
    below = [
        (item.partition.partition("/")[2], found)
        for item, found in ancestors(store, mixed, parents=False)
        if found.stage == "snapshots"
    ]
    files = {file.sha256: (key, file) for key, found in sorted(below, key=_by_key) for file in found.files}
    return list(files.values())


def _by_key(item: tuple[str, Manifest]) -> tuple[str, str]:
    return item[0], item[1].id


def holdings(store: Store, mixed: Manifest) -> Iterator[Shard]:
    """Every documents shard below a mix, in the order of `shards_of`."""
    if lacking := sorted({*READ} - {*dict(mixed.identity.schema)}):
        raise Refused(f"mix {mixed.id[:12]} does not tell {', '.join(lacking)}: audit a version that was built since")
    shards, edits, texts = shards_of(store, mixed), Names(""), texts_of(store, mixed)
    numbers = {file.sha256: number for number, (_, file) in enumerate(shards, FIRST)}
    with Runs(MEMBERS, MEMORY_BYTES) as runs:
        for file in mixed.files:
            for batch in iterate_shard(store, file, READ, BATCH_ROWS):
                runs.append(_member_rows(batch, numbers, edits))
        names = [texts[digest] if digest else None for digest in edits.numbers]
        cursor = Cursor(MEMBERS, runs.sorted())
        for number, (source, file) in enumerate(shards, FIRST):
            yield Shard(source, file, tuple(_held(cursor.before(number + 1), names)))


def held_shards(store: Store, mixed: Manifest) -> Iterator[Shard]:
    """Those of which the mix holds something."""
    return (shard for shard in holdings(store, mixed) if shard.held)


def watched(found: Iterable[Result], total: int, progress: Progress) -> Iterator[Result]:
    """Results as they come, at most so many, with progress told."""
    progress(0, total)
    for done, item in enumerate(found, 1):
        progress(done, total)
        yield item


class Fates:
    """Why documents are no members, by shard; and all reasons by number."""

    def __init__(self, store: Store, mixed: Manifest, stack: ExitStack):
        self.reasons: list[Reason] = []
        self._next = FIRST
        shards = shards_of(store, mixed)
        numbers = {file.sha256: number for number, (_, file) in enumerate(shards, FIRST)}
        runs = stack.enter_context(Runs(CANDIDATES, MEMORY_BYTES))
        self._gather(store, mixed, numbers, runs)
        self._cursor = Cursor(CANDIDATES, runs.sorted())

    def of_next(self, file: File) -> Numbers:
        """The number of the reason of each document of the next shard in the order of `shards_of`; -1 where nothing
        but membership is known."""
        self._next += 1
        rows = self._cursor.before(self._next).astype(np.int64)
        told = np.full(file.rows, -1, np.int64)
        last = np.append(rows[1:, 1] != rows[:-1, 1], True)[: len(rows)]  # how far it came at most
        told[rows[last, 1]] = rows[last, 3]
        return told

    def _gather(self, store: Store, mixed: Manifest, numbers: Mapping[str, int], runs: Runs) -> None:
        shards, said, known = Names(), Names(), dict[tuple[int, int], int]()
        for rows in candidates_of(store, mixed, shards, said):
            places = np.array([numbers[digest] for digest in shards.numbers], np.uint64)
            texts = list(said.numbers)
            pairs, codes = np.unique(rows["distance"] * np.int64(len(texts)) + rows["reason"], return_inverse=True)
            for pair in map(int, pairs):
                reason = reason_of(pair // len(texts), texts[pair % len(texts)])
                if reason not in self.reasons:
                    self.reasons.append(reason)
                known[divmod(pair, len(texts))] = self.reasons.index(reason)
            reasons = np.array([known[divmod(int(pair), len(texts))] for pair in pairs], np.uint64)[codes]
            steps = np.array([reason.step for reason in self.reasons], np.uint64)
            columns = [places[rows["shard"]], rows["row"], steps[reasons], reasons]
            runs.append(np.column_stack([column.astype(np.uint64) for column in columns]))


def reason_of(distance: int, said: str) -> Reason:
    """What became of a document that came so near to being a member."""
    if distance == UNHELD:
        return Reason(REPLAYED, said)
    if distance == ELIGIBLE:
        return Reason(CHOSEN, said)
    if distance in (REFUSED, OUTSIDE):
        return Reason(LICENSED if distance == REFUSED else SELECTED, said)
    if said.startswith("rejected"):
        return Reason(FILTERED, said)
    return Reason(DEDUPLICATED if said in STATUS.values() else SELECTED, said)


def _member_rows(batch: pa.RecordBatch, numbers: Mapping[str, int], edits: Names) -> NDArray[np.uint64]:
    columns = [
        _coded(batch.column("documents"), numbers.__getitem__),
        _coded(batch.column("edits"), edits.of),
        batch.column("row").to_numpy(),
        pc.add(pc.fill_null(batch.column("cut"), -1), 1).to_numpy(),
        batch.column("words").to_numpy(),
    ]
    return np.column_stack([column.astype(np.uint64) for column in columns])


def _coded(column: pa.Array, number: Callable[[str], int]) -> Numbers:
    coded = column.dictionary_encode()
    numbers = np.array([number(name) for name in coded.dictionary.to_pylist()], np.int64)
    return numbers[coded.indices.to_numpy()] if len(column) else np.empty(0, np.int64)


def _held(rows: NDArray[np.uint64], names: list[File | None]) -> Iterator[Held]:
    """Sorted rows of one shard as distinct texts."""
    members = rows.astype(np.int64)
    for number in np.unique(members[:, 1]).tolist():
        own = members[members[:, 1] == number]
        keys = own[:, 2:4]
        starts = np.flatnonzero(np.append(True, (keys[1:] != keys[:-1]).any(axis=1)))
        copies = np.diff(starts, append=len(own))
        yield Held(names[number], keys[starts, 0], keys[starts, 1] - 1, copies, np.add.reduceat(own[:, 4], starts))
