"""The asset of weights: built from what stands, shown with its effective size, and refused where no model is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.signals.groups import PLAIN
from dagster_project.defs.signals import signals
from dagster_project.defs.weights import weights

WEIGHTS = Partition("weights", "tiny@dev")


def run(
    instance: dg.DagsterInstance, library: Library, asset: dg.AssetsDefinition, space: str
) -> dg.ExecuteInProcessResult:
    instance.add_dynamic_partitions(space, [WEIGHTS.key])
    resources = {"library": library}
    return dg.materialize(
        [asset], partition_key=WEIGHTS.key, resources=resources, instance=instance, raise_on_error=False
    )


def soft(directory: Path) -> Path:
    """The tiny corpus with weights by a model of its own words."""
    (directory / "artifacts").mkdir()
    (directory / "artifacts/said.yaml").write_text(
        "name: said\nkind: ngram\nheld_out: 0.5\npositives: [{partition: snapshots/tiny@dev}]\n"
    )
    with (directory / "corpora/tiny.yaml").open("a") as file:
        file.write("soft: {model: said, segments: 3}\n")
    return directory


def test_signals_measure_what_weights_need_and_weights_are_shown(
    instance: dg.DagsterInstance, library_of: Callable[[Path], Library], directory: Path
) -> None:
    library = library_of(soft(directory))
    measured = library.planner.dependencies.measured("tiny@dev")
    assert {item.part for item in measured} == {*PLAIN, "perplexity.said@dev"}
    library.build(Partition("artifacts", "said@dev"))
    assert run(instance, library, signals, "snapshots").success
    library.build_all(library.needed(WEIGHTS)[:-1])
    result = run(instance, library, weights, "corpora")
    assert result.success
    assert all(check.passed for check in result.get_asset_check_evaluations())
    (event,) = result.get_asset_materialization_events()
    shown = event.materialization.metadata
    survivors, effective = (row.data for row in shown["funnel"].records)
    assert survivors == {"step": "survivors", "documents": 8, "words": 80}
    assert 0 < effective["documents"] < 8
    assert "plot" in shown


def test_a_corpus_that_names_no_model_is_refused(instance: dg.DagsterInstance, library: Library) -> None:
    library.build(Partition("deduplicated", "tiny@dev"))
    result = run(instance, library, weights, "corpora")
    assert not result.success
    assert "corpus tiny@dev has no weights: say soft: {model: NAME}" in str(result.all_events)
