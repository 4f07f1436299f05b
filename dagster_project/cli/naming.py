"""Names as people type them, to partitions: `demo`, `demo@dev`, `signals/web@1`, `mixed/demo@dev#3f2a91`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.partitions import MOVING, SPACES, Partition, parse

if TYPE_CHECKING:
    from dagster_project.corpus.building.recipes import Recipes
    from dagster_project.corpus.model.reading import Kind
    from dagster_project.corpus.storage.stores import Store

BUILT_BY_NAME: dict[Kind, str] = {
    "mixes": "published",
    "corpora": "deduplicated",
    "sources": "snapshots",
    "artifacts": "artifacts",
}
KIND_OF_SPACE: dict[str, Kind] = {
    **{"snapshots": "sources", "verdicts": "sources"},
    **{"corpora": "corpora", "mixes": "mixes", "artifacts": "artifacts"},
}


def to_build(recipes: Recipes, text: str) -> list[Partition]:
    """The partitions that `build` was asked for: several when signals are asked for without a group."""
    if "#" in text:
        raise PartitionError(f"{text} is one exact version, which stands or does not: leave out #… to build the newest")
    if "/" not in text:
        return [by_name(recipes, text)]
    stage, _, rest = text.partition("/")
    if stage not in SPACES:
        raise PartitionError(f"{stage!r} is not a stage that is built: use one of {_listed(stage, SPACES)}")
    key, _, part = rest.partition("/")
    return _parts(recipes, Partition(stage, _completed(recipes, stage, key), part))


def by_name(recipes: Recipes, text: str) -> Partition:
    """A mix of that name, else a corpus, a source or an artifact."""
    name = text.partition("@")[0]
    for kind, stage in BUILT_BY_NAME.items():
        if any(item.kind == kind and item.recipe.name == name for item in recipes.all):
            return Partition(stage, _key(recipes, kind, text))
    names = {f"{item.recipe.name}@{item.recipe.version}" for item in recipes.all if item.kind != "policies"}
    raise PartitionError(f"{text!r} is not a mix, corpus, source or artifact: use one of {_listed(text, names)}")


def published_mix(store: Store, text: str) -> tuple[Partition, str | None]:
    """A mix that stands in the store, whatever the recipes say today, and the version asked for."""
    from dagster_project.corpus.storage import refs

    address = text if "/" in text else f"mixed/{text}"
    stage, _, rest = address.partition("/")
    if stage not in ("mixed", "published"):
        raise PartitionError(f"{text!r} is not a mix: use mixed/name@version, or name@version alone")
    name, _, version = rest.partition("#")
    known = [partition.key for partition in refs.published(store, "mixed")]
    mix, exact = parse(f"{stage}/{_known(name, known)}{f'#{version}' if version else ''}")
    return _mixed(store, mix, exact)


def in_store(store: Store, text: str) -> Partition:
    """A partition that stands in the store; a name alone means a mix."""
    if "/" not in text:
        return published_mix(store, text)[0]
    return parse(text)[0]


def _mixed(store: Store, mix: Partition, exact: str | None) -> tuple[Partition, str | None]:
    """The version of a publication is that of the mix it was made from."""
    from dagster_project.corpus.storage import refs

    if exact and mix.stage == "published":
        exact = refs.load_manifest(store, refs.resolve(store, mix, exact)).inputs[0].id
    return Partition("mixed", mix.key), exact


def _known(name: str, known: list[str]) -> str:
    """The key of a mix in the store: as it was given, of version dev, or the only one of that name."""
    versions = [key for key in known if key.partition("@")[0] == name]
    for key in (name, f"{name}@{MOVING}"):
        if key in known:
            return key
    if len(versions) == 1:
        return versions[0]
    if not known:
        raise PartitionError("no mix is built yet: run `florilegium demo`, or `florilegium build MIX`")
    raise PartitionError(f"{name!r} is not a mix in this store: use one of {_listed(name, versions or known)}")


def _completed(recipes: Recipes, stage: str, key: str) -> str:
    """A key without its version takes the one that the recipes mean."""
    name, plus, policy = key.partition("+")
    return f"{_key(recipes, KIND_OF_SPACE[SPACES[stage]], name)}{plus}{policy}"


def _parts(recipes: Recipes, partition: Partition) -> list[Partition]:
    from dagster_project.corpus.building.measuring import Measuring
    from dagster_project.corpus.signals.groups import PLAIN

    if partition.stage != "signals":
        if partition.part:
            raise PartitionError(f"{partition} has one part too many: only signals have groups")
        return [partition]
    if partition.part:
        return [replace(partition, part=Measuring(recipes).named(partition.part).part)]
    return [Partition("signals", partition.key, group) for group in PLAIN]


def _key(recipes: Recipes, kind: Kind, reference: str) -> str:
    if message := recipes.lacks(kind, reference):
        raise PartitionError(message)
    if kind == "mixes":
        return recipes.mix(reference).key
    if kind == "artifacts":
        return recipes.artifact(reference).key
    return recipes.corpus(reference).key if kind == "corpora" else recipes.source(reference).key


def _listed(word: str, names: Iterable[str]) -> str:
    """What there is, the closest first."""
    names = sorted(names)
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    return ", ".join([*near, *(name for name in names if name not in near)][:20]) or "none, for there is none"
