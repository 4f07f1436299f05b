"""How the survivors of a corpus are weighed by how common they are."""

from __future__ import annotations

from collections.abc import Sequence

from dagster_project.corpus.building.planner import Plan, Planner, strictest, united
from dagster_project.corpus.deduplication import weights as stage
from dagster_project.corpus.engine.tables import Column
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition


def weights(planner: Planner, partition: Partition) -> Plan:
    corpus = planner.recipes.corpus(partition.key)
    inputs = planner.inputs(partition)
    survived, *given = planner.load(inputs)
    measured, base = [item for item in given if item.stage == "signals"], [i for i in given if i.stage == "weights"]
    commonness, counts = measured[0::2], measured[1::2]
    for below in base:
        told = [item for item in planner.load(below.inputs) if item.stage == "signals"][0::2]
        stage.refuse_other_base(corpus.key, below, corpus.soft, (_models(told), _models(commonness)))
    documents = [file for item in counts for file in planner.documents(item)]
    cut = next((item for item in given if item.stage == "passages"), None)  # with status and words of what is left
    left = (
        [Column(cut, ("status", "words"))]
        if cut
        else [Column(survived, ("status",)), Column(united(counts), ("words",))]
    )
    columns = [*left, Column(united(commonness), ("log_prob", "scored_words"))]
    return Plan(
        schema=stage.SCHEMA,
        code_version=stage.CODE_VERSION,
        recipe=stage.recipe_of(corpus.soft),
        inputs=inputs,
        run=lambda work: stage.weigh(work, documents, columns, corpus.soft, next(iter(base), None)),
        access=strictest([survived, *given]),
        bounds={"documents": survived.rows, "survivors": (cut or survived).profile["status"].get("survivor", 0)},
    )


def _models(commonness: Sequence[Manifest]) -> set[str]:
    """The versions of the artifacts that measured it."""
    return {item.id for manifest in commonness for item in manifest.inputs if item.stage == "artifacts"}
