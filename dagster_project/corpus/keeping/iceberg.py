"""A partition as a table of an Iceberg catalog, for Spark, Trino and others: the same files, and nothing is copied.

A version is a snapshot of its table, whose summary names it; objects of which texts were erased are left out for what
stands in their place. Files are registered by what the manifest says of them, so that none is opened but one for its
schema. Engines are told not to delete files (`gc.enabled`): they are the store's. Columns of unsigned 64-bit integers,
for which Iceberg has no type, are no columns of the table.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.replacements import followed
from dagster_project.corpus.storage.stores import Store

CATALOG = "florilegium"
PARTITION, VERSION = "florilegium.partition", "florilegium.version"
SCHEMES = ("s3://", "file://")  # of stores whose objects others can open by their address
HIDDEN_ID = 1_000_000  # field ids of columns that are no columns of the table begin here
NAME_MAPPING = "schema.name-mapping.default"
FIXED = {"gc.enabled": "false", "format-version": "2"}


@dataclass(frozen=True)
class Registered:
    """The table that a partition is now, and whether that is new."""

    partition: str
    id: str
    table: str
    snapshot: int
    files: int
    rows: int
    hidden: tuple[str, ...]  # columns for which Iceberg has no type
    fresh: bool

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def catalog_at(uri: str, properties: Mapping[str, str]) -> Any:
    """The catalog at an address (sqlite:///…, postgresql://…, http://…), or one that pyiceberg's own configuration
    names."""
    try:
        from pyiceberg.catalog import load_catalog
    except ImportError:
        raise Refused("Iceberg catalogs need the package pyiceberg: install florilegium[iceberg]") from None
    try:
        is_address = "://" in uri
        return load_catalog(CATALOG if is_address else uri, **({"uri": uri} if is_address else {}), **properties)
    except Exception as error:  # whatever a catalog of any make raises; its words may hold a password
        raise Refused(f"the Iceberg catalog cannot be opened ({type(error).__name__}): check its address") from error


def register(
    store: Store, catalog: Any, partition: Partition, manifest: Manifest, *, namespace: str = CATALOG, name: str = ""
) -> Registered:
    """Make a version the current snapshot of the table of its partition; one that is already is left as it is."""
    if not store.location.startswith(SCHEMES):
        raise Refused(f"{store.location} has no addresses that others can open: use a store on S3 or in a directory")
    if not manifest.files:
        raise Refused(f"{partition} has no files to be registered")
    files = list(_standing(store, manifest.files))
    if not files:
        raise Refused(f"everything of {partition}#{manifest.id[:12]} was erased")
    schema, hidden = _readable(_schema(store, files[0]))
    try:
        table = _table(catalog, partition, (namespace, name or _own_name(catalog, namespace, partition)), schema)
        paths = {f"{store.location}/{file.path}": file for file in files}
        is_new = not _is_current(table, manifest.id, paths.keys())
        if is_new:
            _commit(table, partition, manifest.id, paths, schema, hidden)
    except Refused:
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        if "No default path" in said:
            raise Refused("the Iceberg catalog knows no place for new tables: give one with --warehouse") from error
        raise Refused(f"the Iceberg catalog refused {partition} ({type(error).__name__}: {said})") from error
    rows = sum(file.rows for file in files)
    snapshot = table.current_snapshot().snapshot_id
    address = ".".join(table.name()[-2:])
    return Registered(str(partition), manifest.id, address, snapshot, len(files), rows, tuple(hidden), is_new)


def table_name(partition: Partition) -> str:
    """A name that needs no quotes in SQL."""
    return re.sub(r"[^a-z0-9]", "_", str(partition))


def _own_name(catalog: Any, namespace: str, partition: Partition) -> str:
    """That name; where the table of another partition has it, with digits of the hash of the partition."""
    name = table_name(partition)
    if catalog.table_exists((namespace, name)):
        held = catalog.load_table((namespace, name)).properties.get(PARTITION, "")
        if held not in ("", str(partition)):
            return f"{name}_{hashlib.sha256(str(partition).encode()).hexdigest()[:8]}"
    return name


def _standing(store: Store, files: Iterable[File]) -> Iterator[File]:
    for file in files:
        if found := followed(store, file):
            yield replace(found, rows=file.rows)


def _schema(store: Store, file: File) -> pa.Schema:
    with store.open(file.path) as source:
        return pq.read_schema(source)


def _readable(schema: pa.Schema) -> tuple[pa.Schema, list[str]]:
    """The columns that Iceberg has types for, and the names of the others."""
    hidden = [field.name for field in schema if field.type == pa.uint64()]
    return pa.schema([field for field in schema if field.name not in hidden]), hidden


def _table(catalog: Any, partition: Partition, identifier: tuple[str, str], schema: pa.Schema) -> Any:
    catalog.create_namespace_if_not_exists(identifier[0])
    if not catalog.table_exists(identifier):
        return catalog.create_table(identifier, schema=schema, properties={**FIXED, PARTITION: str(partition)})
    table = catalog.load_table(identifier)
    if (held := table.properties.get(PARTITION)) != str(partition):
        raise Refused(
            f"the table {'.'.join(identifier)} is of {held or 'another maker'}: name another one with --table"
        )
    return table


def _is_current(table: Any, version: str, paths: Iterable[str]) -> bool:
    snapshot = table.current_snapshot()
    if snapshot is None or (snapshot.summary or {}).get(VERSION) != version:
        return False
    return {task.file.file_path for task in table.scan().plan_files()} == {*paths}


def _commit(
    table: Any, partition: Partition, version: str, paths: Mapping[str, File], schema: pa.Schema, hidden: list[str]
) -> None:
    """One transaction: the schema as it is now, and one snapshot of exactly these files."""
    there = {task.file.file_path: task.file for task in table.scan().plan_files()}
    with table.transaction() as transaction:
        with transaction.update_schema() as update:
            update.union_by_name(schema)
        mapping = _mapping(transaction.table_metadata.schema(), hidden)
        transaction.set_properties({NAME_MAPPING: mapping})
        said = {PARTITION: str(partition), VERSION: version}
        with transaction.update_snapshot(snapshot_properties=said).overwrite() as snapshot:
            for path in there.keys() - paths.keys():
                snapshot.delete_data_file(there[path])
            for path in paths.keys() - there.keys():
                snapshot.append_data_file(_data_file(path, paths[path]))


def _mapping(schema: Any, hidden: list[str]) -> str:
    """By which names columns are found in files that know no field ids; hidden ones have ids that no column has."""
    from pyiceberg.table.name_mapping import MappedField, NameMapping

    fields = list(schema.name_mapping.root)
    fields += (MappedField(field_id=HIDDEN_ID + n, names=[name]) for n, name in enumerate(hidden))
    return str(NameMapping(fields).model_dump_json())


def _data_file(path: str, file: File) -> Any:
    from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
    from pyiceberg.typedef import Record

    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=file.rows,
        file_size_in_bytes=file.size_bytes,
        sort_order_id=None,
        spec_id=0,
    )
