"""A task that says who runs it and then sleeps, for the test that kills the driver."""

from __future__ import annotations

import os
import time
from pathlib import Path


def sleep_long(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)
