"""How the members of a mix are chosen from corpora, and how it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dagster_project.corpus.building.mix_columns import Place, is_measured_late, names_of_member, place_of
from dagster_project.corpus.building.planner import Plan, Planner, strictest
from dagster_project.corpus.building.recipes import PINNED
from dagster_project.corpus.building.replay_plans import SEARCHING, TOKENS, Counted, replayed_candidates
from dagster_project.corpus.building.takedowns import gone_below, lost_from, still_in, whole_of, with_holes
from dagster_project.corpus.contamination.answers import SEARCHED
from dagster_project.corpus.engine.tables import Column, Part, ShardTask, align, run_shard
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.lineage.walk import texts_of, versions_of
from dagster_project.corpus.mixing import mix
from dagster_project.corpus.mixing.candidates import Candidates
from dagster_project.corpus.mixing.cuts import Cutter
from dagster_project.corpus.mixing.decided import recipe_of
from dagster_project.corpus.mixing.holes import missing_from
from dagster_project.corpus.mixing.warnings import warnings_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File, Identity, Input, Manifest
from dagster_project.corpus.model.mix_recipes import MixRecipe
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import CorpusRecipe, as_data
from dagster_project.corpus.model.rendering_recipes import RenderingRecipe
from dagster_project.corpus.publishing import exports
from dagster_project.corpus.publishing.promises import promises_of
from dagster_project.corpus.reaching.reach import Reach
from dagster_project.corpus.scorers import tokenizers
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.scorers.tokenizers import load_tokenizer
from dagster_project.corpus.signals.groups import Measuring
from dagster_project.corpus.storage.refs import latest, load_manifest
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.gone import WITHDRAWN, Gone


@dataclass(frozen=True)
class MixInputs:
    """Everything that a mix is chosen from, as its plan pinned it."""

    mix: MixRecipe
    found: Mapping[str, Manifest]  # by partition
    shards: Sequence[Candidates]  # of corpora
    replayed: Mapping[str, Manifest]  # mixes by origin
    gone: Mapping[str, Gone]  # by origin, what was taken down of them since
    lost: Mapping[str, str]  # what was taken down since of corpora, as digests by documents shard
    promised: Mapping[str, Manifest]  # benchmarks by key
    counted: Sequence[Counted]
    untrusted: frozenset[str]

    def candidates(self, work: Work) -> list[Candidates]:
        shards = measured(work, self.shards, self.found, self.counted)
        for origin, earlier in self.replayed.items():
            shards += replayed_candidates(work, origin, earlier, self.counted, self.gone[origin].rows)
        return shards

    def build(self, work: Work, inputs: tuple[Input, ...]) -> Manifest:
        cutter = self.cutter(work.store, inputs)
        return mix.build_mix(work, self.mix, self.candidates(work), cutter, self.promised, self.untrusted)

    def warnings(self, profile: Mapping[str, Any], repetition: Mapping[str, Any]) -> list[dict[str, str]]:
        """What is to be said of a mix by this recipe, whatever it refuses."""
        return [item.told for item in warnings_of(self.mix, profile, repetition, self.untrusted)]

    def cutter(self, store: Store, inputs: tuple[Input, ...]) -> Cutter:
        """Who cuts members, where budgets are to be met to the unit."""
        if not self.mix.exact:
            return Cutter(store)
        counter = artifact_of(store, self.found[f"artifacts/{self.mix.tokenizer}"]) if self.mix.tokenizer else None
        tokenizer = load_tokenizer(counter.model, counter.loading) if counter and counter.model else None
        unmade = Manifest(Identity("mixed", (), {}, "", (), ""), inputs, ())
        return Cutter(store, texts_of(store, unmade), tokenizer)


def mixed(planner: Planner, partition: Partition) -> Plan:
    reach = Reach(planner.store)
    asked, inputs = inputs_of(planner, partition, reach)
    plan = plan_of(planner.store, asked, inputs)
    newest = latest(planner.store, partition)
    if newest is None or planner.refill:
        return plan
    return with_holes(reach, plan, partition, load_manifest(planner.store, newest.id), asked.warnings)


def plan_of(store: Store, asked: MixInputs, inputs: tuple[Input, ...]) -> Plan:
    """How a mix is built from what it is chosen from, less what was taken down since that was built."""
    missing = {name: missing_from(store, asked.replayed[name], gone.rows) for name, gone in asked.gone.items()}
    taken = {name: item._asdict() for name, item in missing.items() if item.members}
    withdrawn = {**taken, **asked.lost}
    counted = {f"{item.prefix}{item.column}": item.group.code_version for item in asked.counted}
    return Plan(
        schema=mix.SCHEMA,
        code_version=mix.CODE_VERSION,
        recipe={
            **recipe_of(asked.mix),
            **({"counted": counted} if counted else {}),
            **({WITHDRAWN: withdrawn} if withdrawn else {}),
        },
        inputs=inputs,
        run=lambda work: asked.build(work, inputs),
        access=strictest(
            [item for item in asked.found.values() if item.stage != "artifacts"]
        ),  # of which nothing enters
    )


def inputs_of(planner: Planner, partition: Partition, reach: Reach) -> tuple[MixInputs, tuple[Input, ...]]:
    """What a mix is made of, and the inputs that say so; `reach` tells what of it was taken down."""
    recipe = exact(planner, planner.recipes.mix(partition.key))
    inputs = planner.inputs(partition)
    found = dict(zip((item.partition for item in inputs), planner.load(inputs), strict=True))
    shards = [
        candidate
        for corpus in planner.recipes.corpora_of(recipe)
        for layer in planner.recipes.layers(corpus)
        for candidate in _candidates(planner, recipe, corpus.key, layer, found)
    ]
    promised = {key: found[f"artifacts/{key}"] for key in recipe.clean_of}
    counted = [Counted(SEARCHING, manifest, SEARCHED, f"{key}/") for key, manifest in promised.items()]
    if recipe.tokenizer:
        counted.append(Counted(TOKENS, found[f"artifacts/{recipe.tokenizer}"], "tokens", f"{recipe.tokenizer}."))
    replayed = {item.origin: found[item.origin] for item in recipe.components if item.replay}
    untrusted = _untrusted(planner, found, shards, replayed)
    gone = {origin: gone_below(reach, earlier) for origin, earlier in replayed.items()}
    corpora = [item for item in found.values() if item.stage == "deduplicated"]
    rows = reach.gone_from(corpora).rows
    lost = lost_from(planner.store, corpora, rows)
    shards = [replace(item, gone=rows.get(item.file.sha256)) for item in shards]
    return MixInputs(recipe, found, shards, replayed, gone, lost, promised, counted, untrusted), inputs


def exact(planner: Planner, recipe: MixRecipe) -> MixRecipe:
    """The same, with the exact versions that it replays called as inputs are."""
    components = tuple(
        replace(item, replay=planner.pinned(item.origin).partition.partition("/")[2]) if PINNED in item.replay else item
        for item in recipe.components
    )
    return replace(recipe, components=components)


def _untrusted(
    planner: Planner, found: Mapping[str, Manifest], shards: Sequence[Candidates], replayed: Mapping[str, Manifest]
) -> frozenset[str]:
    """The keys of candidates' sources that are registered as untrusted."""
    licensed = [item for item in found.values() if item.stage == "licensed"]
    licensed += [item for mix in replayed.values() for item in versions_of(planner.store, mix, "licensed")]
    names = {item.identity.recipe["name"] for item in licensed if item.identity.recipe.get("trust") == "untrusted"}
    keys = {shard.source for shard in shards}.union(*(mix.profile["by_source"] for mix in replayed.values()))
    return frozenset(key for key in keys if key.partition("@")[0] in names)


def published(planner: Planner, partition: Partition) -> Plan:
    recipe = planner.recipes.mix(partition.key)
    inputs = planner.inputs(partition)
    (members,) = planner.load(inputs)
    if still_in(Reach(planner.store), members).members:
        raise Refused(f"mixed/{partition.key} holds what was taken down since it was built: build it again")
    files = texts_of(planner.store, members)
    named = [item for item in members.inputs if item.stage == "artifacts"]
    artifacts = dict(zip((item.partition.partition("/")[2] for item in named), planner.load(named), strict=True))
    counter = members.identity.recipe["tokenizer"]
    version = artifacts.pop(counter) if counter else None
    tokenizer = artifact_of(planner.store, version) if version else None
    exporting = exports.Exporting(
        recipe.exports,
        recipe.shard_words,
        tokenizer,
        {"key": counter, "id": version.id} if version else {},
        recipe.packing,
        promises := promises_of(planner.store, artifacts),
        recipe.rendering,
        recipe.seed,
        whole=whole_of(planner.store, members),
    )
    is_plain = recipe.rendering == RenderingRecipe()
    return Plan(
        schema=exports.SCHEMA,
        code_version=exports.CODE_VERSION,
        recipe={
            "exports": list(recipe.exports),
            "shard_words": recipe.shard_words,
            **(tokenizers.decided_by() if tokenizer else {}),
            **({"packing": as_data(recipe.packing)} if "packed" in recipe.exports else {}),
            **({} if is_plain else {"rendering": as_data(recipe.rendering), "seed": recipe.seed}),
        },
        inputs=inputs,
        run=lambda work: exports.export(work, members, files, exporting),
        access=strictest([members]),
        bounds={"documents": members.rows, "clean_of": [key for key, _ in promises.indexes]},
    )


def _candidates(
    planner: Planner, recipe: MixRecipe, corpus: str, layer: CorpusRecipe, found: Mapping[str, Manifest]
) -> list[Candidates]:
    """Every documents shard of one layer of a corpus with the columns that a mix reads of it."""
    survived = found[f"deduplicated/{layer.key}"]
    cut = found[f"passages/{layer.key}"] if layer.passages.cuts else None
    edits = _edits(planner, survived) if cut is None else {file.documents: file.sha256 for file in cut.files}
    candidates = []
    for key, policy in planner.recipes.members(layer):
        has_edits = cut is not None or bool(planner.measuring.cascade_named(policy)[0].edits)
        searched = [
            Column(found[f"signals/{key}/{item.part}"], (SEARCHED,), f"{item.taken}/")
            for item in (planner.measuring.promised(recipe, policy) if cut is None else ())
        ]
        names = [
            name
            for name in names_of_member(planner.recipes, recipe, corpus, key)
            if not is_measured_late(layer, recipe, name)
        ]
        places = [place_of(planner.recipes, planner.measuring, layer, (key, policy), name) for name in names]
        columns = [*_columns(places, found), *searched]
        documents = planner.documents(found[f"signals/{key}/language"])
        candidates += [
            Candidates(corpus, key, file, parts, edits[file.sha256] if has_edits else "")
            for file, parts in align(documents, columns)
        ]
    return candidates


def _columns(places: Sequence[Place], found: Mapping[str, Manifest]) -> list[Column]:
    """The columns of each version together."""
    together: dict[tuple[Partition, str], list[str]] = {}
    for place in places:
        together.setdefault((place.partition, place.prefix), []).append(place.column)
    return [Column(found[str(partition)], tuple(names), prefix) for (partition, prefix), names in together.items()]


def measured(
    work: Work, shards: Sequence[Candidates], found: Mapping[str, Manifest], wanted: Sequence[Counted]
) -> list[Candidates]:
    """Shards of corpora that cut passages, with what is measured of the text that is left; of the text that a policy
    leaves there are signals."""
    cut = {file.sha256: file for item in found.values() if item.stage == "passages" for file in item.files}
    chosen = [number for number, shard in enumerate(shards) if shard.edits in cut]
    told: dict[int, list[Part]] = {number: [] for number in chosen}
    for item in wanted if chosen else ():
        measuring = Measuring(item.group.measure, {"artifact": artifact_of(work.store, item.artifact)})
        tasks = [_measure(work, shards[at], cut[shards[at].edits], item, measuring) for at in chosen]
        for number, result in zip(chosen, work.engine.map(run_shard, tasks), strict=True):
            told[number].append(Part(result.file, (item.column,), item.prefix))
    return [replace(shard, parts=(*shard.parts, *told.get(number, ()))) for number, shard in enumerate(shards)]


def _measure(work: Work, shard: Candidates, edits: File, item: Counted, measuring: Measuring) -> ShardTask:
    return ShardTask(
        store=work.store,
        key=work.key("measured", item.prefix, item.artifact.id, shard.file.sha256, edits.sha256),
        access=work.access,
        schema=item.group.schema,
        recipe={},
        function=measuring,
        documents=shard.file,
        columns=(Part(shard.file, ("text",)), Part(edits, ("edits",))),
    )


def _edits(planner: Planner, survived: Manifest) -> Mapping[str, str]:
    """The digest of the verdicts, and so of the edits, of each documents shard, whatever their policy was called
    when they were first given."""
    given = planner.load([item for item in survived.inputs if item.stage == "filtered"])
    return {file.documents: file.sha256 for manifest in given for file in manifest.files}
