"""What may stand in an expression: the parts of DuckDB's parse tree that are known, each written anew as SQL.

What is not listed here is refused: other tables, files, settings, clocks, chance.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from dagster_project.corpus.mixing.expression_functions import (
    ALLOWED,
    ARITHMETIC,
    FUNCTIONS,
    LIKES,
    check_arguments,
    check_like,
    constant_of,
)
from dagster_project.corpus.mixing.expression_trees import LIMIT_DEPTH, Node, quoted
from dagster_project.corpus.model.errors import Refused

Write: TypeAlias = Callable[[Node], str]

COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_DISTINCT_FROM": "IS DISTINCT FROM",
    "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
}
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}  # the others mean the same both ways
TYPES = ("BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP")
# names that DuckDB takes for functions or row numbers when no column has them
NOT_COLUMNS = frozenset(
    "current_catalog current_date current_role current_schema current_time current_timestamp current_user localtime "
    "localtimestamp rowid session_user user".split()
)
_COLUMN = re.compile(r"([a-z0-9][a-z0-9._-]*\.)?[a-z_][a-z0-9_]*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(\.\d{1,6})?)?", re.ASCII)
_PLACES = frozenset({"class", "type", "query_location"})


def written(node: Node, depth: int = 1) -> str:
    """The SQL of a tree, in parentheses throughout: parsed again it gives the same, and nothing else can be in it."""
    if depth > LIMIT_DEPTH:
        raise Refused(f"the expression is nested too deeply: at most {LIMIT_DEPTH} levels, also of a + b + c")
    if node["class"] not in KINDS:
        raise _not_allowed(node)
    keys, write = KINDS[node["class"]]
    unknown = sorted(node.keys() - keys - _PLACES)
    if unknown:
        raise Refused(f"{_name_of(node)} with {unknown[0]} may not stand in an expression: leave that out")
    return write(node, lambda part: written(part, depth + 1))


def columns_in(tree: Any) -> Iterator[str]:
    """Every column that a tree names, as often as it does."""
    if isinstance(tree, dict) and tree.get("class") == "COLUMN_REF":
        yield _column_name(tree)
    elif isinstance(tree, (dict, list)):
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from columns_in(part)


def _not_allowed(node: Node) -> Refused:
    return Refused(f"{_name_of(node)} may not stand in an expression: {ALLOWED}")


def _name_of(node: Node) -> str:
    if "function_name" in node:
        return f"the function {quoted(node['function_name'])}"
    return str(node["type"] if node["class"] == "OPERATOR" else node["class"]).lower().replace("_", " ")


def _comparison(node: Node, write: Write) -> str:
    """What is constant stands on the right."""
    if node["type"] not in COMPARISONS:
        raise _not_allowed(node)
    left, word, right = node["left"], COMPARISONS[node["type"]], node["right"]
    if _is_literal(left) and not _is_literal(right):
        left, word, right = right, MIRRORED.get(word, word), left
    return f"({write(left)} {word} {write(right)})"


def _between(node: Node, write: Write) -> str:
    return f"({write(node['input'])} BETWEEN {write(node['lower'])} AND {write(node['upper'])})"


def _conjunction(node: Node, write: Write) -> str:
    word = " AND " if node["type"] == "CONJUNCTION_AND" else " OR "
    return f"({word.join(map(write, node['children']))})"


def _operator(node: Node, write: Write) -> str:
    first, *rest = node["children"]
    match node["type"]:
        case "OPERATOR_NOT":
            return f"(NOT {write(first)})"
        case "OPERATOR_IS_NULL":
            return f"({write(first)} IS NULL)"
        case "OPERATOR_IS_NOT_NULL":
            return f"({write(first)} IS NOT NULL)"
        case "OPERATOR_COALESCE":
            return f"coalesce({', '.join(map(write, node['children']))})"
        case "COMPARE_IN" | "COMPARE_NOT_IN" if all(map(_is_literal, rest)):
            word = "IN" if node["type"] == "COMPARE_IN" else "NOT IN"
            return f"({write(first)} {word} ({', '.join(map(write, rest))}))"
        case "COMPARE_IN" | "COMPARE_NOT_IN":
            raise Refused("IN takes a list of constants: compare with = and OR, or ask list_contains of a column")
    raise _not_allowed(node)


def _is_literal(node: Node) -> bool:
    literal: Node = node["child"] if node["class"] == "CAST" else node
    return bool(literal["class"] == "CONSTANT")


def _case(node: Node, write: Write) -> str:
    arms = [f"WHEN {write(check['when_expr'])} THEN {_arm(check['then_expr'], write)}" for check in node["case_checks"]]
    return f"(CASE {' '.join(arms)} ELSE {_arm(node['else_expr'], write)} END)"


def _arm(node: Node, write: Write) -> str:
    is_null = node["class"] == "CONSTANT" and node["value"]["is_null"]
    return "NULL" if is_null else write(node)


def _cast(node: Node, write: Write) -> str:
    kind, child = node["cast_type"], node["child"]
    if kind.keys() != {"id"} or kind["id"] not in TYPES:
        raise Refused(f"there is no cast to {quoted(kind['id'].lower())} here: use {', '.join(TYPES).lower()}")
    value = constant_of(child)
    if kind["id"] == "BOOLEAN" and value in ("t", "f"):  # so DuckDB parses true and false
        return "true" if value == "t" else "false"
    if kind["id"] in ("DATE", "TIMESTAMP") and value is not None and not _is_date(value):
        raise Refused(f"{quoted(str(value))} is not a date: write it as 2026-01-31 or 2026-01-31 23:59:59")
    return f"{'TRY_' if node.get('try_cast') else ''}CAST({write(child)} AS {kind['id']})"


def _is_date(value: Any) -> bool:
    try:
        return bool(_DATE.fullmatch(value) and datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return False


def _constant(node: Node, write: Write) -> str:
    kind, value = node["value"]["type"], constant_of(node)
    if value is None:
        raise Refused("NULL may stand after THEN and ELSE alone: ask with IS NULL or IS NOT NULL")
    match kind["id"]:
        case "VARCHAR" if "\0" not in value:
            return f"""'{value.replace("'", "''")}'"""
        case "BOOLEAN":
            return "true" if value else "false"
        case "INTEGER" | "BIGINT":
            return str(value)
        case "DECIMAL" if isinstance(value, int):  # as a double: DuckDB's decimals overflow when they are multiplied
            return _double(value / 10 ** kind["type_info"].get("scale", 0))
        case "DOUBLE" if math.isfinite(value):
            return _double(value)
    raise Refused("a constant cannot be kept exactly: use texts, integers of 64 bits and doubles such as 0.5 or 1e30")


def _double(value: float) -> str:
    plain = repr(value)
    return plain if "e" in plain else f"{plain}e0"


def _column(node: Node, write: Write) -> str:
    return f'"{_column_name(node)}"'


def _column_name(node: Node) -> str:
    parts: Sequence[str] = node["column_names"]
    name = ".".join(parts).lower()
    if len(parts) > 2 or not _COLUMN.fullmatch(name) or name in NOT_COLUMNS:
        raise Refused(f"{quoted(name)} is no column: name one, or one of an artifact, such as words or quality.score")
    return name


def _function(node: Node, write: Write) -> str:
    name, arguments = node["function_name"].lower(), node.get("children", [])
    if node.get("schema", "main") != "main" or node.get("order_bys", {}).keys() - {"type"}:
        raise Refused(f"{_name_of(node)} with a schema or an order may not stand in an expression: leave that out")
    if name in ARITHMETIC and len(arguments) in (1, 2):
        return f"({' '.join([*map(write, arguments[:-1]), name, write(arguments[-1])])})"
    if name in LIKES and len(arguments) == 2:
        check_like(name, arguments[1])
        return f"({write(arguments[0])} {LIKES[name]} {write(arguments[1])})"
    if name not in FUNCTIONS:
        raise _not_allowed(node)
    check_arguments(name, arguments)
    return f"{name}({', '.join(map(write, arguments))})"


KINDS: Mapping[str, tuple[frozenset[str], Callable[[Node, Write], str]]] = {
    "COMPARISON": (frozenset({"left", "right"}), _comparison),
    "BETWEEN": (frozenset({"input", "lower", "upper"}), _between),
    "CONJUNCTION": (frozenset({"children"}), _conjunction),
    "OPERATOR": (frozenset({"children"}), _operator),
    "CASE": (frozenset({"case_checks", "else_expr"}), _case),
    "CAST": (frozenset({"child", "cast_type", "try_cast"}), _cast),
    "CONSTANT": (frozenset({"value"}), _constant),
    "COLUMN_REF": (frozenset({"column_names"}), _column),
    "FUNCTION": (frozenset({"function_name", "schema", "children", "order_bys", "is_operator"}), _function),
}
