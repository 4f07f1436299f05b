"""From a document, URL, host, source, license or text to every version of every mix that holds it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.licenses.expressions import parse
from dagster_project.corpus.lineage.index import find
from dagster_project.corpus.lineage.rows import Ancestry, matching
from dagster_project.corpus.lineage.trace import published_from
from dagster_project.corpus.lineage.walk import snapshots_of
from dagster_project.corpus.model.documents import ID, ID_BYTES
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.urls import canonical_url, host_of
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.shards import read_row, read_shard
from dagster_project.corpus.storage.stores import Store

LOOKED_UP_SINGLY = 64  # documents; above this the doc_id column of the mix is read instead


@dataclass(frozen=True)
class Question:
    """What is asked about; exactly one field is set."""

    doc_id: bytes | None = None
    record_id: bytes | None = None
    url: str | None = None
    host: str | None = None
    text: str | None = None
    source: str | None = None
    license: str | None = None


def impact(store: Store, question: Question) -> list[dict[str, Any]]:
    """Every mix version that holds what was asked about, newest first per mix, with documents, members and shards."""
    answers = []
    for mix, number, newest, mixed in mix_versions(store):
        rows = members_matching(store, mixed, question)
        if len(rows):
            answers.append(_answer(store, mix, number, newest, mixed, rows))
    return answers


def mix_versions(store: Store) -> Iterator[tuple[Partition, int, bool, Manifest]]:
    """Every version of every mix, each once: (partition, number, whether it is the newest, manifest)."""
    for mix in refs.published(store, "mixed"):
        seen: set[str] = set()
        for ref in reversed(refs.history(store, mix)):
            if ref.id not in seen:
                yield mix, ref.number, not seen, refs.load_manifest(store, ref.id)
                seen.add(ref.id)


def members_matching(store: Store, mixed: Manifest, question: Question) -> NDArray[np.int64]:
    """Positions in a mix of what was asked about."""
    if question.source is not None:
        return _positions(store, mixed, "source", sources_named(mixed, question.source))
    if question.license is not None:
        return _positions(store, mixed, "license", [parse(question.license)])
    documents = documents_matching(store, mixed, question)
    if len(documents) > LOOKED_UP_SINGLY:
        return _positions(store, mixed, "doc_id", documents)
    starts = np.cumsum([0, *[file.rows for file in mixed.files]])
    found = [
        int(starts[shard]) + row
        for document in documents
        for shard, row in find(store, mixed, "doc_id", document)
        if read_row(store, mixed.files[shard], row).column("doc_id")[0].as_py() == document
    ]
    return np.array(sorted(found), np.int64)


def sources_named(mixed: Manifest, source: str) -> list[str]:
    """The snapshot keys of a mix that a source name (or name@version) means."""
    return [key for key in mixed.profile.get("by_source", {}) if source in (key, key.partition("@")[0])]


def documents_matching(store: Store, mixed: Manifest, question: Question) -> list[bytes]:
    """The doc_ids below a mix that were asked about."""
    if question.doc_id is not None:
        return [question.doc_id]
    if question.text is not None:
        digest = hashlib.sha256(question.text.encode()).digest()[:ID_BYTES]
        prints = Ancestry(store, mixed).of_stage("fingerprints")
        return _distinct(store, [manifest for _, manifest in prints], "text_digest", digest)
    snapshots = list(snapshots_of(store, mixed).values())
    if question.record_id is not None:
        return _distinct(store, snapshots, "record_id", question.record_id)
    if question.host is not None:
        return _of_host(store, snapshots, host_of(f"//{question.host}") or question.host.lower())
    assert question.url is not None
    by_url = _distinct(store, snapshots, "url", canonical_url(question.url))
    return sorted({*by_url, *_distinct(store, snapshots, "locator", question.url)})


def _distinct(store: Store, manifests: Sequence[Manifest], column: str, value: bytes | str) -> list[bytes]:
    return sorted(
        {item.values["doc_id"] for manifest in manifests for item in matching(store, manifest, column, value)}
    )


def _of_host(store: Store, snapshots: Sequence[Manifest], host: str) -> list[bytes]:
    """Documents of a host: the rows its index names, read shard by shard."""
    found: list[bytes] = []
    for manifest in snapshots:
        places = find(store, manifest, "host", host)
        for shard in sorted({shard for shard, _ in places}):
            rows = [row for at, row in places if at == shard]
            found += read_shard(store, manifest.files[shard], ["doc_id"]).column("doc_id").take(rows).to_pylist()
    return sorted(set(found))


def _positions(store: Store, mixed: Manifest, column: str, values: Sequence[Any]) -> NDArray[np.int64]:
    wanted = pa.array(values, ID if column == "doc_id" else pa.string())
    parts, start = [np.empty(0, np.int64)], 0
    for file in mixed.files:
        held = read_shard(store, file, [column]).column(column)
        parts.append(np.flatnonzero(pc.is_in(held, wanted).to_numpy()) + start)
        start += file.rows
    return np.concatenate(parts)


def _answer(
    store: Store, mix: Partition, number: int, newest: bool, mixed: Manifest, rows: NDArray[np.int64]
) -> dict[str, Any]:
    exported = published_from(store, mix, mixed.id)
    answer = {
        "mix": mix.key,
        "version": mixed.id,
        "number": number,
        "newest": newest,
        "documents": _distinct_documents(store, mixed, rows),
        "members": len(rows),
        "published": exported.id if exported else None,
        "shards": [],
    }
    if exported:
        ends = np.cumsum([file.rows for file in exported.files])
        answer["shards"] = np.unique(np.searchsorted(ends, rows, side="right")).tolist()
    return answer


def _distinct_documents(store: Store, mixed: Manifest, rows: NDArray[np.int64]) -> int:
    """How many different documents stand at these positions."""
    ids: set[bytes] = set()
    start = 0
    for file in mixed.files:
        here = rows[(rows >= start) & (rows < start + file.rows)] - start
        if len(here):
            ids.update(read_shard(store, file, ["doc_id"]).column("doc_id").take(pa.array(here)).to_pylist())
        start += file.rows
    return len(ids)
