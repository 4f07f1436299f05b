"""What is read of a compaction of the catalog: tables that every question needs, rows of the versions asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.corpus.lineage.catalog_rows import TABLES
from dagster_project.corpus.lineage.pointers import at_once
from dagster_project.corpus.storage.stores import Store

READ: Mapping[str, Sequence[str] | None] = {  # columns that are read whole; files are read for the versions asked about
    "refs": None,
    "inputs": None,
    "manifests": ("id", "stage", "rows"),
}


def tables_of(store: Store, folder: str) -> dict[str, pa.Table]:
    """The tables of READ. ArrowInvalid where another release wrote them."""

    def read(name: str) -> pa.Table:
        body = pa.BufferReader(store.get(f"{folder}/{name}.parquet"))
        columns = READ[name]
        table = pq.read_table(body, columns=list(columns) if columns else None)
        if not table.schema.equals(chosen(TABLES[name].empty_table(), name).schema):
            raise pa.ArrowInvalid(f"{folder} holds the tables of another release")
        return table

    return dict(zip(READ, at_once(read, list(READ)), strict=True))


def chosen(table: pa.Table, name: str) -> pa.Table:
    """The columns of a table that are read."""
    columns = READ[name]
    return table.select(list(columns)) if columns else table


def file_rows(store: Store, folder: str, versions: Sequence[str]) -> pa.Table:
    """The files of some versions, of which only the row groups are read that may have them."""
    path = f"{folder}/files.parquet"
    wanted = pc.is_in(pc.field("id"), pa.array(sorted(versions), pa.string()))
    parquet = pq.ParquetFile(pa.PythonFile(store.open(path), mode="r"), pre_buffer=True)
    groups = [
        group
        for group in range(parquet.num_row_groups)
        if _overlaps(parquet.metadata.row_group(group).column(0).statistics, versions)
    ]
    return parquet.read_row_groups(groups).filter(wanted) if groups else TABLES["files"].empty_table()


def recipe_rows(store: Store, folder: str, versions: Sequence[str]) -> pa.Table:
    """The ids and recipes of some versions, as canonical JSON."""
    source = pa.PythonFile(store.open(f"{folder}/manifests.parquet"), mode="r")
    wanted = pc.is_in(pc.field("id"), pa.array(list(versions), pa.string()))
    return pq.ParquetFile(source, pre_buffer=True).read(["id", "recipe"]).filter(wanted)


def _overlaps(statistics: Any, versions: Sequence[str]) -> bool:
    """Whether a row group, in the order of ids, may have one of some versions."""
    if statistics is None or not statistics.has_min_max:
        return True
    return any(statistics.min <= version <= statistics.max for version in versions)
