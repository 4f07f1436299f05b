"""Versions that the CLI built reach Dagster once, with their checks, and once only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
from dagster._core.loader import LoadingContextForTest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.partitions import SPACES, Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.stores import Entry
from dagster_project.definitions import build_definitions
from dagster_project.defs.mirroring import known_versions, lacking, mirror
from dagster_project.settings import Settings

MIX = Partition("published", "tiny@dev")
SNAPSHOT = Partition("snapshots", "tiny@dev")


class CountingStore(MemoryStore):
    """What it is asked to list and to read."""

    def __init__(self) -> None:
        super().__init__("counting")
        self.listed: list[str] = []
        self.read: list[str] = []

    def list(self, prefix: str) -> Iterator[Entry]:
        self.listed.append(prefix)
        return super().list(prefix)

    def get(self, path: str) -> bytes:
        self.read.append(path)
        return super().get(path)


def publish_again(library: Library, partition: Partition, other: str) -> None:
    """Another version of a partition: any will do."""
    version, started = refs.resolve(library.store, Partition(*other.split("/"))), refs.latest(library.store, partition)
    refs.publish(library.store, partition, version, build_key=other, started_from=started, reason="test")


def evaluated(instance: dg.DagsterInstance, stage: str) -> list[str]:
    """The run ids under which a check was evaluated, the newest first; that one is of the newest event."""
    key = dg.AssetCheckKey(dg.AssetKey(stage), "every_document_is_covered")
    found = instance.event_log_storage.get_asset_check_execution_history(key, limit=50)
    of_newest = found[0].targets_latest_materialization(LoadingContextForTest(instance))
    assert asyncio.run(of_newest), "the asset page shows it"
    return [record.run_id for record in found]


def test_every_version_is_mirrored_once(instance: dg.DagsterInstance, library: Library) -> None:
    built = library.build(MIX)
    found = mirror(instance, library.store)
    assert {item.space for item in found} == {"snapshots", "verdicts", "corpora", "mixes"}
    assert known_versions(instance, "published") == {"tiny@dev": built.manifest.id}
    assert instance.get_dynamic_partitions("verdicts") == ["tiny@dev+words"]
    assert mirror(instance, library.store) == []
    records = instance.fetch_materializations(dg.AssetKey("published"), limit=10).records
    assert [record.partition_key for record in records] == ["tiny@dev"]
    assert list(lacking(instance, library.store)) == []


def test_a_newer_version_is_mirrored_again(instance: dg.DagsterInstance, library: Library) -> None:
    library.build(MIX)
    mirror(instance, library.store)
    partition = Partition("snapshots", "tiny@dev")
    other = refs.resolve(library.store, Partition("licensed", "tiny@dev"))  # any version will do
    started = refs.latest(library.store, partition)
    refs.publish(library.store, partition, other, build_key="x", started_from=started, reason="test")
    told = [event.asset_key.to_user_string() for item in mirror(instance, library.store) for event in item.events[:1]]
    assert set(told) == {"snapshots", "licensed", "signals", "fingerprints", "filtered"}  # and what read the one before
    assert known_versions(instance, "snapshots") == {"tiny@dev": other}


def test_a_version_judged_otherwise_is_mirrored_with_its_checks(
    instance: dg.DagsterInstance, library_of: Callable[[Path], Library], directory: Path
) -> None:
    """Of a partition and a check, Dagster's database takes one evaluation for each run id, and one without."""
    key = dg.AssetCheckKey(dg.AssetKey("snapshots"), "few_repeated_records")
    for repeats, status in ((0, "SUCCEEDED"), (20, "FAILED"), (0, "SUCCEEDED")):
        lines = [f'{{"id": "{number}", "text": "words enough for {number}"}}\n' for number in range(20)]
        (directory / "tiny.jsonl").write_text(
            "".join(lines + lines[:repeats]) + f'{{"id": "x{repeats}", "text": "x"}}\n'
        )
        library = library_of(directory)
        library.build(Partition("snapshots", "tiny@dev"))
        mirror(instance, library.store)
        newest, *_ = instance.event_log_storage.get_asset_check_execution_history(key, limit=5)
        assert (newest.partition, newest.status.value) == ("tiny@dev", status)
        of_newest = newest.targets_latest_materialization(LoadingContextForTest(instance))
        assert asyncio.run(of_newest), "the asset page shows it"


def test_checks_come_with_the_ref_that_names_their_audit(instance: dg.DagsterInstance, library: Library) -> None:
    library.build(Partition("snapshots", "tiny@dev"))
    mirror(instance, library.store)
    key = dg.AssetCheckKey(dg.AssetKey("snapshots"), "few_bad_records")
    (record, *_) = instance.event_log_storage.get_asset_check_execution_history(key, limit=5)
    assert (record.partition, record.status.value) == ("tiny@dev", "SUCCEEDED")


def test_mirrored_statistics_are_told_on_the_page_of_their_snapshot(
    instance: dg.DagsterInstance, library: Library
) -> None:
    built = library.build(Partition("statistics", "tiny@dev"))
    mirror(instance, library.store)
    (record,) = instance.fetch_observations(dg.AssetKey("snapshots"), limit=5).records
    assert (record.partition_key, record.asset_observation.metadata["statistics"].value) == (
        "tiny@dev",
        built.manifest.id,
    )


def test_the_job_builds_a_mix_and_mirrors_all_of_it(
    instance: dg.DagsterInstance, library: Library, settings: Settings
) -> None:
    job = build_definitions(settings).resolve_job_def("build_mix")
    config = {"ops": {"build_everything": {"config": {"mix": "tiny"}}}}
    result = job.execute_in_process(run_config=config, instance=instance, resources={"library": library})
    assert result.success
    version = refs.resolve(library.store, MIX)
    assert result.output_for_node("build_everything") == {"partition": str(MIX), "version": version}
    needless = ("artifacts", "statistics", "passages", "weights")  # for this mix
    stages = [stage for stage in SPACES if stage not in needless]
    assert all(known_versions(instance, stage) for stage in stages)


def test_a_mix_that_is_refused_leaves_its_failed_check(
    instance: dg.DagsterInstance, library: Library, settings: Settings
) -> None:
    job = build_definitions(settings).resolve_job_def("build_mix")
    config = {"ops": {"build_everything": {"config": {"mix": "nothing"}}}}
    result = job.execute_in_process(
        run_config=config, instance=instance, resources={"library": library}, raise_on_error=False
    )
    assert not result.success
    assert "'nothing' is not a mix: use one of" in str(result.all_events)


def test_a_pass_with_nothing_new_lists_once_and_reads_nothing(instance: dg.DagsterInstance, library: Library) -> None:
    store = CountingStore()
    replace(library, store=store).build(MIX)
    mirror(instance, store)
    store.listed.clear()
    store.read.clear()
    assert mirror(instance, store) == []
    assert (store.listed, store.read) == (["refs/"], [])
    publish_again(replace(library, store=store), MIX, "mixed/tiny@dev")
    store.read.clear()
    assert [str(item.standing.parts[0][0]) for item in mirror(instance, store)] == [str(MIX)]
    assert [path for path in store.read if path.startswith("refs/")] == [f"refs/{MIX}/00000002.json"]


def test_a_store_that_was_made_anew_is_read_anew(instance: dg.DagsterInstance, library: Library) -> None:
    library.build(SNAPSHOT)
    mirror(instance, library.store)
    (first,) = refs.history(library.store, SNAPSHOT)
    library.store.delete([f"refs/{SNAPSHOT}/00000001.json"])
    other = library.build(Partition("licensed", "tiny@dev")).manifest.id
    library.store.delete([f"refs/{SNAPSHOT}/00000001.json"])
    refs.publish(library.store, SNAPSHOT, other, build_key=first.build_key, started_from=None)
    mirror(instance, library.store)
    assert known_versions(instance, "snapshots") == {"tiny@dev": other}


def test_a_partition_that_was_deleted_comes_back(instance: dg.DagsterInstance, library: Library) -> None:
    library.build(MIX)
    mirror(instance, library.store)
    for space in ("snapshots", "mixes"):
        instance.delete_dynamic_partition(space, "tiny@dev")
    found = mirror(instance, library.store)
    assert {item.space for item in found} == {"snapshots", "mixes"}
    assert not any(item.events or item.checks for item in found), "all of it is known, only its name is not"
    assert all(instance.get_dynamic_partitions(space) == ["tiny@dev"] for space in ("snapshots", "mixes"))
    assert mirror(instance, library.store) == []


def test_all_partitions_are_judged_under_the_same_few_run_ids(tmp_path: Path, library: Library) -> None:
    """Dagster's database makes a file for each on a single machine."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        before = {*tmp_path.rglob("*.db")}
        used = set()
        for partition in (
            SNAPSHOT,
            Partition("licensed", "tiny@dev"),
            Partition("fingerprints", "tiny@dev", "words5-14x8"),
            MIX,
        ):
            library.build(partition)
            used |= {item.run_id for item in mirror(instance, library.store) if item.standing.stage != "signals"}
        stages = ("licensed", "fingerprints", "filtered", "deduplicated", "published")
        assert {run_id for stage in stages for run_id in evaluated(instance, stage)} == used
        assert len(used) == 1
        made = {path.stem for path in {*tmp_path.rglob("*.db")} - before} - {".db"}  # which is of events without a run
        assert made == used | {*evaluated(instance, "signals")}


def test_each_version_and_each_staleness_is_judged_anew(instance: dg.DagsterInstance, library: Library) -> None:
    library.build(Partition("filtered", "tiny@dev+words"))
    mirror(instance, library.store)
    library.build(Partition("licensed", "tiny@dev"))
    mirror(instance, library.store)
    for number, other in enumerate(("licensed/tiny@dev", "filtered/tiny@dev+words", "licensed/tiny@dev"), 2):
        publish_again(library, SNAPSHOT, other)
        told = {item.standing.stage for item in mirror(instance, library.store)}
        assert ("licensed" in told) is (number == 2), "it is stale once"
        assert mirror(instance, library.store) == []
    assert len({*evaluated(instance, "licensed")}) == len(evaluated(instance, "licensed")) == 2


def test_what_became_stale_keeps_its_tables_and_plot(instance: dg.DagsterInstance, library: Library) -> None:
    library.build(Partition("licensed", "tiny@dev"))
    mirror(instance, library.store)
    publish_again(library, SNAPSHOT, "licensed/tiny@dev")
    mirror(instance, library.store)
    again, before = instance.fetch_materializations(dg.AssetKey("licensed"), limit=5).records
    assert "plot" in again.asset_materialization.metadata
    assert again.asset_materialization.metadata == before.asset_materialization.metadata
    assert again.asset_materialization.tags != before.asset_materialization.tags
