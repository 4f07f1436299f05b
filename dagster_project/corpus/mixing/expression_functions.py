"""The functions that may stand in an expression, and what must hold for their arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import re2

from dagster_project.corpus.mixing.expression_trees import Node
from dagster_project.corpus.model.errors import Refused

MANY = 1000
ARITHMETIC = ("+", "-", "*", "/", "%")
LIKES = {"~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE"}
DATE_PARTS = ("year", "quarter", "month", "week", "day", "dayofyear", "isodow", "hour", "minute")


class Function(NamedTuple):
    """How many arguments a function takes, and what must hold for the one that is to be a constant."""

    least: int
    most: int
    constant: int | None = None
    is_allowed: Callable[[Any], bool] = lambda value: True
    rule: str = ""


def _is_digits(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 15


def _is_part(value: Any) -> bool:
    return value in DATE_PARTS


def _is_pattern(value: Any) -> bool:
    try:
        return bool(re2.compile(value))
    except (re2.error, TypeError):
        return False


# no ln, exp or power: their last digits differ between machines
FUNCTIONS = {
    **{name: Function(1, 1) for name in ("abs", "floor", "ceil", "sqrt", "length", "lower", "upper", "array_length")},
    **{name: Function(1, 1) for name in ("year", "month", "day")},
    **{name: Function(1, MANY) for name in ("least", "greatest")},
    **{name: Function(2, 2) for name in ("contains", "starts_with", "ends_with", "list_contains")},
    "round": Function(1, 2, 1, _is_digits, "digits from 0 to 15"),
    "date_part": Function(2, 2, 0, _is_part, f"one of {', '.join(DATE_PARTS)}"),
    "date_trunc": Function(2, 2, 0, _is_part, f"one of {', '.join(DATE_PARTS)}"),
    "regexp_matches": Function(2, 2, 1, _is_pattern, "a regular expression of RE2"),
}
ALLOWED = (
    "use columns, constants, comparisons, AND, OR, NOT, IN, BETWEEN, IS NULL, LIKE, ILIKE, CASE, CAST, + - * / % and "
    + ", ".join(sorted([*FUNCTIONS, "coalesce"]))
)


def check_arguments(name: str, arguments: Sequence[Node]) -> None:
    """Refuse what one of FUNCTIONS cannot take."""
    function = FUNCTIONS[name]
    if not function.least <= len(arguments) <= function.most:
        takes = function.least if function.most in (function.least, MANY) else f"{function.least} or {function.most}"
        raise Refused(f"{name} was given {len(arguments)} arguments: it takes {takes}")
    place = function.constant
    if place is not None and place < len(arguments) and not function.is_allowed(constant_of(arguments[place])):
        raise Refused(f"argument {place + 1} of {name} must be a constant: {function.rule}")


def check_like(operator: str, pattern: Node) -> None:
    """Refuse a pattern that is no constant, or one that DuckDB would try at every place for every place of another.

    It looks for the parts between % one after the other only in LIKE without _: ILIKE '%a%a%a%b' on 400 characters
    took 11 seconds.
    """
    text = constant_of(pattern)
    if not isinstance(text, str):
        raise Refused("LIKE takes a constant text: use contains, starts_with or ends_with to compare columns")
    if (operator.endswith("*") or "_" in text) and "%" in text.removeprefix("%").removesuffix("%"):
        raise Refused("ILIKE, and LIKE with _, take % at the two ends alone: use regexp_matches within texts")


def constant_of(node: Node) -> Any:
    """The value of a constant; None for NULL, and for all that is none."""
    if node["class"] != "CONSTANT" or node["value"]["is_null"]:
        return None
    return node["value"].get("value", "")  # DuckDB leaves an empty text out
