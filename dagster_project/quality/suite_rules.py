"""What a suite file may say: the expectations that there are for one row of numbers, its columns and its bounds."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from dagster_project.quality.profiles import BOUNDS, columns_of

BETWEEN = ("min_value", "max_value", "strict_min", "strict_max")
# expectation → (kwargs that name columns, other kwargs); a new kind is one line here
TYPES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "expect_column_values_to_be_between": (("column",), BETWEEN),
    "expect_column_values_to_be_in_set": (("column",), ("value_set",)),
    "expect_column_values_to_not_be_in_set": (("column",), ("value_set",)),
    "expect_column_pair_values_to_be_equal": (("column_A", "column_B"), ()),
    "expect_column_pair_values_a_to_be_greater_than_b": (("column_A", "column_B"), ("or_equal",)),
    "expect_multicolumn_sum_to_equal": (("column_list",), ("sum_total",)),
}
SEVERITIES = ("critical", "warning", "info")
FIELDS = ("type", "kwargs", "severity", "meta")
META = ("check", "description")
CHECK = re.compile(r"[a-z][a-z0-9_]{0,79}")  # what Dagster takes for the name of a check
LARGEST = sys.float_info.max  # profiles are floats where they are judged
FEWEST = {"expect_column_values_to_be_between": ("min_value", "max_value")}  # one of which must be there


def complaints_of_suite(data: Any, stage: str) -> Iterator[str]:
    """What is wrong with the file as a whole."""
    if not isinstance(data, Mapping) or not isinstance(data.get("expectations"), list):
        yield 'is not a suite; it is {"name": …, "expectations": [ … ]}'
    elif data.get("name") != stage:
        yield f"has the name {data.get('name')!r}; use {stage!r}, as its file"
    elif unknown := sorted(set(data) - {"name", "expectations", "meta"}):
        yield f"has unknown fields {', '.join(unknown)}; use name, expectations, meta"


def complaints_of(item: Any, stage: str) -> Iterator[str]:
    """What is wrong with one expectation."""
    if not isinstance(item, Mapping):
        yield "is not an expectation; it is {type, kwargs, severity, meta}"
        return
    yield from _unknown("field", item, FIELDS)
    yield from _meta(item.get("meta"))
    if item.get("severity", "critical") not in SEVERITIES:
        yield f"severity {item['severity']!r} is unknown; use one of {', '.join(SEVERITIES)}"
    if not isinstance(item.get("type"), str) or item["type"] not in TYPES:
        said = str(item.get("type"))[:100]
        yield f"expectation {said!r} is unknown; use one of {_nearest(said, TYPES)}"
    elif not isinstance(item.get("kwargs"), Mapping):
        yield 'has no kwargs; it is {"column": …}'
    else:
        yield from _kwargs(item["type"], item["kwargs"], stage)


def _meta(meta: Any) -> Iterator[str]:
    if not isinstance(meta, Mapping):
        yield 'has no meta; it is {"check": …, "description": …}'
        return
    yield from _unknown("field of meta", meta, META)
    if not isinstance(meta.get("check"), str) or not CHECK.fullmatch(meta["check"]):
        yield f"check {meta.get('check')!r} cannot name a check; use a-z 0-9 _ starting with a letter"
    if not isinstance(meta.get("description"), str) or not meta["description"].strip():
        yield "has no description; say in a sentence what is expected"


def _kwargs(kind: str, kwargs: Mapping[str, Any], stage: str) -> Iterator[str]:
    columns, others = TYPES[kind]
    yield from _unknown(f"argument of {kind}", kwargs, (*columns, *others))
    for name in columns:
        yield from _columns(name, kwargs.get(name), stage)
    for name in others:
        yield from _value(name, kwargs.get(name), stage)
    if (needed := FEWEST.get(kind)) and all(kwargs.get(name) is None for name in needed):
        yield f"expects nothing; give {' or '.join(needed)}"
    limits: list[Any] = [kwargs.get(name) for name in BETWEEN[:2]]
    if all(map(_is_number, limits)) and limits[0] > limits[1]:
        yield f"min_value {limits[0]!r} is above max_value {limits[1]!r}; swap them"


def _columns(name: str, value: Any, stage: str) -> Iterator[str]:
    known = columns_of(stage)
    named = [value]
    if name == "column_list":
        if not isinstance(value, list) or len(value) < 2:
            yield "column_list is not a list of two columns or more"
            return
        named = value
    for column in named:
        if column not in known:
            yield f"{name} {column!r} is unknown in {stage}; use one of {_nearest(str(column), known)}"


def _value(name: str, value: Any, stage: str) -> Iterator[str]:
    if name == "value_set":
        if not isinstance(value, list) or not all(map(_is_number, value)):
            yield "value_set is not a list of numbers"
    elif name.startswith("strict_") or name == "or_equal":
        if not isinstance(value, bool | None):
            yield f"{name} is not true or false"
    elif isinstance(value, Mapping):
        yield from _parameter(name, value, stage)
    elif value is not None and not _is_number(value):
        yield f'{name} {value!r} is not a number; use one, or {{"$PARAMETER": …}}'
    elif value is None and name == "sum_total":
        yield "sum_total is missing; use a number"


def _parameter(name: str, value: Mapping[str, Any], stage: str) -> Iterator[str]:
    known = BOUNDS[stage]
    if set(value) != {"$PARAMETER"} or value["$PARAMETER"] not in known:
        wanted = value.get("$PARAMETER", dict(value))
        yield f"{name} asks for {wanted!r}, which is no bound of {stage}; there is {', '.join(known) or 'none'}"


def _unknown(what: str, given: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[str]:
    for name in given:
        if name not in known:
            yield f"{name!r} is no {what}; use {', '.join(known)}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _nearest(wrong: str, known: Any) -> str:
    near = get_close_matches(wrong, known, n=1)
    return ", ".join([*near, *(name for name in known if name not in near)])
