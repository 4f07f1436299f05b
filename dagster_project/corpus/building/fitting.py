"""A policy fitted to a language: its rules' values on a sample of snapshots, read from their signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.engine.tables import Column, Part, align, zipped
from dagster_project.corpus.filtering.cascade import Cascade
from dagster_project.corpus.filtering.fitting import Sample, Values
from dagster_project.corpus.filtering.judging import Judging
from dagster_project.corpus.filtering.selection import ranks_of
from dagster_project.corpus.filtering.verdicts import judging_of
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.stores import Store

SAMPLE = 200_000  # documents of a snapshot, at most, by a keyed hash of their ids
SEED = 0
OF_SAMPLE = "sample/"  # before the columns by which documents are sampled


@dataclass(frozen=True)
class Sampling:
    """One shard whose documents are sampled."""

    store: Store
    parts: tuple[Part, ...]
    judgings: tuple[Judging, ...]
    languages: tuple[str, ...]
    share: float


def sample_values(library: Library, cascade: Cascade, source: str, languages: Sequence[str]) -> Sample:
    """The values of every rule on documents of a snapshot that are identified as one of these languages (all when
    empty); what is not measured yet is measured first."""
    measured = [Partition("signals", source, item.part) for item in library.planner.measuring.of(cascade)]
    language = Partition("signals", source, "language")
    for partition in dict.fromkeys([*measured, language]):
        library.build(partition)
    newest = library.planner.newest
    snapshot = newest(Partition("snapshots", source))
    reading = library.planner.reading(cascade, [newest(partition) for partition in measured])
    columns = [*reading.columns, Column(newest(language), ("language",), OF_SAMPLE)]
    judgings = tuple(judging_of(step, reading.place) for step in cascade.steps if step.rule.value)
    share = min(1.0, SAMPLE / max(1, snapshot.rows))
    tasks = [
        Sampling(library.store, parts, judgings, tuple(languages), share) for _, parts in align(snapshot.files, columns)
    ]
    found = list(library.engine.map(sample_shard, tasks))
    values = {judging.name: np.concatenate([part[number] for part in found]) for number, judging in enumerate(judgings)}
    return Sample(len(next(iter(values.values()), ())), values)


def sample_shard(task: Sampling) -> list[Values]:
    """The values of each rule on the sampled documents of a shard."""
    table = zipped(task.store, task.parts)
    ids = np.frombuffer(b"".join(table.column("doc_id").to_pylist()), np.uint8).reshape(-1, 16)
    wanted = ranks_of(ids, SEED) <= np.uint64(task.share * (2**64 - 1)) if task.share < 1 else np.ones(len(ids), bool)
    if task.languages:
        wanted &= pc.is_in(table.column(OF_SAMPLE + "language"), pa.array(task.languages, pa.string())).to_numpy()
    table = table.filter(wanted)
    return [judging.value(table).value for judging in task.judgings]
