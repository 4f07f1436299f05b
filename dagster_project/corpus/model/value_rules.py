"""What single values of recipes must mean beyond their types; each says what is wrong, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from dagster_project.corpus.model.partitions import NAME, VERSION_ID

Complaint = str | None
LARGEST_SEED = 2**63 - 1


def reference(value: str) -> Complaint:
    good = re.fullmatch(rf"{NAME}(@{NAME})?", value) and ".." not in value
    return None if good else f"{value!r} cannot be a reference; use name or name@version in a-z 0-9 . _ -"


def reference_to_version(value: str) -> Complaint:
    """A reference, perhaps to one exact version, which `name@version#digits` names."""
    name, pinned, digits = value.partition("#")
    if pinned and not ("@" in name and VERSION_ID.fullmatch(digits)):
        return f"{value!r} names no version; use name@version#digits with 6 to 64 hexadecimal digits of its id"
    return reference(name)


def references(values: Sequence[str]) -> Complaint:
    return next(filter(None, map(reference, values)), None) or distinct(values)


def share(value: float) -> Complaint:
    return None if 0 <= value <= 1 else f"{value} is not a share; use a number from 0 to 1"


def positive(value: float) -> Complaint:
    return None if value > 0 else f"{value} is not allowed here; use a number above 0"


def counted(value: int) -> Complaint:
    return None if value >= 0 else f"{value} is not allowed here; use 0, or a number above"


def filled(value: Sequence[Any]) -> Complaint:
    return None if value else "is empty; give at least one"


def distinct(values: Sequence[str]) -> Complaint:
    repeated = sorted({value for value in values if values.count(value) > 1})
    return f"{', '.join(repeated)} stands here twice; say each once" if repeated else None


def words(values: Sequence[str]) -> Complaint:
    return "holds an empty text; leave it out" if "" in values else distinct(values)


def seed(value: int) -> Complaint:
    return None if 0 <= value <= LARGEST_SEED else f"{value} is not a seed; use a whole number from 0 to 2^63-1"


def named_once(field: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every name of a list after the first of its kind."""
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"{field}[{index}]", f"{name} stands in this list already; each name once"
