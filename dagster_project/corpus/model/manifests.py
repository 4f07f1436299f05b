"""The record of one version: its identity, whose hash is the version id, and the byte facts that stand beside it.

The identity says what the rows are, whatever the file layout, writer or engine; the same rows from other files have
the same id. Files, sizes, checksums, raw objects and library versions are facts about one way of storing them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from dagster_project.corpus.model.canonical import digest, is_sealed, sealed
from dagster_project.corpus.model.errors import IntegrityError

FORMAT = 1


@dataclass(frozen=True)
class File:
    """One object: a Parquet shard, an export, a file of a model. `documents` is the digest of the documents shard whose
    rows it has, for a side table."""

    path: str
    sha256: str
    size_bytes: int
    rows: int
    documents: str = ""


FILE_FIELDS = frozenset(item.name for item in fields(File))


@dataclass(frozen=True)
class Input:
    """One version this one was built from; `partition` is the name under which it was found."""

    stage: str
    partition: str
    id: str


@dataclass(frozen=True)
class Identity:
    """What a version is. Two builds with equal identities made the same thing."""

    stage: str
    schema: tuple[tuple[str, str], ...]
    recipe: Mapping[str, Any]
    code_version: str
    inputs: tuple[str, ...]
    logical_digest: str
    format: int = FORMAT

    @property
    def id(self) -> str:
        return digest(asdict(self))


@dataclass(frozen=True)
class Manifest:
    """A version: identity, inputs by name, files, and the profile (nested counts) that audits and reports read."""

    identity: Identity
    inputs: tuple[Input, ...]
    files: tuple[File, ...]
    profile: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)  # raw objects, dead letters, exports, libraries

    @property
    def id(self) -> str:
        return self.identity.id

    @property
    def stage(self) -> str:
        return self.identity.stage

    @property
    def objects(self) -> tuple[File, ...]:
        """Everything that the store holds of the version, each once: shards, and the files that its facts name."""
        return tuple({file.path: file for file in (*self.files, *_files_in(self.facts))}.values())

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    def encoded(self) -> bytes:
        """The record as it is stored: what the id does not say of it is sealed, too."""
        return sealed({"id": self.id, **asdict(self)})


def _files_in(value: Any) -> Iterator[File]:
    """The files in the lists and mappings of facts, as `asdict` spells them, perhaps with a name beside."""
    if isinstance(value, Mapping) and value.keys() >= FILE_FIELDS:
        yield File(**{name: value[name] for name in FILE_FIELDS})
        return
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for item in value:
        yield from _files_in(item)


def decode(record: Mapping[str, Any], expected_id: str) -> Manifest:
    """Read a manifest back; a format we do not know, an identity that does not hash to its id, or a record that is not
    as it was written, is refused."""
    said = record.get("identity")
    identity = dict(said) if isinstance(said, Mapping) else {}
    if identity.get("format", FORMAT) != FORMAT:
        raise IntegrityError(
            f"manifest {expected_id} has format {identity['format']}, and this release reads {FORMAT}: upgrade"
        )
    if not is_sealed(record):
        raise IntegrityError(f"manifest {expected_id} is not what was written: it was altered; restore it")
    identity["schema"] = tuple((name, kind) for name, kind in identity["schema"])
    identity["inputs"] = tuple(identity["inputs"])
    manifest = Manifest(
        identity=Identity(**identity),
        inputs=tuple(Input(**item) for item in record["inputs"]),
        files=tuple(File(**item) for item in record["files"]),
        profile=record["profile"],
        facts=record["facts"],
    )
    if manifest.id != expected_id or record["id"] != expected_id:
        raise IntegrityError(f"manifest {expected_id} holds the identity of {manifest.id}: it was altered; restore it")
    return manifest
