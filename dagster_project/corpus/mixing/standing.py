"""The candidates of a mix that stands, found by its manifest alone, whatever the recipes say today.

The columns are those that its gate reads, by the names that its expressions give them, with `rule` and `survivor`
beside them. What was measured only while the mix was built, of texts that cuts leave, stands nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from dagster_project.corpus.contamination.answers import SEARCHED
from dagster_project.corpus.engine.tables import Column, align
from dagster_project.corpus.lineage.walk import snapshots_of
from dagster_project.corpus.mixing.candidates import Candidates
from dagster_project.corpus.mixing.selection import OF_DOCUMENTS, columns_of
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.measurements import reads_as_view
from dagster_project.corpus.model.mix_recipes import (
    Budget,
    ComponentRecipe,
    LicensePolicy,
    MixRecipe,
    OrderRecipe,
    PhaseRecipe,
    QuantileRecipe,
)
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Store

BESIDE = ("rule", "survivor")
ORDER = ("passages", "deduplicated", "weights", "snapshots", "licensed", "signals", "filtered")  # who is asked first
Found = Mapping[str, Manifest]  # by partition


class Standing(NamedTuple):
    """What a mix was chosen by and from; `unanswered` are components whose conditions are about what stands nowhere."""

    mix: MixRecipe
    shards: Sequence[Candidates]
    unanswered: frozenset[str]
    replayed: Mapping[str, Manifest]  # mixes by origin


def standing(store: Store, mixed: Manifest) -> Standing:
    """The selections, the license policy and the candidates of a version of a mix."""
    mix = _recipe(mixed.identity.recipe)
    found = {item.partition: load_manifest(store, item.id) for item in mixed.inputs}
    members = [
        (corpus, *member)
        for corpus in dict.fromkeys(component.corpus for component in mix.components if component.corpus)
        for layer in _layers(found, corpus)
        for member in _members(store, found, layer)
    ]
    wanted = {corpus: _names(mix, corpus) for corpus, _, _, _ in members}
    lacking = {name for corpus, _, _, tables in members for name in wanted[corpus] if _table(tables, name) is None}
    unanswered = {item.name for item in mix.components if item.corpus and lacking & {*columns_of(mix, item)}}
    shards = [
        Candidates(corpus, key, file, parts)
        for corpus, key, files, tables in members
        for file, parts in align(files, _columns(mix, tables, [name for name in wanted[corpus] if name not in lacking]))
    ]
    replayed = {item.origin: found[item.origin] for item in mix.components if item.replay}
    return Standing(_answered(mix, unanswered), shards, frozenset(unanswered), replayed)


def _recipe(said: Mapping[str, Any]) -> MixRecipe:
    """As much of a recipe as decides who may enter, of any release."""
    by = next((phase["order"]["by"] for phase in said.get("phases", ()) if phase["order"]["by"]), "")
    return MixRecipe(
        name="",
        components=tuple(map(_component, said["components"])),
        budget=Budget(**said["budget"]),
        licenses=LicensePolicy(**{name: _tuples(value) for name, value in said["licenses"].items()}),
        phases=(PhaseRecipe("all", 1.0, order=OrderRecipe("curriculum", by)),) if by else (),
        clean_of=tuple(said.get("clean_of", ())),
        contaminated=said.get("contaminated", "refuse"),
    )


def _component(said: Mapping[str, Any]) -> ComponentRecipe:
    known = {name: _tuples(said[name]) for name in ("sources", "languages", "domains", "licenses") if name in said}
    quantile = said.get("quantile")
    return ComponentRecipe(
        name=said["name"],
        corpus=said["corpus"],
        replay=said.get("replay", ""),
        where=said.get("where", ""),
        quantile=QuantileRecipe(**quantile) if quantile else None,
        sample=said.get("sample", ""),
        control=said.get("control", ""),
        **known,
    )


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _names(mix: MixRecipe, corpus: str) -> list[str]:
    """The columns that the gate reads of a corpus."""
    read = [columns_of(mix, item) for item in mix.components if item.corpus == corpus]
    return list(dict.fromkeys(name for names in read for name in names))


def _answered(mix: MixRecipe, unanswered: set[str]) -> MixRecipe:
    """Without conditions that nobody can answer any more."""
    components = tuple(
        replace(item, where="", quantile=None, sample="") if item.name in unanswered else item
        for item in mix.components
    )
    return replace(mix, components=components, phases=())


def _layers(found: Found, corpus: str) -> list[str]:
    """The keys of a corpus and of those that it stands on, the earliest first."""
    below = [item.partition for item in found[f"deduplicated/{corpus}"].inputs if item.stage == "deduplicated"]
    return [*(key for name in below for key in _layers(found, name.partition("/")[2])), corpus]


def _members(store: Store, found: Found, layer: str) -> Iterator[tuple[str, Sequence[File], Found]]:
    """Of each source of a layer its key, its documents shards, and the side tables that may be read of them."""
    survived = found[f"deduplicated/{layer}"]
    own = {name: found[name] for name in (f"passages/{layer}", f"weights/{layer}") if name in found}
    for item in survived.inputs:
        if item.stage == "filtered":
            key = item.partition.partition("/")[2].partition("+")[0]
            judged = load_manifest(store, item.id)
            (snapshot,) = snapshots_of(store, judged).values()
            covering = {file.documents for file in judged.files}
            below = {of.partition: load_manifest(store, of.id) for of in survived.inputs if _is_of(of.partition, key)}
            measured = {name: manifest for name, manifest in found.items() if _is_of(name, key)}
            tables = {**own, "deduplicated": survived, **below, **measured, "snapshots": snapshot, "filtered": judged}
            yield key, [file for file in snapshot.files if file.sha256 in covering], tables


def _is_of(partition: str, key: str) -> bool:
    return partition == f"licensed/{key}" or partition.startswith(f"signals/{key}/")


def _table(tables: Found, name: str) -> str | None:
    """The name of the side table that has a column: of several views the one that survivors were counted in."""
    artifact, _, column = name.rpartition(".")
    holding = [table for table, manifest in tables.items() if column in dict(manifest.identity.schema)]
    if column not in OF_DOCUMENTS:
        holding = [table for table in holding if table != "snapshots"]
    if artifact:
        holding = [table for table in holding if _measures(table, artifact)]
    view = next((_view(table) for table in tables if "/counts" in table), "")
    return min(holding, key=lambda table: (ORDER.index(table.partition("/")[0]), _view(table) != view), default=None)


def _view(table: str) -> str:
    ending = table.rpartition(".")[2]
    return ending if reads_as_view(ending) else ""


def _measures(table: str, artifact: str) -> bool:
    """Is a table what an artifact measures, by its name alone or with a version?"""
    taken = table.partition("/")[2].partition("/")[2].partition(".")[2]
    return taken == artifact or taken.startswith((f"{artifact}@", f"{artifact}."))


def _columns(mix: MixRecipe, tables: Found, names: Sequence[str]) -> list[Column]:
    """Where the columns stand, those of one table together."""
    together: dict[tuple[str, str], list[str]] = {}
    for name in (*names, *BESIDE):
        artifact, _, column = name.rpartition(".")
        if (table := _table(tables, name)) is not None:
            together.setdefault((table, f"{artifact}." if artifact else ""), []).append(column)
    for artifact in mix.clean_of if mix.contaminated == "exclude" else ():
        if (table := _table(tables, f"{artifact}.{SEARCHED}")) is not None:
            together[table, f"{artifact}/"] = [SEARCHED]
    return [Column(tables[table], tuple(columns), prefix) for (table, prefix), columns in together.items()]
