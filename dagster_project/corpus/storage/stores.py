"""What an object store must do. Every promise here is probed by tests/contracts for every store.

Objects are immutable unless their path says otherwise: `put_once` is the only way into data/, manifests/, builds/ and
refs/; `put` overwrites and is for catalog/ and scratch/ alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from dagster_project.corpus.model.errors import StoreError


@dataclass(frozen=True)
class Entry:
    """One object in a listing; `modified` is seconds since the epoch by the store's clock."""

    path: str
    size: int
    modified: float


@dataclass(frozen=True)
class Unfinished:
    """What a writer has begun and not ended: of which object, since when by the store's clock, and the store's own name
    for it. It is no object, and no listing shows it."""

    path: str
    begun: float
    id: str


class Store(Protocol):
    """A flat space of objects under '/'-separated paths. Picklable, and safe to use from several threads.

    Errors: MissingObject for an object that is not there; StoreError, one sentence, for everything else.
    """

    @property
    def location(self) -> str:
        """Where it is, for people: `s3://bucket/prefix`, never with credentials."""
        ...

    def get(self, path: str) -> bytes: ...

    def get_range(self, path: str, start: int, length: int) -> bytes:
        """Exactly `length` bytes from `start`; fewer is an error."""
        ...

    def put_once(self, path: str, body: bytes) -> bool:
        """Create the object; False, and nothing written, when it exists (also when another writer just won)."""
        ...

    def put_blocks_once(self, path: str, size: int, blocks: Callable[[], Iterator[bytes]]) -> bool:
        """The same for `size` bytes that come in blocks, which are asked for again when a try fails. Memory is bounded,
        whatever the size; what `blocks` raises leaves nothing behind."""
        ...

    def put(self, path: str, body: bytes) -> None:
        """Create or overwrite: catalog/ and scratch/ only."""
        ...

    def size(self, path: str) -> int | None:
        """Size in bytes, or None when there is no such object."""
        ...

    def list(self, prefix: str) -> Iterator[Entry]:
        """Every object whose path starts with `prefix`, in path order."""
        ...

    def delete(self, paths: Iterable[str]) -> None:
        """Remove objects; those already gone are no error."""
        ...

    def unfinished(self) -> Iterator[Unfinished]:
        """What was begun and is not ended, by writers that are at it and by those that were killed."""
        ...

    def discard(self, unfinished: Iterable[Unfinished]) -> None:
        """Remove what was begun; a writer that is at it after all begins again, or is told."""
        ...

    def open(self, path: str) -> BinaryIO:
        """A seekable reader that fetches only the ranges it is asked for."""
        ...


def checked_path(path: str) -> str:
    """The path, when every store keeps it as it is: some fold 'a//b' into 'a/b', resolve '..', or turn a backslash."""
    if {"\0", "\\"} & {*path} or any(name in ("", ".", "..") or len(name.encode()) > 255 for name in path.split("/")):
        raise StoreError(
            f"{path!r} cannot name an object: every part must be 1 to 255 bytes, not '.' or '..', without backslashes."
        )
    return path
