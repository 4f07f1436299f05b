"""Passages: what of their text the survivors of a corpus share with others, and what of it is cut.

Counted are substrings of a length (substrings.py) and whole lines and paragraphs (repeated_segments.py), in the text
that policies leave. Nothing is cut unless the recipe says so; then of what several documents hold the first keeps it
(ranking.py), lists are not torn, and every cut is an edit of the stored text: the text itself stays, and without the
edit it is whole again. A survivor of which no word is left is `emptied`, and no mix takes it.

What is found lies on the disk of the driver, which reads the texts of all layers four times: 56 bytes for each stretch
or segment that is repeated, and what the modules named above say.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from dagster_project.corpus.deduplication.passage_rows import (
    COLUMNS,
    KINDS,
    LINE,
    PARAGRAPH,
    SCHEMA,
    SUBSTRING,
    PassageTask,
    write_passages,
)
from dagster_project.corpus.deduplication.ranking import ROW, RankedTexts, Ranking, Searched, rank
from dagster_project.corpus.deduplication.repeated_segments import RepeatedSegments
from dagster_project.corpus.deduplication.substrings import Spans, Substrings, find_substrings
from dagster_project.corpus.engine.work import Work, assemble, watched
from dagster_project.corpus.kernels.row_order import Rows
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.recipes import CorpusRecipe, PassageRecipe
from dagster_project.corpus.storage.disk_arrays import DiskArrays
from dagster_project.corpus.storage.runs import Cursor, Runs

__all__ = ["CODE_VERSION", "SCHEMA", "build_passages", "recipe_of"]
CODE_VERSION = "1"
MEMORY_BYTES = 256 << 20
MOST_TOLD = 100  # of the most repeated passages


def recipe_of(corpus: CorpusRecipe) -> dict[str, Any]:
    """What of a corpus recipe decides its passages; bounds are for the audit."""
    said = asdict(corpus.passages)
    return {name: value for name, value in said.items() if not name.startswith("max_")}


def build_passages(work: Work, shards: Sequence[Searched], earlier: int, recipe: PassageRecipe) -> Manifest:
    """One row for every document of the last layer. `shards` are those of all layers, `earlier` of them before it."""
    with DiskArrays() as arrays, Runs(COLUMNS, MEMORY_BYTES) as repeated:
        ranking = rank(work.store, shards, arrays)
        most = Most()
        for kind, found in _searches(RankedTexts(work.store, shards, ranking), recipe):
            with found:
                for spans in found.spans():
                    most.add(kind, spans, ranking)
                    repeated.append(_rows(kind, spans, ranking, earlier))
        tasks = _tasks(work, shards, recipe, ranking, Cursor(COLUMNS, repeated.sorted()), earlier)
        manifest = assemble(work, watched(work, work.engine.map(write_passages, tasks), len(shards) - earlier))
        told = {"most_repeated": most.told(), "sources": [shard.name for shard in shards[earlier:]]}
        return replace(manifest, facts={**manifest.facts, **told})


def _searches(texts: RankedTexts, recipe: PassageRecipe) -> Iterator[tuple[int, Substrings | RepeatedSegments]]:
    """One after the other: each takes its room on disk."""
    yield SUBSTRING, find_substrings(texts, recipe.length, inside=recipe.inside, memory_bytes=MEMORY_BYTES)
    for kind in (LINE, PARAGRAPH):
        shortest = recipe.shortest_line
        yield kind, RepeatedSegments(texts, shortest, paragraphs=kind == PARAGRAPH, memory_bytes=MEMORY_BYTES)


def _rows(kind: int, spans: Spans, ranking: Ranking, earlier: int) -> Rows:
    """Those of the last layer, as they are sorted."""
    places = ranking.places[spans.rank]
    kinds = spans.is_first.astype(np.uint64) | np.uint64(kind << 1)
    told = (spans.start, spans.end, spans.copies, spans.first_rank, spans.first_start)
    rows = np.stack([places, kinds, *(column.astype(np.uint64) for column in told)], axis=1)
    return rows[places >> ROW >= earlier]


def _tasks(
    work: Work, shards: Sequence[Searched], recipe: PassageRecipe, ranking: Ranking, rows: Cursor, earlier: int
) -> Iterator[PassageTask]:
    for number in range(earlier, len(shards)):
        found = rows.before((number + 1) << int(ROW))
        firsts = ranking.ids[found[:, 5].astype(np.int64)].tobytes()
        yield PassageTask(
            work.store, work.access, shards[number], recipe, ranking.of_shard(number).tobytes(), found.tobytes(), firsts
        )


class Most:
    """The passages that stand in most documents, each told where it stands first; of equals the longest."""

    def __init__(self) -> None:
        self._kept: dict[int, list[tuple[int, ...]]] = {}  # copies, bytes; less rank and start, against chance
        self._ids: dict[int, str] = {}

    def add(self, kind: int, spans: Spans, ranking: Ranking) -> None:
        """Those of some spans."""
        kept = self._kept.setdefault(kind, [])
        least = kept[0][0] if len(kept) == MOST_TOLD else 0
        chosen = np.flatnonzero(spans.is_first & (spans.start == spans.first_start) & (spans.copies >= least))
        rank, start, end, copies = (column[chosen] for column in spans[:4])
        for at in np.lexsort((-start, -rank, end - start, copies))[-MOST_TOLD:].tolist():
            told = (int(copies[at]), int(end[at] - start[at]), -int(rank[at]), -int(start[at]))
            self._ids[-told[2]] = ranking.ids[-told[2]].tobytes().hex()
            (heapq.heappush if len(kept) < MOST_TOLD else heapq.heappushpop)(kept, told)

    def told(self) -> dict[str, list[dict[str, Any]]]:
        """By kind, the most repeated first."""
        return {
            KINDS[kind]: [
                {"copies": copies, "bytes": size, "doc_id": self._ids[-rank], "start": -start, "end": size - start}
                for copies, size, rank, start in sorted(kept, reverse=True)
            ]
            for kind, kept in self._kept.items()
        }
