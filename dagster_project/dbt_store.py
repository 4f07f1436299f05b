"""The plugin by which dbt-duckdb reads the object store. dbt loads it by this name; nothing else imports it.

All sources are of one moment: the catalog is brought up to date once per dbt process. Members are streamed from the
store into DuckDB's file, so that memory does not grow with the mixes.
"""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import SourceConfig

from dagster_project.connections import received
from dagster_project.corpus.licenses.table import class_of
from dagster_project.corpus.lineage.catalog import Catalog, refresh
from dagster_project.corpus.lineage.members import MEMBERS
from dagster_project.settings import Settings
from dagster_project.stores import opened_store
from dagster_project.views import without_zones

LICENSE_CLASSES = pa.schema([("license", pa.string()), ("license_class", pa.string())])
LICENSES = ("licenses/", "by_license/")  # where profiles count by license


class Plugin(BasePlugin):  # type: ignore[misc]  # dbt carries no types
    """Serves the tables of the source `store`; dbt-duckdb looks for this name."""

    def initialize(self, plugin_config: Mapping[str, str]) -> None:
        self.settings = settings_of(plugin_config)

    def load(self, source_config: SourceConfig) -> pa.Table | pa.RecordBatchReader:
        name = source_config.identifier
        if name == "members":
            return members(self.catalog)
        if name == "license_classes":
            return license_classes(self.catalog)
        return without_zones(self.catalog.tables[name])

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog; the store stays open until dbt ends."""
        stack = ExitStack()
        atexit.register(stack.close)
        return refresh(stack.enter_context(opened_store(self.settings)))


def settings_of(plugin_config: Mapping[str, str]) -> Settings:
    """Those of the connection file, or those of the environment as seen from where dbt was started."""
    if connection := plugin_config.get("connection"):
        return received(Path(connection))
    found = Settings.from_environment()
    return replace(found, home=Path(plugin_config.get("began_in", "")) / found.home)


def members(catalog: Catalog) -> pa.RecordBatchReader:
    """The members of the newest version of every mix, read while DuckDB takes them."""
    return pa.RecordBatchReader.from_batches(MEMBERS, catalog.members(catalog.newest("mixed")))


def license_classes(catalog: Catalog) -> pa.Table:
    """Every license expression that a profile counts by, and its class today."""
    measures = catalog.tables["counts"].column("measure").unique().to_pylist()
    named = (measure.split("/")[1] for measure in measures if measure.startswith(LICENSES))
    rows = [{"license": name, "license_class": class_of(name)} for name in sorted({_plain(name) for name in named})]
    return pa.Table.from_pylist(rows, schema=LICENSE_CLASSES)


def _plain(name: str) -> str:
    return name.replace("%2F", "/").replace("%25", "%")
