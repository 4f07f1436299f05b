"""A store in a dictionary, for tests: it keeps every promise of an object store and forgets all of it at exit."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NoReturn

from dagster_project.corpus.model.errors import MissingObject, StoreError
from dagster_project.corpus.storage.stores import Entry, Unfinished, checked_path


class MemoryStore:
    """One process only: a pickled copy would silently lose what workers write, so pickling is refused."""

    def __init__(self, name: str = "memory") -> None:
        self.location = f"memory://{name}"
        self._objects: dict[str, tuple[bytes, float]] = {}
        self._lock = threading.Lock()

    def get(self, path: str) -> bytes:
        try:
            return self._objects[checked_path(path)][0]
        except KeyError:
            raise MissingObject(f"{self.location} has no object {path}.") from None

    def get_range(self, path: str, start: int, length: int) -> bytes:
        body = self.get(path)
        if start < 0 or length < 0 or start + length > len(body):
            raise StoreError(f"{path} has {len(body)} bytes, so {length} from {start} cannot be read.")
        return body[start : start + length]

    def put_once(self, path: str, body: bytes) -> bool:
        with self._lock:
            if checked_path(path) in self._objects:
                return False
            self._objects[path] = (bytes(body), time.time())
            return True

    def put_blocks_once(self, path: str, size: int, blocks: Callable[[], Iterator[bytes]]) -> bool:
        body = b"".join(blocks())
        if len(body) != size:
            raise StoreError(f"{path} was to have {size} bytes and came with {len(body)}: nothing was written.")
        return self.put_once(path, body)

    def put(self, path: str, body: bytes) -> None:
        with self._lock:
            self._objects[checked_path(path)] = (bytes(body), time.time())

    def size(self, path: str) -> int | None:
        found = self._objects.get(checked_path(path))
        return None if found is None else len(found[0])

    def list(self, prefix: str) -> Iterator[Entry]:
        with self._lock:
            found = [
                Entry(path, len(body), at) for path, (body, at) in self._objects.items() if path.startswith(prefix)
            ]
        return iter(sorted(found, key=lambda entry: entry.path))

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            with self._lock:
                self._objects.pop(checked_path(path), None)

    def unfinished(self) -> Iterator[Unfinished]:
        return iter(())  # an object is written in one step

    def discard(self, unfinished: Iterable[Unfinished]) -> None:
        pass

    def open(self, path: str) -> BinaryIO:
        return io.BytesIO(self.get(path))

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{self.location} lives in one process: give workers a store that they can reach.")
