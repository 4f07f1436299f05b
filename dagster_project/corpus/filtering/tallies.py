"""Counts that add up: of every rule and language, and of every value of a trait before and after a filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MOST_VALUES = 1 << 16  # of one trait that are told apart
KINDS = ("removed", "fired", "alone")  # as the first to fail; failed at all; failed by no other rule
UNITS = ("documents", "words", "bytes")


def _counted(name: str) -> pa.Field:
    return pa.field(name, pa.int64(), nullable=False)


CELLS = pa.schema(
    [
        pa.field("rule", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        *[_counted(f"{kind}_{unit}") for kind in KINDS for unit in UNITS],
    ]
)
TALLY = pa.schema(
    [
        pa.field("trait", pa.string(), nullable=False),
        pa.field("rest", pa.bool_(), nullable=False),  # the sum of values that are not told apart
        pa.field("value", pa.string()),  # null is unknown; of a rest it says nothing
        *[_counted(f"{when}_{unit}") for when in ("before", "after") for unit in UNITS[:2]],
    ]
)
Mask = NDArray[np.bool_]
Weights = Mapping[str, NDArray[np.int64]]  # words and bytes of every document


class Tallied(NamedTuple):
    """Values with their counts; beyond MOST_VALUES of a trait, each may be short by up to `short` documents."""

    table: pa.Table  # TALLY
    short: int = 0


def cells(
    rules: Sequence[str], languages: pa.Array, first: NDArray[np.int64], fails: Mask, weights: Weights
) -> pa.Table:
    """CELLS of some documents: `first` is the first rule that each fails (-1: none), `fails` bool[rules, documents]."""
    coded = languages.dictionary_encode()
    codes, names = coded.indices.to_numpy(), coded.dictionary
    alone = fails.sum(axis=0) == 1
    parts = []
    for number, rule in enumerate(rules):
        which = {"removed": first == number, "fired": fails[number], "alone": fails[number] & alone}
        columns = {
            f"{kind}_{unit}": _sums(codes, len(names), chosen, weights.get(unit))
            for kind, chosen in which.items()
            for unit in UNITS
        }
        said = columns["fired_documents"] > 0
        part = pa.table({"rule": pa.repeat(rule, len(names)), "language": names, **columns}, schema=CELLS)
        parts.append(part.filter(pa.array(said)))
    return pa.concat_tables([CELLS.empty_table(), *parts])


def tally(values: Mapping[str, pa.Array], keeps: Mask, words: NDArray[np.int64]) -> Tallied:
    """TALLY of some documents, whose traits are arrays of strings."""
    return added_tallies(Tallied(_of_trait(trait, column, keeps, words)) for trait, column in values.items())


def added_cells(parts: Iterable[pa.Table]) -> pa.Table:
    return _summed(pa.concat_tables([CELLS.empty_table(), *parts]), ["rule", "language"], CELLS)


def added_tallies(parts: Iterable[Tallied]) -> Tallied:
    """Several tallies as one; what is too much for one trait joins its rest, the rarest first."""
    found = list(parts)
    table = _summed(
        pa.concat_tables([TALLY.empty_table(), *(part.table for part in found)]), ["trait", "rest", "value"], TALLY
    )
    short = sum(part.short for part in found)
    if table.num_rows <= MOST_VALUES:
        return Tallied(table, short)
    order = [("trait", "ascending"), ("rest", "descending"), ("before_documents", "descending"), ("value", "ascending")]
    table = table.sort_by(order).combine_chunks()
    beyond = _places(table.column("trait")) >= MOST_VALUES
    if not beyond.any():
        return Tallied(table, short)
    moved = table.filter(pa.array(beyond))
    rest = pa.table(
        {
            **{name: moved.column(name) for name in TALLY.names},
            "rest": pa.repeat(True, moved.num_rows),
            "value": pa.nulls(moved.num_rows, pa.string()),
        },
        schema=TALLY,
    )
    kept = table.filter(pa.array(~beyond))
    together = _summed(pa.concat_tables([kept, rest]), ["trait", "rest", "value"], TALLY)
    return Tallied(together, short + int(pc.max(moved.column("before_documents")).as_py()))


def _of_trait(trait: str, values: pa.Array, keeps: Mask, words: NDArray[np.int64]) -> pa.Table:
    coded = values.dictionary_encode(null_encoding="encode")
    codes, names = coded.indices.to_numpy(), coded.dictionary
    everything = np.ones(len(keeps), bool)
    columns = {
        f"{when}_{unit}": _sums(codes, len(names), chosen, words if unit == "words" else None)
        for when, chosen in (("before", everything), ("after", keeps))
        for unit in UNITS[:2]
    }
    head = {"trait": pa.repeat(trait, len(names)), "rest": pa.repeat(False, len(names)), "value": names}
    return pa.table({**head, **columns}, schema=TALLY)


def _sums(codes: NDArray[np.int32], size: int, chosen: Mask, weights: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Sums by code; exact, since a shard holds less than 2^53 bytes."""
    sums = np.bincount(codes[chosen], None if weights is None else weights[chosen], size)
    return sums.astype(np.int64)


def _summed(table: pa.Table, keys: list[str], schema: pa.Schema) -> pa.Table:
    names = [name for name in schema.names if name not in keys]
    summed = table.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in names])
    return summed.rename_columns([*keys, *names]).select(schema.names).cast(schema)


def _places(traits: pa.ChunkedArray) -> NDArray[np.int64]:
    """The place of every row within its run of equal traits, from 0."""
    codes = traits.combine_chunks().dictionary_encode().indices.to_numpy()
    starts = np.insert(codes[1:] != codes[:-1], 0, True)
    rows = np.arange(len(codes))
    places: NDArray[np.int64] = rows - np.maximum.accumulate(np.where(starts, rows, 0))
    return places
