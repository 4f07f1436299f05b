"""Soft deduplication: how often a document should be drawn, less the more common its words are; nothing is dropped.

The commonness of a document is the geometric mean of the probabilities of its n-grams, 1 / perplexity, by a Kneser-Ney
model, and its weight falls as 1 / commonness (SoftDedup: He et al. 2024, arXiv:2407.06654). They count 4-grams of the
corpus; here it is whatever artifact the recipe names, and one of `kind: ngram` has trigrams.

How many segments there are and what bounds weights is ours. Segments hold equal numbers of survivors, and equal
commonness is never parted. A segment weighs as its middle document would: 1 in the rarest, and `least` at least. The
cuts of a corpus are those of the one that it stands on: so a weight says the same in all layers, those below stay as
they are, and a layer of common texts alone weighs less as a whole. Commonness is told in whole thousandths of a nat, of
which there are few: memory does not grow with the corpus.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.statuses import is_survivor
from dagster_project.corpus.engine.tables import Column, Part, align, map_shards, zipped
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.recipes import SoftRecipe
from dagster_project.corpus.storage.stores import Store

CODE_VERSION = "1"
WHOLE = 1000  # the weight of the rarest
LARGEST = 100_000  # thousandths of a nat for a word; what costs more costs that
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("commonness", pa.int64()),  # mean log-probability of a word, thousandths of a nat; null without words
        pa.field("segment", pa.int64()),  # from 1, the most common; null where there is no commonness or no weight
        pa.field("weight", pa.int64()),  # thousandths; null for all but survivors
    ]
)
READ = ("status", "log_prob", "scored_words", "words")
Costs = NDArray[np.int64]  # of a word, thousandths of a nat: less commonness


class Segment(NamedTuple):
    """Survivors of similar commonness: at most `cost`, and above the one before; what each weighs."""

    cost: int
    weight: int
    survivors: int


@dataclass(frozen=True)
class TallyTask:
    """One shard whose survivors are counted by cost."""

    store: Store
    parts: tuple[Part, ...]


def recipe_of(soft: SoftRecipe) -> dict[str, Any]:
    """What of a corpus recipe decides weights, beside what was measured."""
    return {"segments": soft.segments, "least": soft.least}


def weigh(
    work: Work, documents: Sequence[File], columns: Sequence[Column], soft: SoftRecipe, base: Manifest | None
) -> Manifest:
    """One row for every document of a corpus, from READ columns. `base` are the weights of the layer below."""
    if base:
        segments = [Segment(**segment) for segment in base.facts["segments"]]
    else:
        tasks = [TallyTask(work.store, parts) for _, parts in align(documents, columns)]
        segments = segments_of(total(work.engine.map(tally, tasks)), soft)
    manifest = map_shards(work, documents, Weighing(tuple(segments)), columns)
    return replace(manifest, facts={**manifest.facts, "segments": [segment._asdict() for segment in segments]})


def tally(task: TallyTask) -> Costs:
    """How many survivors there are of each cost from 0 on."""
    table = zipped(task.store, task.parts)
    costs = costs_of(table)[is_survivor(table).to_numpy()]
    return np.bincount(costs[costs >= 0])


def total(tallies: Iterable[Costs]) -> Costs:
    found = np.zeros(LARGEST + 1, np.int64)
    for counts in tallies:
        found[: len(counts)] += counts
    return found


def costs_of(table: pa.Table) -> Costs:
    """Of a word on average, rounded down; -1 of a document without words."""
    costs, words = -table.column("log_prob").to_numpy(), table.column("scored_words").to_numpy()
    return np.where(words > 0, np.clip(costs // np.maximum(words, 1), 0, LARGEST), -1)


def segments_of(counts: Costs, soft: SoftRecipe) -> list[Segment]:
    """At most as many segments as were asked for, from the number of survivors of each cost; none without any."""
    upto = np.cumsum(counts)
    survivors = int(upto[-1])
    if not survivors:
        return []
    shares = -(-np.arange(1, soft.segments + 1) * survivors // soft.segments)
    cuts = np.unique(np.searchsorted(upto, shares))  # costs at which a share is reached
    before = np.concatenate([[0], upto[cuts[:-1]]])
    middles = np.searchsorted(upto, (before + upto[cuts] + 1) // 2)
    return [
        Segment(int(cut), weight_of(int(middles[-1] - middle), soft.least), int(upto[cut] - first))
        for cut, middle, first in zip(cuts, middles, before, strict=True)
    ]


def weight_of(difference: int, least: float) -> int:
    """What a document weighs that costs so many thousandths of a nat less than the rarest; the same everywhere."""
    weight = round(WHOLE * (Decimal(-difference) / WHOLE).exp())
    return max(weight, round(WHOLE * least))


@dataclass(frozen=True)
class Weighing:
    """Segments at work on the documents of a shard."""

    segments: tuple[Segment, ...]

    def __call__(self, table: pa.Table, recipe: Mapping[str, Any]) -> tuple[pa.Table, Mapping[str, Any]]:
        costs, survivors = costs_of(table), is_survivor(table).to_numpy()
        numbers, weights = self.weighed(costs)
        columns = [
            table.column("doc_id"),
            pa.array(-costs, mask=costs < 0),
            pa.array(numbers, mask=~survivors | (numbers == 0)),
            pa.array(weights, mask=~survivors),
        ]
        return pa.table(columns, schema=SCHEMA), profile(table, numbers, weights)

    def weighed(self, costs: Costs) -> tuple[Costs, Costs]:
        """(number of the segment of each cost, its weight): without a cost 0 and a whole weight. What is rarer than
        all of the layer below is as rare as its rarest."""
        last = len(self.segments)
        places = np.searchsorted(np.array([segment.cost for segment in self.segments], np.int64), costs)
        numbers = np.where(costs < 0, 0, np.minimum(places + 1, last))
        return numbers, np.array([WHOLE, *(segment.weight for segment in self.segments)], np.int64)[numbers]


def profile(table: pa.Table, numbers: Costs, weights: Costs) -> dict[str, Any]:
    """Survivors and their words, as they are and weighed (in thousandths), and how many there are of each weight."""
    survivors, words = is_survivor(table).to_numpy(), table.column("words").to_numpy()
    found, counts = np.unique(weights[survivors], return_counts=True)
    return {
        "survivors": {"documents": int(survivors.sum()), "words": int(words[survivors].sum())},
        "effective": {
            "documents": int(weights[survivors].sum()),
            "words": int((weights * words)[survivors].sum()),
        },
        "unmeasured": int((numbers[survivors] == 0).sum()),
        "weights": {str(weight): count for weight, count in zip(found.tolist(), counts.tolist(), strict=True)},
    }


def effective_of(manifest: Manifest) -> dict[str, Any]:
    """What a corpus amounts to when its weights are followed, beside what it holds, in whole documents and words."""
    counted = manifest.profile
    return {
        "survivors": counted["survivors"],
        "effective": {name: number // WHOLE for name, number in counted["effective"].items()},
        "segments": manifest.facts["segments"],
    }


def refuse_other_base(corpus: str, base: Manifest, soft: SoftRecipe, models: tuple[set[str], set[str]]) -> None:
    """Cuts of other segments, or of what another version of a model says, would not fit."""
    if base.identity.recipe != recipe_of(soft):
        raise Refused(f"{corpus} stands on a corpus with other weights: say soft: {dict(base.identity.recipe)}")
    if models[0] != models[1]:
        raise Refused(f"{corpus} stands on weights by another version of {soft.model}: build those again first")
