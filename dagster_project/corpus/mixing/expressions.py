"""Expressions of a recipe over columns: conditions that select documents, and numbers that weigh or order them.

    condition("words > 100 and language in ('en', 'de') and quality.score >= 0.5")
    number("least(quality.score, 1) * words")

They are DuckDB's SQL, without whatever could reach beyond the row: expression_parts has all that may stand in one.
A number with a point is a double. A column's null, and its numbers that are not finite, are unknown, and so is what
follows from them. Division by zero is null. Integers that overflow, the root of a negative number and a text that is
no number or date where one is needed are refused when they are met.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.mixing.expression_functions import ARITHMETIC, LIKES
from dagster_project.corpus.mixing.expression_parts import columns_in, written
from dagster_project.corpus.mixing.expression_trees import RELATION, Node, database, parsed, quoted
from dagster_project.corpus.model.errors import Refused

Kind = Literal["condition", "number"]
PREDICATES = frozenset({*LIKES, "contains", "starts_with", "ends_with", "list_contains", "regexp_matches"})
NUMBERS = frozenset({*ARITHMETIC, *"abs floor ceil round sqrt length array_length year month day date_part".split()})
_NUMERIC = frozenset("TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT FLOAT DOUBLE".split())


@dataclass(frozen=True)
class Expression:
    """What is computed for each row. `text` is one spelling for all that are parsed alike; `columns` are sorted.

    There is none with another text than expression_parts would write, wherever it comes from.
    """

    text: str
    columns: tuple[str, ...]

    def __post_init__(self) -> None:
        if (self.text, self.columns) != _spelled(self.text)[:2]:
            raise Refused(f"{quoted(self.text)} was not written by condition or number: make expressions by these")

    def holds(self, table: pa.Table) -> NDArray[np.bool_]:
        """Where it is true, bool[n]; what is unknown is false. The table has a column of each name in `columns`."""
        answer = self._computed(table, "condition")
        holds: NDArray[np.bool_] = answer.fill_null(False).to_numpy()
        return holds

    def values(self, table: pa.Table) -> NDArray[np.float64]:
        """Its number for each row, float64[n]: NaN where it is unknown, or beyond the range of doubles."""
        answer = self._computed(table, "number").cast(pa.float64(), safe=False)
        values: NDArray[np.float64] = answer.fill_null(np.nan).to_numpy().copy()
        values[~np.isfinite(values)] = np.nan
        return values

    def check(self, schema: pa.Schema, kind: Kind) -> None:
        """Refuse what tables of this schema cannot answer: a column that is missing, or of another type."""
        self._computed(schema.empty_table(), kind)

    def _computed(self, table: pa.Table, kind: Kind) -> pa.ChunkedArray:
        missing = [name for name in self.columns if name not in table.column_names]
        if missing:
            raise Refused(f"there is no column {', '.join(missing)}: there are {', '.join(sorted(table.column_names))}")
        with database().cursor() as cursor:
            cursor.register(RELATION, _comparable(table.select(list(self.columns))))
            try:
                answer = cursor.sql(f"SELECT {self.text} AS answer FROM {RELATION}")
                self._check_type(str(answer.types[0]), kind)
                return answer.to_arrow_table().column(0)
            except duckdb.Error as problem:
                raise Refused(f"{quoted(self.text, 300)} cannot be computed: {_reason(problem)}") from problem

    def _check_type(self, found: str, kind: Kind) -> None:
        if found not in (_NUMERIC if kind == "number" else {"BOOLEAN"}):
            wanted = "a number" if kind == "number" else "true or false"
            raise Refused(
                f"{quoted(self.text, 300)} is not {wanted} but {quoted(found.lower())}: compare it, or cast it"
            )


def condition(text: str) -> Expression:
    """What is true or false of a document. Refused unless every part of it is known to be harmless."""
    return _expression(text, "condition")


def number(text: str) -> Expression:
    """A number for each document. Refused likewise."""
    return _expression(text, "number")


def complaint(text: str, kind: Kind) -> str | None:
    """Why such an expression is refused, as far as can be said without data; None when it is not."""
    try:
        _expression(text, kind)
    except Refused as problem:
        return str(problem)
    return None


def _expression(text: str, kind: Kind) -> Expression:
    plain, columns, found = _spelled(text)
    if not columns:
        raise Refused(f"{quoted(text)} names no column, so it is the same for every document: name one")
    if found not in (kind, None):
        wanted = "a condition: compare it with something" if kind == "condition" else "a number: use case when … then 1"
        raise Refused(f"{quoted(text)} is not {wanted}")
    return Expression(plain, columns)


@lru_cache(maxsize=1024)
def _spelled(text: str) -> tuple[str, tuple[str, ...], Kind | None]:
    """How it is written, the columns that it names, and what it is for certain."""
    tree = parsed(text)
    return written(tree), tuple(sorted(set(columns_in(tree)))), _kind_of(tree)


def _kind_of(tree: Node) -> Kind | None:
    """What a tree is for certain, whatever the types of its columns."""
    name = tree.get("function_name", "")
    if tree["class"] in ("COMPARISON", "CONJUNCTION", "BETWEEN") or name in PREDICATES:
        return "condition"
    if tree["class"] == "OPERATOR":
        return None if tree["type"] == "OPERATOR_COALESCE" else "condition"
    return "number" if name in NUMBERS else None


def _comparable(table: pa.Table) -> pa.Table:
    """The same values in few types, so that a column's width changes no answer: times are UTC without a zone."""
    columns = [_widened(table.column(name)) for name in table.column_names]
    return pa.table(columns, names=table.column_names)


def _widened(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind: Any = column.type
    if pa.types.is_dictionary(kind):
        return _widened(column.cast(kind.value_type))
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        doubles = column.cast(pa.float64())
        return pc.if_else(pc.is_finite(doubles), doubles, pa.scalar(None, pa.float64()))
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return column.cast(pa.int64())
    return column.cast(pa.timestamp(kind.unit)) if pa.types.is_timestamp(kind) and kind.tz else column


def _reason(problem: duckdb.Error) -> str:
    """What went wrong, without the values: they are a document's."""
    if isinstance(problem, duckdb.ConversionException):
        return "a text in it is no number, date or truth value; try_cast gives null there"
    if isinstance(problem, duckdb.OutOfRangeException):
        return (
            "a value is out of range (64 bits, or the root of a negative number); guard it by case, or cast to double"
        )
    if isinstance(problem, (duckdb.BinderException, duckdb.CatalogException)):
        return f"{quoted(str(problem).splitlines()[0], 200)}; cast the column to the type that you mean"
    return f"DuckDB refused it ({type(problem).__name__}); state something simpler"
