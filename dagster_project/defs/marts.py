"""The dbt models as assets, and their tests as checks: reports over the lineage and the members of mixes."""

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets
from packaging.version import Version

from dagster_project.connections import VARIABLE, handed_over
from dagster_project.defs.dbt_parsing import dbt_executable, parsed_manifest
from dagster_project.projects import dbt_directory, dbt_workspace
from dagster_project.settings import Settings

DATABASE = "marts.duckdb"  # its stem is the name by which views in it find each other, so every copy keeps it
RUNS_KEPT = 20
ENVIRONMENT = threading.Lock()


class Dbt(DbtCliResource):
    """dbt without `dbt --version`, which asks the package index for the newest release."""

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))


def marts(settings: Settings) -> dg.Definitions:
    """One asset per dbt model. The store is asked by dbt's own process, and only in a run."""
    several = DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)  # sources are views of our stages

    @dbt_assets(manifest=parsed_manifest(settings), dagster_dbt_translator=DagsterDbtTranslator(several))
    def dbt_marts(context: dg.AssetExecutionContext, dbt: Dbt) -> Iterator[Any]:
        """Builds and tests the chosen models in a DuckDB file of this run, which then becomes the newest."""
        with run_database(settings, context) as (target, environment), environed(environment):
            invocation = dbt.cli(["build"], context=context, target_path=target)
            yield from invocation.stream().fetch_row_counts().fetch_column_metadata()

    return dg.Definitions(assets=[dbt_marts], resources={"dbt": dbt_resource()})


def dbt_resource() -> Dbt:
    project = os.fspath(dbt_directory())
    return Dbt(project_dir=project, profiles_dir=project, dbt_executable=dbt_executable())


@contextlib.contextmanager
def run_database(settings: Settings, context: dg.AssetExecutionContext) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """A directory for dbt's artifacts and a DuckDB file, and what dbt must find in its environment.

    A run that builds only some models begins with a copy of the newest file, where the others stand.
    """
    workspace = dbt_workspace(settings)
    target = workspace / "runs" / context.run_id
    target.mkdir(parents=True, exist_ok=True)
    database, newest = target / DATABASE, workspace / DATABASE
    if context.is_subset:
        if not newest.exists():
            raise dg.Failure("Some marts need the others: build all of them once.", allow_retries=False)
        shutil.copyfile(newest, database)
    with handed_over(settings, target) as connection:
        yield target, {"DBT_DUCKDB_PATH": os.fspath(database), VARIABLE: os.fspath(connection)}
    os.replace(database, newest)
    for old in sorted(target.parent.iterdir(), key=os.path.getmtime)[:-RUNS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def environed(environment: Mapping[str, str]) -> Iterator[None]:
    """The environment of this process with more in it: dagster-dbt hands its own to dbt, and reads it itself."""
    with ENVIRONMENT:
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
