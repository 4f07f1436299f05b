"""`florilegium build` in a process of its own that can be killed: forked from a server that has imported everything, so
that it begins in milliseconds. It is the command itself, with its sentence on stderr and its exit code; only the audit
and the HTML reports are left out.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import botocore.auth

import dagster_project.cli.reports
import dagster_project.opening
import dagster_project.stores
from dagster_project.cli.main import main
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.s3 import S3Config
from dagster_project.corpus.storage.spool import Spool
from tests.corpora import Lenient

MIX = "published/notes@dev"
MOST_SECONDS = 120.0
FOREVER = 99  # the exit code of a build that did not end
COMPLETED, REFUSED, KILLED, CRASHED = ENDINGS = ("completed", "refused", "killed", "crashed")


@dataclass(frozen=True)
class Order:
    """A build: in which store, of which recipes, and what is odd about the machine that does it."""

    recipes: Path
    home: Path
    config: S3Config
    is_embedded: bool = False  # whether the build opens the store itself, as the embedded one of `home`
    options: tuple[str, ...] = ()
    workers: int = 1
    timeout_seconds: float = 60
    temporary: Path | None = None  # TMPDIR
    spool_bytes: int = 0  # of records in memory, before they go to disk; 0: as many as ever
    jump: tuple[float, float] = (0.0, 0.0)  # after so many seconds, the clock is so many ahead

    @property
    def environment(self) -> Mapping[str, str]:
        found = {"FLORILEGIUM_HOME": str(self.home), "TMPDIR": str(self.temporary or "/tmp")}
        if not self.is_embedded:
            found["FLORILEGIUM_STORE"] = self.config.location
            found["AWS_ENDPOINT_URL"] = self.config.endpoint or ""
            found["AWS_ACCESS_KEY_ID"] = self.config.access_key or ""
            found["AWS_SECRET_ACCESS_KEY"] = self.config.secret_key or ""
        return found


@dataclass(frozen=True)
class Ended:
    """How a build ended: its exit code, negative for a signal, and its last line on stderr."""

    code: int
    said: str

    @property
    def how(self) -> str:
        if self.code <= 0:
            return KILLED if self.code else COMPLETED
        is_sentence = self.code == 1 and self.said.startswith("error: ") and "unexpected" not in self.said
        return REFUSED if is_sentence else CRASHED


class Build:
    """One that is under way."""

    def __init__(self, order: Order):
        order.home.mkdir(parents=True, exist_ok=True)
        self._log = order.home / f"stderr-{time.monotonic_ns()}"
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__, "tests.faults.warm"])
        self._process = context.Process(target=run, args=(order, self._log))
        self._process.start()

    @property
    def is_running(self) -> bool:
        return self._process.exitcode is None

    def kill(self) -> None:
        self._process.kill()

    def send(self, sign: signal.Signals) -> None:
        """SIGSTOP holds the process where it is, SIGCONT lets it go on."""
        assert self._process.pid
        os.kill(self._process.pid, sign)

    def kill_worker(self) -> bool:
        """SIGKILL to the youngest of its workers, which are children of its own fork server; False if it has none."""
        parents = _parents()
        servers = {pid for pid, parent in parents.items() if parent == self._process.pid}
        workers = [pid for pid, parent in parents.items() if parent in servers]
        with contextlib.suppress(ProcessLookupError):
            if workers:
                os.kill(max(workers), signal.SIGKILL)
        return bool(workers)

    def wait(self) -> Ended:
        self._process.join(MOST_SECONDS)
        if (code := self._process.exitcode) is None:
            self._process.kill()
            self._process.join()
            return Ended(FOREVER, f"it did not end in {MOST_SECONDS:.0f} seconds")
        said = self._log.read_text(errors="replace") if self._log.exists() else ""
        return Ended(code, (said.strip().splitlines() or [""])[-1])


def build(order: Order) -> Ended:
    """One from its start to its end."""
    return Build(order).wait()


def _parents() -> dict[int, int]:
    """The parent of every process."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return found


# ---- in the child ---------------------------------------------------------------------------------------------


def run(order: Order, log: Path) -> None:
    """Make the machine odd, then be the command line."""
    sys.stderr.flush()
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for name in [name for name in os.environ if name.startswith(("AWS_", "FLORILEGIUM_"))]:
        del os.environ[name]
    os.environ.update(order.environment)
    tempfile.tempdir = None  # of the server that forked this one
    freeze.GROUP_BYTES = 1  # every file a task of its own, so that workers are used
    dagster_project.opening.GreatExpectationsAuditor = lambda *_: Lenient()
    dagster_project.cli.reports.write_reports = lambda *_: {}
    _be_impatient(order)
    if order.spool_bytes:
        Spool.__init__.__defaults__ = (order.spool_bytes,)
    if order.jump[1]:
        _jump(*order.jump)
    main(["--quiet", "--recipes", f"{order.recipes}", "--workers", f"{order.workers}", "build", *order.options, MIX])


def _be_impatient(order: Order) -> None:
    known: Callable[[Any], S3Config] = dagster_project.stores.store_config

    def impatient(settings: Any) -> S3Config:
        return replace(known(settings), timeout_seconds=order.timeout_seconds)

    dagster_project.stores.store_config = impatient


def _jump(after: float, ahead: float) -> None:
    """From some moment on the clock of this process is ahead: in what it records and in what it signs."""
    from datetime import UTC, datetime

    begun, true = time.monotonic(), time.time

    def now() -> float:
        return true() + (ahead if time.monotonic() - begun >= after else 0)

    def signing(remove_tzinfo: bool = True) -> datetime:
        found = datetime.fromtimestamp(now(), UTC)
        return found.replace(tzinfo=None) if remove_tzinfo else found

    time.time = now
    botocore.auth.get_current_datetime = signing
