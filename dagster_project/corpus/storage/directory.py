"""A store in a directory: replicas on a disk that is carried away, exports to a share, tests.

An object is written beside its place and linked to it, so that one writer wins and nobody reads half of one. The
directory must lie on a file system that has hard links; what was acknowledged is on the disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from dagster_project.corpus.model.errors import MissingObject, StoreError
from dagster_project.corpus.storage.stores import Entry, Unfinished, checked_path

WRITING = ".writing"  # the folder of what is being written; no object lies there
ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class DirectoryStore:
    """Objects as files below one directory, which is made at the first write. Pickles as its path."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        self.location = self.root.as_uri()

    def __reduce__(self) -> tuple[type[DirectoryStore], tuple[Path]]:
        return DirectoryStore, (self.root,)

    def __repr__(self) -> str:
        return f"DirectoryStore({str(self.root)!r})"

    def get(self, path: str) -> bytes:
        with self._told("read", path):
            return self._at(path).read_bytes()

    def get_range(self, path: str, start: int, length: int) -> bytes:
        if start < 0 or length < 0:
            raise StoreError(f"{length} bytes from {start} of {path} cannot be read: neither may be negative.")
        with self.open(path) as source, self._told("read", path):
            size = source.seek(0, os.SEEK_END)
            if start + length > size:
                raise StoreError(f"{path} in {self.location} has too few bytes to read {length} from {start}.")
            source.seek(start)
            return source.read(length)

    def put_once(self, path: str, body: bytes) -> bool:
        return self.put_blocks_once(path, len(body), lambda: iter((body,)))

    def put_blocks_once(self, path: str, size: int, blocks: Callable[[], Iterator[bytes]]) -> bool:
        place = self._at(path)
        with self._told("write", path), self._written(path, size, blocks()) as written:
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(written, place)
            except FileExistsError:
                return False
            _settle(place.parent)
            return True

    def put(self, path: str, body: bytes) -> None:
        place = self._at(path)
        with self._told("write", path), self._written(path, len(body), iter((body,))) as written:
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(written, place)
            _settle(place.parent)

    def size(self, path: str) -> int | None:
        place = self._at(path)
        with self._told("look up", path):
            return place.stat().st_size if place.is_file() else None

    def list(self, prefix: str) -> Iterator[Entry]:
        with self._told("list", prefix):
            return iter(sorted(self._below(prefix), key=lambda entry: entry.path))

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            place = self._at(path)
            with self._told("delete", path), contextlib.suppress(*ABSENT):
                place.unlink()

    def unfinished(self) -> Iterator[Unfinished]:
        found = list[Unfinished]()
        with self._told("list", WRITING), contextlib.suppress(*ABSENT), os.scandir(self.root / WRITING) as items:
            for item in items:
                with contextlib.suppress(FileNotFoundError):  # ended since the folder was read
                    found.append(Unfinished("", item.stat().st_mtime, item.name))
        return iter(found)

    def discard(self, unfinished: Iterable[Unfinished]) -> None:
        for item in unfinished:
            with self._told("delete", item.id):
                (self.root / WRITING / checked_path(item.id)).unlink(missing_ok=True)

    def open(self, path: str) -> BinaryIO:
        with self._told("open", path):
            return self._at(path).open("rb")

    def _at(self, path: str) -> Path:
        if path.partition("/")[0] == WRITING:
            raise StoreError(f"{path!r} cannot name an object: {WRITING} is where {self.location} writes.")
        return self.root / checked_path(path)

    def _below(self, prefix: str) -> Iterator[Entry]:
        """Every file below the deepest folder that the prefix names."""
        top = self.root / prefix.rpartition("/")[0]
        for folder, names, files in os.walk(top, onerror=_unless_absent):
            if Path(folder) == self.root:
                names[:] = [name for name in names if name != WRITING]
            within = Path(folder).relative_to(self.root).as_posix()
            for name in files:
                path = name if within == "." else f"{within}/{name}"
                if path.startswith(prefix):
                    with contextlib.suppress(FileNotFoundError):  # gone since the folder was read
                        facts = os.stat(os.path.join(folder, name))
                        yield Entry(path, facts.st_size, facts.st_mtime)

    @contextlib.contextmanager
    def _written(self, path: str, size: int, blocks: Iterator[bytes]) -> Iterator[Path]:
        """A file of these blocks on the disk, which is gone after the block unless it was moved."""
        folder = self.root / WRITING
        folder.mkdir(parents=True, exist_ok=True)
        place, seen = folder / secrets.token_hex(16), 0
        try:
            with place.open("xb") as file:
                for block in blocks:
                    seen += file.write(block)
                if seen != size:
                    raise StoreError(f"{path} was to have {size} bytes and came with {seen}: nothing was written.")
                file.flush()
                os.fsync(file.fileno())
            yield place
        finally:
            place.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _told(self, doing: str, path: str) -> Iterator[None]:
        """What the operating system refuses, in one sentence."""
        try:
            yield
        except OSError as error:
            if isinstance(error, ABSENT) and doing != "write":
                raise MissingObject(f"{self.location} has no object {path}.") from None
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreError(f"{self.location} is full, so {path} was not written: free some space.") from error
            said = (error.strerror or str(error)).lower()
            raise StoreError(f"{self.location} failed to {doing} {path} ({said}).") from error


def _unless_absent(error: OSError) -> None:
    if not isinstance(error, ABSENT):
        raise error


def _settle(folder: Path) -> None:
    """A new name is on the disk when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
