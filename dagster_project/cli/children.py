"""The processes behind `up`: started on our store, asked until they answer, and stopped as whole groups."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import dagster_project
from dagster_project.cli.holds import record
from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.defs.instance import prepared_home

if TYPE_CHECKING:
    from dagster_project.settings import Settings

MODULES = {
    "pages": ("dagster_project.serving",),
    "webserver": ("dagster_webserver",),
    "daemon": ("dagster._daemon", "run"),
    "daemon on PostgreSQL": ("dagster_project.defs.standby", "run"),
}
LOG_FORMATS = {"text": (), "json": ("--log-format", "json")}
START_SECONDS, STOP_SECONDS, POLL_SECONDS = 180.0, 20.0, 0.3
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
WORKSPACE = "load_from:\n  - python_module: dagster_project.definitions\n"


class UpError(FlorilegiumError):
    """The web UI, its daemon or the provenance pages cannot run."""


class Children:
    """Provenance pages, web server and daemon; leaving the block stops all of them."""

    def __init__(self, settings: Settings, host: str, port: int, pages_port: int, held: int) -> None:
        self.settings, self.host, self.port, self.pages_port = settings, host, port, pages_port
        self.home = (settings.home / "dagster").absolute()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._held = held

    @property
    def url(self) -> str:
        """Of the web UI."""
        return self._address(self.port)

    @property
    def pages_url(self) -> str:
        return self._address(self.pages_port)

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self.running.items()}

    def __enter__(self) -> Children:
        prepared_home(self.home, postgres=self.settings.postgres is not None)
        (self.home / "output").mkdir(exist_ok=True)
        served = ["-w", str(workspace_file(self.home)), *LOG_FORMATS[self.settings.log_format]]
        try:
            self._start("pages", self.host, str(self.pages_port))
            self._start("webserver", *served, "-h", self.host, "-p", str(self.port))
            self._wait_until_answers("pages", f"{self.pages_url}/")
            self._wait_until_answers("webserver", f"{self.url}/server_info")
            self._start("daemon", *served)  # only now: both would create the same SQLite tables
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running.values():
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            _signal(process, signal.SIGKILL)  # whatever is left of its group
            process.wait()

    def _address(self, port: int) -> str:
        host = EVERYWHERE.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def _wait_until_answers(self, name: str, url: str) -> None:
        """Loading the definitions takes seconds; a child that dies meanwhile is told at once."""
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url):
            self.refuse_dead()
            if time.monotonic() > deadline:
                raise UpError(f"the {name} does not answer after {START_SECONDS:.0f} s: see {self._log(name)}")
            time.sleep(POLL_SECONDS)

    def refuse_dead(self) -> None:
        for name, process in self.running.items():
            if process.poll() is not None:
                said = self._last_words(name)
                raise UpError(f"the {name} ended ({process.returncode}): {said}; see {self._log(name)}")

    def _start(self, name: str, *arguments: str) -> None:
        with self._log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *self._module(name), *arguments],
                env=self.settings.inherited(DAGSTER_HOME=str(self.home), FLORILEGIUM_PAGES=self.pages_url),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us, who stop them in order
                pass_fds=[self._held],
            )
        record(self._held, self.pids.values())

    def _module(self, name: str) -> tuple[str, ...]:
        """Where the instance is shared, its daemon waits until it is the only one that works."""
        return MODULES["daemon on PostgreSQL" if name == "daemon" and self.settings.postgres else name]

    def _log(self, name: str) -> Path:
        return self.home / "output" / f"{name}.log"

    def _last_words(self, name: str) -> str:
        lines = [line.strip() for line in self._log(name).read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1][:300].rstrip(".") if lines else "it wrote nothing"


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def refuse_taken(host: str, port: int, option: str = "--port") -> None:
    """Before anything is started."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UpError(f"port {port} of {host} cannot be used ({reason}): choose another with {option}") from None


def workspace_file(home: Path) -> Path:
    """The checkout's, or one of our own where the project is installed from a wheel."""
    checkout = Path(dagster_project.__file__).absolute().parent.parent / "workspace.yaml"
    if checkout.is_file():
        return checkout
    generated = home / "workspace.yaml"
    generated.write_text(WORKSPACE)
    return generated


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
