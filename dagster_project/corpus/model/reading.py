"""Reading recipes: YAML text to frozen dataclasses, with every problem of every file told at once.

Nothing here touches a file system: pairs of (file name, text) come in, and the folder in a name says the kind. The
text is walked as YAML nodes and never constructed, so each refusal has its line, and no tag can run anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from dagster_project.corpus.model import recipes
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe
from dagster_project.corpus.model.errors import Problem, RecipeError
from dagster_project.corpus.model.mix_recipes import MixRecipe
from dagster_project.corpus.model.recipe_rules import FIELD_RULES, WHOLE_RULES
from dagster_project.corpus.model.recipe_values import (
    LONGEST_TEXT,
    FieldProblem,
    closest,
    is_required,
    mapping_items,
    place,
    root_node,
    settings_of,
    shape_of,
    value_of,
)

BAD = object()  # in the place of a value that cannot be used
Kind = Literal["sources", "policies", "corpora", "mixes", "artifacts"]
KINDS: Mapping[Kind, type] = MappingProxyType(
    {
        "sources": recipes.SourceRecipe,
        "policies": recipes.PolicyRecipe,
        "corpora": recipes.CorpusRecipe,
        "mixes": MixRecipe,
        "artifacts": ArtifactRecipe,
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


class Survey(NamedTuple):
    """What many files say. A recipe with problems is there as far as it could be read, so that it can be judged on."""

    found: tuple[ReadRecipe, ...]
    problems: tuple[Problem, ...]
    unread: frozenset[tuple[str, str]]  # kind and possible name of each recipe of which nothing could be read


def read_recipes(files: Iterable[tuple[str, str]]) -> tuple[ReadRecipe, ...]:
    """All recipes of all files, in their order; RecipeError with all problems when there is any."""
    survey = survey_recipes(files)
    if survey.problems:
        raise RecipeError(survey.problems)
    return survey.found


def read_recipe(file: str, text: str) -> ReadRecipe:
    """The one recipe of a file such as `sources/web.yaml`; RecipeError with all its problems when there is any."""
    return read_recipes([(file, text)])[0]


def survey_recipes(files: Iterable[tuple[str, str]]) -> Survey:
    """All recipes and all problems of all files, in their order; nothing is raised."""
    found: list[ReadRecipe] = []
    problems: list[Problem] = []
    unread: set[tuple[str, str]] = set()
    for file, text in files:
        item, wrong = _examined(file, text)
        problems += wrong
        if item is None:
            unread |= {(PurePath(file).parent.name, name) for name in _possible_names(file, text)}
        else:
            found.append(item)
    return Survey(tuple(found), (*problems, *_said_twice(found)), frozenset(unread))


def _examined(file: str, text: str) -> tuple[ReadRecipe | None, list[Problem]]:
    """The recipe of a file, as far as it can be read, and its problems by line."""
    walk, item = _Walk(), None
    try:
        kind = _kind(file)
        root = root_node(text)
        walk.lines[""] = root.start_mark.line + 1
        _refuse_other_kind(kind, root)
        recipe = walk.build(KINDS[kind], root, "")
        item = None if recipe is None else ReadRecipe(kind, file, recipe, walk.lines)
    except FieldProblem as problem:
        walk.problems.append(problem)
    in_order = sorted(walk.problems, key=lambda problem: problem.line)
    return item, [Problem(file, problem.line, problem.path, problem.message) for problem in in_order]


def _possible_names(file: str, text: str) -> set[str]:
    """What a recipe that cannot be read may be called: whoever names it is not at fault."""
    return {PurePath(file).stem, *re.findall(r"(?m)^name:[ \t]*[\"']?([a-z0-9._-]{1,200})", text[:LONGEST_TEXT])}


class _Walk:
    """One walk through one file: what was wrong, and on which line each field stands."""

    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []
        self.lines: dict[str, int] = {}

    def build(self, cls: Any, node: Any, path: str) -> Any:
        """The dataclass at a node; bad fields are noted and have their default, so that the others are judged too.

        None when a field that has no default is missing or not of its type.
        """
        nodes = self._fields(cls, node, path)
        values = {name: self._value(cls, name, item, path) for name, item in nodes.items()}
        values = {name: value for name, value in values.items() if value is not BAD}
        needed = _needed(cls)
        for missing in [name for name in needed if name not in nodes]:
            self._note(node, _under(path, missing), f"is missing; it is {shape_of(cls, missing).words}")
        if any(name not in values for name in needed):
            return None
        recipe, told = cls(**values), {problem.path for problem in self.problems}
        for name, message in WHOLE_RULES.get(cls, lambda _: ())(recipe):
            at = _under(path, name) if name else path
            if not any(path == at or path.startswith((f"{at}.", f"{at}[")) for path in told):
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
        """One field's value, checked by its type and its own rule, or BAD; what has no default need only be typed."""
        at, before = _under(path, name), len(self.problems)
        try:
            value = self._typed(shape_of(cls, name), node, at)
        except FieldProblem as problem:
            self.problems.append(problem)
        if len(self.problems) > before:
            return BAD
        rule = FIELD_RULES.get((cls, name))
        if rule and value is not None and (message := rule(value)):
            self._note(node, at, message)
            return value if name in _needed(cls) else BAD
        return value

    def _typed(self, shape: Any, node: Any, path: str) -> Any:
        if shape.item is not None:
            return self._items(shape, node, path)
        if shape.type is dict:
            return settings_of(node, path)
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
    if keys.issuperset(_needed(KINDS[kind])):
        return
    others = [other for other in KINDS if keys.issuperset(_needed(KINDS[other]))]
    if others:
        raise FieldProblem(root.start_mark.line + 1, "", f"reads like one of the {others[0]}; move it to {others[0]}/")


def _needed(cls: Any) -> list[str]:
    """The fields of a recipe class that have no default, in their order."""
    return [item.name for item in fields(cls) if is_required(item)]


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
