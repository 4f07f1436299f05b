"""How alike candidates are: their signatures and sketches travel with the pairs, from the batch of one to the other's.

A signature tells a Jaccard similarity s within sqrt(s · (1 − s) / permutations), 0.04 with the defaults. Near the limit
that is too much, so there the sketch decides, which is exact for documents of no more shingles than it holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.candidates import IDS, PAIR, Shards, edges
from dagster_project.corpus.deduplication.fingerprints import rows_of
from dagster_project.corpus.deduplication.keys import Batch, Rows, distinct
from dagster_project.corpus.kernels.sketches import sketch_jaccard
from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.storage.exchange import Address, Piece, Range, read_records
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

AT_ONCE = 32_768  # pairs, of 1.5 KB each with the defaults
DEVIATIONS = 3  # standard deviations of the estimate around the limit within which it is verified


@dataclass(frozen=True)
class AttachTask:
    """Candidates whose left document is in one batch."""

    address: Address
    name: str  # of the candidates
    candidates: tuple[Range, ...]
    number: int  # of the batch
    batch: Batch
    shards: Shards
    prints: FingerprintRecipe


@dataclass(frozen=True)
class CompareTask:
    """The same on their way to the batch of their right document."""

    address: Address
    carried: tuple[Range, ...]
    batch: Batch
    prints: FingerprintRecipe
    limit: float
    margin: float  # around the limit


def margin_of(verify: str, limit: float, permutations: int) -> float:
    """How near the limit an estimate is verified."""
    deviation = math.sqrt(limit * (1 - limit) / permutations)
    return {"none": -1.0, "near": DEVIATIONS * deviation, "all": 2.0}[verify]


def attach(task: AttachTask) -> list[Piece]:
    """Each candidate once, with the fingerprint of its left document, by the batch of the right one."""
    store, count = task.address.store, int(task.shards.batch.max(initial=-1)) + 1
    pairs = distinct(read_records(store, task.candidates, PAIR), IDS)  # two documents may share several bands
    pairs = pairs[np.argsort(pairs["left_shard"], kind="stable")]
    pieces = []
    for start in range(0, len(pairs), AT_ONCE):
        part = pairs[start : start + AT_ONCE]
        carried = np.empty(len(part), _carried(task.prints))
        carried["pair"] = part
        for name, values in _fingerprints(store, task.batch, part, "left", task.prints).items():
            carried[name] = values
        destinations = task.shards.batch[part["right_shard"]]
        name = f"{task.name}-{task.number:06d}-{start:012d}"
        pieces.append(task.address.send_records(name, carried, destinations, count))
    return pieces


def compare(task: CompareTask) -> bytes:
    """The pairs that are alike enough, as EDGE bytes."""
    store, kind = task.address.store, _carried(task.prints)
    found = []
    for item in task.carried:
        carried = read_records(store, [item], kind)
        own = _fingerprints(store, task.batch, carried["pair"], "right", task.prints)
        similarity = similarity_of(carried, own, task.limit, task.margin)
        close = similarity >= task.limit
        found.append(edges(carried["pair"][close], similarity[close]).tobytes())
    return b"".join(found)


def similarity_of(
    one: Mapping[str, NDArray[Any]] | Rows, other: Mapping[str, NDArray[Any]], limit: float, margin: float
) -> NDArray[np.float64]:
    """How alike the documents of two sides are by their signatures, float64[n]; near the limit by their sketches."""
    similarity: NDArray[np.float64] = (one["signature"] == other["signature"]).mean(axis=1)
    unsure = np.abs(similarity - limit) <= margin
    if unsure.any():
        sides = [side[name][unsure] for side in (one, other) for name in ("sketch", "size")]
        similarity[unsure] = sketch_jaccard(*map(np.ascontiguousarray, sides))
    return similarity


def values_of(table: pa.Table, prints: FingerprintRecipe) -> Iterator[tuple[str, NDArray[Any]]]:
    """Signature, sketch and its size of each row."""
    yield "signature", rows_of(table.column("signature"), "<u4", prints.bands * prints.rows)[0]
    if prints.sketch:
        sketches, sizes = rows_of(table.column("sketch"), "<u4", prints.sketch)
        yield "sketch", sketches
        yield "size", sizes.astype(np.int32)


def _carried(prints: FingerprintRecipe) -> np.dtype[np.void]:
    permutations = prints.bands * prints.rows
    return np.dtype(
        [("pair", PAIR), ("signature", "<u4", (permutations,)), ("sketch", "<u4", (prints.sketch,)), ("size", "<i4")]
    )


def _fingerprints(
    store: Store, batch: Batch, pairs: Rows, side: str, prints: FingerprintRecipe
) -> dict[str, NDArray[Any]]:
    """Signature, sketch and its size of one side of every pair."""
    found: dict[str, NDArray[Any]] = {
        "signature": np.empty((len(pairs), prints.bands * prints.rows), np.uint32),
        "sketch": np.empty((len(pairs), prints.sketch), np.uint32),
        "size": np.empty(len(pairs), np.int32),
    }
    for number, file in enumerate(batch.files, batch.first):
        here = np.flatnonzero(pairs[f"{side}_shard"] == number)
        if len(here):
            rows, places = np.unique(pairs[f"{side}_row"][here], return_inverse=True)
            table = read_rows(store, file, rows.tolist(), ["signature", *(["sketch"] if prints.sketch else [])])
            for name, values in values_of(table, prints):
                found[name][here] = values[places]
    return found
