"""One `up` for each home: another is refused, and what one left behind that was killed is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.cli.holds import held, record, refuse_held
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.storage.processes import process_start

# as `up` does it: a child in a session of its own, which inherits the lock
DRIVER = """
import subprocess, sys, time
from pathlib import Path
from dagster_project.cli.holds import held, record
with held(Path(sys.argv[1])) as descriptor:
    child = subprocess.Popen(["sleep", "120"], start_new_session=True, pass_fds=[descriptor], stdout=subprocess.DEVNULL)
    record(descriptor, [child.pid])
    print(child.pid, flush=True)
    time.sleep(120)
"""


def test_a_home_has_one_up_at_a_time(tmp_path: Path) -> None:
    refuse_held(tmp_path / "dagster")
    assert not (tmp_path / "dagster").exists()
    with held(tmp_path / "dagster") as descriptor:
        record(descriptor, [])
        said = rf"another `florilegium up` works in .* \(process {os.getpid()}\): stop it"
        with pytest.raises(Refused, match=said), held(tmp_path / "dagster"):
            pass
        with pytest.raises(Refused, match=said):
            refuse_held(tmp_path / "dagster")
    with held(tmp_path / "dagster"):
        pass


def test_children_of_one_that_was_killed_are_ended_by_the_next(tmp_path: Path) -> None:
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    child = int(driver.stdout.readline())
    try:
        with pytest.raises(Refused):
            refuse_held(tmp_path)
        driver.send_signal(signal.SIGKILL)
        driver.wait()
        assert process_start(child)
        refuse_held(tmp_path)
        assert process_start(child) is None
    finally:
        if process_start(child):
            os.kill(child, signal.SIGKILL)


def test_a_record_that_is_none_ends_nobody(tmp_path: Path) -> None:
    with held(tmp_path) as descriptor:
        for body in (b"", b"[]", b'{"driver": 3}', b"\xff"):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, body, 0)
            with pytest.raises(Refused, match="another `florilegium up`"):
                refuse_held(tmp_path)
