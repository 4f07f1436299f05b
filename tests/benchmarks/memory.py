"""Peak memory of this process and of those that work for it, as Linux counts it."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

SECONDS = 0.2  # between looks; each process keeps its own peak until it ends
SERVER = "weed"


class Peaks:
    """Looks at this process and all below it, but the embedded server, for as long as the block runs."""

    def __init__(self) -> None:
        self.driver_mb = self.worker_mb = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._ended.wait(SECONDS):
            self._look()

    def _look(self) -> None:
        self.driver_mb = _peak_mb(os.getpid())
        self.worker_mb = max([self.worker_mb, *map(_peak_mb, _below(os.getpid()))])


def _below(process: int) -> list[int]:
    found, left = list[int](), [process]
    while left:
        for listing in Path(f"/proc/{left.pop()}/task").glob("*/children"):
            with suppress(OSError):
                children = [int(child) for child in listing.read_text().split()]
                left += children
                found += [child for child in children if _name(child) != SERVER]
    return found


def _name(process: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{process}/comm").read_text().strip()
    return ""


def _peak_mb(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return 0
