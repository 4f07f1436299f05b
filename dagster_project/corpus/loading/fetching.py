"""An export as files in a folder, under the names by which the readers of its format find them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dagster_project.corpus.formats.formats import delivered_name
from dagster_project.corpus.loading.exports import facts_of, order_of
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.shards import copy_object
from dagster_project.corpus.storage.stores import Store

PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


class Fetched(NamedTuple):
    """One file that is there now; `kept` when it was there before."""

    name: str
    file: File
    kept: bool


def files_of(manifest: Manifest, format: str) -> dict[str, File]:
    """The files of an export by name, those of the shards first; Refused when the mix was not published so."""
    export = facts_of(manifest, format)
    found: dict[str, Any] = {
        delivered_name(format, number, suffix): file
        for number, shard in enumerate(export["shards"])
        for suffix, file in shard["files"].items()
    } | export["index"]
    if strange := [name for name in found if not PLAIN.fullmatch(name)]:
        raise IntegrityError(f"{manifest.id[:12]} names a file {strange[0]!r}, which may lie elsewhere: it was altered")
    return {name: File(**file) for name, file in found.items()}


def order_files(manifest: Manifest) -> dict[str, File]:
    """The order manifest of a publication: a file for each shard, which says what every row of it is."""
    return {f"order-{number:05d}.parquet": file for number, file in enumerate(order_of(manifest).files)}


def fetch(store: Store, files: dict[str, File], folder: Path) -> Iterator[Fetched]:
    """Copy files into a folder, each whole and checked or not at all; what is there and right stays as it is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, file in files.items():
            kept = _is_there(folder / name, file)
            if not kept:
                _copy(store, file, folder / name)
            yield Fetched(name, file, kept)
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Refused(f"{folder} cannot be written ({said}): name another folder") from None


def _is_there(path: Path, file: File) -> bool:
    """Whether a file of our own has this size and hash; a link that leads elsewhere is none."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size != file.size_bytes:
        return False
    with path.open("rb") as found:
        return hashlib.file_digest(found, "sha256").hexdigest() == file.sha256


def _copy(store: Store, file: File, path: Path) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)  # what a killed run left, or a link
    try:
        copy_object(store, file, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
