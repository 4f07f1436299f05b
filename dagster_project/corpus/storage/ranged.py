"""Files read by ranges."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from dagster_project.corpus.model.errors import StoreError

BUFFER_BYTES = 64 << 10
READ_AHEAD_BYTES = 8 << 20  # reached by doubling while reading goes straight on


class RangedReader(io.RawIOBase):
    """Reads an object by ranges: the tail is at hand, and reading straight on fetches more and more ahead."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, tail: bytes) -> None:
        self._fetch, self._size, self._position = fetch, size, 0
        self._tail, self._tail_start = tail, size - len(tail)
        self._window, self._window_start, self._ahead = b"", 0, BUFFER_BYTES

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        target = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if target < 0:
            raise ValueError(f"cannot seek to {target}: before the start")
        self._position = target
        return target

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer, unless the object ends first."""
        length = max(0, min(len(buffer), self._size - self._position))
        buffer[:length] = self._bytes(self._position, length)
        self._position += length
        return length

    def _bytes(self, start: int, length: int) -> bytes:
        if start >= self._tail_start or not length:
            return self._tail[start - self._tail_start :][:length]
        if not self._window_start <= start <= start + length <= self._window_start + len(self._window):
            self._fill(start, length)
        return self._window[start - self._window_start :][:length]

    def _fill(self, start: int, length: int) -> None:
        goes_on = self._window_start <= start <= self._window_start + len(self._window)
        self._ahead = min(2 * self._ahead, READ_AHEAD_BYTES) if goes_on else BUFFER_BYTES
        wanted = min(max(length + BUFFER_BYTES, self._ahead), self._size - start)
        self._window, self._window_start = self._fetch(start, wanted), start
        if len(self._window) != wanted:
            raise StoreError(f"A range of {wanted} bytes came back with {len(self._window)}: the object is cut short.")
