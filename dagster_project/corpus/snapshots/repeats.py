"""What only the whole snapshot can say: which equal texts are which occurrence, and which records came twice.

Rows that share a doc_id are found by sorting row digests (on disk beyond a memory limit), and ranked by when they were
collected, earliest first and unknown last, then by digest. Those located by their text get their rank as occurrence
number; a record with a URL or key that came again with the same text is the same document captured again, and all but
the first become dead letters. One of them is contrary when it says otherwise of its license or of what its page
reserves; another date, title or metadata is to be expected of another day. Nothing depends on where rows lay.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.engine.work import ShardResult, Work
from dagster_project.corpus.erasing.blanking import blank
from dagster_project.corpus.erasing.leaving_out import LeftOut, out_of
from dagster_project.corpus.erasing.letters import detail_of
from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.documents import CONTRARY, DEAD_LETTERS, NOT_DIGESTED, SAME, text_locator
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.snapshots.identify import is_located_by_text, renumber
from dagster_project.corpus.snapshots.profile import profile
from dagster_project.corpus.storage.rows import ENTRY
from dagster_project.corpus.storage.rows import entries as digest_rows
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

CAPTURE = np.dtype([("collected", "V8"), ("said", "V16")])  # bytes that sort as the moment; a digest of the evidence
PLACED = np.dtype(
    [
        ("key", "<u8"),
        ("id", "V8"),
        ("collected", "V8"),
        ("digest", "V32"),
        ("said", "V16"),
        ("shard", "<u4"),
        ("row", "<u4"),
    ]
)  # equal keys are sorted by their bytes, in this order
SAID = ("license_evidence", "reservations")
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Repeats:
    """Records dropped because they came twice: how many for which reason, and the dead letters that say so."""

    reasons: Mapping[str, int]
    letters: tuple[File, ...]


class Captured(NamedTuple):
    """A finished shard, and of each of its rows when it was collected and what it says (CAPTURE bytes)."""

    shard: ShardResult
    captures: bytes


class Rank(NamedTuple):
    """A row that has the doc_id of a lower one: its place among them, from 2, and whether it says the same."""

    row: int
    rank: int
    agrees: bool


@dataclass(frozen=True)
class RewriteTask:
    """A shard with rows that repeat an earlier one."""

    store: Store
    access: str
    shard: ShardResult
    ranks: tuple[Rank, ...]
    out: LeftOut | None = None


def settle_repeats(
    work: Work, captured: Sequence[Captured], out: LeftOut | None = None
) -> tuple[list[ShardResult], Repeats]:
    """The shards with occurrence numbers settled and repeated records taken out. `out`: what was erased, perhaps one
    occurrence of a text alone."""
    ranks = ranks_of_repeats(captured)
    shards = [item.shard for item in captured]
    tasks = [
        RewriteTask(work.store, work.access, shards[shard], tuple(rows), out) for shard, rows in sorted(ranks.items())
    ]
    rewritten = dict(zip(sorted(ranks), work.engine.map(rewrite, tasks), strict=True))
    settled = [rewritten[index][0] if index in rewritten else shard for index, shard in enumerate(shards)]
    letters = tuple(file for _, file, _ in rewritten.values() if file is not None)
    reasons = sum((result[2] for result in rewritten.values()), Counter[str]())
    return [shard for shard in settled if shard.file.rows], Repeats(reasons, letters)


def captures(documents: pa.Table) -> NDArray[np.void]:
    """One CAPTURE per document."""
    found = np.empty(documents.num_rows, CAPTURE)
    moments = documents.column("collected_at").cast(pa.int64()).fill_null(NEVER).to_numpy()
    found["collected"] = (moments ^ np.int64(-(2**63))).astype(">i8").view("V8")  # sign turned: bytes sort as numbers
    said = zip(*(documents.column(name).to_pylist() for name in SAID), strict=True)
    found["said"] = np.frombuffer(b"".join(map(_digest_of_evidence, said)), "V16")
    return found


def ranks_of_repeats(shards: Sequence[Captured]) -> dict[int, list[Rank]]:
    """By shard: the rows whose doc_id another row has that was collected earlier."""
    ranks: dict[int, list[Rank]] = {}
    with Spool(PLACED) as spool:
        for index, shard in enumerate(shards):
            spool.append(_placed(shard, index))
        for chunk in spool.sorted():
            rank, previous = 1, -1
            for position in (np.flatnonzero(_same_as_previous(chunk)) + 1).tolist():
                rank = rank + 1 if position == previous + 1 else 2
                previous = position
                agrees = chunk["said"][position].tobytes() == chunk["said"][position + 1 - rank].tobytes()
                found = Rank(int(chunk["row"][position]), rank, agrees)
                ranks.setdefault(int(chunk["shard"][position]), []).append(found)
    return ranks


def rewrite(task: RewriteTask) -> tuple[ShardResult, File | None, Counter[str]]:
    """Number the occurrences of equal texts; take out records that came twice."""
    documents = read_shard(task.store, task.shard.file)
    located = zip(documents.column("locator").to_pylist(), documents.column("text").to_pylist(), strict=True)
    # of an erased text there is nothing left to number: another occurrence of it is the same document again
    by_text = [is_located_by_text(locator) and locator == text_locator(text.encode(), 1) for locator, text in located]
    documents = renumber(documents, {item.row: item.rank for item in task.ranks if by_text[item.row]})
    if task.out:
        documents = blank(documents, out_of(task.store, documents, task.out, "").chosen)
    reasons = {item.row: SAME if item.agrees else CONTRARY for item in task.ranks if not by_text[item.row]}
    if not reasons:
        return _written(task, documents), None, Counter()
    keep = np.ones(documents.num_rows, bool)
    keep[list(reasons)] = False
    letters = _letters(documents.filter(pa.array(~keep)), [reasons[row] for row in sorted(reasons)])
    file = write_shard(task.store, letters, access=task.access)
    return _written(task, documents.filter(pa.array(keep))), file, Counter(reasons.values())


def _written(task: RewriteTask, documents: pa.Table) -> ShardResult:
    file = write_shard(task.store, documents, access=task.access)
    return ShardResult(file, profile(documents), digest_rows(documents, NOT_DIGESTED).tobytes())


def _letters(documents: pa.Table, reasons: Sequence[str]) -> pa.Table:
    """Dead letters that keep which document the dropped record is, and what it said of its license and reserved."""
    told = zip(documents.column("doc_id").to_pylist(), documents.select(SAID).to_pylist(), strict=True)
    evidence = [detail_of(doc_id, {name: said for name, said in row.items() if said}) for doc_id, row in told]
    places = [documents.column("raw_object"), documents.column("raw_position")]
    said = [pa.array(reasons, pa.string()), pa.array(evidence, pa.string()), pa.nulls(len(reasons), pa.binary())]
    return pa.table([*places, *said], schema=DEAD_LETTERS)


def _placed(captured: Captured, index: int) -> NDArray[np.void]:
    digests = np.frombuffer(captured.shard.entries, dtype=ENTRY)
    moments = np.frombuffer(captured.captures, dtype=CAPTURE)
    placed = np.empty(len(digests), PLACED)
    for rows in (digests, moments):
        for name in rows.dtype.names or ():
            placed[name] = rows[name]
    placed["shard"], placed["row"] = index, np.arange(len(digests))
    return placed


def _digest_of_evidence(row: tuple[Sequence[Mapping[str, str]], ...]) -> bytes:
    """What a row's evidence says, whatever its order and wherever it stood: 16 bytes, zero for nothing."""
    if not any(row):
        return bytes(16)
    said = [sorted({(item["kind"] or "", item["value"] or "") for item in column}) for column in row]
    return hashlib.blake2b(canonical(said), digest_size=16).digest()


def _same_as_previous(chunk: NDArray[np.void]) -> NDArray[np.bool_]:
    low = np.ascontiguousarray(chunk["id"]).view("<u8")
    same: NDArray[np.bool_] = (chunk["key"][1:] == chunk["key"][:-1]) & (low[1:] == low[:-1])
    return same
