"""The parents of derived records, looked up in the snapshots that the source stands on.

Ids of parents and claims on them are sorted together, on disk beyond a memory limit, 40 bytes each; texts of parents
are read only where somebody names a span. What names no parent, one that nobody has, or bytes that it has not becomes a
dead letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.engine.work import ShardResult, Work
from dagster_project.corpus.erasing.letters import detail_of
from dagster_project.corpus.model.documents import DEAD_LETTERS, NO_PARENT, NOT_DIGESTED, OUTSIDE, UNKNOWN_PARENT
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.snapshots.profile import profile
from dagster_project.corpus.snapshots.repeats import Captured, captures
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import iterate_shard, read_shard, write_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

REASONS = (NO_PARENT, UNKNOWN_PARENT, OUTSIDE)  # of several the first is said
LOOKED_UP = np.dtype(
    [
        ("key", "<u8"),  # the two halves of the parent's doc_id
        ("low", "<u8"),
        ("side", "u1"),  # 0 is the parent itself, 1 a claim on it
        ("size", "<i8"),  # bytes of its text that there are, or that there must be at least
        ("shard", "<u4"),  # of a claim: where it stands
        ("row", "<u4"),
    ]
)
SHOWN = 5  # parents in a dead letter
Reasons = dict[int, dict[int, int]]  # by shard and row, the place of its reason in REASONS


@dataclass(frozen=True)
class ReadTask:
    """A shard of derived documents whose claims are asked for, or one of parents (and whether with their sizes)."""

    store: Store
    file: File
    with_sizes: bool = False


@dataclass(frozen=True)
class TakeOutTask:
    """A shard with rows that cannot stay, and why."""

    store: Store
    access: str
    shard: Captured
    reasons: Mapping[int, int]


def settle_parents(
    work: Work, shards: Sequence[Captured], parents: Sequence[Manifest]
) -> tuple[list[Captured], Counter[str], list[File]]:
    """The shards without records whose parents are not there, how many these were by reason, and their dead letters."""
    reasons = _reasons(work, [item.shard.file for item in shards], parents)
    tasks = [TakeOutTask(work.store, work.access, shards[shard], rows) for shard, rows in sorted(reasons.items())]
    taken = dict(zip(sorted(reasons), work.engine.map(take_out, tasks), strict=True))
    settled = [taken[index][0] if index in taken else shard for index, shard in enumerate(shards)]
    counts = Counter(REASONS[reason] for rows in reasons.values() for reason in rows.values())
    return [item for item in settled if item.shard.file.rows], counts, [letters for _, letters in taken.values()]


def claims(task: ReadTask) -> tuple[bytes, list[int]]:
    """What a shard of derived documents claims (LOOKED_UP bytes, `shard` to be filled in), and rows that claim
    nothing."""
    column = read_shard(task.store, task.file, ["parents"]).column("parents").combine_chunks()
    said = column.flatten()
    found = _looked_up(said.field("doc_id"))
    ends, starts = (pc.fill_null(said.field(name), -1).to_numpy() for name in ("end", "start"))
    found["size"] = np.where(ends >= 0, ends, np.where(starts > 0, starts + 1, 0))
    lengths = pc.list_value_length(column).to_numpy()
    found["side"], found["row"] = 1, np.repeat(np.arange(len(lengths)), lengths)
    return found.tobytes(), np.flatnonzero(lengths == 0).tolist()


def held(task: ReadTask) -> bytes:
    """The documents of a shard that may be parents (LOOKED_UP bytes)."""
    found = [np.empty(0, LOOKED_UP)]
    for batch in iterate_shard(task.store, task.file, ["doc_id", *(["text"] if task.with_sizes else [])]):
        rows = _looked_up(batch.column("doc_id"))
        rows["size"] = pc.binary_length(batch.column("text")).to_numpy() if task.with_sizes else 0
        found.append(rows)
    return np.concatenate(found).tobytes()


def take_out(task: TakeOutTask) -> tuple[Captured, File]:
    """The shard without some rows, and these as dead letters."""
    documents = read_shard(task.store, task.shard.shard.file)
    keep = np.ones(documents.num_rows, bool)
    keep[list(task.reasons)] = False
    letters = _letters(documents.filter(pa.array(~keep)), [REASONS[task.reasons[row]] for row in sorted(task.reasons)])
    left = documents.filter(pa.array(keep))
    file = write_shard(task.store, left, access=task.access)
    result = ShardResult(file, profile(left), entries(left, NOT_DIGESTED).tobytes())
    return Captured(result, captures(left).tobytes()), write_shard(task.store, letters, access=task.access)


def _reasons(work: Work, files: Sequence[File], parents: Sequence[Manifest]) -> Reasons:
    reasons: Reasons = {}
    with Spool(LOOKED_UP) as spool:
        with_sizes = False
        tasks = [ReadTask(work.store, file) for file in files]
        for shard, (raw, alone) in enumerate(work.engine.map(claims, tasks)):
            found = np.frombuffer(raw, LOOKED_UP).copy()
            found["shard"] = shard
            with_sizes |= bool((found["size"] > 0).any())
            spool.append(found)
            for row in alone:
                reasons.setdefault(shard, {})[row] = 0
        tasks = [ReadTask(work.store, file, with_sizes) for parent in parents for file in parent.files]
        for raw in work.engine.map(held, tasks):
            spool.append(np.frombuffer(raw, LOOKED_UP))
        for chunk in spool.sorted():
            for shard, row, reason in _unmet(chunk):
                rows = reasons.setdefault(shard, {})
                rows[row] = min(reason, rows.get(row, reason))
    return reasons


def _unmet(chunk: NDArray[np.void]) -> Iterator[tuple[int, int, int]]:
    """Shard, row and reason of every claim that no parent meets; a chunk holds all rows of its ids, parents first."""
    changes = (chunk["key"][1:] != chunk["key"][:-1]) | (chunk["low"][1:] != chunk["low"][:-1])
    first = np.concatenate([[0], np.flatnonzero(changes) + 1])[np.concatenate([[0], np.cumsum(changes)])]
    is_known = chunk["side"][first] == 0
    bad = np.flatnonzero((chunk["side"] == 1) & (~is_known | (chunk["size"] > chunk["size"][first])))
    reason = np.where(is_known[bad], REASONS.index(OUTSIDE), REASONS.index(UNKNOWN_PARENT))
    yield from zip(chunk["shard"][bad].tolist(), chunk["row"][bad].tolist(), reason.tolist(), strict=True)


def _looked_up(ids: pa.Array) -> NDArray[np.void]:
    found = np.zeros(len(ids), LOOKED_UP)
    halves = np.frombuffer(b"".join(ids.to_pylist()), "<u8").reshape(-1, 2)
    found["key"], found["low"] = halves[:, 0], halves[:, 1]
    return found


def _letters(documents: pa.Table, reasons: Sequence[str]) -> pa.Table:
    """Dead letters that say which document it is, and which parents were named."""
    named = [", ".join(map(_spelled, row[:SHOWN])) or "none" for row in documents.column("parents").to_pylist()]
    told = zip(documents.column("doc_id").to_pylist(), named, _more(documents), strict=True)
    details = [detail_of(doc_id, {"parents": said + (", …" if rest else "")}) for doc_id, said, rest in told]
    places = [documents.column("raw_object"), documents.column("raw_position")]
    said = [pa.array(reasons, pa.string()), pa.array(details, pa.string()), pa.nulls(len(reasons), pa.binary())]
    return pa.table([*places, *said], schema=DEAD_LETTERS)


def _more(documents: pa.Table) -> list[bool]:
    return [length > SHOWN for length in pc.list_value_length(documents.column("parents")).to_pylist()]


def _spelled(parent: Mapping[str, object]) -> str:
    """The id, and the span where one is said."""
    start, end = ("" if parent[name] is None else parent[name] for name in ("start", "end"))
    doc_id = parent["doc_id"]
    assert isinstance(doc_id, bytes)
    return doc_id.hex() + (f"[{start}:{end}]" if (start, end) != ("", "") else "")
