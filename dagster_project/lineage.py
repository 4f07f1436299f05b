"""The door for questions in Python: where a document comes from, where it went, and rows with all that
is known of each.

    from dagster_project.lineage import Question, impact, open, trace

    impact(Question(host="example.org"))           # mixes, versions, documents, members, shards, rows
    trace("notes@1", Question(url="https://example.org/a"))
    with open("filtered/web@1+gopher") as rows:    # documents + signals + verdicts + licenses, row by row
        rows.schema
        for batch in rows.to_batches(["doc_id", "words", "keep", "license"]):
            ...
        rows.reader()                              # a pyarrow.RecordBatchReader: DuckDB, Polars and pandas take it

    with sql() as connection:                      # DuckDB with the views of `florilegium sql`
        connection.sql("SELECT source, count(*) FROM documents GROUP BY 1")

Settings come from the environment. Neither Dagster nor a kernel is imported.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dagster_project.corpus.lineage import impact as _impact
from dagster_project.corpus.lineage import trace as _trace
from dagster_project.corpus.lineage.overview import overview
from dagster_project.corpus.lineage.questions import Question
from dagster_project.corpus.lineage.side_by_side import SideBySide, side_by_side
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.settings import Settings
from dagster_project.stores import opened_store

if TYPE_CHECKING:
    import duckdb

__all__ = ["Question", "SideBySide", "impact", "open", "sql", "trace"]


def impact(question: Question, *, rows: int = 20, settings: Settings | None = None) -> list[dict[str, Any]]:
    """Every version of every mix that holds what is asked about, as `florilegium impact --json` tells it."""
    with opened_store(settings or Settings.from_environment()) as store:
        return _impact.impact(store, question, most=rows)


def trace(mix: str, question: Question, *, most: int = 10, settings: Settings | None = None) -> list[dict[str, Any]]:
    """The first documents of a mix (`name@version`, or with `#digits` one version of it) that a question means, each
    with everything that is known of it. PartitionError when there is no such mix or version."""
    address, version = parse(f"mixed/{mix.removeprefix('mixed/')}")
    with opened_store(settings or Settings.from_environment()) as store:
        seen = overview(store)
        identifier = seen.version_of(address, version)
        found = _trace.documents_in(seen, identifier, question, most).documents
        return [_trace.trace(store, address, item, identifier, seen=seen) for item in found]


@contextlib.contextmanager
def open(partition: str, *, settings: Settings | None = None) -> Iterator[SideBySide]:
    """The documents of a snapshot (`snapshots/web@1`, or `web@1` alone) beside their signals and licenses, and of
    `filtered/web@1+policy` beside its verdicts, too; `#digits` means one exact version. The store stays open in the
    block."""
    place, version = parse(partition if "/" in partition else f"snapshots/{partition}")
    with opened_store(settings or Settings.from_environment()) as store:
        yield side_by_side(store, Partition(place.stage, place.key), version)


@contextlib.contextmanager
def sql(*, settings: Settings | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with a view for every kind of row, all of one moment."""
    from dagster_project.corpus.lineage.catalog import refresh
    from dagster_project.views import connect

    with opened_store(settings or Settings.from_environment()) as store:
        connection = connect(store, refresh(store))
        try:
            yield connection
        finally:
            connection.close()
