"""The indexes of many versions in one: segments of sorted pointers, so that a question to a store of thousands of
versions opens a few files and not thousands.

A segment lies in `catalog/merged/<stage>.<column>/<digest>/`, named by the versions that it covers; its parts, of
PART_ROWS pointers at most, are named by their first keys, and `versions`, 32 bytes for each, is written last. What no
segment covers is looked up in the indexes of the versions themselves: a stale or missing segment only costs time.
Segments are joined when they are of like size, so that a pointer is rewritten a logarithmic number of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.lineage.index import healed, path_of
from dagster_project.corpus.lineage.pointers import (
    COLUMNS,
    VERSION,
    Rows,
    at_once,
    file_of,
    open_pointers,
    read_matching,
    read_rows,
)
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Entry, Store

PREFIX = "catalog/merged/"
FORMAT = 1
PART_ROWS = 1 << 22
MEMORY_BYTES = 512 << 20
MOST_LOOSE = 32  # versions that no segment covers, before somebody joins them
VERSIONS = "versions"
ID_BYTES = 32

Keys = NDArray[np.uint64]
NO_KEYS: Keys = np.empty(0, np.uint64)


@dataclass(frozen=True)
class Segment:
    """A finished segment: the versions whose pointers it has, in the order of their numbers, and its parts."""

    folder: str
    versions: tuple[str, ...]
    parts: tuple[tuple[int, Entry], ...]  # by first key, ascending

    @property
    def size_bytes(self) -> int:
        return sum(entry.size for _, entry in self.parts)

    def parts_of(self, keys: Keys) -> list[str]:
        """The paths of the parts that may have one of some keys (ascending). Equal keys may go on in the next part."""
        if not self.parts:
            return []
        firsts = np.array([first for first, _ in self.parts], np.uint64)
        lasts = np.append(firsts[1:], np.uint64(0xFFFFFFFFFFFFFFFF))
        may = np.searchsorted(keys, firsts) < np.searchsorted(keys, lasts, side="right")
        return [entry.path for (_, entry), is_one in zip(self.parts, may, strict=True) if is_one]


def look_up(
    store: Store, stage: str, column: str, keys: Keys, wanted: Iterable[str]
) -> tuple[dict[str, pa.Table], list[str]]:
    """The pointers of each wanted version that have one of some keys (ascending), where there are any; and the versions
    that no segment covers."""
    for _ in range(2):
        try:
            return _look_up(store, stage, column, keys, list(wanted))
        except MissingObject:
            continue  # somebody joined segments meanwhile
    return _look_up(store, stage, column, keys, list(wanted))


def segments(store: Store, stage: str, column: str) -> list[Segment]:
    """Finished segments, the largest first; those of another release are none."""
    listed = store.list(f"{PREFIX}{stage}.{column}/")
    folders = [
        (folder, list(entries)) for folder, entries in groupby(listed, lambda item: item.path.rpartition("/")[0])
    ]
    finished = [(folder, entries) for folder, entries in folders if any(_is_record(entry) for entry in entries)]
    bodies = at_once(lambda folder: store.get(f"{folder}/{VERSIONS}"), [folder for folder, _ in finished])
    found = [_segment(folder, entries, body) for (folder, entries), body in zip(finished, bodies, strict=True)]
    return sorted(found, key=lambda item: (-item.size_bytes, item.folder))


def merge(store: Store, stage: str, column: str, versions: Sequence[str], *, anew: bool = False) -> Segment | None:
    """Cover all of these versions: what no segment covers becomes one, together with segments that are no larger than
    what is gathered; `anew` makes one segment of all. None when nothing is to be done."""
    held = segments(store, stage, column)
    covered = {version for segment in held for version in segment.versions}
    loose = sorted(set(versions) if anew else set(versions) - covered)
    if not loose:
        return None
    _make_missing(store, column, loose)
    gathered = sum(at_once(lambda version: store.size(path_of(version, column)) or 0, loose))
    taken = [] if anew else _alike(held, gathered)
    made = _write(store, stage, column, loose, taken)
    _remove(store, [segment for segment in (held if anew else taken) if segment.folder != made.folder])
    return made


def _make_missing(store: Store, column: str, versions: Sequence[str]) -> None:
    """Indexes that are not there, or that another release wrote, one after the other: each takes memory."""
    stands = at_once(lambda version: _is_index(store, path_of(version, column)), versions)
    for version, is_there in zip(versions, stands, strict=True):
        if not is_there:
            healed(store, load_manifest(store, version), column, NO_KEYS)


def _is_index(store: Store, path: str) -> bool:
    try:
        open_pointers(store, path)
    except (MissingObject, pa.ArrowInvalid):
        return False
    return True


def _alike(held: Sequence[Segment], gathered: int) -> list[Segment]:
    """Segments to be joined with so many bytes: from the least on, each no larger than what there is by then."""
    taken = []
    for segment in reversed(held):
        if segment.size_bytes > gathered:
            break
        taken.append(segment)
        gathered += segment.size_bytes
    return taken


def _look_up(
    store: Store, stage: str, column: str, keys: Keys, wanted: Sequence[str]
) -> tuple[dict[str, pa.Table], list[str]]:
    open_ = set(wanted)
    asked: list[tuple[str, dict[int, str]]] = []
    for segment in segments(store, stage, column):
        here = {number: version for number, version in enumerate(segment.versions) if version in open_}
        open_ -= set(here.values())
        asked += [(path, here) for path in segment.parts_of(keys)] if here else []
    found: dict[str, list[pa.Table]] = {}
    tables = at_once(lambda item: read_matching(store, item[0], keys), asked)
    for (_, here), table in zip(asked, tables, strict=True):
        for version, part in _by_version(table, here):
            found.setdefault(version, []).append(part)
    loose = sorted(open_)
    alone = at_once(lambda version: _alone(store, version, column, keys), loose)
    for version, table in zip(loose, alone, strict=True):
        if len(table):
            found[version] = [table]
    return {version: pa.concat_tables(parts).combine_chunks() for version, parts in found.items()}, loose


def _alone(store: Store, version: str, column: str, keys: Keys) -> pa.Table:
    """By the index of a version itself; its manifest is only read where that must be made."""
    try:
        return read_matching(store, path_of(version, column), keys)
    except (MissingObject, pa.ArrowInvalid):
        return healed(store, load_manifest(store, version), column, keys)


def _by_version(table: pa.Table, names: Mapping[int, str]) -> Iterator[tuple[str, pa.Table]]:
    numbers = table.column(VERSION)
    for number in pc.unique(numbers).to_pylist():
        if number in names:
            yield names[number], table.filter(pc.equal(numbers, number))


def _segment(folder: str, entries: Sequence[Entry], body: bytes) -> Segment:
    ids = [body[at : at + ID_BYTES].hex() for at in range(0, len(body), ID_BYTES)]
    parts = [(int(_name(entry).split("-")[0], 16), entry) for entry in entries if not _is_record(entry)]
    return Segment(folder, tuple(ids), tuple(parts))


def _name(entry: Entry) -> str:
    return entry.path.rpartition("/")[2].removesuffix(".parquet")


def _is_record(entry: Entry) -> bool:
    return entry.path.endswith(f"/{VERSIONS}")


# ---- joining ------------------------------------------------------------------------------------------------------


def _write(store: Store, stage: str, column: str, loose: Sequence[str], taken: Sequence[Segment]) -> Segment:
    """A segment of some versions by their own indexes and of some segments; its record last."""
    from dagster_project.corpus.storage.runs import Runs  # compiles; whoever looks up need not wait

    versions = sorted({*loose, *(version for segment in taken for version in segment.versions)})
    numbers = {version: number for number, version in enumerate(versions)}
    folder = f"{PREFIX}{stage}.{column}/{digest([FORMAT, versions])}"
    with Runs(COLUMNS, MEMORY_BYTES) as runs:
        for version in loose:
            for rows in read_rows(store, path_of(version, column)):
                runs.append(_numbered(rows, np.array([numbers[version]], np.uint64)))
        for segment in taken:
            places = np.array([numbers[version] for version in segment.versions], np.uint64)
            for _, entry in segment.parts:
                for rows in read_rows(store, entry.path):
                    runs.append(_numbered(rows, places))
        for number, chunks in enumerate(_in_parts(runs.sorted())):
            name = f"{int(chunks[0][0, 0]):016x}-{number:06d}"
            store.put(f"{folder}/{name}.parquet", file_of(chunks))
    store.put(f"{folder}/{VERSIONS}", b"".join(map(bytes.fromhex, versions)))
    return Segment(folder, tuple(versions), ())


def _numbered(rows: Rows, numbers: NDArray[np.uint64]) -> Rows:
    found = rows.copy()
    found[:, 1] = numbers[rows[:, 1].astype(np.int64)]
    return found


def _in_parts(chunks: Iterable[Rows]) -> Iterator[list[Rows]]:
    held: list[Rows] = []
    count = 0
    for chunk in chunks:
        while len(chunk):
            part, chunk = chunk[: PART_ROWS - count], chunk[PART_ROWS - count :]
            held.append(part)
            count += len(part)
            if count == PART_ROWS:
                yield held
                held, count = [], 0
    if held:
        yield held


def _remove(store: Store, replaced: Sequence[Segment]) -> None:
    """Records first: what has none is no segment any more."""
    store.delete([f"{segment.folder}/{VERSIONS}" for segment in replaced])
    store.delete([entry.path for segment in replaced for _, entry in segment.parts])
