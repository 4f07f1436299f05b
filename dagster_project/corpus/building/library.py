"""Build partitions: plan → run → audit → publish, and everything that they need first.

A version appears in four steps, each of which a killed run may repeat: shards (content-addressed, found again by
build key), manifest, build record, ref. Only the ref makes it visible, and only after its audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from dagster_project.corpus.building.judging import judged
from dagster_project.corpus.building.mix_plans import inputs_of, plan_of
from dagster_project.corpus.building.observers import Observer, Unobserved, run_record
from dagster_project.corpus.building.planner import Plan, Planner
from dagster_project.corpus.building.plans import make_plan
from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.building.takedowns import differ_by_takedowns
from dagster_project.corpus.engine.costs import Cost, Metered
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.erasing.owned import erased_whole, orders_of, owned
from dagster_project.corpus.lineage.index import index_version
from dagster_project.corpus.mixing import mix
from dagster_project.corpus.model.errors import AuditFailed, IntegrityError, MissingObject, Moved, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.outcomes import Auditor, Outcome
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.portraits.asking import STAGES as PORTRAYED
from dagster_project.corpus.portraits.drawing import portray
from dagster_project.corpus.reaching.reach import Reach
from dagster_project.corpus.signals.groups import measure_together
from dagster_project.corpus.statements.statements import restore, statements_of, withdrawn_for
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.lists import missing
from dagster_project.corpus.storage.refs import Ref
from dagster_project.corpus.storage.shards import remove_altered, remove_erased
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.storage.sweeps import await_sweeps, last_sweep
from dagster_project.corpus.takedowns.erased import last_erasure
from dagster_project.corpus.takedowns.register import last_number, read_register

TRIES = 3  # of a publication that somebody else overtook
ENDING = ("deduplicated", "mixed", "published")  # stages whose versions are withdrawn


@dataclass(frozen=True)
class Built:
    """A partition as it stands after a build. `fresh` says whether this build published a new version."""

    partition: Partition
    manifest: Manifest
    ref: Ref
    outcomes: Sequence[Outcome]
    fresh: bool
    seconds: float


class Requests(NamedTuple):
    """How many states the takedown register and the table of erased documents had, and how often was swept."""

    register: int
    erasures: int
    sweeps: int


class Shared(NamedTuple):
    """What was done once for several partitions, and how many they are."""

    cost: Cost
    among: int


@dataclass
class Library:
    """A store, recipes, an engine and an auditor: all that a build needs. The CLI and Dagster call it alike."""

    store: Store
    recipes: Recipes
    engine: Engine
    auditor: Auditor
    observer: Observer = field(default_factory=Unobserved)
    refill: bool = False  # whether mixes are made anew from which documents were taken down
    answers: bool = False  # whether indexes and portraits are made as soon as a version stands, or when they are asked
    pages: str | None = None  # where the provenance pages of the store are served, for who links to them

    def __post_init__(self) -> None:
        self.planner = Planner(self.store, self.recipes, refill=self.refill)
        self._shared: dict[Partition, Shared] = {}

    def build(self, partition: Partition, *, upstream: bool = True, reason: str = "", repair: bool = False) -> Built:
        """Build a partition, and first whatever it needs (each once); what already stands is found, not rebuilt.

        With `repair`, every object of what is found is read, and what is missing or altered is made again.
        """
        if upstream:
            needed = self.needed(partition)
            self._refuse_missing_lists(needed)
            self.build_all(needed[:-1], reason=reason, repair=repair)
        return self._build_one(partition, reason, repair)

    def build_all(self, partitions: Sequence[Partition], *, reason: str = "", repair: bool = False) -> list[Built]:
        """Build partitions in their order; the text of a snapshot is read once for all that is measured of it."""
        built = []
        for number, partition in enumerate(partitions):
            self._measure_together(partition, partitions[number:])
            built.append(self._build_one(partition, reason, repair))
        return built

    def _measure_together(self, first: Partition, coming: Sequence[Partition]) -> None:
        """Make the shards of all coming measurements that read the same text as the first; each is then found."""
        alike = [item for item in coming if item.stage == "signals" and item.key == first.key]
        needs = self.planner.dependencies.of(first)
        if first.stage != "signals" or len(alike) < 2 or any(item.stage == "artifacts" for item in needs):
            return
        by_group = {}
        for item in alike:
            if self.planner.dependencies.of(item) == needs:
                plan = make_plan(self.planner, item)
                work = self._work(item, plan)
                if plan.shards and not self._found(work.key("build", plan.made_of)):
                    by_group[item] = plan.shards(work)
        if len(by_group) > 1:
            metered, tasks = Metered(self.engine), list(zip(*by_group.values(), strict=True))
            for done, _ in enumerate(metered.map(measure_together, tasks), 1):
                self.observer.progressed(first, done, len(tasks))
            self._shared |= dict.fromkeys(by_group, Shared(metered.cost(), len(by_group)))

    def _refuse_missing_lists(self, partitions: Sequence[Partition]) -> None:
        """Before anything is built: verdicts, which read lists, come after what takes longest."""
        for policy in dict.fromkeys(item.policy for item in partitions if item.stage == "filtered"):
            for step in self.planner.measuring.cascade_named(policy)[0].steps:
                if path := missing(step.recipe.list) or missing(step.recipe.released):
                    raise Refused(f"rule {step.name}: the list {path} cannot be read: put it there or name another")

    def needed(self, partition: Partition) -> list[Partition]:
        """Everything a partition is built from, in an order in which it can be built; itself last."""
        order: dict[Partition, None] = {}

        def visit(item: Partition) -> None:
            for dependency in self.planner.dependencies.of(item):
                if dependency not in order:
                    visit(dependency)
            order[item] = None

        visit(partition)
        return list(order)

    def plan_mix(self, partition: Partition) -> dict[str, Any]:
        """What a mix would take of its inputs as they stand, as `mixing.mix` tells it; nothing is published."""
        self._refuse_unbuilt(partition)
        asked, inputs = inputs_of(self.planner, partition, Reach(self.store))
        work = self._work(partition, plan_of(self.store, asked, inputs))
        cutter = asked.cutter(self.store, inputs)
        return mix.plan_mix(work, asked.mix, asked.candidates(work), cutter, asked.promised, asked.untrusted)

    def _refuse_unbuilt(self, partition: Partition) -> None:
        """Name what builds the inputs that a partition lacks; those that come with another are not named."""
        lacking = [item for item in self.planner.dependencies.of(partition) if not refs.latest(self.store, item)]
        brought = {below for item in lacking for below in self.needed(item)[:-1]}
        if commands := [f"florilegium build {item}" for item in lacking if item not in brought]:
            raise Refused(f"{partition} has inputs that are not built yet: run `{' && '.join(commands)}`")

    def _build_one(self, partition: Partition, reason: str, repair: bool) -> Built:
        self.observer.started(partition)
        sweeps = last_sweep(self.store)
        for attempt in range(1, TRIES + 1):
            try:
                built = self._attempt(partition, reason, repair)
            except (Moved, MissingObject) as error:  # what is missing, a sweep may have taken
                if attempt == TRIES or not (isinstance(error, Moved) or last_sweep(self.store) != sweeps):
                    raise
                continue
            if self.answers:
                self._prepare_answers(built)
            self.observer.finished(built)
            return built
        raise AssertionError("unreachable")

    def _attempt(self, partition: Partition, reason: str, repair: bool) -> Built:
        metered = Metered(self.engine)
        swept = await_sweeps(self.store)
        started_from, requests = refs.latest(self.store, partition), self._requests()._replace(sweeps=swept)
        plan = make_plan(self.planner, partition)
        if started_from and plan.differs and not reason:
            raise Refused(
                f"{partition} is already published as {started_from.id[:12]} from other raw objects ({plan.differs}): "
                f"put them back, give the recipe a new version, or correct it with --reason"
            )
        work = self._work(partition, plan, metered)
        key = work.key("build", plan.made_of)
        found = self._found(key)
        manifest = self._made_whole(plan, work, found) if found and repair else found or self._run(plan, work, key)
        audit_key, outcomes = self.audit(manifest, plan.bounds)
        if any(not item.passed and item.severity == "error" for item in outcomes):
            raise AuditFailed(str(partition), outcomes)
        if found and started_from and started_from.id == found.id:
            self._refuse_overtaken(partition, requests)
            self._restore(partition, found)  # whoever published it may have been stopped before
            return Built(partition, manifest, started_from, outcomes, False, metered.cost().seconds)
        manifest = refs.put_manifest(self.store, manifest)
        refs.record_build(self.store, key, {"id": manifest.id})
        for name in (key, audit_key) if found else ():  # what nobody published, a sweep forgets by their age
            refs.renew_build(self.store, name)
        self._refuse_overtaken(partition, requests, key)
        if started_from and not reason and self._is_takedown(started_from, manifest):
            reason = refs.TAKEDOWN
        cost = self._with_share(partition, metered.cost())
        ran = {"id": self.observer.run, "workers": self.engine.workers}
        ref = refs.publish(
            self.store,
            partition,
            manifest.id,
            build_key=key,
            started_from=started_from,
            reason=reason,
            run={**run_record(self.store, manifest, cost, made=not found), **ran, "audit": audit_key},
        )
        if started_from:
            self._restore(partition, manifest)
        return Built(partition, manifest, ref, outcomes, True, cost.seconds)

    def _with_share(self, partition: Partition, cost: Cost) -> Cost:
        """With its share of what was done for several partitions together."""
        shared = self._shared.pop(partition, None)
        return cost.with_share(shared.cost, shared.among) if shared else cost

    def _prepare_answers(self, built: Built) -> None:
        if built.fresh:
            index_version(self.store, built.manifest)
        if built.partition.stage in PORTRAYED:
            portray(self.store, self.engine, built.manifest)

    def _restore(self, partition: Partition, manifest: Manifest) -> None:
        """Say that a version stands which was withdrawn for what removes nothing any more."""
        if partition.stage in ENDING and withdrawn_for(statements_of(self.store, manifest.id)):
            restore(self.store, partition, manifest.id, {entry.id for entry in read_register(self.store).removing})

    def _refuse_overtaken(self, partition: Partition, before: Requests, key: str = "") -> None:
        """Moved where a takedown or a sweep came meanwhile. What was made under a key may hold what was erased, or lack
        what was swept, and goes."""
        now = self._requests()
        if key and now[1:] != before[1:]:
            self.store.delete([f"builds/{key}.json"])
        if now != before:
            raise Moved(f"a takedown or a sweep came while {partition} was built: build again")

    def _requests(self) -> Requests:
        return Requests(last_number(self.store), last_erasure(self.store), last_sweep(self.store))

    def _is_takedown(self, before: Ref, after: Manifest) -> bool:
        if before.id == after.id:
            return False
        return differ_by_takedowns(self.store, refs.load_manifest(self.store, before.id), after)

    def _work(self, partition: Partition, plan: Plan, engine: Engine | None = None) -> Work:
        return Work(
            store=self.store,
            engine=engine or self.engine,
            stage=partition.stage,
            schema=plan.schema,
            code_version=plan.code_version,
            recipe=plan.recipe,
            inputs=plan.inputs,
            access=plan.access,
            progress=lambda done, total: self.observer.progressed(partition, done, total),
        )

    def _run(self, plan: Plan, work: Work, key: str) -> Manifest:
        manifest = plan.run(work)
        return replace(manifest, facts={**manifest.facts, "access": plan.access, "build_key": key})

    def _made_whole(self, plan: Plan, work: Work, found: Manifest) -> Manifest:
        """What stands, with every object that is missing or altered made again."""
        erased = erased_whole(self.store, {file.sha256 for file in found.objects})
        own = owned(self.store, erased, orders_of([found]))
        if remove_altered(self.store, found, own):
            plan.run(work)  # its shards are content-addressed: what was removed is written again
            remove_erased(self.store, found, owned(self.store, erased))  # what it read before that was erased
            if missing := remove_altered(self.store, found, own):
                raise IntegrityError(f"{missing[0]} cannot be made again from what is there now: restore it")
        return found

    def _found(self, key: str) -> Manifest | None:
        """The version that a build key made; None also when its manifest is gone, for it can be made again."""
        record = refs.find_build(self.store, key)
        try:
            return refs.read_manifest(self.store, record["id"]) if record else None
        except MissingObject:
            return None

    def audit(self, manifest: Manifest, bounds: Mapping[str, Any]) -> tuple[str, list[Outcome]]:
        """(key, outcomes) of the stage's suite on a version; judged once per version, suite and bounds."""
        return judged(self.store, self.auditor, manifest, bounds)
