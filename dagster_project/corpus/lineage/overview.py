"""What a store holds, at the cost of a few requests: the compacted catalog, topped up with the mixes that it lacks.

The listings of mixes and publications say what stands; everything else is found by walking over inputs, in the tables
of the newest compaction and in the manifests of versions that came later. Manifests never change under their ids, so a
compaction of any age is right about those that it has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.lineage.catalog import PREFIX, finished_compactions, ref_paths
from dagster_project.corpus.lineage.catalog_rows import TABLES, Rows, read_object, rows_of_manifest
from dagster_project.corpus.lineage.compacted import READ, chosen, file_rows, recipe_rows, tables_of
from dagster_project.corpus.lineage.pointers import at_once
from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.refs import load_manifest, resolve
from dagster_project.corpus.storage.stores import Store

LISTED = (PREFIX, "refs/mixed/", "refs/published/")


@dataclass(frozen=True)
class MixVersion:
    """One version of a mix, and the newest publication made from it."""

    partition: Partition
    number: int
    id: str
    newest: bool
    published: str | None


@dataclass
class Overview:
    """Tables of the catalog as far as lineage needs them. Not for several threads."""

    store: Store
    folder: str | None  # of the compaction
    tables: dict[str, pa.Table]
    added: list[Manifest] = field(default_factory=list)  # manifests that the compaction lacks
    loaded: dict[str, Manifest] = field(default_factory=dict)
    loose: set[tuple[str, str, str]] = field(default_factory=set)  # (stage, column, version) that no segment covers

    @property
    def lacking(self) -> int:
        """How many manifests were read because the compaction lacks them."""
        return len(self.added)

    @cached_property
    def mixes(self) -> list[MixVersion]:
        """Every version of every mix, each once, the newest of each mix first."""
        refs = self.tables["refs"]
        mixed = refs.filter(pc.equal(refs.column("stage"), "mixed"))
        mixed = mixed.sort_by([("partition", "ascending"), ("number", "descending")])
        publications = self._publications()
        found: list[MixVersion] = []
        seen: set[tuple[str, str]] = set()
        last = ""
        for key, number, version in zip(
            *(mixed.column(name).to_pylist() for name in ("partition", "number", "id")), strict=True
        ):
            if (key, version) not in seen:
                place = Partition("mixed", key)
                found.append(MixVersion(place, number, version, key != last, publications.get((key, version))))
                seen.add((key, version))
            last = key
        return found

    def version_of(self, mix: Partition, digits: str | None = None) -> str:
        """The id of the newest version of a mix, or of the one whose id begins so."""
        if not digits:
            for item in self.mixes:
                if item.partition == mix:
                    return item.id
        return resolve(self.store, mix, digits)

    def below(self, versions: Sequence[str]) -> list[str]:
        """Everything that some versions were built from at any remove, each once; the nearest first."""
        inputs = self.tables["inputs"]
        found: dict[str, None] = {}
        frontier = list(versions)
        while frontier:
            asked = pa.array(frontier, pa.string())
            rows = inputs.filter(pc.is_in(inputs.column("id"), asked))
            turns = pc.index_in(rows.column("id"), asked).to_numpy()
            order = pa.array(np.lexsort((rows.column("position").to_numpy(), turns)))
            named = rows.column("input_id").take(order).to_pylist()
            frontier = [item for item in dict.fromkeys(named) if item not in found]
            found |= dict.fromkeys(frontier)
        return list(found)

    def of_stage(self, versions: Iterable[str], stage: str) -> list[str]:
        """Those of some versions that are of a stage, in their order."""
        known = self.tables["manifests"]
        here = known.filter(pc.equal(known.column("stage"), stage)).column("id")
        wanted = pa.array(list(versions), pa.string())
        kept: list[str] = wanted.filter(pc.is_in(wanted, here.combine_chunks())).to_pylist()
        return kept

    def named(self, below: Iterable[str]) -> dict[str, str]:
        """The partitions under which versions were used as inputs, by id."""
        inputs = self.tables["inputs"]
        wanted = pa.array(list(below), pa.string())
        rows = inputs.filter(pc.is_in(inputs.column("input_id"), wanted))
        return dict(zip(rows.column("input_id").to_pylist(), rows.column("input_partition").to_pylist(), strict=True))

    def rows(self, versions: Sequence[str]) -> dict[str, int]:
        """How many rows some versions have."""
        known = self.tables["manifests"]
        here = known.filter(pc.is_in(known.column("id"), pa.array(versions, pa.string())))
        return dict(zip(here.column("id").to_pylist(), here.column("rows").to_pylist(), strict=True))

    def recipes(self, versions: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The recipes of some versions."""
        added = {manifest.id: dict(manifest.identity.recipe) for manifest in self.added}
        found = {version: added[version] for version in versions if version in added}
        missing = [version for version in versions if version not in added]
        if missing and self.folder:
            table = recipe_rows(self.store, self.folder, missing)
            pairs = zip(table.column("id").to_pylist(), table.column("recipe").to_pylist(), strict=True)
            found |= {version: json.loads(recipe) for version, recipe in pairs}
        return found

    def files(self, versions: Sequence[str]) -> dict[str, list[File]]:
        """The files of some versions, in their order."""
        added = {manifest.id: list(manifest.files) for manifest in self.added}
        found = {version: added.get(version) or [] for version in versions}
        missing = [version for version in versions if version not in added]
        if missing and self.folder:
            for row in file_rows(self.store, self.folder, missing).to_pylist():
                version = row.pop("id")
                row.pop("position")
                found[version].append(File(**row))
        return found

    def covering(self, versions: Sequence[str], documents: str) -> list[tuple[str, File]]:
        """Those of some versions that have a shard with the rows of a documents shard, or that shard itself."""
        rows = file_rows(self.store, self.folder, versions) if self.folder else TABLES["files"].empty_table()
        is_one = pc.or_(*(pc.equal(rows.column(name), documents) for name in ("documents", "sha256")))
        found = rows.filter(is_one).drop_columns(["position"]).to_pylist()
        known = [(row.pop("id"), File(**row)) for row in found]
        added = {manifest.id: manifest for manifest in self.added}
        known += [
            (version, file)
            for version in versions
            for file in (added[version].files if version in added else ())
            if documents in (file.documents, file.sha256)
        ]
        places = {version: place for place, version in enumerate(versions)}
        return sorted(known, key=lambda item: places[item[0]])

    def manifest(self, version: str) -> Manifest:
        """A manifest, read once."""
        if version not in self.loaded:
            self.loaded[version] = load_manifest(self.store, version)
        return self.loaded[version]

    def manifests(self, versions: Sequence[str]) -> list[Manifest]:
        """Several of them, in their order."""
        missing = [version for version in versions if version not in self.loaded]
        for found in at_once(lambda version: load_manifest(self.store, version), missing):
            self.loaded[found.id] = found
        return [self.loaded[version] for version in versions]

    def _publications(self) -> dict[tuple[str, str], str]:
        """The newest publication by mix and the version that it was made from."""
        refs, inputs = self.tables["refs"], self.tables["inputs"]
        published = refs.filter(pc.equal(refs.column("stage"), "published")).sort_by("number")
        rows = inputs.filter(pc.is_in(inputs.column("id"), published.column("id").combine_chunks()))
        made_of: dict[str, list[str]] = {}
        for version, below in zip(rows.column("id").to_pylist(), rows.column("input_id").to_pylist(), strict=True):
            made_of.setdefault(version, []).append(below)
        pairs = zip(published.column("partition").to_pylist(), published.column("id").to_pylist(), strict=True)
        return {(key, made_of[version][0]): version for key, version in pairs if len(made_of.get(version, ())) == 1}


def overview(store: Store) -> Overview:
    """The store as of now."""
    for _ in range(3):
        try:
            return _opened(store)
        except MissingObject:
            continue  # somebody compacted meanwhile
    return _opened(store)


def _opened(store: Store) -> Overview:
    with ThreadPoolExecutor(len(LISTED)) as pool:
        compactions, *listed = pool.map(lambda prefix: list(store.list(prefix)), LISTED)
    refs = [entry.path for entries in listed for entry in entries]
    for folder in finished_compactions(compactions):
        try:
            found = Overview(store, folder, tables_of(store, folder))
            break
        except pa.ArrowInvalid:
            continue  # of another release
    else:
        found = Overview(store, None, {name: chosen(TABLES[name].empty_table(), name) for name in READ})
    _top_up(found, refs)
    return found


def _top_up(found: Overview, listed: Sequence[str]) -> None:
    """Publications of mixes that the compaction lacks, and every manifest below them that it lacks; those that were
    removed since are left out."""
    refs = found.tables["refs"]
    paths = ref_paths(refs)
    is_listed = pc.is_in(paths, pa.array(listed, pa.string()))
    of_mixes = pc.is_in(refs.column("stage"), pa.array(["mixed", "published"]))
    known = refs.filter(pc.or_(is_listed, pc.invert(of_mixes)))
    new = sorted(set(listed) - set(paths.to_pylist()))
    rows = Rows.united(at_once(lambda path: read_object(found.store, path), new))
    found.tables["refs"] = pa.concat_tables([known, rows.table("refs")])
    wanted = [row["id"] for row in rows.by_table["refs"]]
    while wanted := _unknown(found, wanted):
        manifests = found.manifests(wanted)
        found.added += manifests
        more = Rows.united(map(rows_of_manifest, manifests))
        for name in ("inputs", "manifests"):
            found.tables[name] = pa.concat_tables([found.tables[name], chosen(more.table(name), name)])
        wanted = [item.id for manifest in manifests for item in manifest.inputs]


def _unknown(found: Overview, versions: Sequence[str]) -> list[str]:
    wanted = pa.array(sorted(set(versions)), pa.string())
    known = found.tables["manifests"].column("id").combine_chunks()
    missing: list[str] = wanted.filter(pc.invert(pc.is_in(wanted, known))).to_pylist()
    return missing
