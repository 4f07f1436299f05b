"""What a partition is built from, and how: one planner per stage, each a few lines over the stage's own room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import pyarrow as pa

from dagster_project.corpus.building.measuring import EDITING, Measuring, exported, taken_by
from dagster_project.corpus.building.recipes import Control, Recipes
from dagster_project.corpus.deduplication import families, fingerprints, survivors
from dagster_project.corpus.engine.tables import Column, ShardTask, align
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.filtering import verdicts
from dagster_project.corpus.filtering.cascade import Cascade, Draw, Step, control_of
from dagster_project.corpus.licenses import licensed
from dagster_project.corpus.lineage.walk import snapshots_of, verdicts_of
from dagster_project.corpus.mixing import mix
from dagster_project.corpus.mixing.mix import Candidates
from dagster_project.corpus.model.documents import DOCUMENTS
from dagster_project.corpus.model.manifests import Input, Manifest
from dagster_project.corpus.model.measurements import Measurement, view_of
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.model.recipes import ACCESS_CLASSES, CorpusRecipe, MixRecipe, as_data
from dagster_project.corpus.publishing import exports
from dagster_project.corpus.scorers import artifacts
from dagster_project.corpus.signals import groups
from dagster_project.corpus.signals.groups import PLAIN
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.snapshots.refresh import look, look_again
from dagster_project.corpus.snapshots.retain import Kept
from dagster_project.corpus.sources.files import open_raw
from dagster_project.corpus.sources.registry import source_for
from dagster_project.corpus.statistics import languages
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.stores import Store


@dataclass(frozen=True)
class Plan:
    """One version about to be built: what it is made of, and the function that makes it."""

    schema: pa.Schema
    code_version: str
    recipe: Mapping[str, Any]
    inputs: tuple[Input, ...]
    run: Callable[[Work], Manifest]
    access: str = "public"
    made_of: Any = ()  # what decides the bytes beside recipe and inputs: raw objects
    bounds: Mapping[str, Any] = field(default_factory=dict)  # for the audit
    shards: Callable[[Work], list[ShardTask]] | None = None  # of a measurement of text, which may share its reading
    differs: str = ""  # how its raw objects are no longer those that a fixed version was read from


class Planner:
    """Resolves names once: every input is pinned to the version that was newest when the plan was made."""

    def __init__(self, store: Store, recipes: Recipes):
        self.store, self.recipes, self.measuring = store, recipes, Measuring(recipes)

    def dependencies(self, partition: Partition) -> list[Partition]:
        """The partitions that must exist first, from the recipes alone."""
        return DEPENDENCIES[partition.stage](self, partition)

    def measured(self, source: str) -> list[Partition]:
        """The measurements of a snapshot: the plain groups, and what the policies of corpora that hold it ask for."""
        parts = dict.fromkeys(PLAIN)
        for corpus in self.recipes.corpora:
            for key, policy in self.members(corpus):
                if key == source:
                    cascade, _ = self._cascade(policy)
                    parts |= {item.part: None for item in (*self.measuring.of(cascade), exported(cascade))}
        return [Partition("signals", source, part) for part in parts]

    def plan(self, partition: Partition) -> Plan:
        return PLANS[partition.stage](self, partition)

    # ---- what a partition needs -----------------------------------------------------------------------------------

    def nothing(self, partition: Partition) -> list[Partition]:
        return []

    def snapshot_alone(self, partition: Partition) -> list[Partition]:
        return [Partition("snapshots", partition.key)]

    def for_statistics(self, partition: Partition) -> list[Partition]:
        side_tables = [Partition("licensed", partition.key)]
        side_tables += [Partition("signals", partition.key, group) for group in languages.GROUPS]
        return [Partition("snapshots", partition.key), *side_tables]

    def for_signals(self, partition: Partition) -> list[Partition]:
        asked = self.measuring.named(partition.part)
        needed = [Partition("snapshots", partition.key)]
        if asked.edits and asked.group != EDITING:
            needed.append(Partition("signals", partition.key, Measurement(EDITING, asked.edits).part))
        if model := self._model(partition, asked):
            needed.append(Partition("artifacts", model))
        return needed

    def for_artifacts(self, partition: Partition) -> list[Partition]:
        recipe = self.recipes.artifact(partition.key)
        named = [item.partition for item in (*recipe.positives, *recipe.negatives) if item.partition]
        return [parse(name)[0] for name in dict.fromkeys(named)]

    def for_filtered(self, partition: Partition) -> list[Partition]:
        source = partition.key.partition("+")[0]
        cascade, draws = self._cascade(partition.policy)
        needed = [Partition("snapshots", source)]
        needed += [Partition("signals", source, item.part) for item in self.measuring.of(cascade)]
        return [*needed, *([Partition("filtered", f"{source}+{draws.policy}")] if draws else [])]

    def for_families(self, partition: Partition) -> list[Partition]:
        return [Partition("fingerprints", key) for key, _ in self.members(self.corpus(partition))]

    def for_deduplicated(self, partition: Partition) -> list[Partition]:
        needed = [Partition("families", partition.key)]
        for key, policy in self.members(self.corpus(partition)):
            needed += [
                Partition("filtered", f"{key}+{policy}"),
                Partition("licensed", key),
                Partition("signals", key, self._counts(policy)),
            ]
        return needed

    def for_mixed(self, partition: Partition) -> list[Partition]:
        needed: list[Partition] = []
        for corpus in self.corpora(self.mix(partition)):
            needed.append(Partition("deduplicated", corpus.key))
            for key, policy in self.members(corpus):
                needed += [Partition("signals", key, part) for part in (self._counts(policy), "language")]
        return list(dict.fromkeys(needed))

    def for_published(self, partition: Partition) -> list[Partition]:
        return [Partition("mixed", partition.key)]

    # ---- how it is built ------------------------------------------------------------------------------------------

    def snapshots(self, partition: Partition) -> Plan:
        recipe = self.recipes.source(partition.key)
        source = source_for(recipe.format)
        recorded = self._recorded(partition)
        known = chain(recorded, self._recorded_otherwise(partition))
        fixed = bool(recorded) and not partition.is_moving
        looked = look_again(source, recipe, recorded, known) if fixed else look(source, recipe, known)
        gone = {item.uri: item for item in looked.gone}
        copies = {item["uri"]: item["copy"] for item in recorded if "copy" in item and item["uri"] in gone}
        kept = Kept(source, self.store, gone, copies, looked.trouble) if gone else source
        return Plan(
            schema=DOCUMENTS,
            code_version=freeze.CODE_VERSION,
            recipe={"source": recipe.name, "access": recipe.access},
            inputs=(),
            run=lambda work: freeze.freeze(work, recipe, kept, looked.objects, copies, open_raw),
            access=recipe.access,
            made_of=[
                recipe.reading,
                [[item.uri, item.sha256] for item in looked.objects],
                *([recipe.retain] if freeze.retains(recipe) else []),
            ],
            bounds={"max_bad_records": recipe.max_bad_records},
            differs=str(looked.changes) if looked.changes.changed or looked.changes.added else "",
        )

    def licensed(self, partition: Partition) -> Plan:
        recipe = self.recipes.source(partition.key)
        declared = {name: value for name, value in as_data(recipe).items() if name in licensed.REGISTRY}
        return self._side_table(partition, licensed.SCHEMA, licensed.CODE_VERSION, declared, licensed.conclude_licenses)

    def signals(self, partition: Partition) -> Plan:
        asked = self.measuring.named(partition.part)
        group = groups.GROUPS[asked.group]
        inputs = self._inputs(self.for_signals(partition))
        snapshot, *others = self._load(inputs)
        edits = next((item for item in others if item.stage == "signals"), None)
        artifact = next((item for item in others if item.stage == "artifacts"), None)
        taken = taken_by(self.store, asked, artifact)
        return Plan(
            schema=group.schema,
            code_version=group.code_version,
            # two groups may be alike in all else that a build key names
            recipe={"group": asked.group, "view": view_of(asked.edits), **group.recipe(), **taken.recipe},
            inputs=inputs,
            run=lambda work: groups.measure(work, snapshot, group, edits, **taken.given(work)),
            shards=(lambda work: groups.tasks_of(work, snapshot, group, edits, **taken.given(work)))
            if group.has_views
            else None,
            access=strictest([snapshot]),
            bounds={"documents": snapshot.rows},
        )

    def artifacts(self, partition: Partition) -> Plan:
        recipe = self.recipes.artifact(partition.key)
        found = artifacts.find(recipe)
        inputs = self._inputs(self.for_artifacts(partition))
        versions = dict(zip((item.partition for item in inputs), self._load(inputs), strict=True))
        return Plan(
            schema=artifacts.SCHEMA,
            code_version=artifacts.CODE_VERSION,
            recipe=artifacts.recipe_of(recipe, found),
            inputs=inputs,
            run=lambda work: artifacts.build_artifact(work, recipe, found, versions),
            access=max(recipe.access, strictest(list(versions.values())), key=ACCESS_CLASSES.index),
        )

    def statistics(self, partition: Partition) -> Plan:
        inputs = self._inputs(self.for_statistics(partition))
        snapshot, concluded, *signals = self._load(inputs)
        return Plan(
            schema=languages.SCHEMA,
            code_version=languages.CODE_VERSION,
            recipe={},
            inputs=inputs,
            run=lambda work: languages.measure_languages(work, snapshot, concluded, signals),
            access=strictest([snapshot]),
            bounds={"documents": snapshot.rows},
        )

    def fingerprints(self, partition: Partition) -> Plan:
        return self._side_table(partition, fingerprints.SCHEMA, fingerprints.CODE_VERSION, {}, fingerprints.fingerprint)

    def filtered(self, partition: Partition) -> Plan:
        policy = self.recipes.policy(partition.policy)
        cascade, draws = self._cascade(partition.policy)
        inputs = self._inputs(self.for_filtered(partition))
        snapshot, *signals = self._load(inputs)
        if draws:
            cascade, _ = self._cascade(partition.policy, draw=signals.pop().profile["kept"]["documents"])
        reading = self.reading(cascade, signals)
        lists = verdicts.find_lists(cascade)
        hashes = {**{name: found.sha256 for name, found in lists.items()}, **self.measuring.lists(cascade)}
        return Plan(
            schema=verdicts.SCHEMA,
            code_version=verdicts.CODE_VERSION,
            recipe=verdicts.recipe_of(cascade, hashes),
            inputs=inputs,
            run=lambda work: verdicts.filter_documents(work, snapshot, cascade, reading, lists),
            access=strictest([snapshot]),
            bounds={
                "documents": snapshot.rows,
                "max_removed": policy.max_removed,
                "max_removed_by_rule": cascade.bounds,
            },
        )

    def reading(self, cascade: Cascade, signals: Sequence[Manifest]) -> verdicts.Reading:
        """Where the signals of a cascade stand, given the version of each of its measurements."""
        wanted = self._wanted(cascade)
        columns = [
            Column(manifest, tuple(sorted(wanted[item.part])), f"{item.part}/")
            for item, manifest in zip(self.measuring.of(cascade), signals, strict=True)
        ]
        edits = Measurement(EDITING, cascade.edits).part + "/edits" if cascade.edits else ""
        return verdicts.Reading(columns, self._place, edits)

    def newest(self, partition: Partition) -> Manifest:
        """The newest version of a partition."""
        return refs.load_manifest(self.store, refs.resolve(self.store, partition))

    def _cascade(self, policy: str, draw: int = 0) -> tuple[Cascade, Control | None]:
        """The cascade of a policy; of a random control, with so many documents to draw, and which control it is."""
        control = self.recipes.control(policy)
        if not control:
            return self.measuring.cascade(self.recipes.policy(policy)), None
        selection = self.measuring.cascade(self.recipes.policy(control.policy))
        return control_of(selection, Draw(draw, control.seed)), control

    def _place(self, step: Step, signal: str) -> str:
        return f"{self.measuring.read_by(step, signal).part}/{signal}"

    def _wanted(self, cascade: Cascade) -> Mapping[str, set[str]]:
        """The signals wanted of each measurement, by its part."""
        wanted: dict[str, set[str]] = {item.part: set() for item in self.measuring.of(cascade)}
        wanted["counts"] |= set(verdicts.WEIGHED)
        for step in cascade.steps:
            for signal in step.reads:
                wanted[self.measuring.read_by(step, signal).part].add(signal)
            if step.recipe.languages:
                wanted["language"].add("language")
        if cascade.edits:
            wanted[Measurement(EDITING, cascade.edits).part].add("edits")
        return wanted

    def _model(self, partition: Partition, asked: Measurement) -> str:
        """The key of the artifact that a measurement takes, if it takes one."""
        if asked.group == "language":
            named = self.recipes.source(partition.key).language_model
            return self.recipes.artifact(named).key if named else ""
        return asked.taken if groups.GROUPS[asked.group].takes == "artifact" else ""

    def families(self, partition: Partition) -> Plan:
        corpus = self.corpus(partition)
        inputs = self._inputs(self.for_families(partition))
        prints = self._load(inputs)
        return Plan(
            schema=families.SCHEMA,
            code_version=families.CODE_VERSION,
            recipe=families.recipe_of(corpus.near),
            inputs=inputs,
            run=lambda work: families.build_families(work, prints, corpus.near),
            access=strictest(prints),
            bounds={"documents": sum(manifest.rows for manifest in prints)},
        )

    def deduplicated(self, partition: Partition) -> Plan:
        corpus = self.corpus(partition)
        inputs = self._inputs(self.for_deduplicated(partition))
        family, *members = self._load(inputs)
        filtered, concluded, counts = members[0::3], members[1::3], members[2::3]
        documents = [
            (key, file)
            for (key, _), verdict in zip(self.members(corpus), filtered, strict=True)
            for file in self._documents(verdict)
        ]
        columns = [
            Column(family, survivors.FAMILY_COLUMNS),
            Column(_united(filtered), ("keep",)),
            Column(_united(concluded), ("license", "license_class", "license_kind", "license_findings")),
            Column(_united(counts), ("characters",)),
        ]
        return Plan(
            schema=survivors.SCHEMA,
            code_version=survivors.CODE_VERSION,
            recipe={
                "prefer": list(corpus.prefer),
                "sources": [key.partition("@")[0] for key, _ in self.members(corpus)],
            },
            inputs=inputs,
            run=lambda work: survivors.choose_survivors(work, documents, columns, corpus.prefer),
            access=strictest(members),
            bounds={"documents": family.rows, "max_removed": corpus.max_removed},
        )

    def mixed(self, partition: Partition) -> Plan:
        recipe = self.mix(partition)
        inputs = self._inputs(self.for_mixed(partition))
        found = dict(zip((item.partition for item in inputs), self._load(inputs), strict=True))
        candidates = [candidate for corpus in self.corpora(recipe) for candidate in self._candidates(corpus, found)]
        return Plan(
            schema=mix.SCHEMA,
            code_version=mix.CODE_VERSION,
            recipe=mix.recipe_of(recipe),
            inputs=inputs,
            run=lambda work: mix.build_mix(work, recipe, candidates),
            access=strictest(list(found.values())),
        )

    def published(self, partition: Partition) -> Plan:
        recipe = self.mix(partition)
        inputs = self._inputs(self.for_published(partition))
        (members,) = self._load(inputs)
        needed = [*snapshots_of(self.store, members).values(), *verdicts_of(self.store, members)]
        files = {file.sha256: file for manifest in needed for file in manifest.files}
        return Plan(
            schema=exports.SCHEMA,
            code_version=exports.CODE_VERSION,
            recipe={"exports": list(recipe.exports), "shard_words": recipe.shard_words},
            inputs=inputs,
            run=lambda work: exports.export(work, members, files, recipe.exports, recipe.shard_words),
            access=strictest([members]),
            bounds={"documents": members.rows},
        )

    # ---- names to recipes and versions ----------------------------------------------------------------------------

    def corpus(self, partition: Partition) -> CorpusRecipe:
        return self.recipes.corpus(partition.key)

    def mix(self, partition: Partition) -> MixRecipe:
        """The recipe of a mix, with its corpora named by key."""
        recipe = self.recipes.mix(partition.key)
        components = tuple(replace(item, corpus=self.recipes.corpus(item.corpus).key) for item in recipe.components)
        return replace(recipe, components=components)

    def corpora(self, recipe: MixRecipe) -> list[CorpusRecipe]:
        keys = dict.fromkeys(component.corpus for component in recipe.components)
        return [self.recipes.corpus(key) for key in keys]

    def members(self, corpus: CorpusRecipe) -> list[tuple[str, str]]:
        """(snapshot key, policy name) of every member, in the recipe's order."""
        return [
            (self.recipes.source(member.source).key, self.recipes.policy(member.policy).name)
            for member in corpus.members
        ]

    def _side_table(
        self,
        partition: Partition,
        schema: pa.Schema,
        code_version: str,
        recipe: Mapping[str, Any],
        build: Callable[[Work, Manifest], Manifest],
    ) -> Plan:
        inputs = self._inputs(self.snapshot_alone(partition))
        (snapshot,) = self._load(inputs)
        return Plan(
            schema=schema,
            code_version=code_version,
            recipe=recipe,
            inputs=inputs,
            run=lambda work: build(work, snapshot),
            access=strictest([snapshot]),
            bounds={"documents": snapshot.rows},
        )

    def _candidates(self, corpus: CorpusRecipe, found: Mapping[str, Manifest]) -> list[Candidates]:
        """Every documents shard of a corpus with the columns that a mix reads of it."""
        survived = found[f"deduplicated/{corpus.key}"]
        judged = self._judged(survived)
        candidates = []
        for key, policy in self.members(corpus):
            counts, language = (found[f"signals/{key}/{part}"] for part in (self._counts(policy), "language"))
            has_edits = bool(self._cascade(policy)[0].edits)
            columns = [
                Column(survived, ("status", "license", "license_class")),
                Column(counts, ("words",)),
                Column(language, ("language",)),
            ]
            files = self._documents(counts)
            candidates += [
                Candidates(corpus.key, key, file, parts, judged[file.sha256] if has_edits else "")
                for file, parts in align(files, columns)
            ]
        return candidates

    def _counts(self, policy: str) -> str:
        """The counts of the text that a policy leaves: of it, budgets are made."""
        return exported(self._cascade(policy)[0]).part

    def _judged(self, survived: Manifest) -> Mapping[str, str]:
        """The digest of the verdicts, and so of the edits, of each documents shard, whatever their policy was called
        when they were first given."""
        given = self._load([item for item in survived.inputs if item.stage == "filtered"])
        return {file.documents: file.sha256 for manifest in given for file in manifest.files}

    def _documents(self, side_table: Manifest) -> Sequence[Any]:
        """The documents shards that a side table covers, in its order."""
        (snapshot,) = snapshots_of(self.store, side_table).values()
        by_digest = {file.sha256: file for file in snapshot.files}
        return [by_digest[file.documents] for file in side_table.files]

    def _inputs(self, partitions: Sequence[Partition]) -> tuple[Input, ...]:
        return tuple(Input(item.stage, str(item), refs.resolve(self.store, item)) for item in partitions)

    def _load(self, inputs: Sequence[Input]) -> list[Manifest]:
        return [refs.load_manifest(self.store, item.id) for item in inputs]

    def _recorded(self, partition: Partition) -> Sequence[Mapping[str, Any]]:
        """Raw objects as the newest version of a snapshot recorded them."""
        newest = refs.latest(self.store, partition)
        return refs.load_manifest(self.store, newest.id).facts["raw_objects"] if newest else ()

    def _recorded_otherwise(self, partition: Partition) -> Iterator[Mapping[str, Any]]:
        """The same of the other versions of its source: what lies where it lay is not read again for its checksum. At
        a landing place every version lies elsewhere."""
        if self.recipes.landing_place(partition.name):
            return
        for other in refs.published(self.store, partition.stage):
            if other.name == partition.name and other != partition:
                yield from self._recorded(other)


def strictest(manifests: Sequence[Manifest]) -> str:
    """The access class of what is made from these."""
    classes: list[str] = [manifest.facts["access"] for manifest in manifests]
    return max(classes, key=ACCESS_CLASSES.index, default="public")


def _united(manifests: Sequence[Manifest]) -> Manifest:
    """The same side table of several snapshots, as one list of files."""
    return replace(manifests[0], files=tuple(file for manifest in manifests for file in manifest.files))


DEPENDENCIES: dict[str, Callable[[Planner, Partition], list[Partition]]] = {
    "snapshots": Planner.nothing,
    "licensed": Planner.snapshot_alone,
    "signals": Planner.for_signals,
    "statistics": Planner.for_statistics,
    "fingerprints": Planner.snapshot_alone,
    "filtered": Planner.for_filtered,
    "families": Planner.for_families,
    "deduplicated": Planner.for_deduplicated,
    "mixed": Planner.for_mixed,
    "published": Planner.for_published,
    "artifacts": Planner.for_artifacts,
}
PLANS: dict[str, Callable[[Planner, Partition], Plan]] = {
    "snapshots": Planner.snapshots,
    "licensed": Planner.licensed,
    "signals": Planner.signals,
    "statistics": Planner.statistics,
    "fingerprints": Planner.fingerprints,
    "filtered": Planner.filtered,
    "families": Planner.families,
    "deduplicated": Planner.deduplicated,
    "mixed": Planner.mixed,
    "published": Planner.published,
    "artifacts": Planner.artifacts,
}
