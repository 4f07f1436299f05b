"""Recipe directories: the packaged one and the user's, read together and looked up by name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import dagster_project
from dagster_project.corpus.building import landing
from dagster_project.corpus.building.landing import Landing
from dagster_project.corpus.licenses.expressions import LIMIT_CHARS, LIMIT_LICENSES, NOASSERTION, parse
from dagster_project.corpus.licenses.table import table
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe
from dagster_project.corpus.model.errors import PartitionError, Problem, RecipeError, Refused
from dagster_project.corpus.model.partitions import MOVING
from dagster_project.corpus.model.reading import KINDS, Kind, ReadRecipe, survey_recipes
from dagster_project.corpus.model.recipe_values import closest
from dagster_project.corpus.model.recipes import (
    CorpusRecipe,
    MemberRecipe,
    MixRecipe,
    PolicyRecipe,
    SourceRecipe,
    StepRecipe,
)
from dagster_project.corpus.sources.registry import SOURCES
from dagster_project.corpus.sources.remote import is_remote

PACKAGED = Path(dagster_project.__file__).parent / "recipes"
SUFFIXES = {".yaml", ".yml"}
LICENSE_WORD = re.compile(r"[^\s()]+")
CONTROL = re.compile(r"(.+)\.control-([0-9]{1,18})")
R = TypeVar("R")
SINGULAR: Mapping[Kind, str] = {
    **{"sources": "source", "policies": "policy", "corpora": "corpus"},
    **{"mixes": "mix", "artifacts": "artifact"},
}


class Control(NamedTuple):
    """A random subset as large as what a policy keeps."""

    policy: str
    seed: int


@dataclass(frozen=True)
class Recipes:
    """All recipes in force. A name alone means its version `dev`, or the only version that there is; of a source with
    a landing place, the newest. A place is listed when first asked for and then once: one build sees one state."""

    all: tuple[ReadRecipe, ...]
    _landings: dict[str, Landing] = field(default_factory=dict, init=False, repr=False, compare=False)

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

    @property
    def artifacts(self) -> list[ArtifactRecipe]:
        return self._of("artifacts")

    def source(self, reference: str) -> SourceRecipe:
        """The recipe of a source; of one with a landing place, of one version of it, its place filled in."""
        name, _, version = reference.partition("@")
        place = self.landing_place(name)
        if place is None or self.lacks("sources", reference):
            return self._find(SourceRecipe, reference)
        declared = {item.version: item for item in self.sources if item.name == name and item is not place}
        version = version or max([*declared, *self.landing(name).versions], key=landing.natural, default="")
        if not version:
            problems = "; ".join(self.landing(name).problems[:5])
            raise PartitionError(
                f"{name} has no version yet: nothing lies at {place.location}{problems and f' ({problems})'}"
            )
        return declared.get(version) or landing.filled(place, version)

    def landing_place(self, name: str) -> SourceRecipe | None:
        """The recipe of that name whose location holds `{version}`, if there is one; nothing is listed."""
        return next((item for item in self.sources if item.name == name and landing.is_landing(item)), None)

    def landing(self, name: str) -> Landing:
        """What lies at the landing place of a source."""
        if name not in self._landings:
            place = self.landing_place(name)
            self._landings[name] = landing.landed(place) if place else Landing((), ())
        return self._landings[name]

    def policy(self, reference: str) -> PolicyRecipe:
        """The recipe of a policy; its random controls `<policy>.control-<seed>` are there without being written."""
        control = self.control(reference)
        if not control:
            return self._find(PolicyRecipe, reference)
        policy = self._find(PolicyRecipe, control.policy)
        return replace(policy, name=reference, title=f"As many documents as {policy.name} keeps, drawn at random")

    def control(self, reference: str) -> Control | None:
        """What a random control stands beside, and its seed; None for the name of a policy."""
        found = CONTROL.fullmatch(reference)
        return Control(found[1], int(found[2])) if found and self._has("policies", found[1]) else None

    def corpus(self, reference: str) -> CorpusRecipe:
        return self._find(CorpusRecipe, reference)

    def mix(self, reference: str) -> MixRecipe:
        return self._find(MixRecipe, reference)

    def artifact(self, reference: str) -> ArtifactRecipe:
        return self._find(ArtifactRecipe, reference)

    def lacks(self, kind: Kind, reference: str) -> str | None:
        """Why a reference finds nothing, or None when it does."""
        name, _, version = reference.partition("@")
        versions = [item for item in self.all if item.kind == kind and item.recipe.name == name]
        if kind == "sources" and (place := self.landing_place(name)):
            why = landing.unfit(version) if version else None
            there = f"its versions are the folders at {place.location}"
            return f"{reference!r} is not a version of {name}: {why}; {there}" if why else None
        if _chosen(versions, version) or (kind == "policies" and self.control(reference)):
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

    def _has(self, kind: Kind, name: str) -> bool:
        return any(item.kind == kind and item.recipe.name == name for item in self.all)

    def _of(self, kind: Kind) -> list[Any]:
        return [item.recipe for item in self.all if item.kind == kind]


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
    loose = (problem for item in written for problem in _loose_ends(item, recipes, rules, survey.unread))
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


def is_packaged(item: ReadRecipe) -> bool:
    return Path(item.file).parent.parent == PACKAGED


def _located(item: ReadRecipe, directories: Sequence[Path]) -> ReadRecipe:
    """Relative places start at the recipe directory, so that a build does not depend on where it is called; the lists
    of packaged policies lie beside them or in the user's."""
    recipe, home = item.recipe, Path(item.file).absolute().parent.parent
    if isinstance(recipe, PolicyRecipe):
        homes = [home, *directories[-1:]] if is_packaged(item) else [home]
        rules = (replace(rule, list=_list(rule.list, homes)) for rule in recipe.rules)
        return replace(item, recipe=replace(recipe, rules=tuple(rules)))
    if isinstance(recipe, ArtifactRecipe):
        positives, negatives = (
            tuple(replace(example, file=_absolute(example.file, home)) for example in examples)
            for examples in (recipe.positives, recipe.negatives)
        )
        file = _absolute(recipe.file, home)
        return replace(item, recipe=replace(recipe, file=file, positives=positives, negatives=negatives))
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


def _loose_ends(
    item: ReadRecipe, recipes: Recipes, rules: Collection[str], unread: Collection[tuple[str, str]]
) -> Iterator[Problem]:
    """What a recipe names and nobody has; a recipe that is there and cannot be read has its own problem."""
    recipe = item.recipe
    if isinstance(recipe, SourceRecipe):
        if recipe.format and recipe.format not in SOURCES:
            formats = _listed(recipe.format, SOURCES)
            yield item.problem("format", f"{recipe.format!r} is not a format: use one of {formats}")
        for declared in ("license", "collection_license"):
            if message := unknown_license(getattr(recipe, declared)):
                yield item.problem(declared, message)
        yield from _never_met(item, recipe)
    for path, kind, reference in _references(recipe):
        if (kind, reference.partition("@")[0]) not in unread and (message := recipes.lacks(kind, reference)):
            yield item.problem(path, message)
    if isinstance(recipe, CorpusRecipe):
        names = [member.source.partition("@")[0] for member in recipe.members]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield item.problem(
                    f"members[{index}].source", f"{name} is a member already: one version of each source"
                )
    if isinstance(recipe, ArtifactRecipe):
        from dagster_project.corpus.scorers.artifacts import complaints

        yield from (item.problem("", message) for message in complaints(recipe))
    if isinstance(recipe, PolicyRecipe):
        yield from _unfit_controls(item, recipe, recipes)
    if isinstance(recipe, PolicyRecipe) and rules:
        yield from _unfit_steps(item, recipe, recipes, rules)


def _unfit_controls(item: ReadRecipe, policy: PolicyRecipe, recipes: Recipes) -> Iterator[Problem]:
    """A policy in the place of a random control, and a control in a policy, where nothing could be drawn."""
    if control := recipes.control(policy.name):
        yield item.problem("name", f"{policy.name!r} is the name of a random control of {control.policy}; use another")
    for index, step in enumerate(policy.rules):
        if step.policy and (control := recipes.control(step.policy)):
            message = f"{step.policy!r} is a random control, which stands beside a policy: name {control.policy}"
            yield item.problem(f"rules[{index}].policy", message)


def _unfit_steps(item: ReadRecipe, policy: PolicyRecipe, recipes: Recipes, rules: Collection[str]) -> Iterator[Problem]:
    """Rules and edits that are none, and what they have no use for or lack."""
    from dagster_project.corpus.filtering.complaints import complaints  # with numpy and pyarrow, which few checks need
    from dagster_project.corpus.signals.edits import complaints as edit_complaints

    for index, step in enumerate(policy.rules):
        if step.rule and step.rule not in rules:
            message = f"{step.rule!r} is not a rule: use one of {_listed(step.rule, rules)}"
            yield item.problem(f"rules[{index}].rule", message)
        elif step.rule:
            yield from (item.problem(f"rules[{index}]", message) for message in complaints(step))
            yield from (item.problem(f"rules[{index}].list", message) for message in _no_list(item, step))
        elif step.edit:
            said = edit_complaints(step.edit, step.settings)
            yield from (item.problem(f"rules[{index}]", message) for message in said)


def _no_list(item: ReadRecipe, step: StepRecipe) -> Iterator[str]:
    """A list that is not there; those of packaged policies are the user's to bring, and refused when they are used."""
    if step.list and not is_packaged(item) and not (path := Path(step.list).expanduser()).is_file():
        yield f"there is no list {str(path)!r}: mend `list`, or put the file there"


def _never_met(item: ReadRecipe, source: SourceRecipe) -> Iterator[Problem]:
    """A landing place that cannot be one, and a schedule for what never changes."""
    if landing.is_landing(source):
        if message := landing.complaint(source.location):
            yield item.problem("location", message)
        if source.version != MOVING:
            yield item.problem("version", f"is said by the folders at {landing.VERSION}; leave it out")
    elif source.schedule and source.version != MOVING:
        yield item.problem("schedule", f"version {source.version} is fixed and is not read again; leave it out")


def unknown_license(expression: str) -> str | None:
    """Why a text is no SPDX expression, with the nearest identifier of the license table; None when it is one."""
    if expression == NOASSERTION:
        return None
    try:
        parse(expression)
    except Refused as refusal:
        known = [terms.id for terms in table().terms.values()]
        words = LICENSE_WORD.findall(expression[:LIMIT_CHARS])[:LIMIT_LICENSES]
        hints = (closest(word, known) for word in words if not _is_known(word))
        return f"{refusal}{next(filter(None, hints), '')}"
    return None


def _is_known(word: str) -> bool:
    try:
        return bool(parse(word))
    except Refused:
        return False


def _references(recipe: Any) -> Iterator[tuple[str, Kind, str]]:
    if isinstance(recipe, SourceRecipe) and recipe.policy:
        yield "policy", "policies", recipe.policy
    if isinstance(recipe, SourceRecipe) and recipe.language_model:
        yield "language_model", "artifacts", recipe.language_model
    if isinstance(recipe, PolicyRecipe):
        for index, step in enumerate(recipe.rules):
            if step.policy:
                yield f"rules[{index}].policy", "policies", step.policy
            if step.model:
                yield f"rules[{index}].model", "artifacts", step.model
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
