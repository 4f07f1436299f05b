"""How an artifact is built: a trained scorer or tokenizer, a file of the user, or benchmarks."""

from __future__ import annotations

from dagster_project.corpus.building.planner import Plan, Planner, strictest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import ACCESS_CLASSES
from dagster_project.corpus.scorers import artifacts as scorers


def artifacts(planner: Planner, partition: Partition) -> Plan:
    recipe = planner.recipes.artifact(partition.key)
    found = scorers.find(recipe)
    inputs = planner.inputs(partition)
    versions = dict(zip((item.partition for item in inputs), planner.load(inputs), strict=True))
    return Plan(
        schema=scorers.schema_of(recipe),
        code_version=scorers.CODE_VERSION,
        recipe=scorers.recipe_of(recipe, found),
        inputs=inputs,
        run=lambda work: scorers.build_artifact(work, recipe, found, versions),
        access=max(recipe.access, strictest(list(versions.values())), key=ACCESS_CLASSES.index),
    )
