"""From a document, URL, host, source, license or text to every version of every mix that holds it, or something that
was derived from it."""

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
from dagster_project.corpus.lineage.derived import BATCH_ROWS, LOOKED_UP_SINGLY, derived_from
from dagster_project.corpus.lineage.index import find
from dagster_project.corpus.lineage.rows import Ancestry, matching
from dagster_project.corpus.lineage.trace import published_from
from dagster_project.corpus.lineage.walk import snapshots_of, versions_of
from dagster_project.corpus.model.documents import ID, ID_BYTES
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.urls import canonical_url, host_of
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.shards import iterate_shard, read_row, read_shard
from dagster_project.corpus.storage.stores import Store


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
        rows, derived = members_matching(store, mixed, question)
        if len(rows) or len(derived):
            answers.append(_answer(store, mix, number, newest, mixed, rows, derived))
    return answers


def mix_versions(store: Store) -> Iterator[tuple[Partition, int, bool, Manifest]]:
    """Every version of every mix, each once: (partition, number, whether it is the newest, manifest)."""
    for mix in refs.published(store, "mixed"):
        seen: set[str] = set()
        for ref in reversed(refs.history(store, mix)):
            if ref.id not in seen:
                yield mix, ref.number, not seen, refs.load_manifest(store, ref.id)
                seen.add(ref.id)


def members_matching(store: Store, mixed: Manifest, question: Question) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions in a mix of what was asked about, and of what was derived from it and is not itself asked about. Of a
    license there is only the first: derived documents state what they inherit."""
    if question.license is not None:
        return _of_license(store, mixed, parse(question.license)), np.empty(0, np.int64)
    if question.source is not None:
        rows = _positions(store, mixed, "source", sources_named(mixed, question.source))
        derived = derived_from(store, mixed, _documents_of(store, mixed, question.source))
    else:
        documents = documents_matching(store, mixed, question)
        rows, derived = _members_among(store, mixed, documents), derived_from(store, mixed, documents)
    return rows, np.setdiff1d(derived, rows)


def _members_among(store: Store, mixed: Manifest, documents: Sequence[bytes]) -> NDArray[np.int64]:
    """Where some documents stand in a mix."""
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


def _of_license(store: Store, mixed: Manifest, license: str) -> NDArray[np.int64]:
    """Members that entered under a license, and of one that leaves a choice those whose corpus states it: they entered
    under the part that the license policy let in."""
    found = _positions(store, mixed, "license", [license])
    if " OR " not in license:
        return found
    stated: list[bytes] = []
    for manifest in versions_of(store, mixed, "deduplicated"):
        for file in manifest.files if license in manifest.profile["licenses"] else ():
            table = read_shard(store, file, ["doc_id", "license"])
            stated += table.column("doc_id").filter(pc.equal(table.column("license"), license)).to_pylist()
    return np.union1d(found, _positions(store, mixed, "doc_id", stated))


def sources_named(mixed: Manifest, source: str) -> list[str]:
    """The snapshot keys of a mix that a source name (or name@version) means."""
    return [key for key in mixed.profile.get("by_source", {}) if source in (key, key.partition("@")[0])]


def documents_matching(store: Store, mixed: Manifest, question: Question) -> list[bytes]:
    """The doc_ids below a mix that were asked about, parents of its documents among them."""
    if question.doc_id is not None:
        return [question.doc_id]
    if question.text is not None:
        digest = hashlib.sha256(question.text.encode()).digest()[:ID_BYTES]
        prints = versions_of(store, mixed, "fingerprints")
        found = _distinct(store, prints, "text_digest", digest)
        return sorted({*found, *_with_text(store, parents_alone(store, mixed), question.text)})
    snapshots = versions_of(store, mixed, "snapshots")
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


def parents_alone(store: Store, mixed: Manifest) -> list[Manifest]:
    """Snapshots below a mix that only hold parents of its documents; of these there are no fingerprints."""
    own = {manifest.id for manifest in snapshots_of(store, mixed).values()}
    below = Ancestry(store, mixed).of_stage("snapshots")
    return [manifest for _, manifest in below if manifest.id not in own]


def _with_text(store: Store, snapshots: Sequence[Manifest], text: str) -> Iterator[bytes]:
    """Documents with exactly this text, by reading them all."""
    for file in (file for manifest in snapshots for file in manifest.files):
        for batch in iterate_shard(store, file, ["doc_id", "text"]):
            yield from batch.column("doc_id").filter(pc.equal(batch.column("text"), text)).to_pylist()


def _documents_of(store: Store, mixed: Manifest, source: str) -> Iterator[bytes]:
    """All documents of a source, or of one version of it, that are below a mix."""
    for item, manifest in Ancestry(store, mixed).of_stage("snapshots"):
        key = item.partition.partition("/")[2]
        if source in (key, key.partition("@")[0]):
            for file in manifest.files:
                for batch in iterate_shard(store, file, ["doc_id"], BATCH_ROWS):
                    yield from batch.column("doc_id").to_pylist()


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
    store: Store,
    mix: Partition,
    number: int,
    newest: bool,
    mixed: Manifest,
    rows: NDArray[np.int64],
    derived: NDArray[np.int64],
) -> dict[str, Any]:
    exported = published_from(store, mix, mixed.id)
    answer = {
        "mix": mix.key,
        "version": mixed.id,
        "number": number,
        "newest": newest,
        "documents": _distinct_documents(store, mixed, rows),
        "members": len(rows),
        "derived": _distinct_documents(store, mixed, derived),  # documents made from them, and their members
        "derived_members": len(derived),
        "published": exported.id if exported else None,
        "shards": [],
    }
    if exported:
        ends = np.cumsum([file.rows for file in exported.files])
        answer["shards"] = np.unique(np.searchsorted(ends, np.union1d(rows, derived), side="right")).tolist()
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
