"""Tallies: how many documents and words stand under each value of each facet, per language; they add up over shards.

A facet is one question to a document: which license, which year, which domain. A tally is one row of TALLY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

OTHER = "other"  # the name under which values beyond a facet's limit stand together
UNKNOWN = ""  # the value of a document that has none, where that is counted too
NAME_CHARACTERS = 253  # of a value: as long as a host name may be; declared values are hostile
TALLY = pa.schema(
    [
        pa.field("facet", pa.int8(), nullable=False),  # place in FACETS
        pa.field("language", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),
        pa.field("class", pa.string(), nullable=False),  # of a license; empty elsewhere
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("words", pa.int64(), nullable=False),
    ]
)
SUMS = pa.schema(
    [
        pa.field("facet", pa.int8(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        *[pa.field(name, pa.int64(), nullable=False) for name in ("values", "documents", "words")],
    ]
)
TOTALS = pa.schema(
    [
        pa.field("language", pa.string(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        *[
            pa.field(name, pa.int64(), nullable=False)
            for name in ("words", "text_bytes", "boilerplate_characters", "with_url")
        ],
    ]
)
# what a shard is counted from: the identified language, and what the source declared beside it
READ = (
    *("language", "words", "text_bytes", "declared", "boilerplate_characters", "with_url"),
    *("license", "license_class", "host", "domain"),
    *("published_at", "published_confidence", "collected_at", "collected_confidence"),
)
Values = Callable[[pa.Table], pa.ChunkedArray]


class Facet(NamedTuple):
    """How the value of a document is found (null: it is not counted), and how many values of a language are named."""

    values: Values
    limit: int


class Ranked(NamedTuple):
    """The first values of every facet and language, and the sums over all of them."""

    first: pa.Table  # TALLY, most documents first
    whole: pa.Table  # SUMS


def column(name: str) -> Values:
    return lambda read: read.column(name)


def year_of(name: str) -> Values:
    """The year of a moment; UNKNOWN for none."""

    def values(read: pa.Table) -> pa.ChunkedArray:
        return pc.fill_null(pc.cast(pc.year(read.column(name)), pa.string()), UNKNOWN)

    return values


def disagreeing(read: pa.Table) -> pa.ChunkedArray:
    """Declared languages whose primary subtag (RFC 5646) is not the identified one, as declared."""
    declared = pc.utf8_trim_whitespace(read.column("declared"))
    primary = pc.utf8_lower(pc.replace_substring_regex(declared, "(?s)[-_].*", ""))
    differs = pc.and_(pc.not_equal(primary, read.column("language")), pc.not_equal(declared, ""))
    return pc.if_else(differs, declared, pa.scalar(None, pa.string()))


FACETS: dict[str, Facet] = {
    "license": Facet(column("license"), 1_000),
    "declared": Facet(disagreeing, 1_000),
    "domain": Facet(column("domain"), 100),
    "host": Facet(column("host"), 0),  # counted, not named
    "published_year": Facet(year_of("published_at"), 10_000),
    "collected_year": Facet(year_of("collected_at"), 10_000),
    "published_confidence": Facet(column("published_confidence"), 100),
    "collected_confidence": Facet(column("collected_confidence"), 100),
}
LIMITS: NDArray[np.int64] = np.array([facet.limit for facet in FACETS.values()])


def total(read: pa.Table) -> pa.Table:
    """One row of TOTALS per language of some documents (READ)."""
    counted = read.select(TOTALS.names[:1] + TOTALS.names[2:]).append_column("documents", _ones(read))
    return added_totals([counted.select(TOTALS.names).cast(TOTALS)])


def tally(read: pa.Table) -> pa.Table:
    """Every facet of some documents (READ), as rows of TALLY."""
    return added(_of_facet(read, place, facet) for place, facet in enumerate(FACETS.values()))


def added(tallies: Iterable[pa.Table]) -> pa.Table:
    """Tallies of the same facet, language, value and class as one."""
    return _summed(pa.concat_tables([TALLY.empty_table(), *tallies]), TALLY.names[:4], TALLY)


def added_totals(totals: Iterable[pa.Table]) -> pa.Table:
    return _summed(pa.concat_tables([TOTALS.empty_table(), *totals]), TOTALS.names[:1], TOTALS)


def added_sums(sums: Iterable[pa.Table]) -> pa.Table:
    return _summed(pa.concat_tables([SUMS.empty_table(), *sums]), SUMS.names[:2], SUMS)


def ranked(tallies: pa.Table) -> Ranked:
    """The values with most documents of every facet and language, equal ones by name, up to the facet's limit."""
    order = [("documents", "descending"), ("value", "ascending"), ("class", "ascending")]
    tallies = tallies.sort_by([("facet", "ascending"), ("language", "ascending"), *order]).combine_chunks()
    facets = tallies.column("facet").to_numpy()
    first = tallies.filter(pa.array(_places(facets, tallies.column("language")) < LIMITS[facets]))
    return Ranked(first, added_sums([tallies.append_column("values", _ones(tallies)).select(SUMS.names).cast(SUMS)]))


def _of_facet(read: pa.Table, place: int, facet: Facet) -> pa.Table:
    values = pc.utf8_slice_codeunits(facet.values(read), 0, NAME_CHARACTERS)
    classes = read.column("license_class") if facet is FACETS["license"] else _constant(read, pa.scalar(""))
    columns = [
        _constant(read, pa.scalar(place, pa.int8())),
        read.column("language"),
        values,
        classes,
        _ones(read),
        read.column("words"),
    ]
    whole = pa.table(columns, names=TALLY.names).filter(pc.is_valid(values))
    return _summed(whole.cast(TALLY), TALLY.names[:4], TALLY)


def _summed(table: pa.Table, keys: list[str], schema: pa.Schema) -> pa.Table:
    names = [name for name in schema.names if name not in keys]
    summed = table.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in names])
    return summed.rename_columns([*keys, *names]).select(schema.names).cast(schema)


def _places(facets: NDArray[np.int8], languages: pa.ChunkedArray) -> NDArray[np.int64]:
    """The place of every row within its run of equal facet and language, from 0."""
    codes = languages.combine_chunks().dictionary_encode().indices.to_numpy()
    starts = np.ones(len(facets), np.bool_)
    starts[1:] = (facets[1:] != facets[:-1]) | (codes[1:] != codes[:-1])
    rows = np.arange(len(facets))
    places: NDArray[np.int64] = rows - np.maximum.accumulate(np.where(starts, rows, 0))
    return places


def _ones(read: pa.Table) -> pa.Array:
    return _constant(read, pa.scalar(1, pa.int64()))


def _constant(read: pa.Table, value: pa.Scalar) -> pa.Array:
    return pa.repeat(value, read.num_rows)
