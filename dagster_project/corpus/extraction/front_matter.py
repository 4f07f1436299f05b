"""YAML at the head of a Markdown file, between two lines of dashes: what the author says about the text."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

LIMIT_CHARACTERS = 16_384
DEEPEST = 20
LARGEST = 2**63
BLOCK = re.compile(rf"\A---[ \t]*\r?\n(.{{0,{LIMIT_CHARACTERS}}}?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
BROKEN = (yaml.YAMLError, ValueError, TypeError, OverflowError, IndexError, AttributeError)
DATES = "tag:yaml.org,2002:timestamp"


def split(text: str) -> tuple[dict[str, Any], str, str]:
    """The fields, the YAML as it is written, and the text below it; what is no mapping in YAML is text."""
    block = BLOCK.match(text)
    if block is None:
        return {}, "", text
    try:
        loader = _Loader(block[1])
        found = loader.get_single_data()
        fields = _plain(found) if isinstance(found, dict) else {}
    except BROKEN:
        return {}, "", text
    if not fields:
        return {}, "", text
    return {name.lower(): value for name, value in fields.items()}, block[1], text[block.end() :]


class _Loader(yaml.SafeLoader):
    """Plain values only: dates stay as they are spelled, and neither aliases nor depth can blow a value up."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (as the base class has it)
        first: [(tag, form) for tag, form in forms if tag != DATES]
        for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent) or self._depth > DEEPEST:
            raise yaml.YAMLError("an alias, or too deep")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _plain(value: Any) -> Any:
    """A value of YAML as one of JSON; ValueError for bytes, sets and what UTF-8 cannot hold."""
    if isinstance(value, dict):
        return {_name(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        value.encode()
        return value
    if isinstance(value, int) and not -LARGEST <= value < LARGEST:
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    raise ValueError(f"{type(value).__name__} is not a value of JSON")


def _name(name: Hashable) -> str:
    return str(_plain(name))
