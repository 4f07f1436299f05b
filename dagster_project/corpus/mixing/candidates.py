"""The documents that a mix may choose from: shards of corpora with the columns that it reads, as records of pools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from dagster_project.corpus.mixing.selection import SOURCE, Rows, selecting, values_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.mix_recipes import ComponentRecipe, MixRecipe
from dagster_project.corpus.storage.disk_arrays import DiskArrays
from dagster_project.corpus.storage.stores import Store

WHOLE = {
    "score": 1_000_000,
    "closeness": 1_000_000,
    "language_score": 1000,
    "weight": 1000,
}  # integers that stand for 1
PARENTS, PARENT = "parents", "parent"  # columns that are read of derived sources, and of replayed members
UNKNOWN = "unknown"  # the group of documents that have no value
LABELS = {
    **{name: pa.string() for name in ("license", "license_class", "license_offered", "license_kind", "language")},
    "control": pa.int32(),
}
MOST_GROUPS = 1000  # of one component


@dataclass(frozen=True)
class Candidates:
    """One documents shard of a corpus and the side tables that cover it, or what an earlier mix took of the shard."""

    corpus: str  # or the partition of a mix that is replayed, as `origin` of a component
    source: str
    file: File
    parts: tuple[Part, ...]
    edits: str = ""  # digest of the shard whose edits its text has, if it has any
    # rows that were taken down since its corpus was built
    gone: NDArray[np.int64] | None = field(default=None, compare=False)


def read_candidates(store: Store, shards: Sequence[Candidates]) -> Iterator[tuple[pa.Table, str, str]]:
    """Each shard's columns, in the units of expressions, and SOURCE; with its corpus and source."""
    for shard in shards:
        table = _withdrawn(_in_units(zipped(store, shard.parts)), shard.gone)
        yield with_source(table, shard.source), shard.corpus, shard.source


def _withdrawn(table: pa.Table, gone: NDArray[np.int64] | None) -> pa.Table:
    """The same, its rows that are gone as those that a corpus knows of."""
    if gone is None or not len(gone):
        return table
    is_gone = np.zeros(len(table), np.bool_)
    is_gone[gone] = True
    status = pc.if_else(pa.array(is_gone), "withdrawn", table.column("status"))
    return table.set_column(table.column_names.index("status"), "status", status)


def with_source(table: pa.Table, source: str) -> pa.Table:
    """The candidates of one source with its name, without a version, as SOURCE."""
    numbers = pa.array(np.zeros(table.num_rows, np.int32))
    column = pa.DictionaryArray.from_arrays(numbers, pa.array([source.partition("@")[0]]))
    others = [name for name in table.column_names if name != SOURCE]
    return table.select(others).append_column(SOURCE, column)


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
    members["parent"] = _parents(chosen)
    members["words"] = chosen.column("words").to_numpy()
    if mix.tokenizer:
        members["tokens"] = chosen.column(f"{mix.tokenizer}.tokens").to_numpy()
    members["shard"], members["row"], members["component"] = shard, rows, index
    members["rate"] = rates_of(component, chosen)
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
    """What members are told apart by in tables, as codes into one list of distinct rows: on disk 4 bytes for each
    candidate. `sizes`: at least the rows that each shard of candidates has."""

    def __init__(self, mix: MixRecipe, sizes: Sequence[int], arrays: DiskArrays) -> None:
        self.controls = [condition(control.where) for control in mix.rendering.controls]
        self.known: dict[Row, int] = {}
        self.starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        self.codes = arrays.make(np.int32, int(self.starts[-1]))
        self.added = 0

    def add(self, shard: pa.Table) -> None:
        """The next shard, in the order of the candidates."""
        columns = [shard.column(name) for name in LABELS if name != "control"]
        rows, codes = distinct_rows([*columns, self._controls(shard)])
        known = np.array([self.known.setdefault(row, len(self.known)) for row in rows], np.int32)
        start = self.starts[self.added]
        self.codes[start : start + len(codes)] = known[codes]
        self.added += 1

    def _controls(self, shard: pa.Table) -> pa.Array:
        """The number of the first control whose condition holds for each document; null where none does."""
        found = np.full(shard.num_rows, -1, np.int32)
        for place, expression in reversed([*enumerate(self.controls)]):
            found[expression.holds(shard.select(list(expression.columns)))] = place
        return pa.array(found, mask=found < 0)

    def of(self, members: Members) -> Mapping[str, pa.Array]:
        """A column of each name."""
        codes = self.codes[self.starts[members["shard"]] + members["row"]]
        columns = zip(*self.known, strict=True) if self.known else [()] * len(LABELS)
        return {
            name: pa.array(values, kind).take(pa.array(codes))
            for (name, kind), values in zip(LABELS.items(), columns, strict=True)
        }


def rates_of(component: ComponentRecipe, chosen: pa.Table) -> NDArray[np.int64]:
    """How often each candidate is taken in a pass, in 65,536ths; 0 for those that have no value to be drawn by."""
    rates = chosen.column("copies").to_numpy().astype(np.float64) if component.replay else np.ones(len(chosen))
    if component.sample:
        rates = rates * np.nan_to_num(values_of(number(component.sample), chosen), nan=0.0)
    if component.rehydrate:
        sizes = chosen.column("family_size").to_numpy()
        rates = rates * np.array([_power(max(1, size), component.rehydrate) for size in sizes.tolist()])
    if len(rates) and not 0 <= rates.min() <= rates.max() <= MOST_RATE:
        found = rates.min() if rates.min() < 0 else rates.max()
        way_out = f"sample and rehydrate must come to 0 to {MOST_RATE}; bound them by least(…, {MOST_RATE}) or a power"
        if component.replay:
            way_out = (
                f"copies times sample must come to 0 to {MOST_RATE}; sample by least(copies, {MOST_RATE}) / copies"
            )
        raise Refused(f"component {component.name} would take a document {found:g} times in each pass: {way_out}")
    return np.rint(rates * ONCE).astype(np.int64)


@cache
def _power(size: int, exponent: float) -> float:
    """The same on every machine."""
    return float(EXACT.power(Decimal(size), Decimal(str(exponent))))


def _ids(column: pa.ChunkedArray) -> NDArray[np.void]:
    ids: NDArray[np.void] = np.ascontiguousarray(ids_of(column)).view("V16").ravel()
    return ids


def _parents(chosen: pa.Table) -> NDArray[np.uint64]:
    """The first eight bytes of the id of each document's first parent; of natural text, of its own id. Replayed members
    tell it themselves."""
    if PARENT in chosen.column_names:
        told: NDArray[np.uint64] = chosen.column(PARENT).to_numpy()
        return told
    own = _firsts(chosen.column("doc_id")).copy()
    if PARENTS in chosen.column_names:  # of a derived source
        parents = chosen.column(PARENTS).combine_chunks()
        has_some = pc.list_value_length(parents).to_numpy() > 0
        own[has_some] = _firsts(pc.list_element(parents.filter(pa.array(has_some)), 0).field("doc_id"))
    return own


def _firsts(column: pa.Array | pa.ChunkedArray) -> NDArray[np.uint64]:
    """The first eight bytes of ids."""
    return np.ascontiguousarray(ids_of(column)).view("<u8").reshape(-1, 2)[:, 0]
