"""Raw objects kept in the store, where a recipe says `retain: copy`: copied before they are read, read from there when
the original is gone.

A copy lies at `data/<access class>/sha256/ab/<sha256>.raw`, whole and as it was. It is read as a file at the same
address below a temporary folder, so that every format finds it as it found the original.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

import pyarrow as pa

from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.model.errors import IntegrityError, SourceError
from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.model.raw import Batch, RawObject, RawPart, Source
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.storage.replacements import find_replacement, instead_of
from dagster_project.corpus.storage.stores import Store

FILE, SCHEME = "file://", "://"  # what has no scheme like this is no file, and cannot be copied
BLOCK_BYTES = 4 << 20
Open = Callable[[str], BinaryIO]


@dataclass(frozen=True)
class CopyTask:
    """One raw object to be kept."""

    store: Store
    access: str
    item: RawObject
    open: Open


def keep(work: Work, objects: Sequence[RawObject], open: Open) -> dict[str, str]:
    """Copy raw objects into the store; by uri, the path of each copy. One that is there already is left as it is."""
    for item in objects:
        if SCHEME not in item.uri:
            raise SourceError(f"{visible(item.uri)} is no file and cannot be copied: use `retain: reference`")
    paths = work.engine.map(copy, [CopyTask(work.store, work.access, item, open) for item in objects])
    return {item.uri: path for item, path in zip(objects, paths, strict=True)}


def copy(task: CopyTask) -> str:
    """The path of the copy, made as a stream unless it stands, or was erased: then there is none any more."""
    path = path_of(task.item, task.access)
    if task.store.size(path) is None and not find_replacement(task.store, str(task.item.sha256)):
        task.store.put_blocks_once(path, task.item.size, lambda: blocks_of(task.item, task.open))
    return path


def path_of(item: RawObject, access: str) -> str:
    """Where the copy of an object lies."""
    sha256 = str(item.sha256)
    return f"data/{access}/sha256/{sha256[:2]}/{sha256}.raw"


def blocks_of(item: RawObject, open: Open) -> Iterator[bytes]:
    """The bytes of an object in blocks; SourceError at the end when they are not what its checksum says."""
    seen = hashlib.sha256()
    with open(item.uri) as raw:
        while block := raw.read(BLOCK_BYTES):
            seen.update(block)
            yield block
    if seen.hexdigest() != item.sha256:
        raise changed(item)


def changed(item: RawObject) -> SourceError:
    return SourceError(f"{visible(item.uri)} changed while it was read: build again when nobody writes to it")


@dataclass(frozen=True)
class Kept:
    """A source of which some raw objects are gone; their content comes from copies. It is a Source like any other."""

    source: Source
    store: Store
    gone: Mapping[str, RawObject]
    copies: Mapping[str, str]  # uri → path in the store, of those that were kept
    trouble: str = ""  # why nothing could be listed

    def objects(self, recipe: SourceRecipe) -> list[RawObject]:
        there = [] if self.trouble else self.source.objects(recipe)
        return sorted([*there, *(replace(item, sha256=None) for item in self.gone.values())])

    def checksum(self, item: RawObject) -> str:
        recorded = self.gone.get(item.uri)
        return str(recorded.sha256) if recorded else self.source.checksum(item)

    def parts(self, recipe: SourceRecipe, item: RawObject) -> list[RawPart]:
        with self._at_hand(recipe, item.uri) as (place, uri):
            return [replace(part, uri=item.uri) for part in self.source.parts(place, replace(item, uri=uri))]

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        with self._at_hand(recipe, part.uri) as (place, uri):
            for batch in self.source.read(place, replace(part, uri=uri)):
                yield batch if uri == part.uri else _of(batch, part.uri)

    @contextlib.contextmanager
    def _at_hand(self, recipe: SourceRecipe, uri: str) -> Iterator[tuple[SourceRecipe, str]]:
        """The recipe and the address by which an object can be read: its own, or below a temporary folder."""
        if uri not in self.gone:
            yield recipe, uri
            return
        if uri not in self.copies:
            why = f" ({self.trouble})" if self.trouble else ""
            raise SourceError(f"{visible(uri)} is gone and no copy was kept{why}: put it back, or give a new version")
        with tempfile.TemporaryDirectory(prefix="florilegium-kept-") as folder:
            path = _below(folder, _place(uri))
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fetch(self.gone[uri], self.copies[uri], path)
            yield replace(recipe, location=str(_below(folder, _place(recipe.location)))), path.as_uri()

    def _fetch(self, item: RawObject, copied: str, path: Path) -> None:
        seen = hashlib.sha256()
        if self.store.size(copied) is None:
            instead_of(self.store, copied, str(item.sha256))  # says who asked for it to be erased
        with self.store.open(copied) as stored, path.open("wb") as file:
            while block := stored.read(BLOCK_BYTES):
                seen.update(block)
                file.write(block)
        if seen.hexdigest() != item.sha256:
            raise IntegrityError(f"{copied} was altered, and {visible(item.uri)} is gone: restore one of them")


def _place(address: str) -> str:
    """The path in an address of any scheme, or in a location of this machine."""
    if address.startswith(FILE):
        return os.fsdecode(unquote_to_bytes(address.removeprefix(FILE)))
    return address.partition(SCHEME)[2] or os.path.abspath(os.path.expanduser(address))


def _below(folder: str, place: str) -> Path:
    """A place as it would be if the folder were the root; `..` leads nowhere."""
    return Path(folder, *[name for name in place.split("/") if name not in ("", ".", "..")])


def _of(batch: Batch, uri: str) -> Batch:
    """The batch, its records and dead letters from this object."""
    return Batch(_from(batch.records, uri), _from(batch.dead, uri), batch.sites)


def _from(rows: pa.RecordBatch, uri: str) -> pa.RecordBatch:
    at = rows.schema.get_field_index("raw_object")
    columns = [pa.repeat(uri, rows.num_rows) if n == at else column for n, column in enumerate(rows.columns)]
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)
