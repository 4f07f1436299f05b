"""The `statistics` stage: one row per identified language of a snapshot, the largest first, in one small shard.

Source cards and the search over sources read it with `read_statistics`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from dagster_project.corpus.engine.tables import Column
from dagster_project.corpus.engine.work import ShardResult, Work, assemble
from dagster_project.corpus.model.dates import CONFIDENCE
from dagster_project.corpus.model.documents import ID, ID_BYTES
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.statistics.counting import Counted, count_documents
from dagster_project.corpus.statistics.tallies import FACETS, OTHER, TOTALS, UNKNOWN
from dagster_project.corpus.storage.refs import latest, load_manifest
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.stores import Store

CODE_VERSION = "1"
GROUPS = ("counts", "language", "addresses")  # of signals
LICENSE = pa.struct(
    [("license", pa.string()), ("class", pa.string()), ("documents", pa.int64()), ("words", pa.int64())]
)
YEAR = pa.struct([("year", pa.int32()), ("documents", pa.int64())])
CONFIDENCES = pa.struct([("confidence", pa.string()), ("documents", pa.int64())])
DOMAIN = pa.struct([("domain", pa.string()), ("documents", pa.int64()), ("words", pa.int64())])
DECLARED = pa.struct([("declared", pa.string()), ("documents", pa.int64())])


def _counted(name: str) -> pa.Field:
    return pa.field(name, pa.int64(), nullable=False)


def _listed(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, pa.list_(kind), nullable=False)


SCHEMA = pa.schema(
    [
        *TOTALS,  # by language: an ISO 639 code, or `und` where none could be told
        _listed("licenses", LICENSE),  # most documents first; those beyond the limit stand last, as `other` of no class
        _listed("published_years", YEAR),  # in their order, the unknown one (null) last
        _listed("published_confidences", CONFIDENCES),  # strongest first
        _listed("collected_years", YEAR),
        _listed("collected_confidences", CONFIDENCES),
        _listed("domains", DOMAIN),  # the hundred with most documents
        _counted("other_domains"),  # how many more there are
        _counted("hosts"),
        _listed("declared", DECLARED),  # languages that the source declares and that are not this one
    ]
)
Row = dict[str, Any]


def measure_languages(work: Work, snapshot: Manifest, licensed: Manifest, signals: Sequence[Manifest]) -> Manifest:
    """One row per language of a snapshot, from its licenses and its signal groups in the order of GROUPS."""
    counts, language, addresses = signals
    columns = [
        Column(counts, ("words", "bytes")),
        Column(language, ("language",)),
        Column(addresses, ("host", "domain")),
        Column(licensed, ("license", "license_class")),
    ]
    table = rows_of(count_documents(work, snapshot, columns))
    file = write_shard(work.store, table, access=work.access)
    result = ShardResult(file, profile(table), digested(table))
    return assemble(work, [result], facts={"languages": [brief(row) for row in table.to_pylist()]})


def read_statistics(store: Store, key: str) -> pa.Table | None:
    """The newest statistics of a snapshot (`source@version`) in the schema SCHEMA; None when they are not built.

    For source cards, searches and reports: one small object, at most one row per language that can be identified.
    """
    newest = latest(store, Partition("statistics", key))
    if newest is None:
        return None
    return pa.concat_tables([read_shard(store, file) for file in load_manifest(store, newest.id).files])


def rows_of(counted: Counted) -> pa.Table:
    """The counts as a table: languages with most documents first, equal ones by code."""
    totals = counted.totals.sort_by([("documents", "descending"), ("language", "ascending")])
    first, whole = _by_place(counted.facets.first), _by_place(counted.facets.whole)
    rows = [{**row, **_facets(row["language"], first, whole)} for row in totals.to_pylist()]
    return pa.Table.from_pylist(rows, SCHEMA)


def profile(table: pa.Table) -> dict[str, Any]:
    """Sums over the languages, for metadata and checks."""
    rows = table.to_pylist()
    sums = {field.name: sum(row[field.name] for row in rows) for field in TOTALS if field.name != "language"}
    return {
        **sums,
        "languages": {row["language"]: row["documents"] for row in rows},
        "licenses": _united(rows, "licenses", "license"),
        "published": _united(rows, "published_confidences", "confidence"),
        "collected": _united(rows, "collected_confidences", "confidence"),
        "disagreeing": sum(item["documents"] for row in rows for item in row["declared"]),
        "negative_counts": sum(number < 0 for row in rows for number in _numbers(row)),
    }


def brief(row: Mapping[str, Any]) -> Row:
    """The line of a language in a table for people."""
    top = {name: row[f"{name}s"][0][name] if row[f"{name}s"] else None for name in ("license", "domain")}
    return {**{name: row[name] for name in ("language", "documents", "words")}, **top}


def digested(table: pa.Table) -> bytes:
    """The entries by which the rows are known, each under the hash of its language."""
    names = table.column("language").to_pylist()
    ids = pa.array([hashlib.sha256(name.encode()).digest()[:ID_BYTES] for name in names], ID)
    return entries(table.add_column(0, "id", ids), frozenset({"id"})).tobytes()


Places = Mapping[tuple[str, str], list[Row]]  # rows by facet and language


def _by_place(table: pa.Table) -> Places:
    names, found = list(FACETS), dict[tuple[str, str], list[Row]]()
    for row in table.to_pylist():
        found.setdefault((names[row["facet"]], row["language"]), []).append(row)
    return found


def _facets(language: str, first: Places, whole: Places) -> Row:
    """The list columns of one language."""

    def named(facet: str) -> list[Row]:
        return first.get((facet, language), [])

    def values(facet: str) -> int:
        return int(whole[facet, language][0]["values"]) if (facet, language) in whole else 0

    def rest(facet: str) -> list[Row]:
        return _rest(named(facet), whole.get((facet, language), []))

    return {
        "licenses": [_renamed(row, "license") for row in [*named("license"), *rest("license")]],
        "declared": [_renamed(row, "declared") for row in [*named("declared"), *rest("declared")]],
        "domains": [_renamed(row, "domain") for row in named("domain")],
        "other_domains": values("domain") - len(named("domain")),
        "hosts": values("host"),
        **{f"{date}_years": _years(named(f"{date}_year")) for date in ("published", "collected")},
        **{f"{date}_confidences": _confidences(named(f"{date}_confidence")) for date in ("published", "collected")},
    }


def _rest(named: Sequence[Row], whole: Sequence[Row]) -> list[Row]:
    """What stands beyond the limit of a facet, as one value; nothing when all are named."""
    if not whole or whole[0]["values"] == len(named):
        return []
    left = {name: whole[0][name] - sum(row[name] for row in named) for name in ("documents", "words")}
    return [{"value": OTHER, "class": None, **left}]


def _renamed(row: Row, name: str) -> Row:
    return {**row, name: row["value"]}


def _years(named: Sequence[Row]) -> list[Row]:
    rows = [{"year": None if row["value"] == UNKNOWN else int(row["value"]), **_documents(row)} for row in named]
    return sorted(rows, key=lambda row: (row["year"] is None, row["year"]))


def _confidences(named: Sequence[Row]) -> list[Row]:
    by_name = {row["value"]: row for row in sorted(named, key=lambda row: str(row["value"]))}
    names = [*(name for name in CONFIDENCE if name in by_name), *(name for name in by_name if name not in CONFIDENCE)]
    return [{"confidence": name, **_documents(by_name[name])} for name in names]


def _documents(row: Row) -> Row:
    return {"documents": row["documents"]}


def _united(rows: Sequence[Row], column: str, name: str) -> dict[str, int]:
    """Documents by a name over all languages."""
    found: dict[str, int] = {}
    for row in rows:
        for item in row[column]:
            found[item[name]] = found.get(item[name], 0) + item["documents"]
    return dict(sorted(found.items()))


def _numbers(row: Row) -> Iterator[int]:
    """Every count of a row."""
    for value in row.values():
        if isinstance(value, int):
            yield value
        elif isinstance(value, list):
            yield from (item[name] for item in value for name in ("documents", "words") if name in item)
