"""All recipes in force, looked up by name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import dagster_project
from dagster_project.corpus.building import landing
from dagster_project.corpus.building.landing import Landing
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe
from dagster_project.corpus.model.errors import PartitionError, Refused
from dagster_project.corpus.model.mix_recipes import ComponentRecipe, MixRecipe
from dagster_project.corpus.model.partitions import MOVING
from dagster_project.corpus.model.reading import KINDS, Kind, ReadRecipe
from dagster_project.corpus.model.recipes import CorpusRecipe, PolicyRecipe, SourceRecipe

PACKAGED = Path(dagster_project.__file__).parent / "recipes"
CONTROL = re.compile(r"(.+)\.control-([0-9]{1,18})")
PINNED = "#"  # in a reference: before digits of the id of one version
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

    @property
    def places(self) -> str:
        """The directories that recipes were read from, beside the packaged one."""
        homes = {str(Path(item.file).parent.parent) for item in self.all if not is_packaged(item)}
        return ", ".join(sorted(homes)) or "the packaged recipes"

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

    def parents(self, source: SourceRecipe, *above: str) -> list[str]:
        """The keys of the snapshots that the parents of a derived source are in. Refused where one stands on itself."""
        keys = [self.source(reference).key for reference in source.derived_from]
        for key in keys:
            if key in (source.key, *above):
                raise Refused(
                    f"{source.key} is derived from {key}, and so from itself: name other sources in derived_from"
                )
            self.parents(self.source(key), source.key, *above)
        return keys

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

    def members(self, corpus: CorpusRecipe) -> list[tuple[str, str]]:
        """(snapshot key, policy name) of every member, in the recipe's order."""
        return [(self.source(member.source).key, self.policy(member.policy).name) for member in corpus.members]

    def layers(self, corpus: CorpusRecipe) -> list[CorpusRecipe]:
        """A corpus and those that it stands on, the earliest first."""
        found = [corpus]
        while found[0].base:
            found.insert(0, self.corpus(found[0].base))
            if found[0].key in [item.key for item in found[1:]]:
                raise Refused(f"corpus {corpus.key} stands on itself: give {found[1].key} another base")
        keys = [(key, layer.key) for layer in found for key, _ in self.members(layer)]
        for at, (key, layer) in enumerate(keys):
            if first := next((other for same, other in keys[:at] if same == key), None):
                raise Refused(f"{layer} stands on {first}, which has {key} already: leave it out of the members")
        return found

    def mix(self, reference: str) -> MixRecipe:
        """The recipe of a mix, with its corpora, replayed mixes and benchmarks named by key."""
        recipe = self._find(MixRecipe, reference)
        if circle := self.circle(recipe):
            raise Refused(f"mix {recipe.key} {circle}")
        components = tuple(map(self._component, recipe.components))
        promised = tuple(dict.fromkeys(self.artifact(name).key for name in recipe.clean_of))
        tokenizer = self.artifact(recipe.tokenizer).key if recipe.tokenizer else ""
        return replace(recipe, components=components, clean_of=promised, tokenizer=tokenizer)

    def _component(self, component: ComponentRecipe) -> ComponentRecipe:
        if component.corpus:
            return replace(component, corpus=self.corpus(component.corpus).key)
        if PINNED in component.replay:
            return component
        return replace(component, replay=self._find(MixRecipe, component.replay).key)

    def circle(self, mix: MixRecipe) -> str | None:
        """How a mix is replayed by those that it replays; None when it is not."""
        waiting, seen = [mix], {mix.key}
        while waiting:
            for name in (item.replay for item in waiting.pop().components):
                if not name or PINNED in name or self.lacks("mixes", name):
                    continue
                below = self._find(MixRecipe, name)
                if below.key == mix.key:
                    return f"is replayed by what it replays: name one version that stands, {mix.key}#digits of its id"
                waiting += [below] if below.key not in seen else []
                seen.add(below.key)
        return None

    def corpora_of(self, mix: MixRecipe) -> list[CorpusRecipe]:
        """The corpora of a mix, each once."""
        return [self.corpus(key) for key in dict.fromkeys(item.corpus for item in mix.components if item.corpus)]

    def members_of(self, mix: MixRecipe) -> list[tuple[str, str]]:
        """(snapshot key, policy name) of every member of every layer of its corpora, each once."""
        layers = [layer for corpus in self.corpora_of(mix) for layer in self.layers(corpus)]
        return list(dict.fromkeys(member for layer in layers for member in self.members(layer)))

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
        return f"{reference!r} is not a {SINGULAR[kind]}: use one of {listed(reference, names)}"

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


def is_packaged(item: ReadRecipe) -> bool:
    return Path(item.file).parent.parent == PACKAGED


def _chosen(versions: Sequence[ReadRecipe], version: str) -> Any:
    """The version asked for; without one `dev`, or the only one."""
    by_version = {getattr(item.recipe, "version", ""): item.recipe for item in versions}
    if version:
        return by_version.get(version)
    return by_version.get(MOVING) or (next(iter(by_version.values())) if len(by_version) == 1 else None)


def _names(items: Iterable[ReadRecipe]) -> list[str]:
    return ["@".join(filter(None, item.identity[1:])) for item in items]


def listed(word: str, names: Iterable[str]) -> str:
    """Existing names, the closest first."""
    names = sorted(names)
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    return ", ".join([*near, *(name for name in names if name not in near)][:40]) or "none, for there is none"
