"""Reading recipes: YAML text to frozen dataclasses, with every problem of every file told at once.

Nothing here touches a file system: pairs of (file name, text) come in, and the folder in a name says the kind. The
text is walked as YAML nodes and never constructed, so each refusal has its line, and no tag can run anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, Literal

from dagster_project.corpus.model import recipes
from dagster_project.corpus.model.errors import Problem, RecipeError
from dagster_project.corpus.model.recipe_rules import FIELD_RULES, WHOLE_RULES
from dagster_project.corpus.model.recipe_values import (
    FieldProblem,
    closest,
    is_required,
    mapping_items,
    place,
    root_node,
    shape_of,
    value_of,
)

Kind = Literal["sources", "policies", "corpora", "mixes"]
KINDS: Mapping[Kind, type] = MappingProxyType(
    {
        "sources": recipes.SourceRecipe,
        "policies": recipes.PolicyRecipe,
        "corpora": recipes.CorpusRecipe,
        "mixes": recipes.MixRecipe,
    }
)


@dataclass(frozen=True)
class ReadRecipe:
    """A recipe and where it was said: `lines` maps a field path such as `rules[0].max` to its line."""

    kind: Kind
    file: str
    recipe: Any
    lines: Mapping[str, int] = field(repr=False, compare=False, default_factory=dict)

    @property
    def identity(self) -> tuple[Kind, str, str]:
        return self.kind, self.recipe.name, getattr(self.recipe, "version", "")

    def problem(self, path: str, message: str) -> Problem:
        """A problem of this recipe at the line of that field, or of the nearest one that encloses it."""
        return Problem(self.file, place(self.lines, path), path, message)


def read_recipes(files: Iterable[tuple[str, str]]) -> tuple[ReadRecipe, ...]:
    """All recipes of all files, in their order; RecipeError with all problems when there is any."""
    found: list[ReadRecipe] = []
    problems: list[Problem] = []
    for file, text in files:
        try:
            found.append(read_recipe(file, text))
        except RecipeError as error:
            problems.extend(error.problems)
    problems.extend(_said_twice(found))
    if problems:
        raise RecipeError(problems)
    return tuple(found)


def read_recipe(file: str, text: str) -> ReadRecipe:
    """The one recipe of a file such as `sources/web.yaml`."""
    walk = _Walk()
    try:
        kind = _kind(file)
        root = root_node(text)
        walk.lines[""] = root.start_mark.line + 1
        _refuse_other_kind(kind, root)
        recipe = walk.build(KINDS[kind], root, "")
    except FieldProblem as problem:
        walk.problems.append(problem)
    if walk.problems:
        in_order = sorted(walk.problems, key=lambda item: item.line)
        raise RecipeError([Problem(file, item.line, item.path, item.message) for item in in_order])
    return ReadRecipe(kind, file, recipe, walk.lines)


class _Walk:
    """One walk through one file: what was wrong, and on which line each field stands."""

    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []
        self.lines: dict[str, int] = {}

    def build(self, cls: Any, node: Any, path: str) -> Any:
        """The dataclass at a node, or None with the problems noted."""
        before = len(self.problems)
        nodes = self._fields(cls, node, path)
        values = {name: self._value(cls, name, item, path) for name, item in nodes.items()}
        for missing in [item.name for item in fields(cls) if is_required(item) and item.name not in nodes]:
            self._note(node, _under(path, missing), f"is missing; it is {shape_of(cls, missing).words}")
        if len(self.problems) > before:
            return None
        recipe = cls(**values)
        for name, message in WHOLE_RULES.get(cls, lambda _: ())(recipe):
            at = _under(path, name) if name else path
            self.problems.append(FieldProblem(place(self.lines, at), at, message))
        return recipe

    def _fields(self, cls: type, node: Any, path: str) -> dict[str, Any]:
        """The known fields of a mapping node; unknown and repeated ones are noted."""
        allowed = [item.name for item in fields(cls)]
        found: dict[str, Any] = {}
        for key, key_node, value_node in mapping_items(node, path):
            at = _under(path, key)
            if key not in allowed:
                hint = closest(key, allowed)
                self._note(key_node, at, f"is not a field here{hint}; allowed are {', '.join(allowed)}")
            elif key in found:
                self._note(key_node, at, f"is said twice, first on line {self.lines[at]}; say it once")
            else:
                found[key] = value_node
                self.lines[at] = key_node.start_mark.line + 1
        return found

    def _value(self, cls: type, name: str, node: Any, path: str) -> Any:
        """One field's value, checked by its type and by its own rule."""
        at, before = _under(path, name), len(self.problems)
        try:
            value = self._typed(shape_of(cls, name), node, at)
        except FieldProblem as problem:
            self.problems.append(problem)
            return None
        rule = FIELD_RULES.get((cls, name))
        if rule and value is not None and len(self.problems) == before and (message := rule(value)):
            self._note(node, at, message)
        return value

    def _typed(self, shape: Any, node: Any, path: str) -> Any:
        if shape.item is not None:
            return self._items(shape, node, path)
        if is_dataclass(shape.type):
            return self.build(shape.type, node, path)
        return value_of(shape, node, path)

    def _items(self, shape: Any, node: Any, path: str) -> tuple[Any, ...]:
        """A sequence, each item with a path of its own."""
        found = []
        for index, item in enumerate(shape.sequence(node, path)):
            at = f"{path}[{index}]"
            self.lines[at] = item.start_mark.line + 1
            try:
                found.append(self._typed(shape.item, item, at))
            except FieldProblem as problem:
                self.problems.append(problem)
        return tuple(found)

    def _note(self, node: Any, path: str, message: str) -> None:
        self.problems.append(FieldProblem(node.start_mark.line + 1, path, message))


def _kind(file: str) -> Kind:
    folder = PurePath(file).parent.name
    for kind in KINDS:
        if kind == folder:
            return kind
    raise FieldProblem(1, "", f"lies in {folder or '.'!r}, which is no kind of recipe; move it to {_one_of(KINDS)}")


def _refuse_other_kind(kind: Kind, root: Any) -> None:
    """A mix among the sources would otherwise be told as a dozen unknown fields."""
    keys = {key for key, _, _ in mapping_items(root, "")}
    if keys >= _required(kind):
        return
    others = [other for other in KINDS if keys >= _required(other)]
    if others:
        raise FieldProblem(root.start_mark.line + 1, "", f"reads like one of the {others[0]}; move it to {others[0]}/")


def _required(kind: Kind) -> set[str]:
    return {item.name for item in fields(KINDS[kind]) if is_required(item)}


def _said_twice(found: Iterable[ReadRecipe]) -> Iterable[Problem]:
    """Two files of one recipe directory that claim the same name and version."""
    first: dict[tuple[Any, ...], ReadRecipe] = {}
    for item in found:
        key = (PurePath(item.file).parent, *item.identity)
        if key in first:
            yield item.problem("name", f"the same name and version stand in {first[key].file}; change one of the two")
        first.setdefault(key, item)


def _under(path: str, name: str) -> str:
    shown = name if len(name) <= 60 else f"{name[:60]}…"
    return f"{path}.{shown}" if path else shown


def _one_of(names: Iterable[str]) -> str:
    return ", ".join(f"{name}/" for name in names)
