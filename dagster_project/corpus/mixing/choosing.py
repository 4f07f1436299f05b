"""What a mix takes: candidates ranked in pools, the budget divided among them, members taken phase by phase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.mixing.apportionment import (
    Part,
    TooMuch,
    divide,
    most_feasible,
    most_together,
    of_mix,
    of_phases,
    refuse_infeasible,
)
from dagster_project.corpus.mixing.candidates import (
    MOST_GROUPS,
    Candidates,
    Labels,
    groups_of,
    read_candidates,
    records_of,
    values_for,
)
from dagster_project.corpus.mixing.cuts import Cutter
from dagster_project.corpus.mixing.members import Members
from dagster_project.corpus.mixing.ordering import Setting, arranged
from dagster_project.corpus.mixing.pools import Pool
from dagster_project.corpus.mixing.promises import Promises
from dagster_project.corpus.mixing.replays import Places
from dagster_project.corpus.mixing.selection import Gate
from dagster_project.corpus.mixing.variants import Turns
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import UNITS, MixRecipe

# of members held in memory: a quarter in all pools together, a quarter in what is due in a pass, half in the two sorts
# of an order; labels lie on disk
MEMORY_BYTES = 512 << 20


@dataclass(frozen=True)
class Amounts:
    """What each pool is to give by the end of each phase, in units of the budget."""

    phases: Sequence[int]
    components: Sequence[Sequence[int]]  # by phase
    until: Sequence[Sequence[int]]  # by phase and pool, since the beginning


@dataclass
class Choice:
    """The candidates of a mix in their pools, and how much of them it takes."""

    mix: MixRecipe
    shards: Sequence[Candidates]
    gate: Gate
    promises: Promises
    labels: Labels
    cutter: Cutter
    places: Places = field(default_factory=Places)
    pools: list[Pool] = field(default_factory=list)

    def rank(self, work: Work, stack: ExitStack) -> None:
        """Fill one pool for each component and group. The side tables are read here and nowhere else."""
        self.gate.find_bounds(lambda: read_candidates(work.store, self.shards))
        found: dict[tuple[int, str], Pool] = {}
        for number, (read, corpus, source) in enumerate(read_candidates(work.store, self.shards)):
            table = self.gate.licenses.decided(read)
            self.labels.add(table)
            self.promises.add(table)
            self.places.add(table)
            for eligible in self.gate.pass_through(table, corpus, source):
                component = self.mix.components[eligible.component]
                rows = self.promises.admit(component.name, number, eligible.rows)
                members = records_of(self.mix, table, number, eligible.component, rows)
                if by := next((phase.order.by for phase in self.mix.in_phases if phase.order.by), ""):
                    members["value"] = values_for(self.mix, by, table, rows)
                members, rows = self._drawn(component.name, members), rows[members["rate"] > 0]
                for group, chosen in groups_of(component, table, rows).items():
                    self._pool(found, eligible.component, group, stack).add(members[chosen])
            work.progress(number + 1, 2 * len(self.shards))
        self.pools = [found[key] for key in sorted(found)]
        for pool in self.pools:
            pool.settle()

    def amounts(self) -> Amounts:
        """The budget, divided; refused where a pool has less than it is asked for, with what could be had."""
        unit, parts = self.mix.budget.unit, self._parts()
        try:
            return self._divided(self.mix, parts)
        except TooMuch as error:
            possible = most_feasible(self.mix.budget.amount, lambda amount: not self._problem(amount, parts, TooMuch))
            if self._problem(possible, parts, Refused):
                raise Refused(
                    f"{error}. No budget can be had like this: lower what is fixed, raise max_epochs, or relax the "
                    "selection or the license policy"
                ) from None
            raise Refused(
                f"{error}. {possible:,} {unit} can be had: lower the budget or the weight, raise max_epochs, or relax "
                "the selection or the license policy"
            ) from None

    def _problem(self, amount: int, parts: Sequence[Part], kind: type[Refused]) -> Refused | None:
        """Why another budget is refused, if it is for something of this kind."""
        budget = replace(self.mix.budget, **{str(self.mix.budget.unit): amount})
        try:
            self._divided(replace(self.mix, budget=budget), parts)
        except kind as problem:
            return problem
        except Refused:
            return None
        return None

    def _parts(self) -> list[Part]:
        """What each component has, and what it gives at most when its groups are balanced."""
        unit, parts = self.mix.budget.unit, []
        for index, component in enumerate(self.mix.components):
            groups = self._groups(index)
            balance = component.balance
            most = most_together(groups, balance.policy, balance.exponent) if balance else sum(p.most for p in groups)
            parts.append(Part(component.name, self._sums(index, "available")[unit], most))
        return parts

    def _groups(self, index: int) -> list[Part]:
        unit = self.mix.budget.unit
        return [
            Part(pool.group, pool.available[unit], pool.most[unit]) for pool in self.pools if pool.component == index
        ]

    def _divided(self, mix: MixRecipe, parts: Sequence[Part]) -> Amounts:
        phases, asked = of_phases(mix), of_mix(mix, parts)
        until = [
            self._of_pools([sum(amounts[: number + 1]) for amounts in zip(*asked, strict=True)])
            for number in range(len(phases))
        ]
        self._refuse_groups(until[-1])
        return Amounts(phases, asked, until)

    def taken(self, amounts: Amounts, phase: int) -> Iterator[Members]:
        """The members of a phase, pool by pool; of the phases before everything must have been taken."""
        for pool, until in zip(self.pools, amounts.until[phase], strict=True):
            for members in pool.take_up_to(until, self.mix.budget.unit, exact=self.mix.exact):
                members["phase"] = phase
                self._cut(members)
                yield members

    def _cut(self, members: Members) -> None:
        """What is left of those of which only a part is taken."""
        for at in np.flatnonzero(members["keep"]).tolist():
            shard, (row,) = self.shards[members["shard"][at]], self.places.of(members[at : at + 1]).tolist()
            found = self.cutter.cut(shard.file.sha256, shard.edits, row, self.mix.budget.unit, int(members["keep"][at]))
            members["cut"][at], members["words"][at], members["tokens"][at] = found

    def members(self, amounts: Amounts) -> Iterator[Members]:
        """All members in their order."""
        names = [component.name for component in self.mix.components]
        for number, phase in enumerate(self.mix.in_phases):
            setting = Setting(self.mix.seed, phase.name, names, phase.order, MEMORY_BYTES // 2)
            yield from arranged(self.taken(amounts, number), setting)

    def asked(self, amounts: Amounts) -> dict[str, Any]:
        """By component, what it was to give, in all and by phase and group, and what there was of it."""
        unit = self.mix.budget.unit
        return {
            component.name: {
                unit: sum(asked[index] for asked in amounts.components),
                "available": self._sums(index, "available"),
                "most": self._sums(index, "most")[unit],
                "phases": {
                    phase.name: asked[index]
                    for phase, asked in zip(self.mix.in_phases, amounts.components, strict=True)
                    if asked[index]
                },
                "groups": {
                    pool.group: {unit: until, "available": pool.available[unit], "taken": pool.taken}
                    for pool, until in zip(self.pools, amounts.until[-1], strict=True)
                    if pool.component == index and pool.group
                },
            }
            for index, component in enumerate(self.mix.components)
        }

    def _drawn(self, name: str, members: Members) -> Members:
        """Without those that are never drawn, which are counted."""
        is_drawn = members["rate"] > 0
        if never := int(len(members) - is_drawn.sum()):
            self.gate.turned_away[name]["sample"] += never
        return members[is_drawn]

    def _pool(self, found: dict[tuple[int, str], Pool], index: int, group: str, stack: ExitStack) -> Pool:
        if (index, group) not in found:
            component = self.mix.components[index]
            if sum(of == index for of, _ in found) >= MOST_GROUPS:
                raise Refused(
                    f"component {component.name} falls into more than {MOST_GROUPS:,} groups: balance it by a column "
                    "with fewer values"
                )
            turns = Turns(self.mix.seed, component.name) if component.variants else None
            room = 1 << len(found).bit_length()  # for as many pools, so that their shares seldom change
            pool = Pool(index, group, component.max_epochs, MEMORY_BYTES // 4 // room, turns)
            stack.callback(pool.close)
            if len(found) & (len(found) - 1) == 0:
                for other in found.values():
                    other.bound(pool.memory_bytes)
            found[index, group] = pool
        return found[index, group]

    def _of_pools(self, asked: Sequence[int]) -> list[int]:
        """The amounts of components, divided among their groups."""
        amounts = []
        for index, component in enumerate(self.mix.components):
            balance = component.balance
            policy, exponent = (balance.policy, balance.exponent) if balance else ("even", 1.0)
            amounts += divide(asked[index], self._groups(index), policy, exponent)
        return amounts

    def _refuse_groups(self, until: Sequence[int]) -> None:
        unit = self.mix.budget.unit
        parts = [Part(pool.group, pool.available[unit], pool.most[unit]) for pool in self.pools]
        names = [
            f"{self.mix.components[pool.component].name}{f' ({pool.group})' if pool.group else ''}"
            for pool in self.pools
        ]
        refuse_infeasible(unit, until, parts, names)

    def _sums(self, index: int, which: str) -> dict[str, int]:
        pools = [getattr(pool, which) for pool in self.pools if pool.component == index]
        return {unit: sum(found[unit] for found in pools) for unit in UNITS}
