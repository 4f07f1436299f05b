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


def test_every_kernel_carries_the_stamp():
    assert hashing.xxh64._cache._cache_file._source_stamp == compiling.STAMP
