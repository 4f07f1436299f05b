"""The program as a process: fast help, exit codes, a port that is taken, and an embedded server that ends with it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dagster_project.corpus.storage.embedded import status

FLORILEGIUM = [sys.executable, "-c", "from dagster_project.cli.main import run; run()"]


def run(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FLORILEGIUM, *words], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, timeout=60
    )


def test_help_is_fast_and_loads_nothing_heavy(tmp_path):
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        assert run("--help", cwd=tmp_path).returncode == 0
        seconds.append(time.perf_counter() - begun)
    assert min(seconds) < 0.5
    code = "import sys, dagster_project.cli.main; print([m for m in HEAVY if m in sys.modules])"
    heavy = ["dagster", "great_expectations", "pyarrow", "numpy", "boto3", "rich"]
    done = subprocess.run([sys.executable, "-c", f"HEAVY={heavy}; {code}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_verb_has_help(tmp_path):
    for verb in ("demo", "build", "trace", "impact", "history", "report", "sources", "up", "status"):
        done = run(verb, "--help", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    assert run("brew", cwd=tmp_path).returncode == 2


def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("up", "--port", str(port), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: port {port} of 127.0.0.1 cannot be used (address already in use)")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / ".florilegium").exists()


def test_pages_need_a_port_of_their_own(tmp_path):
    assert run("up", "--port", "4100", "--pages-port", "4100", cwd=tmp_path).returncode == 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("up", "--port", str(port - 1), "--pages-port", str(port), cwd=tmp_path)
    assert done.returncode == 1
    assert "choose another with --p" in done.stderr
    assert not (tmp_path / ".florilegium").exists()


def test_status_starts_nothing(tmp_path):
    done = run("status", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (found["embedded"]["running"], found["partitions"]) == (False, None)
    assert not (tmp_path / ".florilegium").exists()


@pytest.mark.embedded
def test_sigterm_ends_the_embedded_server_too(tmp_path):
    held = "import time, click\nfrom dagster_project.cli import main as m\n"
    held += "from dagster_project.cli.session import verb\n"
    held += "@click.command()\n@verb\ndef hold(session):\n    from dagster_project.opening import opened_store\n"
    held += "    with opened_store(session.settings):\n        print('held', flush=True); time.sleep(60)\n"
    held += "m.main.add_command(hold); m.main(['hold'])"
    process = subprocess.Popen([sys.executable, "-c", held], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    store = tmp_path / ".florilegium" / "store"
    assert status(store).running
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 143
    assert not status(store).running


def test_an_unexpected_error_is_a_sentence_and_with_debug_a_traceback(built, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("odd\x1b[31m")

    monkeypatch.setattr("dagster_project.stores.opened_store", broken)
    told = built("versions", code=1).stderr
    assert "ZeroDivisionError: odd\\x1b[31m" in told
    assert "--debug" in told
    assert "Traceback" not in told
    assert "Traceback" in built("versions", "--debug", code=1).stderr


def test_an_interrupt_ends_with_130(built, monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dagster_project.stores.opened_store", interrupted)
    built("versions", code=130)
