"""Tables that answer a question: kept beside the builds under the key of the question, and found again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict

import pyarrow as pa

from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.refs import find_build, record_build
from dagster_project.corpus.storage.shards import read_shard, stands, write_shard
from dagster_project.corpus.storage.stores import Store


def kept_table(
    store: Store, key: str, schema: pa.Schema, access: str, make: Callable[[], Iterable[pa.Table]]
) -> pa.Table:
    """The rows of all tables that `make` yields, each once, in the order of their columns."""

    def distinct() -> pa.Table:
        table = pa.concat_tables([schema.empty_table(), *make()]).group_by(schema.names).aggregate([])
        return table.select(schema.names).cast(schema).sort_by([(name, "ascending") for name in schema.names])

    return kept_rows(store, key, access, distinct)


def kept_rows(store: Store, key: str, access: str, make: Callable[[], pa.Table]) -> pa.Table:
    """A table as it is; one that a sweep took while it was put on record is made again."""
    if (record := find_build(store, key)) and stands(store, file := File(**record["file"])):
        return read_shard(store, file)
    table = make()
    record_build(store, key, {"file": asdict(write_shard(store, table, access=access))})
    return table
