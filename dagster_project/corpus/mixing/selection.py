"""Which survivors a component may take, and why it may not take the others: every document has one reason."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.mixing.expressions import Expression, condition, number
from dagster_project.corpus.mixing.license_gate import ADMITTED, OFFERED, REASON, LicenseGate
from dagster_project.corpus.mixing.members import encoded
from dagster_project.corpus.model.mix_recipes import ComponentRecipe, LicensePolicy, MixRecipe
from dagster_project.corpus.storage.runs import Runs

Rows = NDArray[np.int64]
BASE = ("status", "license", "license_class", "license_kind", "words", "language", "family")
SOURCE = "source"  # of a document, without its version: known of the whole shard, and so in no table
OF_DOCUMENTS = frozenset(
    {"url", "title", "published_at", "published_confidence", "collected_at", "metadata", "generator"}
)
UNKNOWN = encoded(np.array([np.nan]))[0]  # the value of a document without one; nothing is above it
QUANTILE_BYTES = 128 << 20  # of the values of one component in memory


@dataclass(frozen=True)
class Eligible:
    """The rows of one shard that one component may take."""

    component: int
    rows: Rows


def selecting(component: ComponentRecipe) -> ComponentRecipe:
    """A component as it selects: a random control without what it is a control of."""
    if not component.control:
        return component
    return replace(component, where="", quantile=None, sample="", rehydrate=0.0)


def columns_of(mix: MixRecipe, component: ComponentRecipe) -> tuple[str, ...]:
    """The columns that a mix reads of the documents of a component, by the names that expressions give them, but for
    SOURCE."""
    component = selecting(component)
    quantile = [number(component.quantile.of)] if component.quantile else []
    sample = [number(component.sample)] if component.sample else []
    where = [condition(component.where)] if component.where else []
    by = [number(phase.order.by) for phase in mix.in_phases if phase.order.by]
    controls = [condition(control.where) for control in mix.rendering.controls]
    said = [name for expression in (*where, *quantile, *sample, *by, *controls) for name in expression.columns]
    more = [
        *(["domain"] if component.domains else []),
        *(["family_size"] if component.rehydrate else []),
        *([component.balance.by] if component.balance else []),
        *([f"{mix.tokenizer}.tokens"] if mix.tokenizer else []),
    ]
    return tuple(name for name in dict.fromkeys([*BASE, *said, *more]) if name != SOURCE)


class Gate:
    """The selections of all components and the license policy, and the count of what they turned away."""

    def __init__(self, components: Sequence[ComponentRecipe], licenses: LicensePolicy):
        self.components = [selecting(component) for component in components]
        self.licenses = LicenseGate(licenses)
        self.where = [condition(item.where) if item.where else None for item in self.components]
        self.bounds: list[tuple[np.uint64, np.uint64] | None] = [None] * len(components)
        names = [component.name for component in components]
        self.turned_away: dict[str, Counter[str]] = {name: Counter() for name in names}
        self.excluded: dict[str, Counter[str]] = {name: Counter() for name in names}  # by license
        self.reasons: dict[str, Counter[str]] = {name: Counter() for name in names}  # the same by reason
        self.choices: dict[str, Counter[str]] = {name: Counter() for name in names}  # of licenses that offer one
        self.note: Callable[[str, str, Rows], None] = unnoted  # component, reason and rows, whoever wants to know

    def pass_through(self, shard: pa.Table, corpus: str, source: str) -> Iterator[Eligible]:
        """What each component of a corpus may take of a shard of one source, whose licenses were decided; what it may
        not is counted."""
        survives = pc.equal(shard.column("status"), "survivor").to_numpy()
        reasons = shard.column(REASON).to_numpy()
        is_chosen = pc.not_equal(shard.column("license"), shard.column(OFFERED)).to_numpy()
        for index, component in enumerate(self.components):
            if takes_from(component, corpus, source):
                rows = self._selected(index, shard, np.flatnonzero(survives))
                refused = rows[reasons[rows] != ADMITTED]
                self.reasons[component.name].update(reasons[refused].tolist())
                self.excluded[component.name].update(shard.column("license").take(pa.array(refused)).to_pylist())
                for reason in sorted(set(reasons[refused])):
                    self.note(component.name, f"license: {reason}", refused[reasons[refused] == reason])
                rows = self._within(index, shard, rows[reasons[rows] == ADMITTED])
                self.choices[component.name].update(_choices(shard, rows[is_chosen[rows]]))
                yield Eligible(index, rows)

    def find_bounds(self, shards: Callable[[], Iterator[tuple[pa.Table, str, str]]]) -> None:
        """The values at the quantiles that components ask for, over all that they may take otherwise."""
        asked = [index for index, component in enumerate(self.components) if component.quantile]
        if not asked:
            return
        probe = Gate([replace(item, quantile=None) for item in self.components], self.licenses.policy)
        with ExitStack() as stack:
            runs = {index: stack.enter_context(Runs(1, QUANTILE_BYTES)) for index in asked}
            for whole, corpus, source in shards():
                shard = self.licenses.decided(whole)
                for eligible in probe.pass_through(shard, corpus, source):
                    if eligible.component in runs:
                        values = self._ranked(eligible.component, shard, eligible.rows)
                        runs[eligible.component].append(values[values != UNKNOWN].reshape(-1, 1))
            self.bounds = [_bounds(runs[i], c) if i in runs else None for i, c in enumerate(self.components)]

    def _selected(self, index: int, shard: pa.Table, rows: Rows) -> Rows:
        """The rows that the filters of a component leave."""
        component = self.components[index]
        for name, wanted in (
            ("language", component.languages),
            ("domain", component.domains),
            ("license_class", component.licenses),
        ):
            if wanted:
                is_wanted = pc.is_in(shard.column(name), pa.array(wanted, pa.string())).to_numpy()
                rows = self._turn_away(component, name, rows, is_wanted[rows])
        if where := self.where[index]:
            holds = where.holds(shard.select(list(where.columns)))
            rows = self._turn_away(component, "where", rows, holds[rows])
        return rows

    def _within(self, index: int, shard: pa.Table, rows: Rows) -> Rows:
        """The rows between the quantiles of a component; one without a value is outside."""
        if (bounds := self.bounds[index]) is None:
            return rows
        values = self._ranked(index, shard, rows)
        is_within = (values >= bounds[0]) & (values < bounds[1])
        return self._turn_away(self.components[index], "quantile", rows, is_within)

    def _ranked(self, index: int, shard: pa.Table, rows: Rows) -> NDArray[np.uint64]:
        quantile = self.components[index].quantile
        assert quantile is not None
        return encoded(values_of(number(quantile.of), shard)[rows])

    def _turn_away(self, component: ComponentRecipe, reason: str, rows: Rows, is_in: NDArray[np.bool_]) -> Rows:
        if more := int(len(rows) - is_in.sum()):
            self.turned_away[component.name][reason] += more
            self.note(component.name, reason, rows[~is_in])
        return rows[is_in]


def _choices(shard: pa.Table, rows: Rows) -> list[str]:
    """What was chosen for rows, and of what."""
    chosen, offered = (shard.column(name).take(pa.array(rows)).to_pylist() for name in ("license", OFFERED))
    return [f"{one} of {other}" for one, other in zip(chosen, offered, strict=True)]


def unnoted(component: str, reason: str, rows: Rows) -> None:
    """Nobody wants to know which they were."""


def values_of(expression: Expression, shard: pa.Table) -> NDArray[np.float64]:
    """The value of every document of a shard, nan where it has none."""
    return expression.values(shard.select(list(expression.columns)))


def takes_from(component: ComponentRecipe, corpus: str, source: str) -> bool:
    """Whether a component looks at a source of a corpus at all."""
    return component.origin == corpus and (not component.sources or source.partition("@")[0] in component.sources)


def counted(excluded: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    """Documents that were turned away, by component and whatever they were turned away for."""
    return {name: dict(sorted(counts.items())) for name, counts in excluded.items()}


def _bounds(values: Runs, component: ComponentRecipe) -> tuple[np.uint64, np.uint64]:
    """The least value that is in, and the least above it that is not."""
    quantile = component.quantile
    assert quantile is not None
    places = [math.ceil(Fraction(str(share)) * values.rows) for share in (quantile.above, quantile.up_to)]
    found = [UNKNOWN, UNKNOWN]
    start = 0
    for rows in values.sorted():
        for which, place in enumerate(places):
            if start <= place < start + len(rows):
                found[which] = rows[place - start, 0]
        start += len(rows)
    return found[0], found[1]
