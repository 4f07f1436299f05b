"""How a portrait is made: one pass over the texts, whose hashes go to the parts of the filter by their leading bits.

No process holds all hashes: a part is made where its share of them is read, and only there are they told apart. Its
size follows from how many different ones there are, so the bytes depend on the texts alone, not on shards or workers.
Of 1 TB of text 160 GB of hashes lie on the store while it is made; a task has those of one shard, or 0.5 GB of a part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.kernels.portraits import BLOCK_BITS, Hashes, false_rate, filled, strided
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.errors import Moved
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.portraits.portrait import (
    BITS,
    PROBES,
    WIDTH,
    Header,
    PartOf,
    forget,
    part_path,
    read_header,
    write_header,
)
from dagster_project.corpus.portraits.texts import TextShard, shards_of
from dagster_project.corpus.storage.exchange import (
    Address,
    Exchange,
    Piece,
    Range,
    parts_for,
    ranges_of,
    read_records,
)
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.erased import last_erasure, read_erasures

EACH, MOST_BITS = 1 << 22, 10  # hashes of a part; bits that tell its number at most
TRIES = 3
RECORD = np.dtype([("hash", "<u8")])


class Sent(NamedTuple):
    """What came of one shard."""

    piece: Piece
    hashes: int
    documents: int
    short: int
    text_bytes: int
    covered_bytes: int


@dataclass(frozen=True)
class SendTask:
    """One shard, whose hashes are sent, less those of documents that were erased."""

    address: Address
    number: int
    shard: TextShard
    erased: File | None  # a table of their ids


@dataclass(frozen=True)
class PartTask:
    """One part of a filter, to be made of what was sent to it."""

    store: Store
    version: str
    number: int
    ranges: Sequence[Range]
    skipped_bits: int


def portray(store: Store, engine: Engine, manifest: Manifest) -> Header:
    """The portrait of a version, made unless it stands."""
    found = read_header(store, manifest.id)
    return found or draw(store, engine, manifest)


def draw(store: Store, engine: Engine, manifest: Manifest) -> Header:
    """Make the portrait of a version, which knows nothing of documents that were erased: made again, where some were
    erased meanwhile."""
    for _ in range(TRIES):
        erasures = read_erasures(store)
        header = _drawn(store, engine, manifest, erasures.documents)
        if last_erasure(store) == erasures.number:
            return header
        forget(store, manifest.id)
    raise Moved(f"documents were erased {TRIES} times while {manifest.id[:12]} was portrayed: try again")


def _drawn(store: Store, engine: Engine, manifest: Manifest, erased: File | None) -> Header:
    with Exchange(store) as address:
        tasks = [SendTask(address, number, shard, erased) for number, shard in enumerate(shards_of(store, manifest))]
        sent = list(engine.map(send_hashes, tasks))
        parts = tuple(engine.map(make_part, _part_tasks(store, manifest.id, sent)))
    sums = {name: sum(getattr(item, name) for item in sent) for name in Sent._fields[2:]}
    header = Header(manifest.id, manifest.stage, parts=parts, **sums)
    write_header(store, header)
    return header


def send_hashes(task: SendTask) -> Sent:
    """The hashes of one shard, each once, on their way to parts."""
    found: list[Hashes] = []
    documents = short = text_bytes = covered = 0
    store = task.address.store
    without = read_shard(store, task.erased, ["doc_id"]).column("doc_id").unique() if task.erased else None
    for table in task.shard.read(store, without=without):
        data, offsets = buffers(table.column("text"))
        some = strided(data, offsets, WIDTH)
        found.append(some.hashes)
        documents, short = documents + len(table), short + some.short
        text_bytes, covered = text_bytes + int(offsets[-1]), covered + some.covered_bytes
    hashes = distinct(found)
    destinations = (hashes >> np.uint64(64 - MOST_BITS)).astype(np.uint16)
    piece = task.address.send_records(f"{task.number:06d}", hashes.view(RECORD), destinations, 1 << MOST_BITS)
    return Sent(piece, sum(map(len, found)), documents, short, text_bytes, covered)


def make_part(task: PartTask) -> PartOf:
    """One part, written."""
    hashes = distinct([read_records(task.store, task.ranges, RECORD)["hash"]])
    blocks = max(1, -(-len(hashes) * BITS // BLOCK_BITS))
    found = filled(hashes, blocks, PROBES, task.skipped_bits)
    body = found.astype("<u8", copy=False).tobytes()
    task.store.put(part_path(task.version, task.number), body)
    rate = round(false_rate(found, PROBES), 9)
    return PartOf(blocks, len(hashes), hashlib.sha256(body).hexdigest(), rate)


def distinct(parts: Sequence[NDArray[np.uint64]]) -> Hashes:
    """All of them, each once and in order."""
    hashes = np.sort(np.concatenate([np.empty(0, np.uint64), *parts]))
    return hashes[np.append(True, hashes[1:] != hashes[:-1])] if len(hashes) else hashes


def _part_tasks(store: Store, version: str, sent: Sequence[Sent]) -> Iterable[PartTask]:
    """So many that each has a few million hashes; their number depends on that of all n-grams, copies included."""
    parts = parts_for(sum(item.hashes for item in sent), EACH, 1 << MOST_BITS)
    each = (1 << MOST_BITS) // parts
    for number in range(parts):
        ranges = ranges_of((item.piece for item in sent), number * each, (number + 1) * each)
        yield PartTask(store, version, number, ranges, parts.bit_length() - 1)
