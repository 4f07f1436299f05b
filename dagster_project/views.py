"""The object store in SQL: DuckDB with a view for every kind of row, all of one moment.

`manifests`, `inputs`, `refs`, `files` and `counts` are the catalog, in memory. The others are read when a query needs
them, as far as it does: Arrow datasets over the shards of the newest version of every partition, each row with the
`partition` and the `version_id` that it is of. No extension of DuckDB is loaded and no text of a document is ever SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.corpus.lineage.catalog import Catalog
from dagster_project.corpus.lineage.catalog_rows import TABLES
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.datasets import dataset_of
from dagster_project.corpus.storage.replacements import followed
from dagster_project.corpus.storage.stores import Store

if TYPE_CHECKING:
    import duckdb

VIEWS: dict[str, tuple[str, str]] = {  # name: stage, what a row is
    "documents": ("snapshots", "a document, with its text"),
    "signals": ("signals", "the counts of a document (words, characters …); other groups are `signals_<group>`"),
    "verdicts": ("filtered", "what a policy says of a document: keep, or the rule and its value"),
    "licenses": ("licensed", "the license concluded of a document, from which evidence"),
    "fingerprints": ("fingerprints", "the digests and the signature of a document"),
    "families": ("families", "the copies of a document in a corpus"),
    "survivors": ("deduplicated", "what became of a document in a corpus, and its effective license"),
    "members": ("mixed", "a member of a mix, in the order of training"),
}
CATALOG: dict[str, str] = {
    "manifests": "a version of anything",
    "inputs": "a version that another was built from",
    "refs": "a publication of a partition",
    "files": "a shard of a version",
    "counts": "a number in the profile of a version",
}
OWN = ("partition", "version_id")  # columns that every row-level view has besides those of its rows
MAIN_GROUP = "counts"


class View(NamedTuple):
    """A view and the rows behind it."""

    name: str
    rows: Any  # an Arrow table or dataset


def connect(store: Store, catalog: Catalog) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory with all views of a store. It loads no extension by itself; views of nothing are empty."""
    import duckdb

    connection = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    for view in views_of(store, catalog):
        connection.register(view.name, view.rows)
    return connection


def views_of(store: Store, catalog: Catalog) -> Iterator[View]:
    """Every view of a store; one whose stage has no version yet has OWN columns alone."""
    for name in CATALOG:
        yield View(name, without_zones(catalog.tables[name]))
    for name, (stage, _) in VIEWS.items():
        by_part = _newest(catalog, stage)
        own = [part for part in by_part if stage != "signals" or part == MAIN_GROUP]
        yield View(name, _rows(store, catalog, {key: item for part in own for key, item in by_part[part].items()}))
        for part in sorted({*by_part} - {*own}):
            group = part.replace("-", "_").replace(".", "_").replace("@", "_")
            yield View(f"{name}_{group}", _rows(store, catalog, by_part[part]))


def without_zones(table: pa.Table) -> pa.Table:
    """Moments as plain timestamps in UTC: DuckDB would need an extension to show zones."""
    return table.cast(_plain(table.schema))


def _plain(schema: pa.Schema) -> pa.Schema:
    return pa.schema([(item.name, _plain_type(item.type)) for item in schema])


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind


def _newest(catalog: Catalog, stage: str) -> dict[str, dict[str, str]]:
    """The newest version of every partition of a stage by its key, for each part of the stage."""
    refs = catalog.tables["refs"]
    chosen = refs.filter(pc.and_(pc.equal(refs.column("stage"), stage), refs.column("newest")))
    found: dict[str, dict[str, str]] = {}
    for part, key, version in zip(
        *(chosen.column(name).to_pylist() for name in ("part", "partition", "id")), strict=True
    ):
        found.setdefault(part, {})[key] = version
    return found


def _rows(store: Store, catalog: Catalog, versions: Mapping[str, str]) -> Any:
    """A dataset over the shards of some versions, whose schema is that of the first of each united."""
    parts: list[tuple[File, dict[str, str]]] = []
    schemas = []
    for key, version in versions.items():
        files = list(filter(None, (followed(store, file) for file in catalog.files(version))))
        parts += [(file, dict(zip(OWN, (key, version), strict=True))) for file in files]
        if files:
            schemas.append(pq.read_schema(pa.PythonFile(store.open(files[0].path), mode="r")))
    own = pa.schema([(name, pa.string()) for name in OWN])
    if not parts:
        return own.empty_table()
    united = pa.unify_schemas(list(dict.fromkeys(schema.remove_metadata() for schema in schemas)))
    return dataset_of(store, parts, pa.schema([*own, *united]))


assert set(CATALOG) == set(TABLES)
