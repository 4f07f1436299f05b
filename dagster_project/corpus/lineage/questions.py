"""What may be asked of lineage, and which documents or members each question means.

Questions about one document, address or text lead to documents by the indexes of snapshots and fingerprints, each hit
checked against its row. Those about what many documents share lead straight to the members of mixes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.licenses.expressions import parse
from dagster_project.corpus.lineage.index import spelled
from dagster_project.corpus.lineage.merged import look_up
from dagster_project.corpus.lineage.overview import Overview
from dagster_project.corpus.lineage.pointers import ROW, SHARD, at_once, keys_of
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.urls import canonical_url, host_of
from dagster_project.corpus.storage.shards import read_rows

LEAST_DIGITS = 6  # of a version id


@dataclass(frozen=True)
class Question:
    """What is asked about; exactly one field is set."""

    doc_id: bytes | None = None
    record_id: bytes | None = None
    url: str | None = None
    host: str | None = None
    domain: str | None = None
    text: str | None = None
    normalized: str | None = None  # a text, whatever its case, spaces and punctuation
    source: str | None = None  # name, or name@version
    snapshot: str | None = None  # the id of a version, or its first digits
    license: str | None = None
    license_class: str | None = None
    documents: tuple[bytes, ...] | None = None  # those that somebody else found: near a text, or with a passage of it

    @property
    def kind(self) -> str:
        (name,) = (item.name for item in fields(self) if getattr(self, item.name) is not None)
        return name

    @property
    def is_group(self) -> bool:
        """Whether it means what many documents share, so that members are found without naming each document."""
        return self.kind in ("host", "domain", "source", "snapshot", "license", "license_class")


class Found(NamedTuple):
    """A document in a snapshot: the version, and where it stands in it."""

    doc_id: bytes
    version: str
    shard: int
    row: int


def group_of(seen: Overview, question: Question) -> tuple[str, list[str]]:
    """The column by which members are indexed, and the values of it that a question means."""
    if question.host is not None:
        return "host", [named_host(question.host)]
    if question.domain is not None:
        return "domain", [named_host(question.domain)]
    if question.license is not None:
        return "license", [parse(question.license)]
    if question.license_class is not None:
        return "license_class", [question.license_class]
    if question.snapshot is not None:
        named = seen.named(snapshots_meant(seen, question.snapshot))
        return "source", sorted({partition.partition("/")[2] for partition in named.values()})
    assert question.source is not None
    return "source", [key for key in source_keys(seen) if question.source in (key, key.partition("@")[0])]


def named_host(text: str) -> str:
    """A host as a person types it, in the spelling of indexes."""
    return host_of(f"//{text}") or text.lower()


def source_keys(seen: Overview) -> list[str]:
    """Every source@version that anything was built from."""
    inputs = seen.tables["inputs"]
    chosen = inputs.filter(pc.equal(inputs.column("input_stage"), "snapshots")).column("input_partition")
    return sorted({name.partition("/")[2] for name in pc.unique(chosen).to_pylist()})


def snapshots_meant(seen: Overview, digits: str) -> list[str]:
    """The versions of snapshots whose id begins so; PartitionError when there is none, or several."""
    known = seen.tables["manifests"]
    chosen = pc.and_(pc.equal(known.column("stage"), "snapshots"), pc.starts_with(known.column("id"), digits.lower()))
    found: list[str] = known.filter(chosen).column("id").to_pylist()
    if len(digits) < LEAST_DIGITS or len(found) != 1:
        many = f"begins {len(found)} versions of snapshots" if found else "is no version of a snapshot below a mix"
        raise PartitionError(f"{digits[:80]!r} {many}: give {LEAST_DIGITS} to 64 digits of the id of one")
    return found


# ---- documents ----------------------------------------------------------------------------------------------------


def documents_meant(seen: Overview, question: Question, below: Sequence[str]) -> list[Found]:
    """The documents in some versions (snapshots and fingerprints among them) that a question means, in the order of
    versions. Not for groups that need no index: sources, snapshots and licenses."""
    looked_up: dict[str, tuple[str, list[Any]]] = {
        "doc_id": ("doc_id", [question.doc_id]),
        "documents": ("doc_id", list(question.documents or ())),
        "record_id": ("record_id", [question.record_id]),
        "host": ("host", [named_host(question.host or "")]),
        "domain": ("domain", [named_host(question.domain or "")]),
    }
    if question.url is not None:
        found = _by_column(seen, "snapshots", "url", [canonical_url(question.url)], below)
        return _distinct([*found, *_by_column(seen, "snapshots", "locator", [question.url], below)])
    if question.text is not None:
        return _of_prints(seen, "text_digest", digest_of(question.text.encode()), below)
    if question.normalized is not None:
        return _of_prints(seen, "normalized_digest", normalized_digest(question.normalized), below)
    column, values = looked_up[question.kind]
    return _distinct(_by_column(seen, "snapshots", column, values, below))


def digest_of(text: bytes) -> bytes:
    """The digest of a text, as fingerprints have it."""
    return hashlib.sha256(text).digest()[:ID_BYTES]


def normalized_digest(text: str) -> bytes:
    """That of its words as copies are compared."""
    from dagster_project.corpus.kernels.normalization import normalize  # compiles; other questions need not wait
    from dagster_project.corpus.kernels.texts import buffers

    words, _ = normalize(*buffers(pa.array([text])))
    return digest_of(words.tobytes())


def _of_prints(seen: Overview, column: str, digest: bytes, below: Sequence[str]) -> list[Found]:
    """Documents by their fingerprints, whose rows are those of the snapshot: the version that is told is theirs."""
    return _distinct(_by_column(seen, "fingerprints", column, [digest], below))


def _by_column(seen: Overview, stage: str, column: str, values: Sequence[Any], below: Sequence[str]) -> Iterator[Found]:
    wanted = seen.of_stage(below, stage)
    if not values or not wanted:
        return
    found, loose = look_up(seen.store, stage, column, keys_of(values), wanted)
    seen.loose |= {(stage, column, version) for version in loose}
    files = seen.files(list(found))
    read = ["doc_id"] if column == "doc_id" else ["doc_id", "url" if column in ("host", "domain") else column]
    tasks = [
        (version, shard, files[version][shard], rows)
        for version in wanted
        if version in found
        for shard, rows in by_shard(found[version])
    ]
    tables = at_once(lambda task: read_rows(seen.store, task[2], task[3], read), tasks)
    meant = set(values)
    for (version, shard, _, rows), table in zip(tasks, tables, strict=True):
        said = table.column(read[-1]).to_pylist()
        for row, doc_id, value in zip(rows, table.column("doc_id").to_pylist(), said, strict=True):
            if spelled(column, value) in meant:
                yield Found(doc_id, version, shard, row)


def _distinct(found: Iterable[Found]) -> list[Found]:
    return list(dict.fromkeys(found))


def by_shard(pointers: pa.Table) -> Iterator[tuple[int, list[int]]]:
    """The rows of each shard that pointers lead to, ascending, each once."""
    shards, rows = pointers.column(SHARD).to_numpy(), pointers.column(ROW).to_numpy()
    for shard in np.unique(shards).tolist():
        yield shard, np.unique(rows[shards == shard]).tolist()
