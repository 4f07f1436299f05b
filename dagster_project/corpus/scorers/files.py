"""Model files: a file, or a folder of files, known by the hash of its bytes and by the license that it came with.

Where a model lies is never what it is: a recipe names a path, a manifest names the hash, and a worker reads the bytes
from the store, checked again. A hash that is not the expected one is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import copy_object
from dagster_project.corpus.storage.stores import Store

BLOCK_BYTES = 4 << 20
MOST_FILES = 1000  # in a folder
TEMPORARY = "florilegium-model-"  # before the name of a folder that a model is copied to


@dataclass(frozen=True)
class ModelFile:
    """A model where it lies. `sha256` is the hash of the file; of a folder, of the names and hashes of its files."""

    name: str
    path: Path = field(compare=False)
    sha256: str
    license: str  # SPDX

    @contextlib.contextmanager
    def opened(self) -> Iterator[Path]:
        """The path, when it still holds what was found there."""
        find_model(self.path, self.license, name=self.name, sha256=self.sha256)
        yield self.path


@dataclass(frozen=True)
class StoredModel:
    """A model as it travels to a worker: its files in the store, by their names below its folder."""

    name: str
    store: Store = field(compare=False)
    files: tuple[tuple[str, File], ...]
    sha256: str
    license: str
    is_folder: bool = False

    @contextlib.contextmanager
    def opened(self) -> Iterator[Path]:
        """The path of a copy that is gone afterwards; every byte is checked."""
        with tempfile.TemporaryDirectory(prefix=TEMPORARY) as folder:
            yield self.copy_to(Path(folder))

    def copy_to(self, folder: Path) -> Path:
        """The path of a copy below a folder; every byte is checked."""
        for name, file in self.files:
            target = _below(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_object(self.store, file, target, of="artifact")
        return folder if self.is_folder else folder / self.files[0][0]


Model = ModelFile | StoredModel


def find_model(path: Path, license: str, *, name: str = "", sha256: str = "") -> ModelFile:
    """The model at a path; one that is missing, or whose hash is not the expected one, is refused."""
    name = name or path.name
    found = _identity(_hashes(path, name), path)
    if sha256 and found != sha256:
        raise Refused(
            f"the model {name} at {path} has the hash {found}, and {sha256} is expected: put that file back, or name "
            f"the new hash and give the artifact a new version"
        )
    return ModelFile(name, path, found, license)


def store_model(store: Store, model: ModelFile, access: str) -> StoredModel:
    """Keep a model in the store, file by file and in blocks; its bytes must be those that were found."""
    hashes = _hashes(model.path, model.name)
    if _identity(hashes, model.path) != model.sha256:
        _changed(model.path)
    is_folder = model.path.is_dir()
    files = []
    for name, (sha256, size) in hashes.items():
        path = f"data/{access}/sha256/{sha256[:2]}/{sha256}.model"
        source = model.path / name if is_folder else model.path
        if store.size(path) != size:
            store.put_blocks_once(path, size, partial(_checked, source, sha256))
        files.append((name, File(path, sha256, size, 0)))
    return StoredModel(model.name, store, tuple(files), model.sha256, model.license, is_folder)


def as_facts(model: StoredModel) -> dict[str, Any]:
    """What a manifest says of a stored model."""
    files = [{"name": name, **vars(file)} for name, file in model.files]
    return {
        "name": model.name,
        "files": files,
        "sha256": model.sha256,
        "license": model.license,
        "is_folder": model.is_folder,
    }


def from_facts(store: Store, facts: Mapping[str, Any]) -> StoredModel:
    """The stored model that a manifest names."""
    files = tuple(
        (item["name"], File(**{key: value for key, value in item.items() if key != "name"})) for item in facts["files"]
    )
    return StoredModel(facts["name"], store, files, facts["sha256"], facts["license"], facts["is_folder"])


def _hashes(path: Path, name: str) -> dict[str, tuple[str, int]]:
    """(hash, size in bytes) of every file, by its name below the folder, in order of names."""
    try:
        if not path.is_dir():
            return {path.name: _hash(path)}
        files = sorted(item for item in path.rglob("*") if item.is_file())
        if not 0 < len(files) <= MOST_FILES:
            raise Refused(f"the model {name} at {path} is a folder of {len(files)} files: name the folder of one model")
        return {item.relative_to(path).as_posix(): _hash(item) for item in files}
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Refused(f"the model {name} at {path} cannot be read ({said}): put it there or name another") from None


def _identity(hashes: Mapping[str, tuple[str, int]], path: Path) -> str:
    if not path.is_dir():
        return next(iter(hashes.values()))[0]
    return digest([[name, sha256] for name, (sha256, _) in sorted(hashes.items())])


def _hash(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def _checked(path: Path, sha256: str) -> Iterator[bytes]:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            total.update(block)
            yield block
    if total.hexdigest() != sha256:
        _changed(path)


def _changed(path: Path) -> NoReturn:
    raise Refused(f"the model {path} changed while it was read: build again when nobody writes to it")


def _below(folder: Path, name: str) -> Path:
    """Where a file of a model goes; a name that leads out of the folder is refused."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise IntegrityError(f"a model has a file named {name!r}, which lies outside its folder: it was altered")
    return path
