"""The documents that a mix may choose from: shards of corpora with the columns that it reads, as records of pools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.engine.tables import Part, zipped
from dagster_project.corpus.kernels.texts import ids_of
from dagster_project.corpus.mixing.apportionment import EXACT
from dagster_project.corpus.mixing.distinct import Row, distinct_rows
from dagster_project.corpus.mixing.expressions import condition, number
from dagster_project.corpus.mixing.members import MEMBER, ONCE, Members, encoded, hashes
from dagster_project.corpus.mixing.pools import MOST_RATE
from dagster_project.corpus.mixing.selection import Rows, selecting, values_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.mix_recipes import ComponentRecipe, MixRecipe
from dagster_project.corpus.storage.stores import Store

WHOLE = {"score": 1_000_000, "language_score": 1000, "weight": 1000}  # integers that stand for 1
UNKNOWN = "unknown"  # the group of documents that have no value
LABELS = {"license": pa.string(), "license_class": pa.string(), "language": pa.string(), "control": pa.int32()}
MOST_GROUPS = 1000  # of one component


@dataclass(frozen=True)
class Candidates:
    """One documents shard of a corpus and the side tables that cover it."""

    corpus: str
    source: str
    file: File
    parts: tuple[Part, ...]
    edits: str = ""  # digest of the shard whose edits its text has, if it has any


def read_candidates(store: Store, shards: Sequence[Candidates]) -> Iterator[tuple[pa.Table, str, str]]:
    """Each shard's columns, in the units of expressions, with its corpus and source."""
    for shard in shards:
        yield _in_units(zipped(store, shard.parts)), shard.corpus, shard.source


def _in_units(table: pa.Table) -> pa.Table:
    for index, name in enumerate(table.column_names):
        if whole := WHOLE.get(name.rpartition(".")[2]):
            table = table.set_column(index, name, pc.divide(table.column(name).cast(pa.float64()), float(whole)))
    return table


def records_of(mix: MixRecipe, table: pa.Table, shard: int, index: int, rows: Rows) -> Members:
    """Candidates of one component, keyed by their uniform numbers; those with the rate 0 among them."""
    component = selecting(mix.components[index])
    chosen = table.take(pa.array(rows))
    members = np.zeros(len(rows), MEMBER)
    members["doc_id"] = _ids(chosen.column("doc_id"))
    members["family"] = _firsts(pc.coalesce(chosen.column("family"), chosen.column("doc_id")))
    members["words"] = chosen.column("words").to_numpy()
    if mix.tokenizer:
        members["tokens"] = chosen.column(f"{mix.tokenizer}.tokens").to_numpy()
    members["shard"], members["row"], members["component"] = shard, rows, index
    members["rate"] = _rates(component, chosen)
    members["key"] = hashes(members, mix.seed, f"rank:{component.name}")
    return members


def values_for(mix: MixRecipe, by: str, table: pa.Table, rows: Rows) -> NDArray[np.uint64]:
    """What a curriculum sorts by."""
    return encoded(values_of(number(by), table)[rows])


def groups_of(component: ComponentRecipe, table: pa.Table, rows: Rows) -> dict[str, NDArray[np.int64]]:
    """By the value of the column that a component is balanced by, which of the rows have it."""
    if component.balance is None:
        return {"": np.arange(len(rows))}
    column = table.column(component.balance.by).take(pa.array(rows)).cast(pa.string())
    coded = pc.coalesce(column, pa.scalar(UNKNOWN)).combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy()
    return {name: np.flatnonzero(codes == code) for code, name in enumerate(coded.dictionary.to_pylist())}


class Labels:
    """What members are told apart by in tables, as codes into one list of distinct rows: 4 bytes per document."""

    def __init__(self, mix: MixRecipe) -> None:
        self.controls = [condition(control.where) for control in mix.rendering.controls]
        self.known: dict[Row, int] = {}
        self.codes: list[NDArray[np.int32]] = []

    def add(self, shard: pa.Table) -> None:
        """The next shard, in the order of the candidates."""
        columns = [shard.column(name) for name in LABELS if name != "control"]
        rows, codes = distinct_rows([*columns, self._controls(shard)])
        known = np.array([self.known.setdefault(row, len(self.known)) for row in rows], np.int32)
        self.codes.append(known[codes])

    def _controls(self, shard: pa.Table) -> pa.Array:
        """The number of the first control whose condition holds for each document; null where none does."""
        found = np.full(shard.num_rows, -1, np.int32)
        for place, expression in reversed([*enumerate(self.controls)]):
            found[expression.holds(shard.select(list(expression.columns)))] = place
        return pa.array(found, mask=found < 0)

    def of(self, members: Members) -> Mapping[str, pa.Array]:
        """A column of each name."""
        codes = np.zeros(len(members), np.int32)
        for shard in np.unique(members["shard"]).tolist():
            chosen = members["shard"] == shard
            codes[chosen] = self.codes[shard][members["row"][chosen]]
        columns = zip(*self.known, strict=True) if self.known else [()] * len(LABELS)
        return {
            name: pa.array(values, kind).take(pa.array(codes))
            for (name, kind), values in zip(LABELS.items(), columns, strict=True)
        }


def _rates(component: ComponentRecipe, chosen: pa.Table) -> NDArray[np.int64]:
    """How often each is taken in a pass, in 65,536ths; 0 for those that have no value to be drawn by."""
    rates = np.ones(len(chosen))
    if component.sample:
        rates = np.nan_to_num(values_of(number(component.sample), chosen), nan=0.0)
    if component.rehydrate:
        sizes = chosen.column("family_size").to_numpy()
        rates = rates * np.array([_power(max(1, size), component.rehydrate) for size in sizes.tolist()])
    if len(rates) and not 0 <= rates.min() <= rates.max() <= MOST_RATE:
        found = rates.min() if rates.min() < 0 else rates.max()
        raise Refused(
            f"component {component.name} would take a document {found:g} times in each pass: sample and rehydrate must "
            f"come to 0 to {MOST_RATE}; bound them by least(…, {MOST_RATE}) or a smaller power"
        )
    return np.rint(rates * ONCE).astype(np.int64)


@cache
def _power(size: int, exponent: float) -> float:
    """The same on every machine."""
    return float(EXACT.power(Decimal(size), Decimal(str(exponent))))


def _ids(column: pa.ChunkedArray) -> NDArray[np.void]:
    ids: NDArray[np.void] = np.ascontiguousarray(ids_of(column)).view("V16").ravel()
    return ids


def _firsts(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """The first eight bytes of ids."""
    return np.ascontiguousarray(ids_of(column)).view("<u8").reshape(-1, 2)[:, 0]
