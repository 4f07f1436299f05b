"""Where a share or a budget ends, found over all shards before any verdict is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dagster_project.corpus.engine.tables import Column, Part, align, zipped
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.filtering.judging import Judging, standing
from dagster_project.corpus.filtering.selection import NO_TIES, Budget, Tally, Ties, boundary, tally, threshold, total
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.stores import Store


@dataclass(frozen=True)
class Looking:
    """One shard whose documents are ranked by a step, after those before it have removed theirs."""

    store: Store
    parts: tuple[Part, ...]
    before: tuple[Judging, ...]
    judging: Judging
    value: float | None = None  # of which the ties are wanted


def decide_thresholds(
    work: Work, documents: Sequence[File], columns: Sequence[Column], judgings: Sequence[Judging]
) -> list[Judging]:
    """The same steps, each share and budget with its threshold; one pass over the signals for each, and another over
    the documents of its value."""
    decided: list[Judging] = []
    for judging in judgings:
        if not judging.selects:
            decided.append(judging)
            continue
        looking = [Looking(work.store, parts, tuple(decided), judging) for _, parts in align(documents, columns)]
        budget = budget_of(judging)
        value, left = boundary(total(work.engine.map(tally_shard, looking)), budget)
        ties = work.engine.map(find_ties, [replace(item, value=value) for item in looking])
        decided.append(replace(judging, threshold=threshold(value, left, ties, budget.unit)))
    return decided


def budget_of(judging: Judging) -> Budget:
    """What a step keeps at most."""
    if judging.draw:
        return Budget("documents", judging.draw.documents)
    if "words" in judging.limits:
        return Budget("words", judging.limits["words"])
    return Budget("documents", judging.limits["quantile"], is_share=True)


def tally_shard(task: Looking) -> Tally:
    """How many documents and words there are of each value."""
    table = zipped(task.store, task.parts)
    judged = task.judging.value(table)
    pool = standing(table, task.before) & judged.keeps & task.judging.meant(table)
    return tally(judged.value[pool], task.judging.words(table)[pool])


def find_ties(task: Looking) -> Ties:
    """The documents of one value."""
    table = zipped(task.store, task.parts)
    judged = task.judging.value(table)
    tied = standing(table, task.before) & judged.keeps & task.judging.meant(table) & (judged.value == task.value)
    if task.value is None or not tied.any():
        return NO_TIES
    rows = table.filter(tied)
    return Ties(task.judging.ranks(rows), task.judging.words(rows))
