"""DuckDB's parse tree of one expression, from a connection that reads and reaches nothing. No text is run here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any, TypeAlias

import duckdb

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.escaping import visible

LIMIT_CHARS, LIMIT_DEPTH = 10_000, 100
RELATION = "given"  # the table that an expression is about
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "python_enable_replacements": False,  # else an unknown table is looked for among Python's variables
    "ieee_floating_point_ops": False,  # division by zero is null, not infinite
    "lock_configuration": True,
}

Node: TypeAlias = Mapping[str, Any]

_UNSPEAKABLE = re.compile("[\0\ud800-\udfff]")


@cache
def database() -> duckdb.DuckDBPyConnection:
    """This process's own: in memory, without files, network, extensions or settings that could change."""
    return duckdb.connect(":memory:", config=SETTINGS)


def decided_by() -> dict[str, str]:
    """The library whose version decides what expressions come to."""
    return {"duckdb": version("duckdb")}


def parsed(text: str) -> Node:
    """The tree of one expression, not yet looked at inside.

    What closes the parenthesis around the text, adds a clause or a statement, changes the shape of all the rest, and
    that must be the shape of a statement with nothing but a condition.
    """
    if len(text) > LIMIT_CHARS:
        raise Refused(f"an expression of {len(text):,} characters was refused: write one of at most {LIMIT_CHARS:,}")
    if _UNSPEAKABLE.search(text):
        raise Refused(f"{quoted(text)} cannot be parsed: leave out NUL and halves of characters")
    node, rest = _where(text)
    if node is None or rest != _where("1")[1]:
        raise Refused(f"{quoted(text)} is more than one expression: write a single condition or number")
    return node


def _where(text: str) -> tuple[Node | None, Any]:
    """The tree of a condition, and what is parsed around it. The line end closes a comment."""
    statement = f"SELECT 1 FROM {RELATION} WHERE ({text}\n)"
    query = "SELECT json_serialize_sql(?, skip_null := true, skip_empty := true, skip_default := true)"
    try:
        with database().cursor() as cursor:
            (answer,) = cursor.execute(query, [statement]).fetchall()[0]
        tree = json.loads(answer)
        if tree["error"]:
            raise Refused(f"{quoted(text)} is not an expression in SQL: {quoted(tree['error_message'], 200)}")
        return tree["statements"][0]["node"].pop("where_clause", None), _without_places(tree)
    except RecursionError as problem:
        raise Refused(f"{quoted(text)} is nested too deeply: at most {LIMIT_DEPTH} levels") from problem
    except duckdb.Error as problem:
        raise Refused(f"{quoted(text)} cannot be parsed: write one expression in SQL") from problem


def _without_places(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_places(value) for key, value in tree.items() if key != "query_location"}
    return [_without_places(item) for item in tree] if isinstance(tree, list) else tree


def quoted(text: str, limit: int = 80) -> str:
    """Its beginning, for a message."""
    return f'"{visible(text, limit)}"'
