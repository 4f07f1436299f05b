"""YAML nodes to plain values: what each type hint allows, and how a refusal says it."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml

LONGEST_TEXT = 1 << 20  # characters in one recipe file
DEEPEST = 20  # levels of nesting; the deepest recipe has four
TAG = "tag:yaml.org,2002:"
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?")
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
SURROGATE = re.compile("[\ud800-\udfff]")
PLAIN_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


class FieldProblem(Exception):
    """One thing wrong at one line; the file is known to whoever reads it."""

    def __init__(self, line: int, path: str, message: str):
        super().__init__(message)
        self.line, self.path, self.message = line, path, message


@dataclass(frozen=True)
class Shape:
    """A type hint, taken apart: its plain type or choices, whether null is one, and the shape of its items."""

    type: Any
    optional: bool = False
    choices: tuple[str, ...] = ()
    item: Shape | None = None

    @property
    def words(self) -> str:
        """What is allowed, for people."""
        if self.item is not None:
            return f"a list, each item {self.item.words}"
        kind = f"one of {', '.join(self.choices)}" if self.choices else PLAIN_WORDS.get(self.type, "a group of fields")
        return f"{kind}, or null" if self.optional else kind

    def sequence(self, node: yaml.Node, path: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode) or node.tag != f"{TAG}seq":
            raise FieldProblem(line_of(node), path, f"{_said(node)} is not allowed here; it is {self.words}")
        return list(node.value)


@cache
def shape_of(cls: type, name: str) -> Shape:
    """The shape of one field of a recipe class."""
    return _shape(get_type_hints(cls)[name])


def _shape(hint: Any) -> Shape:
    if get_origin(hint) in (Union, UnionType):
        (inner,) = [arg for arg in get_args(hint) if arg is not NoneType]
        return Shape(inner, optional=True)
    if get_origin(hint) is Literal:
        return Shape(str, choices=get_args(hint))
    if get_origin(hint) is Mapping:
        return Shape(dict)
    if get_origin(hint) is tuple:
        return Shape(tuple, item=_shape(get_args(hint)[0]))
    return Shape(hint)


def is_required(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def root_node(text: str) -> yaml.Node:
    """The one document of a text; refuses aliases, depth and size before anything is composed."""
    if len(text) > LONGEST_TEXT:
        raise FieldProblem(1, "", f"{len(text):,} characters are too many; a recipe has at most {LONGEST_TEXT:,}")
    if bad := SURROGATE.search(text):
        raise FieldProblem(text.count("\n", 0, bad.start()) + 1, "", "holds bytes that are not UTF-8; save it as UTF-8")
    try:
        _check_events(yaml.parse(text, Loader=yaml.SafeLoader))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise FieldProblem(_error_line(error), "", f"is not YAML: {_error_text(error)}") from None
    except (ValueError, OverflowError, IndexError, TypeError) as error:  # PyYAML on \UFFFFFFFF and its like
        raise FieldProblem(1, "", f"is not YAML: {type(error).__name__} while scanning") from None
    if node is None:
        raise FieldProblem(1, "", "is empty; write the fields of a recipe, `name: …` first")
    return node


def _check_events(events: Iterable[yaml.Event]) -> None:
    depth = documents = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise FieldProblem(line, "", "anchors and aliases are not allowed; write the value out")
        if depth > DEEPEST:
            raise FieldProblem(line, "", f"nests deeper than {DEEPEST} levels, as no recipe does")
        if documents > 1:
            raise FieldProblem(line, "", "a second document starts here; write one recipe per file")


def mapping_items(node: yaml.Node, path: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Key, key node and value node of a mapping; keys that are not scalars are shown, and so never known."""
    if not isinstance(node, yaml.MappingNode) or node.tag != f"{TAG}map":
        raise FieldProblem(line_of(node), path, f"{_said(node)} is not allowed here; it is a group of fields")
    for key, value in node.value:
        is_word = isinstance(key, yaml.ScalarNode) and key.tag == f"{TAG}str"
        yield (key.value if is_word and not UNPRINTABLE.search(key.value) else _said(key)), key, value


def value_of(shape: Shape, node: yaml.Node, path: str) -> Any:
    """A scalar of the shape's type."""
    if isinstance(node, yaml.ScalarNode):
        if shape.optional and node.tag == f"{TAG}null":
            return None
        value = node.value if _is_choice(shape, node) else _READERS[shape.type](node)
        if value is not None and (not shape.choices or value in shape.choices):
            return value
    if shape.type is str and isinstance(node, yaml.ScalarNode) and UNPRINTABLE.search(node.value):
        raise FieldProblem(line_of(node), path, f"{_said(node)} holds a control character; leave it out")
    hint = closest(getattr(node, "value", ""), shape.choices) or _quote_hint(shape, node)
    raise FieldProblem(line_of(node), path, f"{_said(node)} is not allowed here; it is {shape.words}{hint}")


def settings_of(node: yaml.Node, path: str) -> dict[str, Any]:
    """Named values of whatever plain type each is spelled in; a list is one of texts."""
    found: dict[str, Any] = {}
    for key, key_node, value in mapping_items(node, path):
        if key in found:
            raise FieldProblem(line_of(key_node), f"{path}.{key}", "is said twice; say it once")
        found[key] = _setting(value, f"{path}.{key}")
    return found


def _setting(node: yaml.Node, path: str) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return tuple(value_of(Shape(str), item, path) for item in Shape(str, item=Shape(str)).sequence(node, path))
    for reader in (_truth, _integer, _number, _text):
        if isinstance(node, yaml.ScalarNode) and (value := reader(node)) is not None:
            return value
    raise FieldProblem(
        line_of(node), path, f"{_said(node)} is not allowed here; it is a number, a text or a list of them"
    )


def _is_choice(shape: Shape, node: yaml.ScalarNode) -> bool:
    """A plain yes or no, which YAML 1.1 takes for a truth value, where one of the choices is spelled just so."""
    return node.tag == f"{TAG}bool" and node.value in shape.choices


def _text(node: yaml.ScalarNode) -> str | None:
    """Text, and a plain day as it is spelled: YAML 1.1 takes it for a date, but nothing of it is lost as text."""
    if node.tag == f"{TAG}timestamp" and DAY.fullmatch(node.value):
        return str(node.value)
    return node.value if node.tag == f"{TAG}str" and not UNPRINTABLE.search(node.value) else None


def _integer(node: yaml.ScalarNode) -> int | None:
    return int(node.value) if node.tag == f"{TAG}int" and INTEGER.fullmatch(node.value) else None


def _number(node: yaml.ScalarNode) -> float | None:
    """YAML 1.1 takes 1e-3 for text and 1:30 for ninety; here it is the spelling that counts."""
    if node.style is not None or not NUMBER.fullmatch(node.value):
        return None
    value = float(node.value)
    return value if math.isfinite(value) else None


def _truth(node: yaml.ScalarNode) -> bool | None:
    return {"true": True, "false": False}.get(node.value) if node.tag == f"{TAG}bool" else None


_READERS = {str: _text, int: _integer, float: _number, bool: _truth}


def _quote_hint(shape: Shape, node: yaml.Node) -> str:
    if shape.type is not str or shape.choices or not isinstance(node, yaml.ScalarNode) or node.style is not None:
        return ""
    return f': put it in quotes, "{node.value[:60]}"' if node.value and not UNPRINTABLE.search(node.value) else ""


def closest(word: Any, names: Iterable[str]) -> str:
    """A ready clause that guesses what was meant, or nothing."""
    near = difflib.get_close_matches(str(word)[:80], list(names), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def place(lines: Mapping[str, int], path: str) -> int:
    """The line of a field, or of the nearest field around it."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path, 1)


def line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _said(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value if len(node.value) <= 60 else f"{node.value[:60]}…")
    return "a list" if isinstance(node, yaml.SequenceNode) else "a group of fields"


def _error_line(error: yaml.YAMLError) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return mark.line + 1 if mark else 1


def _error_text(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    return UNPRINTABLE.sub("?", str(problem))
