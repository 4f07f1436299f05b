"""Corpora and mixes at the times that their recipes name, built with all that they need; and takedowns that follow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.lineage import catalog
from dagster_project.corpus.model.errors import RecipeError, StoreError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.stores import Entry as StoreEntry
from dagster_project.corpus.takedowns.entries import Entry, checked
from dagster_project.corpus.takedowns.register import add
from dagster_project.defs import automation, materializing
from dagster_project.defs.automation import sensors
from dagster_project.defs.jobs import apply_takedowns, build_corpus
from dagster_project.defs.mirroring import known_versions
from dagster_project.defs.releases import schedules
from dagster_project.settings import Settings
from tests.defs.conftest import library_on

AT = datetime(2026, 1, 5, 3, tzinfo=UTC)


def schedule(directory: Path, kind: str, at: str = "0 3 * * 1") -> None:
    path = directory / kind / "tiny.yaml"
    path.write_text(f"{path.read_text()}schedule: '{at}'\n")


def test_a_recipe_with_a_schedule_is_a_release(settings: Settings, directory: Path) -> None:
    assert schedules(settings) == []
    for kind in ("corpora", "mixes"):
        schedule(directory, kind)
    corpus, mix = schedules(settings)
    assert [(item.name, item.job_name) for item in (corpus, mix)] == [
        ("release_corpus_tiny", "build_corpus"),
        ("release_mix_tiny", "build_mix"),
    ]
    assert mix.default_status is dg.DefaultScheduleStatus.RUNNING
    (request,) = mix.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=AT)).run_requests or []
    assert request.run_key == "tiny@dev 2026-01-05T03:00"
    assert request.run_config == {"ops": {"build_everything": {"config": {"mix": "tiny@dev"}}}}
    (directory / "mixes" / "tiny.yaml").unlink()
    skipped = mix.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=AT))
    assert not skipped.run_requests
    assert "tiny@dev" in str(skipped.skip_message)


@pytest.mark.parametrize("kind", ["corpora", "mixes"])
@pytest.mark.parametrize(("more", "why"), [("version: '1'\n", "built once"), ("", "no hour")])
def test_a_schedule_of_what_is_fixed_or_of_no_time_is_refused(directory: Path, kind: str, more: str, why: str) -> None:
    schedule(directory, kind, "0 3 * * *" if more else "0 33 * * *")
    path = directory / kind / "tiny.yaml"
    path.write_text(path.read_text() + more)
    if kind == "corpora" and more:
        (directory / "mixes" / "tiny.yaml").unlink()
    with pytest.raises(RecipeError, match=why):
        find_recipes([directory])


def test_a_corpus_is_built_with_all_that_it_needs_and_joins_the_catalog(
    instance: dg.DagsterInstance, library: Library
) -> None:
    config = {"ops": {"build_all_of_corpus": {"config": {"corpus": "tiny"}}}}
    result = build_corpus.execute_in_process(config, instance=instance, resources={"library": library})
    assert result.success
    version = refs.resolve(library.store, Partition("deduplicated", "tiny@dev"))
    assert known_versions(instance, "deduplicated") == {"tiny@dev": version}
    kept = catalog._newest_compaction(library.store, list(library.store.list(catalog.PREFIX)))
    assert version in kept["manifests"].column("id").to_pylist(), "nobody who asks has to read it by itself"


def test_the_register_is_followed_state_by_state(
    instance: dg.DagsterInstance, library: Library, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automation, "is_running", lambda _: True)
    monkeypatch.setattr(automation, "opened_store", lambda _: nullcontext(library.store))
    (follow,) = [sensor for sensor in sensors(settings) if sensor.name == "follow_takedowns"]
    assert follow.default_status is dg.DefaultSensorStatus.STOPPED
    assert isinstance(follow(dg.build_sensor_context(instance)), dg.SkipReason)
    before = library.build(Partition("published", "tiny@dev"))
    add(library.store, [checked(Entry(kind="source", value="tiny@dev", scope="document", received="2026-01-01"))])
    result = follow(dg.build_sensor_context(instance))
    assert isinstance(result, dg.SensorResult)
    assert [request.run_key for request in result.run_requests or []] == ["register 1"]
    context = dg.build_sensor_context(instance, cursor=result.cursor)
    assert isinstance(follow(context), dg.SkipReason)
    assert before.fresh
    monkeypatch.setattr(library.store, "list", lambda prefix: 1 / 0)
    failed = apply_takedowns.execute_in_process(instance=instance, resources={"library": library}, raise_on_error=False)
    assert not failed.success
    monkeypatch.undo()
    monkeypatch.setattr(automation, "is_running", lambda _: True)
    monkeypatch.setattr(automation, "opened_store", lambda _: nullcontext(library.store))
    assert isinstance(follow(context), dg.SkipReason), "not at once"
    monkeypatch.setattr(automation, "AGAIN_SECONDS", -1)
    again = follow(context)
    assert isinstance(again, dg.SensorResult)
    assert [item.run_key for item in again.run_requests or []] == [f"register 1 after {failed.run_id}"]


def test_takedowns_are_applied_by_a_run(instance: dg.DagsterInstance, library: Library) -> None:
    mix = Partition("published", "tiny@dev")
    before = library.build(mix).manifest
    files = refs.load_manifest(library.store, refs.resolve(library.store, Partition("snapshots", "tiny@dev"))).files
    from dagster_project.corpus.storage.shards import read_shard

    document = read_shard(library.store, files[0], ["doc_id"]).column("doc_id").to_pylist()[1]
    add(library.store, [checked(Entry(kind="document", value=document.hex(), scope="document", received="2026-01-01"))])
    assert apply_takedowns.execute_in_process(instance=instance, resources={"library": library}).success
    after = refs.load_manifest(library.store, refs.resolve(library.store, mix))
    assert after.rows == before.rows - 1
    assert known_versions(instance, "published") == {"tiny@dev": after.id}


class Gone(MemoryStore):
    """Cannot be listed for the first few times."""

    left = 0

    def list(self, prefix: str) -> Iterator[StoreEntry]:
        if self.left:
            self.left -= 1
            raise StoreError("the store is unreachable")
        return super().list(prefix)


def test_a_store_that_is_gone_for_longer_than_a_build_is_tried_again(
    instance: dg.DagsterInstance, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(materializing, "WAIT_SECONDS", 0.01)
    store = Gone()
    store.left = 3  # the build, what is mirrored after it, and the next build
    done = build_corpus.execute_in_process(
        instance=instance,
        resources={"library": library_on(store, directory)},
        run_config={"ops": {"build_all_of_corpus": {"config": {"corpus": "tiny"}}}},
        raise_on_error=False,
    )
    assert done.success
    assert len([event for event in done.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"]) == 2
    assert [*known_versions(instance, "deduplicated")] == ["tiny@dev"]
