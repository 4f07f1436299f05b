"""Mirrored and materialized partitions are fresh for Dagster until something that they were built from has a newer
version, or their code has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.partitions import SPACES, Partition, parse
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.definitions import STAGES
from dagster_project.defs.metadata import metadata_of
from dagster_project.defs.mirroring import known_versions, lacking, mirror
from dagster_project.defs.provenance import BEFORE_ALL
from dagster_project.defs.signals import CODE_VERSION
from dagster_project.defs.versions import standing_in
from tests.models import write_artifact, write_examples, write_scoring_policy

SNAPSHOT, VERDICTS, MIX = "snapshots/tiny@dev", "filtered/tiny@dev+scored", "published/tiny@dev"
ORDER = (
    *(SNAPSHOT, "signals/tiny@dev/counts", "artifacts/mossy@dev", VERDICTS, "snapshots/other@dev"),
    *("deduplicated/tiny@dev", "passages/tiny@dev", "mixed/tiny@dev", MIX, "statistics/tiny@dev"),
    *("filtered/other@dev+words", "artifacts/late@dev"),
)
ASSETS = {asset.key.to_user_string(): asset for asset in STAGES}


@pytest.fixture
def opened(directory: Path, library_of: Callable[[Path], Library]) -> Callable[[], Library]:
    """The tiny mix by a policy with a scorer; another source, and a scorer that learns from its snapshot."""
    write_examples(directory, *([f"{word} number {number}" for number in range(40)] for word in ("moss", "tide")))
    write_artifact(directory, "mossy")
    learned = "name: {name}\nkind: ngram\nheld_out: 0.7\npositives: [{{partition: snapshots/other@dev}}]\n"
    write_artifact(directory, "late", learned)
    write_scoring_policy(directory, "scored", "mossy")
    corpus, source = directory / "corpora/tiny.yaml", directory / "sources/tiny.yaml"
    corpus.write_text(corpus.read_text().replace("policy: words", "policy: scored"))
    mix = directory / "mixes/tiny.yaml"
    mix.write_text(mix.read_text().replace("documents: 8", "documents: 3"))
    (directory / "sources/other.yaml").write_text(source.read_text().replace("tiny", "other"))
    (directory / "other.jsonl").write_text((directory / "tiny.jsonl").read_text())
    return lambda: library_of(directory)


def add_document(directory: Path, source: str) -> None:
    with (directory / f"{source}.jsonl").open("a") as file:
        file.write('{"id": "new", "text": "one more sentence of quite a few other words"}\n')


def stale(instance: dg.DagsterInstance, assets: Sequence[dg.AssetsDefinition] = tuple(STAGES)) -> dict[str, str]:
    """Every partition that Dagster knows and takes for stale, with what is told of it."""
    resources = {"library": dg.ResourceDefinition.hardcoded_resource(None)}
    graph = dg.Definitions(assets=assets, resources=resources).resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    found = {}
    for stage in SPACES:
        for key in sorted(known_versions(instance, stage)):
            asset = dg.AssetKey(stage)
            if resolver.get_status(asset, key).value != "FRESH":
                causes = [
                    f"{cause.category.value} of {(cause.dependency or cause.key).asset_key.to_user_string()}"
                    for cause in resolver.get_stale_causes(asset, key)
                ]
                found[f"{stage}/{key}"] = ", ".join(sorted(set(causes)))
    return found


def test_partitions_mirrored_while_others_are_built_are_fresh(
    instance: dg.DagsterInstance, opened: Callable[[], Library]
) -> None:
    library = opened()
    for name in ORDER:
        library.build(parse(name)[0])
        mirror(instance, library.store)
        assert stale(instance) == {}, name
    assert {stage for stage in SPACES if known_versions(instance, stage)} == {*SPACES} - {"weights"}
    assert list(lacking(instance, library.store)) == []


def test_what_was_built_from_an_older_version_is_stale_until_built_again(
    instance: dg.DagsterInstance, opened: Callable[[], Library], directory: Path
) -> None:
    for name in ORDER:
        opened().build(parse(name)[0])
    store = opened().store
    mirror(instance, store)
    add_document(directory, "tiny")
    opened().build(parse(SNAPSHOT)[0])
    mirror(instance, store)
    of_snapshot = dict.fromkeys(("licensed", "signals", "statistics", "fingerprints"), "DATA of snapshots")
    assert stale(instance) == {
        **{f"{stage}/tiny@dev": cause for stage, cause in of_snapshot.items()},
        VERDICTS: "DATA of snapshots",
    }
    assert mirror(instance, store) == []
    opened().build(parse(VERDICTS)[0])
    mirror(instance, store)
    assert stale(instance).keys() >= {"deduplicated/tiny@dev", "licensed/tiny@dev", "statistics/tiny@dev"}
    assert VERDICTS not in stale(instance)
    for name in (MIX, "passages/tiny@dev", "statistics/tiny@dev"):
        opened().build(parse(name)[0])
    mirror(instance, store)
    assert stale(instance) == {}


def test_a_mix_that_replays_another_is_fresh(
    instance: dg.DagsterInstance, opened: Callable[[], Library], directory: Path
) -> None:
    """Dagster knows no asset that depends on itself without time: a mix is one version of `mixed` like any other, and
    links to what it replays."""
    earlier = opened().build(Partition("mixed", "tiny@dev")).manifest.id
    for name, replay in (("newest", "tiny"), ("pinned", f"tiny@dev#{earlier[:8]}")):
        mix = f"name: {name}\nbudget: {{documents: 2}}\ncomponents: [{{name: again, replay: {replay}}}]\n"
        (directory / f"mixes/{name}.yaml").write_text(mix)
        opened().build(Partition("published", f"{name}@dev"))
    store = opened().store
    mirror(instance, store)
    assert stale(instance) == {}
    assert known_versions(instance, "mixed").keys() == {"tiny@dev", "newest@dev", "pinned@dev"}
    link = "- [tiny@dev](/assets/mixed?view=partitions&partition=tiny%40dev)"
    assert told_of(instance, "newest@dev") == told_of(instance, "pinned@dev") == f"{link} `{earlier[:12]}`"
    assert told_of(instance, "tiny@dev") is None
    linked = metadata_of(store, standing_in(store, Partition("mixed", "newest@dev")), "http://127.0.0.1:3001")
    assert linked["replays"].value == f"{link} [`{earlier[:12]}`](http://127.0.0.1:3001/manifests/{earlier[:16]})"
    add_document(directory, "tiny")
    opened().build(Partition("published", "newest@dev"))
    mirror(instance, store)
    assert not stale(instance).keys() & {
        f"{stage}/{name}@dev" for stage in ("mixed", "published") for name in ("pinned", "newest")
    }


def told_of(instance: dg.DagsterInstance, mix: str) -> Any:
    """Which mixes Dagster was told that a mix replays."""
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey("mixed"), asset_partitions=[mix])
    (record,) = instance.fetch_materializations(wanted, limit=1).records
    found = record.asset_materialization
    return found.metadata["replays"].value if found and "replays" in found.metadata else None


def test_a_new_dagster_is_told_what_is_stale(
    instance: dg.DagsterInstance, opened: Callable[[], Library], directory: Path
) -> None:
    opened().build(parse("filtered/other@dev+words")[0])
    add_document(directory, "other")
    opened().build(Partition("snapshots", "other@dev"))
    store = opened().store
    found = list(lacking(instance, store))
    for item in reversed(found):  # whichever is told first
        instance.add_dynamic_partitions(item.space, [item.key])
        for event in item.events:
            if isinstance(event, dg.AssetMaterialization):
                instance.report_runless_asset_event(event)
    assert stale(instance) == {
        "signals/other@dev": "DATA of snapshots",
        "filtered/other@dev+words": "DATA of snapshots",
    }
    with dg.DagsterInstance.ephemeral() as another:
        mirror(another, store)
        assert stale(another).keys() == stale(instance).keys()
        record = another.get_latest_materialization_event(dg.AssetKey("signals"))
        assert record.asset_materialization.tags["dagster/input_event_pointer/snapshots"] == str(BEFORE_ALL)


def test_a_changed_code_version_is_stale(instance: dg.DagsterInstance, library: Library) -> None:
    library.build(Partition("filtered", "tiny@dev+words"))
    mirror(instance, library.store)
    tags = instance.get_latest_materialization_event(dg.AssetKey("signals")).asset_materialization.tags
    assert tags["dagster/code_version"] == CODE_VERSION
    changed = [
        asset.map_asset_specs(lambda spec: spec.replace_attributes(code_version=f"{spec.code_version} more"))
        if asset.key.to_user_string() in ("signals", "filtered")
        else asset
        for asset in STAGES
    ]
    assert stale(instance) == {}
    assert stale(instance, changed) == {
        "signals/tiny@dev": "CODE of signals",
        "filtered/tiny@dev+words": "CODE of filtered",
    }


def test_what_dagster_materialized_itself_is_fresh_and_becomes_stale_alike(
    instance: dg.DagsterInstance, library_of: Callable[[Path], Library], directory: Path, memory_store: MemoryStore
) -> None:
    for stage, key in {"snapshots": "tiny@dev", "signals": "tiny@dev", "filtered": "tiny@dev+words"}.items():
        instance.add_dynamic_partitions(SPACES[stage], [key])
        resources = {"library": library_of(directory)}
        assert dg.materialize([ASSETS[stage]], partition_key=key, resources=resources, instance=instance).success
    assert (stale(instance), mirror(instance, memory_store)) == ({}, [])
    library_of(directory).build(Partition("deduplicated", "tiny@dev"))
    mirror(instance, memory_store)
    assert stale(instance) == {}
    add_document(directory, "tiny")
    library_of(directory).build(Partition("snapshots", "tiny@dev"))
    mirror(instance, memory_store)
    assert {"signals/tiny@dev", "filtered/tiny@dev+words", "licensed/tiny@dev"} <= stale(instance).keys()


def test_measurements_that_nobody_asks_for_any_more_make_nothing_stale(
    instance: dg.DagsterInstance, opened: Callable[[], Library], directory: Path
) -> None:
    opened().build(parse(VERDICTS)[0])
    for name in ("counts", "language"):
        opened().build(Partition("signals", "tiny@dev", name))
    add_document(directory, "tiny")
    for name in ("counts", "language"):
        opened().build(Partition("signals", "tiny@dev", name))
    mirror(instance, opened().store)
    assert stale(instance) == {VERDICTS: "DATA of signals, DATA of snapshots"}
