"""The benchmarks that a mix promises to be clean of: which candidates repeat their items, and what is done with those.

A mix that refuses takes them as any other, counts its members among them, and fails its audit; one that excludes turns
them away and counts what it turned away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.contamination.answers import SEARCHED, answers, promised
from dagster_project.corpus.mixing.selection import counted
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.mix_recipes import MixRecipe

ROW_BITS = 32
Pair = tuple[str, str]  # name of a benchmark, as promises have it, and of an item


class Promises:
    """The documents that repeat items, by shard and row; of all others nothing is kept."""

    def __init__(self, recipe: MixRecipe, artifacts: Mapping[str, Manifest]):
        self.recipe = recipe
        self.told = promised({key: artifacts[key].facts["artifact"]["benchmarks"] for key in recipe.clean_of})
        self.excluded: dict[str, Counter[str]] = {component.name: Counter() for component in recipe.components}
        self.turned_away = {component.name: 0 for component in recipe.components}
        self._rows: list[NDArray[np.int64]] = []  # with a hit, by shard
        self._pairs: dict[int, tuple[Pair, ...]] = {}  # by shard and row

    def add(self, shard: pa.Table) -> None:
        """What the candidates of the next shard repeat, in the order of the candidates."""
        rows = np.empty(0, np.int64)
        for artifact in self.recipe.clean_of:
            spans = shard.column(f"{artifact}/{SEARCHED}").combine_chunks()
            hit = np.flatnonzero(np.diff(spans.offsets.to_numpy()))
            for row in hit.tolist():
                found = {(f"{artifact}/{span['benchmark']}", span["item"]) for span in spans[row].as_py()}
                place = len(self._rows) << ROW_BITS | row
                self._pairs[place] = (*self._pairs.get(place, ()), *sorted(found))
            rows = np.union1d(rows, hit)
        self._rows.append(rows)

    def admit(self, component: str, shard: int, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of a shard that a component may take."""
        if self.recipe.contaminated == "refuse":
            return rows
        is_hit = np.isin(rows, self._rows[shard])
        self.turned_away[component] += int(is_hit.sum())
        for row in rows[is_hit].tolist():
            self.excluded[component].update({name for name, _ in self._pairs[shard << ROW_BITS | row]})
        return rows[~is_hit]

    @property
    def refused(self) -> dict[str, Any]:
        """Documents that were turned away, by component, and by component and benchmark."""
        if not self.told:
            return {}
        return {"turned_away_contaminated": self.turned_away, "excluded_by_contamination": counted(self.excluded)}

    def profile(self, members: NDArray[np.void]) -> dict[str, Any]:
        """How many members repeat an item; by benchmark, how many do, and by item."""
        if not self.told:
            return {}
        places = members["row"].astype(np.int64) | members["shard"].astype(np.int64) << ROW_BITS
        hit = places[np.isin(places, np.fromiter(self._pairs, np.int64, len(self._pairs)))].tolist()
        return {"contaminated_members": len(hit), SEARCHED: self._counted(self._pairs[place] for place in hit)}

    def facts(self, profile: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The answer for every benchmark that is promised."""
        return answers(self.told, profile.get(SEARCHED) or self._counted(()))

    def _counted(self, hit: Iterable[tuple[Pair, ...]]) -> dict[str, dict[str, Any]]:
        members: Counter[str] = Counter()
        items: dict[str, Counter[str]] = {name: Counter() for name in self.told}
        for pairs in hit:
            members.update({name for name, _ in pairs})
            for name, item in pairs:
                items[name][item] += 1
        return {name: {"members": members[name], "items": dict(sorted(items[name].items()))} for name in self.told}
