"""The assets on a tiny corpus: versions, checks by partition, and nothing published when an expectation fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.partitions import SPACES, Partition
from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.signals.groups import PLAIN
from dagster_project.corpus.storage import refs
from dagster_project.definitions import STAGES
from dagster_project.defs.mirroring import known_versions
from dagster_project.quality.suites import load_suites

ASSETS = {asset.key.to_user_string(): asset for asset in STAGES}
CHAIN = [stage for stage in ASSETS if stage not in ("artifacts", "weights")]  # which this mix has none of
KEYS = {"snapshots": "tiny@dev", "verdicts": "tiny@dev+words", "corpora": "tiny@dev", "mixes": "tiny@dev"}


def run(instance: dg.DagsterInstance, library: Library, stage: str, key: str = "") -> dg.ExecuteInProcessResult:
    """One asset, on its own partition."""
    key = key or KEYS[SPACES[stage]]
    instance.add_dynamic_partitions(SPACES[stage], [key])
    return dg.materialize(
        [ASSETS[stage]], partition_key=key, resources={"library": library}, instance=instance, raise_on_error=False
    )


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    data = event.step_failure_data
    return str(data.user_failure_data.description if data.user_failure_data else data.error)


def version_in(library: Library, stage: str) -> str:
    key = KEYS[SPACES[stage]]
    parts = {"signals": PLAIN, "fingerprints": [FingerprintRecipe().part]}.get(stage)
    if not parts:
        return refs.resolve(library.store, Partition(stage, key))
    return digest({part: refs.resolve(library.store, Partition(stage, key, part)) for part in parts})


def test_the_whole_chain_ends_with_the_versions_of_the_store(instance: dg.DagsterInstance, library: Library) -> None:
    suites = load_suites()
    for stage in CHAIN:
        result = run(instance, library, stage)
        assert result.success, failure_of(result)
        key = KEYS[SPACES[stage]]
        assert known_versions(instance, stage) == {key: version_in(library, stage)}
        evaluations = result.get_asset_check_evaluations()
        assert [item.check_name for item in evaluations] == [item.check for item in suites[stage].expectations]
        assert {item.partition for item in evaluations} == {key}
    shown = instance.get_latest_materialization_event(dg.AssetKey("published")).asset_materialization.metadata
    assert shown["dagster/row_count"].value == 8
    assert shown["version"].value == version_in(library, "published")[:16]
    assert {"funnel", "inputs", "shards", "report", "size_bytes", "seconds"} <= set(shown)


def test_statistics_are_told_on_the_page_of_their_snapshot(instance: dg.DagsterInstance, library: Library) -> None:
    for stage in ("snapshots", "licensed", "signals", "statistics"):
        assert run(instance, library, stage).success
    (record,) = instance.fetch_observations(dg.AssetKey("snapshots"), limit=5).records
    assert record.partition_key == "tiny@dev"
    shown = record.asset_observation.metadata
    assert shown["statistics"].value == version_in(library, "statistics")
    for name in ("languages", "licenses"):
        assert sum(int(row.data["documents"]) for row in shown[name].records) == 10


def test_code_versions_and_blocking_checks_are_declared() -> None:
    for stage, asset in ASSETS.items():
        assert asset.code_versions_by_key[asset.key]
        severities = {item.check: item.severity for item in load_suites()[stage].expectations}
        assert {spec.name: spec.blocking for spec in asset.check_specs} == {
            check: severity == "error" for check, severity in severities.items()
        }


def test_an_input_that_is_not_built_is_said_in_a_sentence(instance: dg.DagsterInstance, library: Library) -> None:
    result = run(instance, library, "filtered")
    assert not result.success
    assert failure_of(result) == "snapshots/tiny@dev is not built yet: run `florilegium build snapshots/tiny@dev`"
    assert list(refs.published(library.store)) == []


def test_a_failed_expectation_publishes_nothing_and_is_stored(
    instance: dg.DagsterInstance,
    library_of: Callable[[Path], Library],
    written: Callable[..., Path],
    tmp_path: Path,
) -> None:
    library = library_of(written(tmp_path, max_removed=0.05))
    for stage in ("snapshots", "signals"):
        assert run(instance, library, stage).success
    for _ in range(2):  # the second time the audit is found again
        result = run(instance, library, "filtered")
        assert not result.success
        assert "nothing was published to filtered/tiny@dev+words" in failure_of(result)
        evaluations = result.get_asset_check_evaluations()
        assert len(evaluations) == len(load_suites()["filtered"].expectations)
        assert [item.check_name for item in evaluations if not item.passed] == ["removed_share_within_bound"]
        assert {item.partition for item in evaluations} == {"tiny@dev+words"}
    assert result.get_asset_materialization_events() == []
    assert refs.latest(library.store, Partition("filtered", "tiny@dev+words")) is None


@pytest.mark.parametrize(
    "key", ["../etc@1", "tiny", "a/b@1", "a|b@1", "a@1...a@2", "tïny@1", "tiny@dev+words", "a b@1"]
)
def test_a_hostile_partition_key_is_refused(instance: dg.DagsterInstance, library: Library, key: str) -> None:
    result = run(instance, library, "snapshots", key)
    assert not result.success
    assert "cannot name a partition of snapshots" in failure_of(result)


def test_what_stands_already_is_reported_at_the_same_version(instance: dg.DagsterInstance, library: Library) -> None:
    assert run(instance, library, "snapshots").success
    before = version_in(library, "snapshots")
    assert run(instance, library, "snapshots").success
    assert version_in(library, "snapshots") == before
    assert len(refs.history(library.store, Partition("snapshots", "tiny@dev"))) == 1
