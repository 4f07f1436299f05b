"""Families: which documents of a corpus are copies of each other, over all of them, kept or not.

Documents are ranked by doc_id, so that nothing depends on where rows lay. Equal digests make exact and normalized
copies; one representative of each such group goes on to MinHash, where every pair that shares a band is a candidate,
and is a copy when enough of the two signatures agree. Families are the connected components.

Cost per document: 48 bytes on disk for ranking, 24 for each digest and 16 for each of the 14 bands of a
representative, sorted in buckets; in memory 8 bytes of rank and 8 of label. Time grows as n log n.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.candidates import Pairs, digest_groups, near_pairs
from dagster_project.corpus.engine.work import ShardResult, Work, assemble
from dagster_project.corpus.kernels.components import components
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.recipes import NearRecipe
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.spool import Spool

CODE_VERSION = "1"
EDGE = pa.struct([("doc_id", ID), ("kind", pa.string()), ("similarity", pa.float64())])
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("family", ID),  # the smallest doc_id of the family; null for a document without copies
        pa.field("family_size", pa.int64(), nullable=False),
        pa.field("same_text", ID),  # the smallest doc_id with exactly this text; null when there is no other
        pa.field("edges", pa.list_(EDGE), nullable=False),  # copies with a smaller doc_id that it was found to match
    ]
)
RANKED = np.dtype([("key", "<u8"), ("low", "<u8"), ("row", "<u8")])


@dataclass(frozen=True)
class Families:
    """By rank: the smallest rank of the family, and of the documents with the same text."""

    family: NDArray[np.int64]
    same_text: NDArray[np.int64]
    edges: Pairs


def build_families(work: Work, fingerprints: Sequence[Manifest], near: NearRecipe) -> Manifest:
    """One row for every document of the member snapshots."""
    files = [file for manifest in fingerprints for file in manifest.files]
    rank, ids = rank_documents(work, files)
    found = find_families(work, files, rank, near)
    results = _write(work, files, rank, ids, found, near)
    return assemble(work, results)


def rank_documents(work: Work, files: Sequence[File]) -> tuple[NDArray[np.int64], NDArray[np.void]]:
    """(rank of every row, id of every rank), where ranks are the order of the doc_ids."""
    rows = sum(file.rows for file in files)
    rank, ids = np.empty(rows, np.int64), np.empty(rows, "V16")
    with Spool(RANKED) as spool:
        start = 0
        for file in files:
            spool.append(_ranked(read_shard(work.store, file, ["doc_id"]).column("doc_id"), start))
            start += file.rows
        start = 0
        for chunk in spool.sorted():
            chunk = chunk[np.lexsort((chunk["low"], chunk["key"]))]
            end = start + len(chunk)
            rank[chunk["row"].astype(np.int64)] = np.arange(start, end)
            halves = np.stack([chunk["key"], chunk["low"]], axis=1).astype(">u8")
            ids[start:end] = np.ascontiguousarray(halves).view("V16").ravel()
            start = end
    return rank, ids


def find_families(work: Work, files: Sequence[File], rank: NDArray[np.int64], near: NearRecipe) -> Families:
    rows = len(rank)
    exact = digest_groups(work.store, files, rank, "text_digest")
    normalized = digest_groups(work.store, files, rank, "normalized_digest")
    same_text = components(rows, exact.left, exact.right)
    representative = components(rows, normalized.left, normalized.right)  # equal texts are equal when normalized
    close = near_pairs(work.store, files, rank, representative, near.similarity)
    normalized = normalized.where(same_text[normalized.left] != same_text[normalized.right])
    edges = exact.joined(normalized).joined(close)
    return Families(components(rows, edges.left, edges.right), same_text, edges)


def _write(
    work: Work, files: Sequence[File], rank: NDArray[np.int64], ids: NDArray[np.void], found: Families, near: NearRecipe
) -> Iterator[ShardResult]:
    sizes = np.bincount(found.family, minlength=len(rank))
    texts = np.bincount(found.same_text, minlength=len(rank))
    edges = found.edges.sorted_by_right()
    start = 0
    for number, file in enumerate(files, 1):
        ranks = rank[start : start + file.rows]
        table = _table(ranks, ids, found, sizes, texts, edges)
        written = write_shard(work.store, table, access=work.access, documents=file.documents)
        yield ShardResult(written, _profile(ranks, found, sizes, near), entries(table).tobytes())
        start += file.rows
        work.progress(number, len(files))


def _table(
    ranks: NDArray[np.int64],
    ids: NDArray[np.void],
    found: Families,
    sizes: NDArray[np.int64],
    texts: NDArray[np.int64],
    edges: Pairs,
) -> pa.Table:
    family, same = found.family[ranks], found.same_text[ranks]
    first, last = np.searchsorted(edges.right, ranks), np.searchsorted(edges.right, ranks, side="right")
    columns = [
        _ids(ids[ranks]),
        _ids(ids[family], sizes[family] == 1),
        pa.array(sizes[family]),
        _ids(ids[same], texts[same] == 1),
        pa.array([edges.described(ids, start, end) for start, end in zip(first, last, strict=True)], pa.list_(EDGE)),
    ]
    return pa.table(columns, schema=SCHEMA)


def _profile(
    ranks: NDArray[np.int64], found: Families, sizes: NDArray[np.int64], near: NearRecipe
) -> Mapping[str, Any]:
    heads = ranks[found.family[ranks] == ranks]
    in_families = heads[sizes[heads] > 1]
    histogram = np.unique(np.floor(np.log2(sizes[in_families])).astype(int), return_counts=True)
    return {
        "families": len(in_families),
        "in_families": int((sizes[found.family[ranks]] > 1).sum()),
        "families_over_limit": int((sizes[heads] > near.max_family).sum()),
        "family_sizes": {str(size): int(count) for size, count in zip(*histogram, strict=True)},
    }


def _ids(ids: NDArray[np.void], mask: NDArray[np.bool_] | None = None) -> pa.Array:
    array = pa.FixedSizeBinaryArray.from_buffers(ID, len(ids), [None, pa.py_buffer(np.ascontiguousarray(ids))])
    return array if mask is None else pa.compute.if_else(pa.array(~mask), array, pa.scalar(None, ID))


def _ranked(ids: pa.ChunkedArray, start: int) -> NDArray[np.void]:
    raw = np.frombuffer(b"".join(ids.to_pylist()), dtype=">u8").reshape(-1, 2)
    ranked = np.empty(len(raw), RANKED)
    ranked["key"], ranked["low"] = raw[:, 0], raw[:, 1]
    ranked["row"] = np.arange(start, start + len(raw))
    return ranked


def recipe_of(near: NearRecipe) -> Mapping[str, Any]:
    """What of the corpus recipe decides families."""
    return asdict(near)
