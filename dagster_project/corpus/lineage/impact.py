"""From a document, address, host, source, license or text to every version of every mix that holds it, or something
that was derived from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.lineage.derived import BATCH_ROWS, derived_from
from dagster_project.corpus.lineage.overview import MixVersion, Overview, overview
from dagster_project.corpus.lineage.places import Places, members_of_documents, members_of_group
from dagster_project.corpus.lineage.questions import (
    Question,
    documents_meant,
    group_of,
    normalized_digest,
    snapshots_meant,
)
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import iterate_shard, read_shard
from dagster_project.corpus.storage.stores import Store

__all__ = ["Question", "answers", "impact"]
ROWS_SHOWN = 20
NOWHERE = Places(np.empty(0, np.int64), 0)


def impact(store: Store, question: Question, *, most: int = ROWS_SHOWN) -> list[dict[str, Any]]:
    """Every mix version that holds what was asked about, newest first per mix, with documents, members, shards, and the
    first rows in them."""
    return answers(overview(store), question, most=most)


def answers(seen: Overview, question: Question, *, most: int = ROWS_SHOWN) -> list[dict[str, Any]]:
    """The same of a store that was looked at already."""
    mixes = [mix.id for mix in seen.mixes]
    if question.is_group:
        documents, places = None, members_of_group(seen, question, mixes)
    else:
        documents = _named(question) or [item.doc_id for item in documents_meant(seen, question, seen.below(mixes))]
        places = members_of_documents(seen, sorted(set(documents)), mixes)
    derived = {mix: _derived(seen, mix, question, documents, places.get(mix, NOWHERE)) for mix in _with_parents(seen)}
    held = [mix for mix in seen.mixes if mix.id in places or len(derived.get(mix.id, ()))]
    files = seen.files([version for mix in held for version in (mix.id, mix.published) if version])
    return [_answer(seen, mix, files, places.get(mix.id, NOWHERE), derived.get(mix.id), most) for mix in held]


def _named(question: Question) -> list[bytes]:
    """Documents that need not be looked up: where they stand tells whether they are there."""
    return [question.doc_id] if question.doc_id is not None else list(question.documents or ())


def _answer(
    seen: Overview,
    mix: MixVersion,
    files: dict[str, list[File]],
    places: Places,
    derived: NDArray[np.int64] | None,
    most: int,
) -> dict[str, Any]:
    made = derived if derived is not None else NOWHERE.positions
    answer = {
        "mix": mix.partition.key,
        "version": mix.id,
        "number": mix.number,
        "newest": mix.newest,
        "documents": len(places.positions) - places.repeated,
        "members": len(places.positions),
        "derived": _distinct_documents(seen.store, files[mix.id], made),  # documents made from them, and their members
        "derived_members": len(made),
        "published": mix.published,
        "shards": [],
        "rows": [],  # the first of them
    }
    if mix.published:
        ends = np.cumsum([file.rows for file in files[mix.published]])
        both = np.union1d(places.positions, made) if len(made) else places.positions
        answer["shards"] = np.flatnonzero(np.diff(np.searchsorted(both, [0, *ends]))).tolist()
        is_made = np.isin(both[:most], made).tolist()
        answer["rows"] = [
            {**_row(files[mix.published], ends, at), "derived": was_made}
            for at, was_made in zip(both[:most].tolist(), is_made, strict=True)
        ]
    return answer


def _row(files: Sequence[File], ends: NDArray[np.int64], position: int) -> dict[str, Any]:
    shard = int(np.searchsorted(ends, position, side="right"))
    start = int(ends[shard - 1]) if shard else 0
    return {"position": position, "shard": shard, "row": position - start, "path": files[shard].path}


# ---- what was derived ---------------------------------------------------------------------------------------------


def _with_parents(seen: Overview) -> list[str]:
    """The versions of mixes below which documents were made from others."""
    inputs = seen.tables["inputs"]
    above = inputs.filter(pc.equal(inputs.column("input_stage"), "snapshots")).column("id").unique()
    derived = set(seen.of_stage(above.to_pylist(), "snapshots"))
    return [mix.id for mix in seen.mixes if derived and not derived.isdisjoint(seen.below([mix.id]))]


def _derived(
    seen: Overview, mix: str, question: Question, documents: Sequence[bytes] | None, places: Places
) -> NDArray[np.int64]:
    """Positions in a mix of what was derived from what is asked about, and is not itself asked about. Of a license
    there is none: derived documents state what they inherit."""
    if question.kind in ("license", "license_class"):
        return np.empty(0, np.int64)
    below = seen.below([mix])
    mixed = seen.manifest(mix)
    origins: Iterator[bytes]
    if documents is not None:
        origins = iter([*documents, *_texts_of_parents(seen, below, question)])
    elif question.kind in ("host", "domain"):
        origins = (item.doc_id for item in documents_meant(seen, question, below))
    else:
        origins = _documents_of(seen, below, question)
    found: NDArray[np.int64] = np.setdiff1d(derived_from(seen.store, mixed, origins), places.positions)
    return found


def _documents_of(seen: Overview, below: Sequence[str], question: Question) -> Iterator[bytes]:
    """All documents of a source, or of one version of it, among some versions."""
    snapshots = seen.of_stage(below, "snapshots")
    if question.snapshot is not None:
        meant = snapshots_meant(seen, question.snapshot)
        chosen = [version for version in snapshots if version in meant]
    else:
        _, keys = group_of(seen, question)
        named = seen.named(snapshots)
        chosen = [version for version in snapshots if named[version].partition("/")[2] in keys]
    for version in chosen:
        for file in seen.files([version])[version]:
            for batch in iterate_shard(seen.store, file, ["doc_id"], BATCH_ROWS):
                yield from batch.column("doc_id").to_pylist()


def _texts_of_parents(seen: Overview, below: Sequence[str], question: Question) -> Iterator[bytes]:
    """Documents with a text that only stand below a mix as parents of its own: they have no fingerprints, so that all
    are read."""
    if question.text is None and question.normalized is None:
        return
    printed = {file.documents for found in seen.files(seen.of_stage(below, "fingerprints")).values() for file in found}
    for files in seen.files(seen.of_stage(below, "snapshots")).values():
        for file in files:
            if file.sha256 not in printed:
                yield from _with_text(seen.store, file, question)


def _with_text(store: Store, file: File, question: Question) -> Iterator[bytes]:
    for batch in iterate_shard(store, file, ["doc_id", "text"]):
        if question.text is not None:
            yield from batch.column("doc_id").filter(pc.equal(batch.column("text"), question.text)).to_pylist()
        elif question.normalized is not None:
            wanted = normalized_digest(question.normalized)
            for doc_id, text in zip(*(batch.column(name).to_pylist() for name in ("doc_id", "text")), strict=True):
                if normalized_digest(text) == wanted:
                    yield doc_id


def _distinct_documents(store: Store, files: Sequence[File], rows: NDArray[np.int64]) -> int:
    """How many different documents stand at these positions."""
    ids: set[bytes] = set()
    start = 0
    for file in files:
        here = rows[(rows >= start) & (rows < start + file.rows)] - start
        if len(here):
            ids.update(read_shard(store, file, ["doc_id"]).column("doc_id").take(pa.array(here)).to_pylist())
        start += file.rows
    return len(ids)
