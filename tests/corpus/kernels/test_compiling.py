"""A kernel on disk is used only while the whole room is as it was."""

import shutil
import subprocess
import sys

from dagster_project.corpus.kernels import compiling, hashing

PROGRAM = "import numpy; from room import caller; print(caller.call(numpy.int64(1)), len(caller.call.stats.cache_hits))"


def run(folder):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.split()


def test_a_changed_callee_is_compiled_anew(tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    (room / "__init__.py").touch()
    shutil.copy(compiling.__file__, room)
    callee = "from room.compiling import compiled\n\n@compiled\ndef called(x):\n    return x + {}\n"
    (room / "callee.py").write_text(callee.format(1))
    (room / "caller.py").write_text(
        callee.format(1).split("@")[0]
        + "from room.callee import called\n\n@compiled\ndef call(x):\n    return called(x)"
    )
    assert run(tmp_path) == ["2", "0"]
    assert run(tmp_path) == ["2", "1"]
    (room / "callee.py").write_text(callee.format(10))
    assert run(tmp_path) == ["11", "0"]


def test_a_class_that_is_gone_is_no_obstacle(tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    (room / "__init__.py").touch()
    shutil.copy(compiling.__file__, room)
    source = """from typing import NamedTuple
from room.compiling import compiled

class Old(NamedTuple):
    x: int

@compiled
def take(pair):
    return pair.x

def call(x):
    return take(Old(x))
"""
    program = "from room import caller; print(caller.call(7), len(caller.take.stats.cache_hits))"
    for text, expected in [(source, "7 0"), (source, "7 1"), (source.replace("Old", "New"), "7 0")]:
        (room / "caller.py").write_text(text)
        command = [sys.executable, "-c", program]
        assert (
            subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == expected + "\n"
        )


def test_every_kernel_carries_the_stamp():
    assert hashing.xxh64._cache._cache_file._source_stamp == compiling.STAMP
