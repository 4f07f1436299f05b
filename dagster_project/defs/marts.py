"""The dbt models as assets, and their tests as checks: reports over the lineage and the members of mixes."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliInvocation,
    DbtCliResource,
    dbt_assets,
)
from dagster_dbt.core.dbt_event_iterator import DbtEventIterator
from dagster_dbt.errors import DagsterDbtCliRuntimeError
from packaging.version import Version

from dagster_project.connections import handed_over
from dagster_project.corpus.model.canonical import digest
from dagster_project.defs.dbt_parsing import dbt_executable, parsed_manifest
from dagster_project.defs.mirroring import known_versions
from dagster_project.defs.pools import MARTS
from dagster_project.projects import dbt_directory, dbt_workspace
from dagster_project.settings import Settings

DATABASE = "marts.duckdb"  # its stem is the name by which views in it find each other, so every copy keeps it
PROFILES = "profiles.yml"
JOB = "build_marts"
RUNS_KEPT = 20


class Dbt(DbtCliResource):
    """dbt without `dbt --version`, which asks the package index for the newest release."""

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))


def marts(settings: Settings) -> dg.Definitions:
    """One asset per dbt model. The store is asked by dbt's own process, and only in a run."""
    several = DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)  # sources are views of our stages

    @dbt_assets(manifest=parsed_manifest(settings), dagster_dbt_translator=DagsterDbtTranslator(several), pool=MARTS)
    def dbt_marts(context: dg.AssetExecutionContext) -> Iterator[Any]:
        """Builds and tests the chosen models in a DuckDB file of this run, which then becomes the newest."""
        with run_directory(settings, context) as directory:
            dbt = Dbt(project_dir=str(dbt_directory()), profiles_dir=str(directory), dbt_executable=dbt_executable())
            yield from described(dbt.cli(["build"], context=context, target_path=directory))

    job = dg.define_asset_job(JOB, [dbt_marts], description="Build and test every mart.")
    return dg.Definitions(assets=[dbt_marts], jobs=[job], sensors=[marts_after_publish])


# on from the start: marts that lag behind what is published would be believed
@dg.sensor(
    job_name=JOB,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Builds the marts anew whenever other mixes stand published.",
)
def marts_after_publish(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Builds the marts once the mixes that stand published are others than the last time. Asks Dagster's database
    alone, where built and mirrored versions stand alike."""
    published = known_versions(context.instance, "published")
    if not published:
        return dg.SkipReason("no mix is published yet")
    if (told := digest(dict(published))) == context.cursor:
        return dg.SkipReason("nothing was published since the marts were last asked for")
    return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=told)


def described(invocation: DbtCliInvocation) -> Iterator[Any]:
    """What dbt did, with row counts and columns. Described only after dbt has ended: DuckDB's file has one process at
    a time, and dagster-dbt would wait for that in a loop that takes a processor from dbt."""
    events, failure = list[Any](), None
    try:
        events.extend(invocation.stream())
    except DagsterDbtCliRuntimeError as error:
        failure = error
    yield from DbtEventIterator(iter(events), invocation).fetch_row_counts().fetch_column_metadata()
    if failure:
        raise failure


@contextlib.contextmanager
def run_directory(settings: Settings, context: dg.AssetExecutionContext) -> Iterator[Path]:
    """A directory for the profile, the artifacts and the DuckDB file of a run. When all went well, the file takes the
    place of the newest; a run that builds only some models begins with a copy of it, where the others stand."""
    workspace = dbt_workspace(settings)
    directory = workspace / "runs" / context.run_id
    directory.mkdir(parents=True, exist_ok=True)
    database, newest = directory / DATABASE, workspace / DATABASE
    if context.is_subset:
        if not newest.exists():
            raise dg.Failure("Some marts need the others: build all of them once.", allow_retries=False)
        shutil.copyfile(newest, database)
    with handed_over(settings, directory) as connection:
        (directory / PROFILES).write_text(profiles(database, connection))
        yield directory
    os.replace(database, newest)
    for old in sorted(directory.parent.iterdir(), key=os.path.getmtime)[:-RUNS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def profiles(database: Path, connection: Path) -> str:
    """The project's own profile for one run: its DuckDB file, and the private file that names the store."""
    found = yaml.safe_load((dbt_directory() / PROFILES).read_text())
    output = found["florilegium"]["outputs"]["local"]
    output["path"] = str(database)
    output["plugins"][0]["config"] = {"connection": str(connection)}
    return yaml.safe_dump(found)
