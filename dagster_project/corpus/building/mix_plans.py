"""How the members of a mix are chosen from corpora, and how it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dagster_project.corpus.building.planner import Plan, Planner, strictest
from dagster_project.corpus.contamination.answers import SEARCHED
from dagster_project.corpus.engine.tables import Column, Part, ShardTask, align, run_shard
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.lineage.walk import edits_of, snapshots_of
from dagster_project.corpus.mixing import mix
from dagster_project.corpus.mixing.mix import Candidates
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import CorpusRecipe, MixRecipe
from dagster_project.corpus.publishing import exports
from dagster_project.corpus.publishing.promises import promises_of
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.signals.groups import GROUPS, Measuring

SEARCHING = GROUPS["contamination"]


def mixed(planner: Planner, partition: Partition) -> Plan:
    recipe = planner.recipes.mix(partition.key)
    inputs = planner.inputs(partition)
    found = dict(zip((item.partition for item in inputs), planner.load(inputs), strict=True))
    corpora = planner.recipes.corpora_of(recipe)
    artifacts = {key: found[f"artifacts/{key}"] for key in recipe.clean_of}
    candidates = [
        candidate
        for corpus in corpora
        for layer in planner.recipes.layers(corpus)
        for candidate in _candidates(planner, recipe, corpus.key, layer, found)
    ]
    return Plan(
        schema=mix.SCHEMA,
        code_version=mix.CODE_VERSION,
        recipe={**mix.recipe_of(recipe), **({"searched": SEARCHING.code_version} if artifacts else {})},
        inputs=inputs,
        run=lambda work: mix.build_mix(work, recipe, searched(work, candidates, found, artifacts), artifacts),
        access=strictest([item for item in found.values() if item.stage != "artifacts"]),  # of which nothing enters
    )


def published(planner: Planner, partition: Partition) -> Plan:
    recipe = planner.recipes.mix(partition.key)
    inputs = planner.inputs(partition)
    (members,) = planner.load(inputs)
    needed = [*snapshots_of(planner.store, members).values(), *edits_of(planner.store, members)]
    files = {file.sha256: file for manifest in needed for file in manifest.files}
    artifacts = [item for item in members.inputs if item.stage == "artifacts"]
    keys = (item.partition.partition("/")[2] for item in artifacts)
    promises = promises_of(planner.store, dict(zip(keys, planner.load(artifacts), strict=True)))
    return Plan(
        schema=exports.SCHEMA,
        code_version=exports.CODE_VERSION,
        recipe={"exports": list(recipe.exports), "shard_words": recipe.shard_words},
        inputs=inputs,
        run=lambda work: exports.export(work, members, files, recipe.exports, recipe.shard_words, promises),
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
        counts, language = (found[f"signals/{key}/{part}"] for part in (planner.measuring.counts(policy), "language"))
        has_edits = cut is not None or bool(planner.measuring.cascade_named(policy)[0].edits)
        left = (
            [Column(cut, ("status", "words"))] if cut else [Column(survived, ("status",)), Column(counts, ("words",))]
        )
        columns = [
            Column(survived, ("license", "license_class")),
            *left,
            Column(language, ("language",)),
            *(
                Column(found[f"signals/{key}/{item.part}"], (SEARCHED,), f"{item.taken}/")
                for item in (planner.measuring.promised(recipe, policy) if cut is None else ())
            ),
        ]
        candidates += [
            Candidates(corpus, key, file, parts, edits[file.sha256] if has_edits else "")
            for file, parts in align(planner.documents(counts), columns)
        ]
    return candidates


def searched(
    work: Work, shards: Sequence[Candidates], found: Mapping[str, Manifest], artifacts: Mapping[str, Manifest]
) -> list[Candidates]:
    """Shards of corpora that cut passages, with what the text that is left repeats of benchmarks; of the text that a
    policy leaves there are signals."""
    cut = {file.sha256: file for item in found.values() if item.stage == "passages" for file in item.files}
    chosen = [number for number, shard in enumerate(shards) if shard.edits in cut]
    told: dict[int, list[Part]] = {number: [] for number in chosen}
    for key, manifest in artifacts.items():
        measuring = Measuring(SEARCHING.measure, {"artifact": artifact_of(work.store, manifest)})
        tasks = [_search(work, shards[at], cut[shards[at].edits], manifest.id, measuring) for at in chosen]
        for number, result in zip(chosen, work.engine.map(run_shard, tasks), strict=True):
            told[number].append(Part(result.file, (SEARCHED,), f"{key}/"))
    return [replace(shard, parts=(*shard.parts, *told.get(number, ()))) for number, shard in enumerate(shards)]


def _search(work: Work, shard: Candidates, edits: File, artifact: str, measuring: Measuring) -> ShardTask:
    return ShardTask(
        store=work.store,
        key=work.key("searched", artifact, shard.file.sha256, edits.sha256),
        access=work.access,
        schema=SEARCHING.schema,
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
