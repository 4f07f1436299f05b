"""Recipe directories: the packaged one and the user's, read together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from dagster_project.corpus.building import landing
from dagster_project.corpus.building.loose_ends import loose_ends
from dagster_project.corpus.building.recipes import PACKAGED, Recipes, is_packaged
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe
from dagster_project.corpus.model.errors import Problem, RecipeError
from dagster_project.corpus.model.reading import KINDS, ReadRecipe, survey_recipes
from dagster_project.corpus.model.recipes import CorpusRecipe, MemberRecipe, PolicyRecipe, SourceRecipe
from dagster_project.corpus.sources.remote import is_remote

SUFFIXES = {".yaml", ".yml"}


def find_recipes(directories: Sequence[Path] = (), rules: Collection[str] = ()) -> Recipes:
    """The packaged recipes, overridden by those of each directory in turn. With `rules`, policies may use no other.

    RecipeError has every problem of every file at once: what cannot be read, and what recipes name and nobody has.
    """
    problems: list[Problem] = []
    survey = survey_recipes([pair for directory in (PACKAGED, *directories) for pair in _texts(directory, problems)])
    latest = {item.identity: _located(item, directories) for item in survey.found}
    latest = {**{item.identity: item for item in map(_corpus_of_itself, latest.values()) if item}, **latest}
    recipes = Recipes(tuple(latest[identity] for identity in sorted(latest)))
    problems += survey.problems
    told = {(item.file, item.field) for item in problems}
    written = [item for item in recipes.all if item.kind == Path(item.file).parent.name]  # less the implied corpora
    broken = {item.file for item in problems}
    loose = (
        problem
        for item in written
        for problem in loose_ends(item, recipes, rules, survey.unread, is_whole=item.file not in broken)
    )
    problems += [problem for problem in loose if (problem.file, problem.field) not in told]
    if problems:
        raise RecipeError(sorted(dict.fromkeys(problems), key=lambda item: (item.file, item.line)))
    return recipes


def _texts(directory: Path, problems: list[Problem]) -> Iterator[tuple[str, str]]:
    """Name and text of each recipe file below the four kinds of one directory; what cannot be read is a problem."""
    folders = [directory / kind for kind in KINDS]
    if not any(folder.is_dir() for folder in folders) and directory != PACKAGED:
        there = "has none of" if directory.is_dir() else "is no directory; recipes lie in"
        problems.append(Problem(str(directory), 1, "", f"{there} {', '.join(f'{kind}/' for kind in KINDS)}"))
    for path in sorted(path for folder in folders for path in folder.glob("*") if path.suffix in SUFFIXES):
        try:
            yield str(path), path.read_bytes().decode("utf-8-sig", "surrogateescape")  # refused when it is read
        except OSError as error:
            problems.append(Problem(str(path), 1, "", f"cannot be read: {error.strerror}"))


def _located(item: ReadRecipe, directories: Sequence[Path]) -> ReadRecipe:
    """Relative places start at the recipe directory, so that a build does not depend on where it is called; the lists
    of packaged policies lie beside them or in the user's."""
    recipe, home = item.recipe, Path(item.file).absolute().parent.parent
    if isinstance(recipe, PolicyRecipe):
        homes = [home, *directories[-1:]] if is_packaged(item) else [home]
        rules = (
            replace(rule, list=_list(rule.list, homes), released=_list(rule.released, homes)) for rule in recipe.rules
        )
        return replace(item, recipe=replace(recipe, rules=tuple(rules)))
    if isinstance(recipe, ArtifactRecipe):
        positives, negatives = (
            tuple(replace(example, file=_absolute(example.file, home)) for example in examples)
            for examples in (recipe.positives, recipe.negatives)
        )
        benchmarks = tuple(replace(each, file=_absolute(each.file, home)) for each in recipe.benchmarks)
        file = _absolute(recipe.file, home)
        found = replace(recipe, file=file, positives=positives, negatives=negatives, benchmarks=benchmarks)
        return replace(item, recipe=found)
    if isinstance(recipe, SourceRecipe):
        return replace(item, recipe=replace(recipe, location=_absolute(recipe.location, home)))
    return item


def _list(place: str, homes: Sequence[Path]) -> str:
    """A list where it lies: packaged, or else in the directory of the user."""
    packaged, users = _absolute(place, homes[0]), _absolute(place, homes[-1].absolute())
    return packaged if Path(packaged).is_file() else users


def _absolute(place: str, home: Path) -> str:
    said_whole = not place or place.startswith(("~", "file://")) or is_remote(place)
    return place if said_whole else str(home / place)


def _corpus_of_itself(item: ReadRecipe) -> ReadRecipe | None:
    """The corpus that a source with a policy implies; a corpus recipe of that name takes its place."""
    source = item.recipe
    if not isinstance(source, SourceRecipe) or not source.policy:
        return None
    member = MemberRecipe(source.name if landing.is_landing(source) else source.key, source.policy)
    return replace(item, kind="corpora", recipe=CorpusRecipe(source.name, (member,), source.version, source.title))
