"""Processes by number and start, for a number alone may be another's by now."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

STOP_SECONDS = 6.0


def process_start(pid: int) -> str | None:
    """When a process began, in clock ticks since boot; None when there is none, or only its remains."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if facts[0] in "ZX" else facts[19]


def end_process(pid: int, started: str) -> None:
    """SIGTERM to the group; now and then that is not enough."""
    for sign, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        if not started or process_start(pid) != started:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, sign)
        deadline = time.monotonic() + seconds
        while process_start(pid) == started and time.monotonic() < deadline:
            time.sleep(0.02)
