"""What a full disk does to rows on disk: an error, never fewer rows. A limit on the size of files stands for it."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from dagster_project.corpus.storage.disk_arrays import DiskArrays
from dagster_project.corpus.storage.runs import Runs
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.temporary import append

ROW = np.dtype([("key", "<u8"), ("id", "V8")])


@pytest.fixture
def small_disk() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def spooled() -> None:
    with Spool(ROW, memory_bytes=16) as spool:
        for _ in range(20):
            spool.append(np.ones(1, ROW))
        list(spool.sorted())


def joined() -> None:
    with Runs(1, memory_bytes=1) as runs:
        runs.append(np.ones((100, 1), np.uint64))
        list(runs.sorted())


def mapped() -> None:
    with DiskArrays() as arrays:
        arrays.make(np.uint64, 1000, fill=1)


@pytest.mark.parametrize("write", [spooled, joined, mapped])
def test_a_full_disk_is_an_error_that_names_the_file(write: Callable[[], None], small_disk: None) -> None:
    with pytest.raises(OSError, match="florilegium-") as caught:
        write()
    assert caught.value.filename
    assert caught.value.errno


def test_rows_of_any_kind_are_added(tmp_path: Path) -> None:
    path = tmp_path / "x"
    rows = np.zeros(6, ROW)
    rows["key"] = range(6)
    for part in (rows[::2], rows[:0], rows[1:2]):
        append(path, part)
    assert np.fromfile(path, ROW)["key"].tolist() == [0, 2, 4, 1]
    append(path, np.arange(4, dtype=np.uint64).reshape(2, 2))
    assert np.fromfile(path, np.uint64)[-4:].tolist() == [0, 1, 2, 3]


def test_mapped_arrays_are_zeros_of_their_shape() -> None:
    with DiskArrays() as arrays:
        made = arrays.make(np.uint16, 3, 5)
        assert (made.shape, made.dtype, int(made.sum())) == ((3, 5), np.uint16, 0)
        assert arrays.make(np.int64, 2, fill=-1).tolist() == [-1, -1]
