"""The marts, built by dbt and by Dagster from a small store on the real server; and what they refuse."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from dagster_project.connections import handed_over, received
from dagster_project.corpus.licenses.table import table
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from dagster_project.definitions import build_definitions
from dagster_project.defs.dbt_parsing import dbt_executable, parsed_manifest
from dagster_project.defs.marts import marts
from dagster_project.projects import dbt_directory
from dagster_project.settings import Settings, SettingsError
from tests.corpora import documents, library, prose, write_jsonl, write_recipes

pytestmark = pytest.mark.embedded
MIX = Partition("mixed", "notes@dev")
WORDS = 2940  # all that survive
MODELS = {"mix_sources", "mix_licenses", "yield_by_stage", "license_exposure"}
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Built:
    """A store with one mix, the settings by which dbt reads it, and the marts that Dagster made of it."""

    store: S3Store
    settings: Settings
    mixed: Manifest
    result: dg.ExecuteInProcessResult

    def rows(self, query: str) -> Rows:
        return query_of(self.settings.home / "dbt" / "marts.duckdb", query)


@pytest.fixture(scope="module")
def built(embedded_s3: S3Config, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("marts")
    store, settings = store_and_settings(embedded_s3, "marts", folder)
    notes = [*documents(20), {"id": "gpl", "text": prose(90), "license": "GPL-3.0-only"}]
    odd = [{"id": "copy", "text": prose(3), "license": "MIT"}, {"id": "short", "text": "too short", "license": "MIT"}]
    path = write_jsonl(folder / "notes.jsonl", [*notes, *odd, {"id": "no text"}])
    lib = library(store, write_recipes(folder / "recipes", str(path), words=WORDS))
    lib.build(Partition("published", "notes@dev"))
    name_twice(store)
    mixed = refs.load_manifest(store, refs.resolve(store, MIX))
    with warnings.catch_warnings(), dg.DagsterInstance.ephemeral() as instance:
        warnings.simplefilter("ignore")
        found = marts(settings)
        result = dg.materialize(list(found.assets or []), instance=instance)
    return Built(store, settings, mixed, result)


def store_and_settings(config: S3Config, prefix: str, folder: Path) -> tuple[S3Store, Settings]:
    settings = Settings(
        store=f"s3://{config.bucket}/dbt/{prefix}",
        home=folder / "home",
        endpoint=config.endpoint,
        access_key=config.access_key,
        secret_key=config.secret_key,
    )
    return S3Store(replace(config, prefix=f"dbt/{prefix}")), settings


def name_twice(store: S3Store) -> None:
    """The same version under a second name, which must not double what is counted under the first."""
    partition = Partition("snapshots", "again@1")
    manifest = refs.load_manifest(store, refs.resolve(store, Partition("snapshots", "notes@dev")))
    refs.publish(store, partition, manifest.id, build_key="k", started_from=None)


def query_of(database: Path, query: str) -> Rows:
    with duckdb.connect(str(database), read_only=True) as connection:
        result = connection.execute(query)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def build_with_dbt(settings: Settings, folder: Path, *arguments: str) -> dict[str, str]:
    """`dbt build` as a person would run it; the status of every node."""
    said = run_dbt(settings, folder, "build", *arguments)
    results = folder / "target" / "run_results.json"
    assert results.exists(), said
    return {item["unique_id"].split(".")[2]: item["status"] for item in json.loads(results.read_text())["results"]}


def run_dbt(settings: Settings, folder: Path, *arguments: str) -> str:
    """dbt with the store in the environment; what it said."""
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "DBT_DUCKDB_PATH": str(folder / "marts.duckdb"),
        "FLORILEGIUM_STORE": settings.store or "",
        "FLORILEGIUM_HOME": str(settings.home),
        "AWS_ENDPOINT_URL": settings.endpoint or "",
        "AWS_ACCESS_KEY_ID": settings.access_key or "",
        "AWS_SECRET_ACCESS_KEY": settings.secret_key or "",
    }
    project = dbt_directory()
    places = [f"--project-dir={project}", f"--profiles-dir={project}", f"--target-path={folder / 'target'}"]
    command = [dbt_executable(), *arguments, *places, f"--log-path={folder / 'logs'}"]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True).stdout


# ---- values -------------------------------------------------------------------------------------------------------


def test_dagster_builds_every_model_and_every_check_passes(built: Built) -> None:
    assert built.result.success
    made = {
        event.asset_key.path[-1]: event for event in built.result.get_asset_materialization_events() if event.asset_key
    }
    assert set(made) > MODELS
    described = made["mix_licenses"].step_materialization_data.materialization.metadata
    assert described["dagster/row_count"].value == 2
    assert "share" in {column.name for column in described["dagster/column_schema"].value.columns}
    checks = built.result.get_asset_check_evaluations()
    assert all(check.passed for check in checks)
    names = {check.check_name for check in checks}
    assert {"shares_sum_to_one", "members_match_profiles", "license_classes_match_members"} <= names


def test_mix_sources_name_the_snapshot(built: Built) -> None:
    (row,) = built.rows("from mix_sources")
    counted = built.mixed.profile["by_source"]["notes@dev"]
    assert (row["mix"], row["mix_id"], row["source"]) == ("notes@dev", built.mixed.id, "notes@dev")
    assert (row["documents"], row["words"], row["share"]) == (counted["documents"], counted["words"], 1.0)
    assert row["snapshot_id"] == refs.resolve(built.store, Partition("snapshots", "notes@dev"))
    assert (row["snapshot_versions"], row["is_newest"]) == (1, True)


def test_mix_licenses_add_up_to_the_profile(built: Built) -> None:
    rows = built.rows("from mix_licenses order by license")
    told = built.mixed.profile["by_license"]
    assert {row["license"]: {"documents": row["documents"], "words": row["words"]} for row in rows} == told
    assert [row["license_class"] for row in rows] == ["copyleft", "permissive"]
    assert sum(row["share"] for row in rows) == pytest.approx(1)


def test_yield_follows_a_source_from_records_to_the_mix(built: Built) -> None:
    rows = built.rows("from yield_by_stage where source = 'notes@dev'")
    assert {row["step"]: (row["partition_key"], row["documents"]) for row in rows} == {
        "read": ("notes@dev", 24),
        "snapshots": ("notes@dev", 23),
        "filtered": ("notes@dev+plain", 22),
        "deduplicated": ("notes@dev", 21),
        "mixed": ("notes@dev", 21),
    }
    assert [row["share_of_snapshot"] for row in rows if row["step"] == "filtered"] == [22 / 23]


def test_license_exposure_counts_conclusions_and_mixes(built: Built) -> None:
    rows = {row["license"]: row for row in built.rows("from license_exposure")}
    assert set(rows) == {"MIT", "GPL-3.0-only"}
    assert (rows["MIT"]["concluded_documents"], rows["MIT"]["documents"], rows["MIT"]["mixes"]) == (22, 20, 1)
    assert rows["GPL-3.0-only"]["most_exposed_mix"] == "notes@dev"
    assert sum(row["largest_share"] for row in rows.values()) == pytest.approx(1)


def test_staging_says_which_rule_removed_what(built: Built) -> None:
    (row,) = built.rows("from stg_verdicts")
    assert (row["source"], row["policy"], row["rule"]) == ("notes@dev", "plain", "content_words")
    assert (row["removed_documents"], row["failed_documents"]) == (1, 1)
    licenses = built.rows("select license, license_class, documents from stg_licenses order by license")
    assert [tuple(row.values()) for row in licenses] == [("GPL-3.0-only", "copyleft", 1), ("MIT", "permissive", 22)]


# ---- refusals -----------------------------------------------------------------------------------------------------


def test_wrong_counts_fail_the_tests(built: Built, tmp_path: Path) -> None:
    lie = {**built.mixed.profile, "by_source": {"notes@dev": {"documents": 22, "words": 1}}}
    liar = replace(built.mixed, identity=replace(built.mixed.identity, recipe={"seed": "lie"}), profile=lie)
    refs.put_manifest(built.store, liar)
    refs.publish(built.store, parse("mixed/liar@1")[0], liar.id, build_key="k", started_from=None)
    statuses = build_with_dbt(built.settings, tmp_path)
    assert {name for name, status in statuses.items() if status in ("fail", "error")} == {
        "members_match_profiles",
        "shares_sum_to_one",
    }
    assert statuses["mix_sources"] == "success"


def test_an_empty_store_has_empty_marts(embedded_s3: S3Config, tmp_path: Path) -> None:
    _, settings = store_and_settings(embedded_s3, "empty", tmp_path)
    statuses = build_with_dbt(settings, tmp_path)
    assert statuses.pop("provenance_report") == "no-op"  # an exposure
    assert set(statuses.values()) <= {"success", "pass"}
    for model in MODELS:
        assert query_of(tmp_path / "marts.duckdb", f"from {model}") == []


def test_settings_travel_in_a_private_file(built: Built, tmp_path: Path) -> None:
    with handed_over(built.settings, tmp_path) as path:
        assert path.stat().st_mode & 0o777 == 0o600
        assert received(path) == built.settings
        path.chmod(0o640)
        with pytest.raises(SettingsError, match="read by others"):
            received(path)
    assert not list(tmp_path.iterdir())


def test_no_secret_is_written_anywhere(built: Built) -> None:
    secrets = [(built.settings.access_key or "").encode(), (built.settings.secret_key or "").encode()]
    assert all(len(secret) > 8 for secret in secrets)
    written = [
        path for folder in (built.settings.home, dbt_directory()) for path in folder.rglob("*") if path.is_file()
    ]
    assert any(path.name == "dbt.log" for path in written)
    assert any(path.name == "run_results.json" for path in written)
    assert not [path for path in written for secret in secrets if secret in path.read_bytes()]


# ---- documentation ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def documented(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The target folder of `dbt docs generate`, over the marts that Dagster built."""
    folder = tmp_path_factory.mktemp("documented")
    shutil.copyfile(built.settings.home / "dbt" / "marts.duckdb", folder / "marts.duckdb")
    said = run_dbt(built.settings, folder, "docs", "generate", "--static")
    assert (folder / "target" / "catalog.json").exists(), said
    return folder / "target"


def test_every_column_of_a_mart_is_described_and_tested(documented: Path) -> None:
    parsed, catalog = (json.loads((documented / name).read_text()) for name in ("manifest.json", "catalog.json"))
    assert catalog["errors"] is None
    models = {key: node for key, node in parsed["nodes"].items() if node["resource_type"] == "model"}
    assert {key for key in catalog["nodes"] if key.startswith("model.")} == set(models)
    tested = {
        (node["attached_node"], node["column_name"])
        for node in parsed["nodes"].values()
        if node["resource_type"] == "test" and node.get("column_name")
    }
    for key, model in models.items():
        columns = set(catalog["nodes"][key]["columns"])
        assert model["description"]
        assert {name for name, told in model["columns"].items() if told["description"]} == columns
        if model["name"] in MODELS:
            assert {(key, name) for name in columns} <= tested
    assert all(source["description"] for source in parsed["sources"].values())


def test_the_report_is_exposed_with_all_marts_behind_it(documented: Path) -> None:
    (report,) = json.loads((documented / "manifest.json").read_text())["exposures"].values()
    assert report["name"] == "provenance_report"
    assert {node.rpartition(".")[2] for node in report["depends_on"]["nodes"]} == MODELS


def test_the_documentation_is_one_page_without_keys(built: Built, documented: Path) -> None:
    page = (documented / "static_index.html").read_bytes()
    assert b"provenance_report" in page
    assert (built.settings.secret_key or "").encode() not in page


# ---- the project --------------------------------------------------------------------------------------------------


def test_the_folders_named_dbt_are_no_packages() -> None:
    assert not list(dbt_directory().rglob("__init__.py"))
    assert not (Path(__file__).parent / "__init__.py").exists()


def test_nothing_is_written_into_the_project_and_nothing_is_told_to_anybody(built: Built) -> None:
    names = {path.name for path in dbt_directory().iterdir()}
    assert names <= {".gitignore", "dbt_project.yml", "profiles.yml", "models", "tests"}
    assert "send_anonymous_usage_stats: false" in (dbt_directory() / "dbt_project.yml").read_text()


def test_sources_are_our_stages_and_models_are_one_group(built: Built) -> None:
    (asset,) = marts(built.settings).assets or ()
    assert isinstance(asset, dg.AssetsDefinition)
    groups = {spec.key.path[-1]: spec.group_name for spec in asset.specs}
    assert set(groups.values()) == {"marts"}
    outside = {key.path[-1] for key in asset.keys_by_input_name.values()} - set(groups)
    assert outside == {"published", "mixed", "licensed"}


def test_the_marts_stand_in_the_graph_of_the_stages(built: Built) -> None:
    whole = build_definitions(built.settings)
    dg.Definitions.validate_loadable(whole)
    graph = whole.resolve_asset_graph()
    assert {key.path[-1] for key in graph.get(dg.AssetKey("stg_members")).parent_keys} == {"mixed"}


def test_the_project_is_parsed_once_for_each_of_its_states(built: Built) -> None:
    manifest = parsed_manifest(built.settings)
    before = manifest.stat().st_mtime_ns
    assert parsed_manifest(built.settings) == manifest
    assert manifest.stat().st_mtime_ns == before


def test_accepted_license_classes_are_those_of_the_table() -> None:
    for path in dbt_directory().rglob("*.yml"):
        for block in path.read_text().split("- public-domain\n")[1:]:
            listed = [line.strip() for line in block.split("\n\n")[0].splitlines() if line.strip().startswith("- ")]
            names = ["public-domain", *(line.removeprefix("- ") for line in listed if ": " not in line)]
            assert tuple(names[: len(table().classes)]) == table().classes
