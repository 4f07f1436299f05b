"""Exact counts over all shards in bounded memory: tallies per shard, merged by buckets of their names.

Each shard is tallied alone and its tallies sent to buckets by a hash of what is counted, so that all tallies of one
name meet in one bucket: what a bucket ranks first is exact, and no process holds more than one bucket's names. The
files in between lie under scratch/.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.engine.tables import Column, Part, align, zipped
from dagster_project.corpus.engine.work import Work, watched
from dagster_project.corpus.kernels.hashing import digests
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.statistics.tallies import (
    READ,
    Ranked,
    added,
    added_sums,
    added_totals,
    ranked,
    tally,
    total,
)
from dagster_project.corpus.storage.shuffle import Sent, discard, receive, send
from dagster_project.corpus.storage.stores import Store

BUCKET_DOCUMENTS = 1 << 19  # a document gives up to eight tallies, most of them shared with others
MOST_BUCKETS = 1024
HELD_TALLIES = 1 << 20  # rows that a bucket holds before it adds them up: about 100 MB
DOCUMENTS = (
    *("language", "url", "boilerplate_characters"),
    *("published_at", "published_confidence", "collected_at", "collected_confidence"),
)


@dataclass(frozen=True)
class Scatter:
    """One documents shard with the side tables that cover it, and the number of buckets."""

    store: Store
    path: str
    documents: File
    columns: tuple[Part, ...]
    buckets: int


@dataclass(frozen=True)
class Scattered:
    """The totals of one shard, and where its tallies lie."""

    totals: pa.Table
    sent: Sent


@dataclass(frozen=True)
class Gather:
    """One bucket, and the shards that may have sent it something."""

    store: Store
    bucket: int
    sent: tuple[Sent, ...]


@dataclass(frozen=True)
class Counted:
    """Totals per language, and the facets of all documents."""

    totals: pa.Table
    facets: Ranked


def count_documents(work: Work, snapshot: Manifest, columns: Sequence[Column]) -> Counted:
    """Every facet of every document of a snapshot; `columns` give words, bytes, language, license, host and domain."""
    buckets = buckets_for(snapshot.rows)
    scatters = _scatters(work, snapshot, columns, buckets)
    steps = len(scatters) + buckets
    sent: list[Sent] = []
    totals = added_totals([])
    try:
        for item in watched(work, work.engine.map(scatter, scatters), steps):
            sent.append(item.sent)
            totals = added_totals([totals, item.totals])
        facets = ranked(added([]))
        gathered = work.engine.map(gather, _gathers(work.store, sent, buckets))
        for done, found in enumerate(gathered, len(scatters) + 1):
            facets = united(facets, found)
            work.progress(done, steps)
    finally:
        discard(work.store, sent)
    return Counted(totals, facets)


def buckets_for(documents: int) -> int:
    """A power of two, from the number of documents alone."""
    buckets = 1
    while buckets < MOST_BUCKETS and buckets * BUCKET_DOCUMENTS < documents:
        buckets *= 2
    return buckets


def united(one: Ranked, other: Ranked) -> Ranked:
    """The rankings of two buckets as one: the first of both are among the first of each."""
    first = ranked(pa.concat_tables([one.first, other.first])).first
    return Ranked(first, added_sums([one.whole, other.whole]))


def scatter(task: Scatter) -> Scattered:
    """Tally one shard, and send each tally to its bucket."""
    read = read_documents(task.store, task.documents, task.columns)
    tallies = tally(read)
    to = receivers(tallies, task.buckets)
    order = np.argsort(to, kind="stable")
    tallies, to = tallies.take(pa.array(order)), to[order]
    bounds = np.searchsorted(to, np.arange(task.buckets + 1))
    sections = {
        int(bucket): tallies.slice(bounds[bucket], bounds[bucket + 1] - bounds[bucket])
        for bucket in np.flatnonzero(np.diff(bounds))
    }
    return Scattered(total(read), send(task.store, task.path, sections))


def gather(task: Gather) -> Ranked:
    """Add up what one bucket received, and rank it."""
    held: list[pa.Table] = []
    limit = HELD_TALLIES
    for item in task.sent:
        held += receive(task.store, [item], task.bucket)
        if sum(table.num_rows for table in held) > limit:
            held = [added(held)]
            limit = max(HELD_TALLIES, 2 * held[0].num_rows)
    return ranked(added(held))


def receivers(tallies: pa.Table, buckets: int) -> NDArray[np.uint64]:
    """The bucket of every tally, by a hash of its language and value."""
    if buckets == 1:
        return np.zeros(tallies.num_rows, np.uint64)
    names = pc.binary_join_element_wise(tallies.column("language"), tallies.column("value"), "\0")
    return digests(*buffers(names)) % np.uint64(buckets)


def read_documents(store: Store, documents: File, columns: Sequence[Part]) -> pa.Table:
    """What is counted of one shard (READ): the snapshot's own columns beside what was measured and concluded."""
    frozen, measured = zipped(store, [Part(documents, DOCUMENTS)]), zipped(store, columns)
    if not frozen.column("doc_id").equals(measured.column("doc_id")):
        raise IntegrityError(f"{documents.path} is not what its side tables cover: rebuild them")
    own = {
        **{name: frozen.column(name) for name in DOCUMENTS if name in READ and name != "language"},
        "declared": frozen.column("language"),
        "boilerplate_characters": pc.fill_null(frozen.column("boilerplate_characters").cast("int64"), 0),
        "with_url": pc.is_valid(frozen.column("url")).cast("int64"),
        "text_bytes": measured.column("bytes"),
    }
    return pa.table({name: own[name] if name in own else measured.column(name) for name in READ})


def _scatters(work: Work, snapshot: Manifest, columns: Sequence[Column], buckets: int) -> list[Scatter]:
    run = secrets.token_hex(16)  # another process may count the same snapshot, and clears its own scratch
    return [
        Scatter(work.store, f"scratch/{run}/{number:06d}.arrows", file, parts, buckets)
        for number, (file, parts) in enumerate(align(snapshot.files, columns))
    ]


def _gathers(store: Store, sent: Sequence[Sent], buckets: int) -> list[Gather]:
    """Each bucket with its own sections alone, so that a task stays small however many shards there are."""
    return [
        Gather(
            store,
            bucket,
            tuple(Sent(item.path, {bucket: item.sections[bucket]}) for item in sent if bucket in item.sections),
        )
        for bucket in range(buckets)
    ]
