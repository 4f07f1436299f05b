"""A mix from which documents are taken: all others stay where they stood, and the places of those are empty."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.engine.work import ShardResult, Work, assemble
from dagster_project.corpus.kernels.texts import ids_of
from dagster_project.corpus.lineage.index import find_all
from dagster_project.corpus.lineage.walk import texts_of
from dagster_project.corpus.mixing.members import MEMBER, Members
from dagster_project.corpus.mixing.mix import PLACES, profile_of
from dagster_project.corpus.mixing.repetition import Repetition
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import read_rows, read_shard, write_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.gone import Gone

Warn = Callable[[Mapping[str, Any], Mapping[str, Any]], list[dict[str, str]]]  # of a profile and its repetition
Rows = Mapping[str, NDArray[np.int64]]  # ascending, by the digest of their documents shard


class Missing(NamedTuple):
    """What a mix loses: members, and the digest of the distinct documents."""

    members: int
    documents: int
    digest: str


def missing_from(store: Store, whole: Manifest, gone: Rows) -> Missing:
    """How many members of a mix lie in rows that are gone."""
    ids: set[bytes] = set()
    members = 0
    for shard in _may_hold(store, whole, gone):
        table = read_shard(store, whole.files[shard], ["doc_id", "documents", "row"])
        lost = table.column("doc_id").filter(pa.array(is_in(table, gone)))
        members += len(lost)
        ids.update(lost.unique().to_pylist())
    return Missing(members, len(ids), hashlib.sha256(b"".join(sorted(ids))).hexdigest())


def _may_hold(store: Store, whole: Manifest, gone: Rows) -> list[int]:
    """The shards of a mix in which documents that are gone stand, by its index."""
    texts = texts_of(store, whole) if gone else {}
    ids = [
        read_rows(store, texts[documents], rows.tolist(), ["doc_id"]).column("doc_id").to_pylist()
        for documents, rows in gone.items()
        if documents in texts
    ]
    asked = list({doc_id for found in ids for doc_id in found})
    places = find_all(store, whole, "doc_id", asked).values() if asked else ()
    return sorted({shard for found in places for shard, _ in found})


def take_out(work: Work, whole: Manifest, gone: Gone, warn: Warn) -> Manifest:
    """The members of a mix that are not in rows that are gone, each at its place; what is counted of members, and what
    is to be said of these, is theirs alone."""
    sources = list(whole.profile["by_source"])
    repetition = Repetition(np.arange(len(sources), dtype=np.int64), sources)
    lost: dict[str, Counter[str]] = {"members": Counter(), "documents": Counter()}
    try:
        shards = _shards(work, whole.files, gone.rows, repetition, sources, lost)
        manifest = assemble(work, shards, ordered=True)
        if not manifest.rows:
            raise Refused(
                "nothing is left of this mix once its documents are taken down: give its recipe others, or delete it"
            )
        found = repetition.counted()
    finally:
        repetition.close()
    kept = {name: value for name, value in whole.profile.items() if name not in manifest.profile}
    taken = {name: dict(sorted(counts.items())) for name, counts in lost.items()}
    profile = {**kept, **manifest.profile, "taken_down": taken}
    said = {"repetition": found, "warnings": warn(profile, found), "takedowns": gone.entries}
    return replace(manifest, profile=profile, facts={**whole.facts, **manifest.facts, **said})


def is_in(members: pa.Table, gone: Rows) -> NDArray[np.bool_]:
    """Which members lie in rows that are gone."""
    coded = members.column("documents").combine_chunks().dictionary_encode()
    codes, rows = coded.indices.to_numpy(), members.column("row").to_numpy()
    found = np.zeros(len(rows), np.bool_)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(coded.dictionary) + 1))
    for code, documents in enumerate(coded.dictionary.to_pylist()):
        if documents in gone:
            here = order[bounds[code] : bounds[code + 1]]
            found[here] = np.isin(rows[here], gone[documents])
    return found


def _shards(
    work: Work,
    files: tuple[File, ...],
    gone: Rows,
    repetition: Repetition,
    sources: list[str],
    lost: Mapping[str, Counter[str]],
) -> Iterator[ShardResult]:
    for number, file in enumerate(files):
        table = read_shard(work.store, file)
        is_gone = pa.array(is_in(table, gone))
        out, table = table.filter(is_gone), table.filter(pc.invert(is_gone))
        lost["members"].update(out.column("component").to_pylist())
        lost["documents"].update(out.filter(pc.equal(out.column("copy"), 0)).column("component").to_pylist())
        repetition.add(_members(table, sources))
        written = write_shard(work.store, table, access=work.access)
        yield ShardResult(written, {"rows": len(table), **profile_of(table)}, entries(table, PLACES).tobytes())
        work.progress(number + 1, len(files))


def _members(table: pa.Table, sources: list[str]) -> Members:
    """As much of members as repetition is counted by."""
    members = np.zeros(len(table), MEMBER)
    members["doc_id"] = np.ascontiguousarray(ids_of(table.column("doc_id"))).view("V16").ravel()
    members["family"], members["parent"] = (table.column(name).to_numpy() for name in ("family", "parent"))
    members["words"] = table.column("words").to_numpy()
    members["shard"] = pc.index_in(table.column("source"), pa.array(sources, pa.string())).to_numpy()
    return members
