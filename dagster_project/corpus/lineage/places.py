"""Where the members of mixes stand that a question means, by the indexes of their mixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.lineage.merged import look_up
from dagster_project.corpus.lineage.overview import Overview
from dagster_project.corpus.lineage.pointers import AGAIN, ROW, SHARD, at_once, keys_of
from dagster_project.corpus.lineage.questions import Question, by_shard, group_of, snapshots_meant
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_rows, read_shard

MANY = 128  # documents, whose keys are in as many groups of an index
PART = 8  # at least one in so many documents of their sources


class Places(NamedTuple):
    """Where members stand in a version of a mix: positions int64[n], ascending; how many of them have a document that
    stands at an earlier one of them."""

    positions: NDArray[np.int64]
    repeated: int


def members_of_group(seen: Overview, question: Question, mixes: Sequence[str]) -> dict[str, Places]:
    """The members of each mix that a group means, by the indexes of their mixes."""
    column, values = group_of(seen, question)
    found, loose = look_up(seen.store, "mixed", column, keys_of(values), mixes)
    seen.loose |= {("mixed", column, version) for version in loose}
    files = seen.files(list(found))
    places = {version: _placed(files[version], table) for version, table in found.items()}
    if question.snapshot is not None:
        (snapshot,) = snapshots_meant(seen, question.snapshot)
        places = _of_snapshot(seen, snapshot, places)
    return {version: item for version, item in places.items() if len(item.positions)}


def members_of_documents(seen: Overview, documents: Sequence[bytes], mixes: Sequence[str]) -> dict[str, Places]:
    """The members of each mix that some documents are; every hit is compared with the row itself."""
    if not documents:
        return {}
    keys = _sources_of(seen, documents, mixes) if len(documents) > MANY else []
    column, values = ("source", keys) if keys else ("doc_id", documents)
    found, loose = look_up(seen.store, "mixed", column, keys_of(values), mixes)
    seen.loose |= {("mixed", column, version) for version in loose}
    files = seen.files(list(found))
    wanted = pa.array(sorted(set(documents)), pa.binary(ID_BYTES))
    tasks = [(version, shard, rows) for version, table in found.items() for shard, rows in by_shard(table)]
    tables = at_once(lambda task: read_rows(seen.store, files[task[0]][task[1]], task[2], ["doc_id"]), tasks)
    held: dict[str, list[tuple[int, bytes]]] = {}
    for (version, shard, rows), table in zip(tasks, tables, strict=True):
        start = sum(file.rows for file in files[version][:shard])
        ids = table.column("doc_id")
        for row, doc_id, is_one in zip(rows, ids.to_pylist(), pc.is_in(ids, wanted).to_pylist(), strict=True):
            if is_one:
                held.setdefault(version, []).append((start + row, doc_id))
    return {
        version: Places(
            np.array(sorted(at for at, _ in items), np.int64), len(items) - len({item for _, item in items})
        )
        for version, items in held.items()
    }


def _sources_of(seen: Overview, documents: Sequence[bytes], mixes: Sequence[str]) -> list[str]:
    """The sources of many documents, where these are a good part of them: their keys lie all over an index, while those
    of a source lie together. Else none."""
    snapshots = seen.of_stage(seen.below(mixes), "snapshots")
    found, loose = look_up(seen.store, "snapshots", "doc_id", keys_of(documents), snapshots)
    seen.loose |= {("snapshots", "doc_id", version) for version in loose}
    named = seen.named(snapshots)
    names = {named[version].partition("/")[2].partition("@")[0] for version in found}
    keys = {version: named[version].partition("/")[2] for version in snapshots}
    meant = [version for version in snapshots if keys[version].partition("@")[0] in names]
    if sum(seen.rows(meant).values()) > PART * len(documents):
        return []
    return sorted({keys[version] for version in meant})


def _placed(files: Sequence[File], pointers: pa.Table) -> Places:
    """Pointers as positions; one may be named twice."""
    starts = np.cumsum([0, *(file.rows for file in files)])
    positions = starts[pointers.column(SHARD).to_numpy()] + pointers.column(ROW).to_numpy()
    again = pointers.column(AGAIN).to_numpy()
    if (np.diff(positions) > 0).all():
        return Places(positions, int(again.sum()))
    order = np.lexsort((again, positions))
    positions = positions[order]
    first = np.concatenate([[True], positions[1:] != positions[:-1]])
    return Places(positions[first], int(again[order][first].sum()))


def _of_snapshot(seen: Overview, snapshot: str, places: dict[str, Places]) -> dict[str, Places]:
    """Of members of a source those that lie in one version of its snapshot: a mix that is replayed may have others."""
    of_it = pa.array([file.sha256 for file in seen.files([snapshot])[snapshot]], pa.string())
    keys = seen.named([snapshot])
    found = {}
    for version, item in places.items():
        below = seen.below([version])
        if snapshot not in below:
            continue
        if list(seen.named(seen.of_stage(below, "snapshots")).values()).count(keys[snapshot]) > 1:
            item = _in_shards(seen, version, item, of_it)
        found[version] = item
    return found


def _in_shards(seen: Overview, version: str, places: Places, documents: pa.Array) -> Places:
    parts, ids, start = [np.empty(0, np.int64)], set[bytes](), 0
    for file in seen.files([version])[version]:
        here = places.positions[(places.positions >= start) & (places.positions < start + file.rows)]
        if len(here):
            table = read_shard(seen.store, file, ["doc_id", "documents"]).take(pa.array(here - start))
            is_one = pc.is_in(table.column("documents"), documents)
            parts.append(here[is_one.to_numpy()])
            ids |= set(table.column("doc_id").filter(is_one).to_pylist())
        start += file.rows
    positions = np.concatenate(parts)
    return Places(positions, len(positions) - len(ids))
