"""Exact counts over all shards in bounded memory: tallies per shard, merged by buckets of their names.

Each shard is tallied alone and its tallies sent to buckets by a hash of what is counted, so that all tallies of one
name meet in one bucket: what a bucket ranks first is exact, and no process holds more than one bucket's names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.engine.tables import Column, Part, align, zipped
from dagster_project.corpus.engine.work import Steps, Work
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
from dagster_project.corpus.storage.exchange import (
    Address,
    Exchange,
    Piece,
    Range,
    parts_for,
    ranges_of,
    read_rows,
)
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

    address: Address
    number: int
    documents: File
    columns: tuple[Part, ...]
    buckets: int


@dataclass(frozen=True)
class Scattered:
    """The totals of one shard, and where its tallies lie."""

    totals: pa.Table
    piece: Piece


@dataclass(frozen=True)
class Gather:
    """What shards have sent to one bucket."""

    store: Store
    sent: tuple[Range, ...]


@dataclass(frozen=True)
class Counted:
    """Totals per language, and the facets of all documents."""

    totals: pa.Table
    facets: Ranked


def count_documents(work: Work, snapshot: Manifest, columns: Sequence[Column]) -> Counted:
    """Every facet of every document of a snapshot; `columns` give words, bytes, language, license, host and domain."""
    buckets = parts_for(snapshot.rows, BUCKET_DOCUMENTS, MOST_BUCKETS)
    steps = Steps(work, len(snapshot.files) + buckets)
    pieces: list[Piece] = []
    totals, facets = added_totals([]), ranked(added([]))
    with Exchange(work.store) as address:
        scatters = _scatters(address, snapshot, columns, buckets)
        for item in steps.map(scatter, scatters):
            pieces.append(item.piece)
            totals = added_totals([totals, item.totals])
        gathers = (Gather(work.store, ranges_of(pieces, bucket)) for bucket in range(buckets))
        for found in steps.map(gather, gathers):
            facets = united(facets, found)
    return Counted(totals, facets)


def united(one: Ranked, other: Ranked) -> Ranked:
    """The rankings of two buckets as one: the first of both are among the first of each."""
    first = ranked(pa.concat_tables([one.first, other.first])).first
    return Ranked(first, added_sums([one.whole, other.whole]))


def scatter(task: Scatter) -> Scattered:
    """Tally one shard, and send each tally to its bucket."""
    read = read_documents(task.address.store, task.documents, task.columns)
    tallies = tally(read)
    to = receivers(tallies, task.buckets)
    return Scattered(total(read), task.address.send_rows(f"tallies-{task.number:06d}", tallies, to, task.buckets))


def gather(task: Gather) -> Ranked:
    """Add up what one bucket received, and rank it."""
    held: list[pa.Table] = []
    limit = HELD_TALLIES
    for item in task.sent:
        held += read_rows(task.store, [item])
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


def _scatters(address: Address, snapshot: Manifest, columns: Sequence[Column], buckets: int) -> Iterator[Scatter]:
    for number, (file, parts) in enumerate(align(snapshot.files, columns)):
        yield Scatter(address, number, file, parts, buckets)
