"""What of a store is reached: every hash that a record names which itself is reached, from publications and builds on.

An object lives when a record that lives names its hash, wherever in the record that stands: so nothing that a stage
comes to keep can be forgotten here. A record that cannot be read hides what it names, and is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

from dagster_project.corpus.keeping.places import Place, place_of
from dagster_project.corpus.model.errors import FlorilegiumError, IntegrityError, MissingObject
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.replacements import find_replacement
from dagster_project.corpus.storage.stores import Entry, Store
from dagster_project.corpus.takedowns.erased import read_erasures

READERS = 16  # records read at once
Found = TypeVar("Found")
HASH = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


class Listed(NamedTuple):
    """One object of a listing, and what it is."""

    place: Place
    entry: Entry


@dataclass(frozen=True)
class Listing:
    """Every object of a store, once."""

    objects: tuple[Listed, ...]

    def of(self, *kinds: str) -> Iterator[Listed]:
        return (item for item in self.objects if item.place.kind in kinds)

    @cached_property
    def by_id(self) -> Mapping[str, Mapping[str, Entry]]:
        """The objects of the kinds that are named after a hash, by kind and hash."""
        kinds = ("data", "manifests", "builds", "replacements")
        return {kind: {item.place.id: item.entry for item in self.of(kind)} for kind in kinds}


@dataclass
class Marked:
    """The hashes that are reached, of objects, versions and builds alike; and the records that cannot be read."""

    named: set[bytes] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)
    unused: set[str] = field(default_factory=set)  # builds that lead to nothing which is reached without them
    damaged: list[str] = field(default_factory=list)

    def reaches(self, hash: str) -> bool:
        return bytes.fromhex(hash) in self.named


def listing(store: Store) -> Listing:
    return Listing(tuple(Listed(place_of(entry.path), entry) for entry in store.list("")))


def mark(store: Store, listed: Listing, unpublished_before: float = 0.0) -> Marked:
    """Follow all records. Builds from before a moment (seconds since the epoch) that name anything which nothing else
    reaches are no roots, for nobody published what they made."""
    marked = Marked()
    asked = [item.entry.path for item in listed.of("refs")]
    publications = list(_read(asked, lambda path: refs.read_ref(store, path), marked))
    for _, ref in publications:
        _name(marked, [ref.id, ref.build_key, *filter(None, [ref.run.get("audit")])])
    _follow(store, listed, marked, {ref.id for _, ref in publications}, must_stand=True)
    for _, erasures in _read(["the table of erased documents"], lambda _: read_erasures(store), marked):
        _name(marked, [erasures.documents.sha256] if erasures.documents else [])
    for _, made in _read([*listed.by_id["replacements"]], lambda hash: find_replacement(store, hash), marked):
        if made and made.new:
            _name(marked, [made.new.sha256])
    _builds(store, listed, marked, unpublished_before)
    return marked


def hashes_in(body: bytes) -> set[str]:
    """Everything in a record that is spelled like a hash."""
    return {found.decode() for found in HASH.findall(body)}


def follow(store: Store, listed: Listing, version: str) -> Marked:
    """What one version reaches, itself and its ancestors included."""
    marked = Marked()
    _name(marked, [version])
    _follow(store, listed, marked, {version}, must_stand=True)
    return marked


def _follow(store: Store, listed: Listing, marked: Marked, versions: Iterable[str], *, must_stand: bool) -> None:
    """Read manifests, those that they name, and so on."""
    there = listed.by_id["manifests"]
    new = {*versions} - marked.versions
    while new:
        if must_stand:
            marked.damaged += (f"manifests/{version}.json is gone" for version in sorted(new - there.keys()))
        marked.versions |= new
        inputs, named = set[str](), set[str]()
        for _, (manifest, found) in _read(sorted(new & there.keys()), lambda id: _manifest(store, id), marked):
            inputs |= {item.id for item in manifest.inputs}
            named |= found
            _name(marked, found)
        must_stand = True
        new = (inputs | (named & there.keys())) - marked.versions


def _builds(store: Store, listed: Listing, marked: Marked, before: float) -> None:
    late: list[tuple[str, set[str]]] = []
    made = set[str]()
    entries = listed.by_id["builds"]
    for key, found in _read([*entries], lambda key: hashes_in(_build(store, key)), marked):
        if entries[key].modified >= before:
            _name(marked, [key, *found])
            made |= found & listed.by_id["manifests"].keys()
        else:
            late.append((key, found))
    _follow(store, listed, marked, made, must_stand=False)
    for key, found in late:
        if not marked.reaches(key) and (not found or not all(map(marked.reaches, found))):
            marked.unused.add(key)


def _build(store: Store, key: str) -> bytes:
    refs.find_build(store, key)  # whether it is as it was written
    return store.get(f"builds/{key}.json")


def _manifest(store: Store, version: str) -> tuple[Manifest, set[str]]:
    manifest = refs.read_manifest(store, version)
    return manifest, hashes_in(manifest.encoded())


def _name(marked: Marked, hashes: Iterable[str]) -> None:
    marked.named.update(map(bytes.fromhex, hashes))


def _read(names: Iterable[str], read: Callable[[str], Found], marked: Marked) -> Iterator[tuple[str, Found]]:
    """What is read of each name; damage is told, and what went meanwhile is left out."""

    def tried(name: str) -> Found | FlorilegiumError:
        try:
            return read(name)
        except FlorilegiumError as error:
            return error
        except (KeyError, TypeError, ValueError) as error:
            return IntegrityError(f"{name} is no record of its kind ({type(error).__name__}): it was altered")

    asked = list(names)
    with ThreadPoolExecutor(READERS) as pool:
        for name, found in zip(asked, pool.map(tried, asked), strict=True):
            if not isinstance(found, FlorilegiumError):
                yield name, found
            elif not isinstance(found, MissingObject):
                marked.damaged.append(str(found))
