"""Paths into a JSON-like object, through objects and through strings that hold one."""

from __future__ import annotations

from typing import Any, Final

import orjson

Path = tuple[str, ...]


class Unreadable:
    """Stands for a value that its format could not decode, such as a Parquet string that is not UTF-8."""


UNREADABLE: Final = Unreadable()


def path_of(name: str) -> Path:
    return tuple(name.split("."))


def get(value: dict[str, Any], path: Path) -> Any:
    """The value at a path. A string on the way that holds a JSON object is that object from now on."""
    found: Any = value.get(path[0])
    if len(path) == 1:
        return found
    holder, before = value, path[0]
    for name in path[1:]:
        if type(found) is str and (inner := _object_in(found)) is not None:
            holder[before] = found = inner
        if type(found) is not dict:
            return None
        holder, before, found = found, name, found.get(name)
    return found


def _object_in(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if type(found) is dict else None


def remove(value: dict[str, Any], path: Path) -> None:
    """Take a used value out, and the objects that this leaves empty."""
    if len(path) == 1:
        value.pop(path[0], None)
    elif isinstance(inner := value.get(path[0]), dict):
        remove(inner, path[1:])
        if not inner:
            del value[path[0]]
