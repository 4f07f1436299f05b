"""Recipe directories: the packaged one and the user's, read together and looked up by name."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import dagster_project
from dagster_project.corpus.model.errors import PartitionError, Problem, RecipeError
from dagster_project.corpus.model.partitions import MOVING
from dagster_project.corpus.model.reading import KINDS, Kind, ReadRecipe, read_recipes
from dagster_project.corpus.model.recipes import CorpusRecipe, MemberRecipe, MixRecipe, PolicyRecipe, SourceRecipe
from dagster_project.corpus.sources.files import S3
from dagster_project.corpus.sources.registry import SOURCES

PACKAGED = Path(dagster_project.__file__).parent / "recipes"
SUFFIXES = {".yaml", ".yml"}
R = TypeVar("R")
SINGULAR: Mapping[Kind, str] = {"sources": "source", "policies": "policy", "corpora": "corpus", "mixes": "mix"}


@dataclass(frozen=True)
class Recipes:
    """All recipes in force. A name alone means its version `dev`, or the only version that there is."""

    all: tuple[ReadRecipe, ...]

    @property
    def sources(self) -> list[SourceRecipe]:
        return self._of("sources")

    @property
    def policies(self) -> list[PolicyRecipe]:
        return self._of("policies")

    @property
    def corpora(self) -> list[CorpusRecipe]:
        return self._of("corpora")

    @property
    def mixes(self) -> list[MixRecipe]:
        return self._of("mixes")

    def source(self, reference: str) -> SourceRecipe:
        return self._find(SourceRecipe, reference)

    def policy(self, reference: str) -> PolicyRecipe:
        return self._find(PolicyRecipe, reference)

    def corpus(self, reference: str) -> CorpusRecipe:
        return self._find(CorpusRecipe, reference)

    def mix(self, reference: str) -> MixRecipe:
        return self._find(MixRecipe, reference)

    def lacks(self, kind: Kind, reference: str) -> str | None:
        """Why a reference finds nothing, or None when it does."""
        name, _, version = reference.partition("@")
        versions = [item for item in self.all if item.kind == kind and item.recipe.name == name]
        if _chosen(versions, version):
            return None
        if versions and not version:
            return f"{name} has several versions and none is {MOVING}: say one of {', '.join(_names(versions))}"
        names = _names(item for item in self.all if item.kind == kind)
        return f"{reference!r} is not a {SINGULAR[kind]}: use one of {_listed(reference, names)}"

    def _find(self, cls: type[R], reference: str) -> R:
        kind = next(kind for kind in KINDS if KINDS[kind] is cls)
        if message := self.lacks(kind, reference):
            raise PartitionError(message)
        name, _, version = reference.partition("@")
        versions = [item for item in self.all if item.kind == kind and item.recipe.name == name]
        return cast(R, _chosen(versions, version))

    def _of(self, kind: Kind) -> list[Any]:
        return [item.recipe for item in self.all if item.kind == kind]


def find_recipes(directories: Sequence[Path] = (), rules: Collection[str] = ()) -> Recipes:
    """The packaged recipes, overridden by those of each directory in turn. With `rules`, policies may use no other."""
    read = read_recipes(pair for directory in (PACKAGED, *directories) for pair in _texts(directory))
    latest = {item.identity: _located(item) for item in read}
    latest = {**{item.identity: item for item in map(_corpus_of_itself, latest.values()) if item}, **latest}
    recipes = Recipes(tuple(latest[identity] for identity in sorted(latest)))
    if problems := [problem for item in recipes.all for problem in _loose_ends(item, recipes, rules)]:
        raise RecipeError(problems)
    return recipes


def _texts(directory: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each recipe file below the four kinds of one directory."""
    folders = [directory / kind for kind in KINDS]
    if not any(folder.is_dir() for folder in folders) and directory != PACKAGED:
        there = "has none of" if directory.is_dir() else "is no directory; recipes lie in"
        raise RecipeError([Problem(str(directory), 1, "", f"{there} {', '.join(f'{kind}/' for kind in KINDS)}")])
    for path in sorted(path for folder in folders for path in folder.glob("*") if path.suffix in SUFFIXES):
        try:
            yield str(path), path.read_bytes().decode("utf-8-sig", "surrogateescape")  # refused when it is read
        except OSError as error:
            raise RecipeError([Problem(str(path), 1, "", f"cannot be read: {error.strerror}")]) from None


def _located(item: ReadRecipe) -> ReadRecipe:
    """A relative location starts at the recipe directory, so that a build does not depend on where it is called."""
    location = getattr(item.recipe, "location", "")
    if not location or location.startswith((S3, "~")):
        return item
    home = Path(item.file).absolute().parent.parent
    return replace(item, recipe=replace(item.recipe, location=str(home / location)))


def _corpus_of_itself(item: ReadRecipe) -> ReadRecipe | None:
    """The corpus that a source with a policy implies; a corpus recipe of that name takes its place."""
    source = item.recipe
    if not isinstance(source, SourceRecipe) or not source.policy:
        return None
    member = MemberRecipe(source.key, source.policy)
    return replace(item, kind="corpora", recipe=CorpusRecipe(source.name, (member,), source.version, source.title))


def _loose_ends(item: ReadRecipe, recipes: Recipes, rules: Collection[str]) -> Iterator[Problem]:
    """What a recipe names and nobody has."""
    recipe = item.recipe
    if isinstance(recipe, SourceRecipe) and recipe.format not in SOURCES:
        yield item.problem("format", f"{recipe.format!r} is not a format: use one of {_listed(recipe.format, SOURCES)}")
    for path, kind, reference in _references(recipe):
        if message := recipes.lacks(kind, reference):
            yield item.problem(path, message)
    if isinstance(recipe, CorpusRecipe):
        names = [member.source.partition("@")[0] for member in recipe.members]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield item.problem(
                    f"members[{index}].source", f"{name} is a member already: one version of each source"
                )
    if isinstance(recipe, PolicyRecipe) and rules:
        for index, rule in enumerate(recipe.rules):
            if rule.rule not in rules:
                message = f"{rule.rule!r} is not a rule: use one of {_listed(rule.rule, rules)}"
                yield item.problem(f"rules[{index}].rule", message)


def _references(recipe: Any) -> Iterator[tuple[str, Kind, str]]:
    if isinstance(recipe, SourceRecipe) and recipe.policy:
        yield "policy", "policies", recipe.policy
    if isinstance(recipe, CorpusRecipe):
        for index, member in enumerate(recipe.members):
            yield f"members[{index}].source", "sources", member.source
            yield f"members[{index}].policy", "policies", member.policy
    if isinstance(recipe, MixRecipe):
        for index, component in enumerate(recipe.components):
            yield f"components[{index}].corpus", "corpora", component.corpus


def _chosen(versions: Sequence[ReadRecipe], version: str) -> Any:
    """The version asked for; without one `dev`, or the only one."""
    by_version = {getattr(item.recipe, "version", ""): item.recipe for item in versions}
    if version:
        return by_version.get(version)
    return by_version.get(MOVING) or (next(iter(by_version.values())) if len(by_version) == 1 else None)


def _names(items: Iterable[ReadRecipe]) -> list[str]:
    return ["@".join(filter(None, item.identity[1:])) for item in items]


def _listed(word: str, names: Iterable[str]) -> str:
    """Existing names, the closest first."""
    names = sorted(names)
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    return ", ".join([*near, *(name for name in names if name not in near)][:40]) or "none, for there is none"
