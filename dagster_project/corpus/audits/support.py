"""In how many documents of a mix each phrase stands, and which step before the mix took how many away.

What a model answers follows from how many documents support it (Kandpal et al. 2023, arXiv:2211.08411), and what stands
in one context alone is hardly learned so that it can be asked for (Physics of Language Models 3.1, arXiv:2309.14316).

Of documents that are no members the text of the snapshot is read, of members what is exported. So for every phrase
documents = the sum of what the steps removed + lost by edits - gained by edits + in the mix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.audits.holdings import (
    STEPS,
    Fates,
    Numbers,
    Progress,
    Reason,
    Shard,
    holdings,
    shards_of,
    watched,
)
from dagster_project.corpus.audits.phrases import Mentions, PhraseList, mentions_by_block
from dagster_project.corpus.audits.texts import held_texts, is_changed, part_of
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

EDITED, HELD, UNTOLD = -3, -2, -1  # beside the numbers of reasons
UNKNOWN = Reason(STEPS.index("replayed"), "in no corpus of the mix")
DOCUMENTS, OCCURRENCES = 0, 1
KEPT = {"kept": "filtered", "survivors": "deduplicated", "selected": "selected", "licensed": "licensed"}


@dataclass(frozen=True)
class Support:
    """Counts by phrase, in the order of the list. `removed`: of each reason documents and occurrences, int64[n, 2]."""

    names: tuple[str, ...]
    snapshots: NDArray[np.int64]  # int64[n, 2]
    removed: tuple[tuple[Reason, NDArray[np.int64]], ...]
    lost_by_edits: Numbers  # documents
    gained_by_edits: Numbers
    documents: Numbers  # in the mix, each once
    members: Numbers  # its entries, copies and all
    occurrences: Numbers  # in them


class SupportTask(NamedTuple):
    """One documents shard: the reason of each document, and the texts that the mix holds."""

    store: Store
    shard: Shard
    reasons: Numbers
    phrases: PhraseList


class Counted(NamedTuple):
    """Rows (reason or HELD or EDITED, phrase, documents, occurrences), and of texts that the mix holds rows (phrase,
    documents, members, occurrences, lost, gained)."""

    raw: NDArray[np.int64]
    held: NDArray[np.int64]


def support_of(store: Store, engine: Engine, mixed: Manifest, phrases: PhraseList, progress: Progress) -> Support:
    """Count the phrases in every document below a version of a mix."""
    with ExitStack() as stack:
        fates, total = Fates(store, mixed, stack), len(shards_of(store, mixed))
        tasks = (SupportTask(store, shard, fates.of_next(shard.file), phrases) for shard in holdings(store, mixed))
        return _summed(phrases, [*fates.reasons, UNKNOWN], watched(engine.map(count, tasks), total, progress))


def count(task: SupportTask) -> Counted:
    """The phrases of one shard."""
    documents = read_shard(task.store, task.shard.file, ["doc_id", "text"])
    reasons = np.array(task.reasons)
    for held in task.shard.held:
        reasons[held.rows] = HELD
    raw = _pairs(mentions_by_block(documents, task.phrases), len(task.phrases.names))
    rows = np.column_stack([reasons[raw[:, 0]], raw[:, 1], np.ones(len(raw), np.int64), raw[:, 2]])
    return Counted(_grouped(rows, 2), _held(task, documents, raw))


def _held(task: SupportTask, documents: pa.Table, raw: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the texts of members say: that of their documents, or where it was changed what that was changed to."""
    size = len(task.phrases.names)
    before = np.unique(raw[np.isin(raw[:, 0], _rows(task.shard)), :2] @ [size, 1])
    found = []
    for held in task.shard.held:
        changed = is_changed(task.store, documents, held)
        same = np.setdiff1d(np.arange(len(held.rows)), changed)
        for places, pairs in (
            (same, _at(raw, held.rows[same])),
            (changed, _pairs(_changed(task, documents, held, changed), size)),
        ):
            place = places[pairs[:, 0]]
            members = held.members[place]
            found.append(np.column_stack([held.rows[place], pairs[:, 1], members, pairs[:, 2] * members]))
    rows = np.concatenate([np.empty((0, 4), np.int64), *found])
    after = np.unique(rows[:, :2] @ [size, 1])
    lost, gained = np.setdiff1d(before, after), np.setdiff1d(after, before)
    nothing = np.zeros(len(rows), np.int64)
    counted = [
        np.column_stack([rows[:, 1], nothing, rows[:, 2], rows[:, 3], nothing, nothing]),
        _ones(after % size, 1),
        _ones(lost % size, 4),
        _ones(gained % size, 5),
    ]
    return _grouped(np.concatenate(counted), 1)


def _changed(task: SupportTask, documents: pa.Table, held: Any, changed: Numbers) -> Iterator[Mentions]:
    if len(changed):
        yield from mentions_by_block(held_texts(task.store, documents, part_of(held, changed)), task.phrases)


def _rows(shard: Shard) -> Numbers:
    return np.unique(np.concatenate([np.empty(0, np.int64), *(held.rows for held in shard.held)]))


def _ones(phrases: Numbers, column: int) -> NDArray[np.int64]:
    rows = np.zeros((len(phrases), 6), np.int64)
    rows[:, 0], rows[:, column] = phrases, 1
    return rows


def _at(raw: NDArray[np.int64], rows: Numbers) -> NDArray[np.int64]:
    """The pairs of some rows, which are ascending, with places among these instead; a row may stand there twice."""
    first, last = np.searchsorted(raw[:, 0], rows), np.searchsorted(raw[:, 0], rows, side="right")
    sizes = last - first
    places = np.repeat(np.arange(len(rows)), sizes)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.column_stack([places, raw[np.repeat(first, sizes) + within][:, 1:]])


def _pairs(found: Iterable[Mentions], size: int) -> NDArray[np.int64]:
    """Rows (document, phrase, occurrences), ascending."""
    parts = [np.empty((0, 3), np.int64)]
    for block in found:
        keys, counts = np.unique(block.rows * size + block.phrases, return_counts=True)
        parts.append(np.column_stack([keys // size, keys % size, counts]))
    return np.concatenate(parts)


def _grouped(rows: NDArray[np.int64], keys: int) -> NDArray[np.int64]:
    """Rows of equal keys, the first columns, as one with the sums of the others."""
    if not len(rows):
        return rows
    rows = rows[np.lexsort(rows[:, keys - 1 :: -1].T)]
    starts = np.flatnonzero(np.append(True, (rows[1:, :keys] != rows[:-1, :keys]).any(axis=1)))
    return np.column_stack([rows[starts, :keys], np.add.reduceat(rows[:, keys:], starts)])


def _summed(phrases: PhraseList, reasons: list[Reason], found: Iterable[Counted]) -> Support:
    size = len(phrases.names)
    removed: dict[int, NDArray[np.int64]] = {}
    snapshots, held = np.zeros((size, 2), np.int64), np.zeros((size, 5), np.int64)
    for item in found:
        for number in np.unique(item.raw[:, 0]).tolist():
            rows = item.raw[item.raw[:, 0] == number]
            snapshots[rows[:, 1]] += rows[:, 2:]
            if number != HELD:
                removed.setdefault(number, np.zeros((size, 2), np.int64))[rows[:, 1]] += rows[:, 2:]
        held[item.held[:, 0]] += item.held[:, 1:]
    told = [(reasons[number], counts) for number, counts in removed.items()]
    told.sort(key=lambda item: (item[0].step, -int(item[1][:, DOCUMENTS].sum()), item[0].said))
    documents, members, occurrences, lost, gained = held.T
    return Support(phrases.names, snapshots, tuple(told), lost, gained, documents, members, occurrences)


def stages_of(found: Support) -> dict[str, Numbers]:
    """Documents by phrase that come so far: of snapshots, kept, survivors, selected, licensed, in the mix."""
    left = found.snapshots[:, DOCUMENTS].copy()
    stages = {"snapshots": left.copy()}
    for number, step in enumerate(STEPS):
        for reason, counts in found.removed:
            if reason.step == number:
                left -= counts[:, DOCUMENTS]
        stages |= {name: left.copy() for name, of in KEPT.items() if of == step}
    return {**stages, "in_mix": found.documents}


def support_table(found: Support) -> pa.Table:
    """A row for each phrase: documents by stage, and what the mix holds."""
    columns = {
        "phrase": pa.array(found.names),
        **{name: pa.array(counts) for name, counts in stages_of(found).items()},
        "lost_by_edits": pa.array(found.lost_by_edits),
        "gained_by_edits": pa.array(found.gained_by_edits),
        "members": pa.array(found.members),
        "occurrences": pa.array(found.occurrences),
    }
    return pa.table(columns)


def histogram(documents: Numbers) -> list[dict[str, int]]:
    """Phrases by powers of two of their documents: {from, to, phrases}, none first."""
    bins = np.where(documents > 0, np.floor(np.log2(np.maximum(documents, 1))), -1).astype(np.int64)
    top = int(bins.max(initial=-1))
    edges = [(0, 0), *((1 << power, (2 << power) - 1) for power in range(top + 1))]
    counts = np.bincount(bins + 1, minlength=len(edges)).tolist()
    return [{"from": low, "to": high, "phrases": number} for (low, high), number in zip(edges, counts, strict=True)]
