"""Expectations in one line, as a person would write them: `removed_share ≤ max_removed`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dagster_project.quality.suites import Expectation

Kwargs = Mapping[str, Any]


def expected(expectation: Expectation) -> str:
    """What must hold of the numbers of a version."""
    return SAID[expectation.data["type"]](expectation.data["kwargs"])


def _between(kwargs: Kwargs) -> str:
    least, most, column = kwargs.get("min_value"), kwargs.get("max_value"), kwargs["column"]
    if least is not None and least == most:
        return f"{column} = {_value(least)}"
    below = f"{_value(least)} {'<' if kwargs.get('strict_min') else '≤'} " if least is not None else ""
    above = f" {'<' if kwargs.get('strict_max') else '≤'} {_value(most)}" if most is not None else ""
    return f"{below}{column}{above}"


def _in_set(kwargs: Kwargs) -> str:
    return f"{kwargs['column']} is one of {', '.join(map(_value, kwargs['value_set']))}"


def _not_in_set(kwargs: Kwargs) -> str:
    return f"{kwargs['column']} is none of {', '.join(map(_value, kwargs['value_set']))}"


def _equal(kwargs: Kwargs) -> str:
    return f"{kwargs['column_A']} = {kwargs['column_B']}"


def _greater(kwargs: Kwargs) -> str:
    return f"{kwargs['column_A']} {'≥' if kwargs.get('or_equal') else '>'} {kwargs['column_B']}"


def _sum(kwargs: Kwargs) -> str:
    return f"{' + '.join(kwargs['column_list'])} = {_value(kwargs['sum_total'])}"


def _value(value: Any) -> str:
    return str(value["$PARAMETER"]) if isinstance(value, Mapping) else f"{value:,}"


SAID: Mapping[str, Callable[[Kwargs], str]] = {
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_pair_values_to_be_equal": _equal,
    "expect_column_pair_values_a_to_be_greater_than_b": _greater,
    "expect_multicolumn_sum_to_equal": _sum,
}
