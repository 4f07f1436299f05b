"""Whether a text holds a phrase of ASCII letters, in any case: a quick look that most texts fail, and an exact one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.bare import bare

KELVIN = (0xE2, 0x84, 0xAA)  # U+212A, the one other character whose lower case is a letter of ASCII


def phrase(text: str) -> NDArray[np.uint8]:
    """A phrase to look for: lower case, ASCII, no "k" in front."""
    return np.frombuffer(text.encode("ascii"), np.uint8).copy()


@bare
def find(data: Any, at: Any, end: Any, sought: Any) -> Any:
    """Where the phrase first begins and ends in data[at:end]; (end, end) where it does not."""
    first, last = sought[0], end - len(sought)
    while at <= last:
        if lowered(data[at]) == first:
            after = match(data, at, end, sought)
            if after:
                return at, after
        at += 1
    return end, end


@bare
def match(data: Any, at: Any, end: Any, sought: Any) -> Any:
    """Where the phrase that begins at `at` ends; 0 where it is another text."""
    for i in range(len(sought)):
        if at >= end:
            return 0
        if lowered(data[at]) == sought[i]:
            at += 1
        elif sought[i] == ord("k") and is_kelvin(data, at, end):
            at += 3
        else:
            return 0
    return at


@bare
def lowered(byte: Any) -> Any:
    return byte | np.uint8(32) if ord("A") <= byte <= ord("Z") else byte


@bare
def is_kelvin(data: Any, at: Any, end: Any) -> Any:
    return at + 3 <= end and (data[at], data[at + 1], data[at + 2]) == KELVIN
