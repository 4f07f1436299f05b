"""What the store knows of a source: its newest snapshot, and what was concluded and counted of just that one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dagster_project.corpus.licenses.table import class_of
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.storage.refs import latest, load_manifest
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

LANDING = "{version}"  # in the location of a source whose folders are its versions


@dataclass(frozen=True)
class Measured:
    """A snapshot with its side tables; one that was built from another version of the snapshot is not there."""

    key: str  # source@version
    snapshot: Manifest
    published: float  # seconds since the epoch
    licensed: Manifest | None
    statistics: Manifest | None
    languages: Sequence[Mapping[str, Any]]  # the rows of the statistics, most documents first


@dataclass(frozen=True)
class Entry:
    """A registered source and what was measured of it. Every count is of documents, None where nobody counted."""

    recipe: SourceRecipe
    measured: Measured | None = None

    @property
    def documents(self) -> int | None:
        return self.measured.snapshot.rows if self.measured else None

    @property
    def words(self) -> int | None:
        if self.measured is None or self.measured.statistics is None:
            return None
        return sum(int(row["words"]) for row in self.measured.languages)

    @cached_property
    def languages(self) -> dict[str, int | None]:
        """Identified languages; where nobody identified, those that records declare, and those of the registry."""
        if self.measured and self.measured.statistics:
            return {row["language"]: row["documents"] for row in self.measured.languages}
        said = self.measured.snapshot.profile.get("declared_languages", {}) if self.measured else {}
        declared = {tag: count for tag, count in ranked(said).items() if tag != "none"}
        return {**dict.fromkeys(self.recipe.languages), **declared}

    @cached_property
    def licenses(self) -> dict[str, int | None]:
        """Concluded licenses; without conclusions, the one of the registry."""
        if self.measured and self.measured.licensed:
            return dict(ranked(self.measured.licensed.profile["licenses"]))
        return {self.recipe.license: None}

    @cached_property
    def classes(self) -> dict[str, int | None]:
        """Classes of these licenses in our table."""
        if self.measured and self.measured.licensed:
            return dict(ranked(self.measured.licensed.profile["classes"]))
        return {class_of(self.recipe.license): None}

    @cached_property
    def years(self) -> tuple[str, dict[int, int | None]]:
        """Which date speaks, and its years: publication, where it is known, else collection, else the registry."""
        for date in ("published", "collected"):
            if known := years_of(self.measured.languages if self.measured else (), date):
                return date, dict(known)
        start, end = (day[:4] for day in (self.recipe.collection.start, self.recipe.collection.end))
        if not (start or end):
            return "unknown", {}
        return "collection", dict.fromkeys(range(int(start or end), int(end or start) + 1))


def entries(store: Store | None, recipes: Iterable[SourceRecipe]) -> list[Entry]:
    """Every source with what the store knows of it, by name; without a store, what the registry says alone."""
    return [entry_of(store, recipe) for recipe in sorted(recipes, key=lambda recipe: recipe.key)]


def entry_of(store: Store | None, recipe: SourceRecipe) -> Entry:
    """A source with what the store knows of it."""
    if store is None:
        return Entry(recipe)
    keys = landed(store, recipe.name) if LANDING in recipe.location else [recipe.key]
    found = [measured for key in keys if (measured := measure(store, key))]
    return Entry(recipe, max(found, key=lambda measured: (measured.published, measured.key), default=None))


def landed(store: Store, name: str) -> list[str]:
    """The keys of all versions of a source that stand in the store."""
    prefix = f"refs/snapshots/{name}@"
    return sorted({entry.path.removeprefix("refs/snapshots/").partition("/")[0] for entry in store.list(prefix)})


def measure(store: Store, key: str) -> Measured | None:
    """What stands in the store under `source@version`; None when no snapshot does."""
    ref = latest(store, Partition("snapshots", key))
    if ref is None:
        return None
    snapshot = load_manifest(store, ref.id)
    licensed, statistics = (_beside(store, snapshot, stage, key) for stage in ("licensed", "statistics"))
    return Measured(key, snapshot, ref.published, licensed, statistics, _rows(store, statistics))


def years_of(rows: Iterable[Mapping[str, Any]], date: str) -> dict[int, int]:
    """Documents by year of a date over all languages, in the order of years; those without one are left out."""
    found: dict[int, int] = {}
    for row in rows:
        for item in row[f"{date}_years"]:
            if item["year"] is not None:
                found[item["year"]] = found.get(item["year"], 0) + item["documents"]
    return dict(sorted(found.items()))


def ranked(counts: Mapping[str, int]) -> dict[str, int]:
    """The largest first, equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _beside(store: Store, snapshot: Manifest, stage: str, key: str) -> Manifest | None:
    ref = latest(store, Partition(stage, key))
    manifest = load_manifest(store, ref.id) if ref else None
    return manifest if manifest and snapshot.id in manifest.identity.inputs else None


def _rows(store: Store, statistics: Manifest | None) -> list[dict[str, Any]]:
    return [row for file in (statistics.files if statistics else ()) for row in read_shard(store, file).to_pylist()]
