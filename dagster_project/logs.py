"""Logs for machines: one JSON object a line on stderr, with time, level, run, partition, stage and shard."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dagster_project.corpus.building.library import Built
    from dagster_project.corpus.model.partitions import Partition

QUIET_SECONDS = 1.0
COSTS = ("cpu_seconds", "driver_peak_bytes", "worker_peak_bytes", "bytes_in", "bytes_out", "workers")


def log(level: str, message: str, run: str = "", **fields: Any) -> None:
    """One line. All outside ASCII is escaped, so that no text of a document reaches a terminal as it is."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"time": now, "level": level, "run": run, "message": message, **fields}
    print(json.dumps(line), file=sys.stderr, flush=True)


class Logs:
    """An observer that logs a build: its start, its end, and at most every second how many shards are done."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.said = 0.0

    def started(self, partition: Partition) -> None:
        self.said = time.monotonic()
        self._log("info", "started", partition)

    def progressed(self, partition: Partition, done: int, total: int) -> None:
        if done == total or time.monotonic() - self.said >= QUIET_SECONDS:
            self.said = time.monotonic()
            self._log("info", "progressed", partition, shard=done, shards=total)

    def finished(self, built: Built) -> None:
        version = {"version": built.manifest.id, "rows": built.manifest.rows, "new": built.fresh}
        for outcome in built.outcomes:
            if not outcome.passed:
                self._log("warning", outcome.said, built.partition, **version)
        costs = {name: built.ref.run[name] for name in COSTS if built.fresh and name in built.ref.run}
        self._log("info", "finished", built.partition, **version, seconds=round(built.seconds, 3), **costs)

    def _log(self, level: str, message: str, partition: Partition, **fields: Any) -> None:
        log(level, message, self.run, partition=str(partition), stage=partition.stage, **fields)
