"""Tar archives (POSIX ustar) in which nothing but names and sizes differs: no time, no owner, no permission to run."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.formats.pieces import fixed
from dagster_project.corpus.kernels.texts import Bytes

BLOCK = tarfile.BLOCKSIZE
NAME_DIGITS, SIZE_DIGITS, SUM_DIGITS = 12, 11, 6
MOST_MEMBERS = 10**NAME_DIGITS
SIZE, SUM = 124, 148  # where the fields stand in a header


class Member(NamedTuple):
    name: str
    start: int
    size: int


def headers(suffix: str, numbers: NDArray[np.int64], sizes: NDArray[np.int64]) -> pa.LargeBinaryArray:
    """The header of one file for each row, named `{number:012d}.suffix`."""
    prototype = tarfile.TarInfo("0" * NAME_DIGITS + f".{suffix}").tobuf(tarfile.USTAR_FORMAT)
    rows = np.repeat(np.frombuffer(prototype, np.uint8)[None, :], len(numbers), axis=0)
    rows[:, :NAME_DIGITS] = _digits(numbers, 10, NAME_DIGITS)
    rows[:, SIZE : SIZE + SIZE_DIGITS] = _digits(sizes, 8, SIZE_DIGITS)
    rows[:, SUM : SUM + 8] = ord(" ")
    sums = rows.sum(axis=1, dtype=np.int64)
    rows[:, SUM : SUM + SUM_DIGITS] = _digits(sums, 8, SUM_DIGITS)
    rows[:, SUM + SUM_DIGITS] = 0
    return fixed(rows)


def ending(size: int) -> bytes:
    """What ends an archive of this size: two empty blocks, and zeros up to a whole record."""
    return bytes(2 * BLOCK + -(size + 2 * BLOCK) % tarfile.RECORDSIZE)


def members(archive: Bytes) -> Iterator[Member]:
    """The files of an archive in order; a ValueError where it is cut short or a size is none."""
    place, data = 0, archive.data
    while place + BLOCK <= len(data) and data[place]:
        name, size = bytes(data[place : place + 100]), bytes(data[place + SIZE : place + SIZE + SIZE_DIGITS])
        member = Member(name.rstrip(b"\0").decode("ascii"), place + BLOCK, int(size, 8))
        place = member.start + member.size + -member.size % BLOCK
        if member.size < 0 or place > len(data):
            raise ValueError(f"{member.name} is cut short")
        yield member


def _digits(numbers: NDArray[np.int64], base: int, width: int) -> Bytes:
    powers = base ** np.arange(width - 1, -1, -1)
    found: Bytes = (numbers[:, None] // powers % base + ord("0")).astype(np.uint8)
    return found
