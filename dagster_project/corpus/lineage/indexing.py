"""How the indexes of a version are made: of rows as they lie, in one pass over each shard, sorted on disk.

For the members of a mix, whose addresses only their documents say, members are first sorted by documents shard, so that
each of these is read once. Memory holds four bytes for each member beside what is sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.kernels.minhash import EMPTY
from dagster_project.corpus.lineage.index import GROUPS, OF_URLS, domain_of_url, path_of, spelled
from dagster_project.corpus.lineage.pointers import COLUMNS, SHARD_BITS, Rows, file_of, key_of_value, rows_of
from dagster_project.corpus.lineage.walk import ancestors
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.urls import host_of
from dagster_project.corpus.storage.runs import Runs
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

MEMORY_BYTES = 256 << 20
SAID = ("source", "license", "license_class")  # what members say themselves
AUTHORITY = r"^(?P<site>[^:/?#]*:?//[^/?#]*[/?#]?)"  # the part of an address that decides its host, and its end


def write_indexes(store: Store, manifest: Manifest, columns: Sequence[str]) -> None:
    """Write the indexes of some columns of a version, over those that are there."""
    if manifest.stage == "mixed":
        _write_members(store, manifest, columns)
        return
    for column in columns:
        with Runs(COLUMNS, MEMORY_BYTES) as runs:
            for shard, file in enumerate(manifest.files):
                runs.append(rows_of(*_keys(store, file, column, shard)))
            _write(store, manifest, column, runs)


def _write(store: Store, manifest: Manifest, column: str, runs: Runs) -> None:
    store.put(path_of(manifest.id, column), file_of(runs.sorted()))


def _keys(store: Store, file: File, column: str, shard: int) -> tuple[NDArray[np.uint64], int, NDArray[np.int64]]:
    """The keys of one shard, its number and the rows that they stand for."""
    values = read_shard(store, file, ["url" if column in OF_URLS else column]).column(0)
    if column == "bands":
        keys, rows = _of_bands(values)
    elif column == "parents":
        named = values.combine_chunks()
        keys, rows = _halves(named.flatten().field("doc_id"))[:, 0], pc.list_parent_indices(named).to_numpy()
    else:
        keys, rows = _of_values(column, values)
    return keys, shard, rows


def _of_values(column: str, values: pa.ChunkedArray) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    said = [spelled(column, value) for value in values.to_pylist()]
    rows = np.array([row for row, value in enumerate(said) if value is not None], np.int64)
    return np.fromiter((key_of_value(value) for value in said if value is not None), np.uint64), rows


def _of_bands(values: pa.ChunkedArray) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Every band of a signature is a key; texts without shingles have none."""
    bands = values.combine_chunks()
    widths = pc.binary_length(bands).to_numpy() // 8
    keys = np.frombuffer(b"".join(bands.to_pylist()), "<u8").astype(np.uint64)
    rows = np.repeat(np.arange(len(bands)), widths)
    return keys[keys != EMPTY], rows[keys != EMPTY]


# ---- members of a mix ---------------------------------------------------------------------------------------------


def _write_members(store: Store, mixed: Manifest, columns: Sequence[str]) -> None:
    again = {name: np.zeros(mixed.rows, np.bool_) for name in ("doc_id", *SAID)}
    starts = np.cumsum([0, *(file.rows for file in mixed.files)])
    store.put(path_of(mixed.id, "doc_id"), file_of(_documents(store, mixed, starts, again)))
    groups = [column for column in columns if column in GROUPS]
    with ExitStack() as stack:
        runs = {name: stack.enter_context(Runs(COLUMNS, MEMORY_BYTES // len(GROUPS))) for name in groups}
        for shard, file in enumerate(mixed.files if groups else ()):
            every = np.arange(file.rows)
            for name, keys in _said(read_shard(store, file, SAID)):
                if name in runs:
                    here = again[name][starts[shard] : starts[shard + 1]]
                    runs[name].append(rows_of(keys, shard, every, here))
        for name, keys, members in _looked_up(store, mixed) if groups else ():
            if name in runs:
                found = rows_of(keys, 0, members)
                found[:, 3] = again["doc_id"][_positions(members, starts)]
                runs[name].append(found)
        for name, held in runs.items():
            _write(store, mixed, name, held)


def _documents(
    store: Store, mixed: Manifest, starts: NDArray[np.int64], again: Mapping[str, NDArray[np.bool_]]
) -> Iterator[Rows]:
    """Members in the order of their documents. Marks in `again` those whose document stands at an earlier place, and by
    column those whose document stands there and says the same: one may come from two versions of a source."""
    said: dict[tuple[str, ...], int] = {}
    with Runs(4, MEMORY_BYTES) as runs:
        for shard, file in enumerate(mixed.files):
            table = read_shard(store, file, ["doc_id", *SAID])
            places = (np.uint64(shard) << SHARD_BITS) | np.arange(len(table), dtype=np.uint64)
            ids = _halves(table.column("doc_id").combine_chunks())
            runs.append(np.column_stack([ids, places, _numbered(table, said)]))
        names = list(said)
        for chunk in _of_one_run(runs.sorted(), lambda rows: rows[:, :2]):
            same = np.concatenate([[False], (chunk[1:, :2] == chunk[:-1, :2]).all(axis=1)])
            positions = _positions(chunk[:, 2], starts)
            for marks in again.values():
                marks[positions] = same
            for first, last in _differing(chunk, same):
                for at, name in enumerate(SAID):
                    values = [names[int(number)][at] for number in chunk[first:last, 3]]
                    again[name][positions[first:last]] = [value in values[:place] for place, value in enumerate(values)]
            found = np.zeros((len(chunk), COLUMNS), np.uint64)
            found[:, 0], found[:, 2], found[:, 3] = chunk[:, 0], chunk[:, 2], same
            yield found


def _numbered(members: pa.Table, said: dict[tuple[str, ...], int]) -> NDArray[np.uint64]:
    """What each member says itself, as its number among all that any of them says."""
    coded = [members.column(name).combine_chunks().dictionary_encode() for name in SAID]
    codes = np.stack([column.indices.to_numpy() for column in coded], axis=1)
    distinct, inverse = np.unique(codes, axis=0, return_inverse=True)
    values = [column.dictionary.to_pylist() for column in coded]
    named = [tuple(column[code] for column, code in zip(values, row, strict=True)) for row in distinct.tolist()]
    return np.array([said.setdefault(item, len(said)) for item in named], np.uint64)[inverse.ravel()]


def _differing(chunk: Rows, same: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """The runs of one document whose members do not all say the same."""
    bounds = [*np.flatnonzero(~same).tolist(), len(chunk)]
    differs = np.flatnonzero(same & np.concatenate([[False], chunk[1:, 3] != chunk[:-1, 3]]))
    for run in np.unique(np.searchsorted(bounds, differs, side="right") - 1).tolist():
        yield bounds[run], bounds[run + 1]


def _said(members: pa.Table) -> Iterator[tuple[str, NDArray[np.uint64]]]:
    """What members say themselves: (column, a key for each)."""
    for name in SAID:
        coded = members.column(name).combine_chunks().dictionary_encode()
        yield name, _coded(coded.dictionary.to_pylist())[coded.indices.to_numpy()]


def _looked_up(store: Store, mixed: Manifest) -> Iterator[tuple[str, NDArray[np.uint64], NDArray[np.uint64]]]:
    """What the documents of members say: (column, keys, members as shard and row in one). Members that entered under
    one part of a choice are found by the whole, as their corpus states it."""
    below = [manifest for _, manifest in ancestors(store, mixed)]
    documents = {file.sha256: file for item in below if item.stage == "snapshots" for file in item.files}
    choices: dict[str, list[File]] = {}
    for manifest in below:
        if manifest.stage == "deduplicated" and any(" OR " in name for name in manifest.profile.get("licenses", ())):
            for file in manifest.files:
                choices.setdefault(file.documents, []).append(file)
    for digest, rows, members in _by_documents(store, mixed):
        urls = read_shard(store, documents[digest], ["url"]).column("url").take(pa.array(rows)).combine_chunks()
        yield from _of_addresses(urls, members)
        for file in choices.get(digest, ()):
            stated = read_shard(store, file, ["license"]).column("license").take(pa.array(rows)).combine_chunks()
            coded = stated.dictionary_encode()
            values = coded.dictionary.to_pylist()
            is_choice = np.array([" OR " in value for value in values], np.bool_)[coded.indices.to_numpy()]
            yield "license", _coded(values)[coded.indices.to_numpy()][is_choice], members[is_choice]


def _by_documents(store: Store, mixed: Manifest) -> Iterator[tuple[str, NDArray[np.int64], NDArray[np.uint64]]]:
    """Each documents shard of a mix by its digest, with the rows of it that are members, and where these stand."""
    numbers: dict[str, int] = {}
    with Runs(2, MEMORY_BYTES) as runs:
        for shard, file in enumerate(mixed.files):
            table = read_shard(store, file, ["documents", "row"])
            coded = table.column("documents").combine_chunks().dictionary_encode()
            known = [numbers.setdefault(name, len(numbers)) for name in coded.dictionary.to_pylist()]
            sources = np.array(known, np.uint64)[coded.indices.to_numpy()]
            places = (np.uint64(shard) << SHARD_BITS) | np.arange(len(table), dtype=np.uint64)
            lies_at = (sources << SHARD_BITS) | table.column("row").to_numpy().astype(np.uint64)
            runs.append(np.column_stack([lies_at, places]))
        digests = list(numbers)
        for chunk in _of_one_run(runs.sorted(), lambda rows: rows[:, :1] >> SHARD_BITS):
            numbered = (chunk[:, 0] >> SHARD_BITS).astype(np.int64)
            for rows in np.split(chunk, np.flatnonzero(numbered[1:] != numbered[:-1]) + 1):
                lying = rows[:, 0].astype(np.uint32).astype(np.int64)
                yield digests[int(rows[0, 0] >> SHARD_BITS)], lying, rows[:, 1]


def _of_one_run(chunks: Iterator[Rows], by: Callable[[Rows], Rows]) -> Iterator[Rows]:
    """The same rows so that those which agree in some columns are in one chunk."""
    held = np.empty((0, 0), np.uint64)
    for chunk in chunks:
        rows = np.concatenate([held, chunk]) if len(held) else chunk
        starts = np.flatnonzero((by(rows)[1:] != by(rows)[:-1]).any(axis=1)) + 1
        last = int(starts[-1]) if len(starts) else 0
        if last:
            yield rows[:last]
        held = rows[last:]
    if len(held):
        yield held


def _of_addresses(
    urls: pa.Array, members: NDArray[np.uint64]
) -> Iterator[tuple[str, NDArray[np.uint64], NDArray[np.uint64]]]:
    """Hosts and domains of addresses, taken apart once for each site."""
    sites = pc.struct_field(pc.extract_regex(urls, AUTHORITY), "site")
    coded = pc.coalesce(sites, urls).dictionary_encode()  # what does not begin like an address stands for itself
    there = coded.indices.is_valid().to_numpy(zero_copy_only=False)
    codes = coded.indices.fill_null(0).to_numpy()
    values = coded.dictionary.to_pylist()
    for name, host in (("host", host_of), ("domain", domain_of_url)):
        said = [host(value) for value in values]
        known = there & np.array([*(item is not None for item in said), False], np.bool_)[codes]
        yield name, _coded([item or "" for item in said])[codes[known]], members[known]


def _coded(values: Sequence[str]) -> NDArray[np.uint64]:
    return np.fromiter(map(key_of_value, values), np.uint64)


def _positions(places: NDArray[np.uint64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places in the whole version of shard and row in one."""
    found: NDArray[np.int64] = starts[(places >> SHARD_BITS).astype(np.int64)] + places.astype(np.uint32)
    return found


def _halves(ids: pa.Array) -> NDArray[np.uint64]:
    """Ids as two numbers each, uint64[n, 2], of which the first is their key."""
    raw = b"".join(ids.to_pylist())
    return np.frombuffer(raw, ">u8").astype(np.uint64).reshape(-1, ID_BYTES // 8)
