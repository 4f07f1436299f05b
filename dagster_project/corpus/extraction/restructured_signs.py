"""The signs by which the lines of reStructuredText are known, each without a way to take long over a hostile line."""

from __future__ import annotations

import re
from bisect import bisect_right

from dagster_project.corpus.extraction.plain_text import Lines

VALUE_CHARACTERS = 2_000
ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*")
DIRECTIVE = re.compile(r"\.\. +(?:\|[^|]{1,200}\| +)?([A-Za-z0-9][A-Za-z0-9+:._-]{0,80}?)::(?: +(.*))?$")
EXPLICIT = re.compile(r"\.\.(?: |$)")
NOTE = re.compile(r"\.\. +\[[^\]]{1,200}\] *")
TARGET = re.compile(r"\.\. +_(`[^`]{1,500}`|[^:]{1,500}): +(\S.*)")
FIELD = re.compile(r":([^:\s][^:]{0,100}):(?: +(.*))?$")
BULLET = re.compile(r"[-*+•‣⁃](?: +|$)")
ENUMERATOR = r"(?:[0-9]{1,9}|[A-Za-z]|[ivxlcdmIVXLCDM]{1,12}|#)"
NUMBER = re.compile(rf"(?:\({ENUMERATOR}\)|{ENUMERATOR}[.)])(?: +|$)")
GRID = re.compile(r"\+(?:[-=]+\+)+")
SIMPLE = re.compile(r"=+(?: +=+)+")
LINK = re.compile(r"`([^`<]{1,500})<([^<>`]{1,2000})>`__?")
NAMED = re.compile(r"`([^`<>]{1,500})`__?(?!\w)")
MATH = re.compile(r":math:`([^`]{1,2000})`")


class Places:
    """From characters of some joined lines to bytes of the text."""

    def __init__(self, lines: Lines, first: int, column: int, pieces: list[str]):
        self._lines, self._first, self._column = lines, first, column
        self._starts = [0]
        for piece in pieces:
            self._starts.append(self._starts[-1] + len(piece) + 1)

    def __call__(self, at: int) -> int:
        line = bisect_right(self._starts, at) - 1
        return self._lines.byte(self._first + line, at - self._starts[line] + (self._column if line == 0 else 0))


def marker(line: str) -> int:
    """The width of the mark of an item, or 0."""
    found = BULLET.match(line) or NUMBER.match(line)
    return found.end() if found else 0


def targets_in(texts: list[str]) -> dict[str, str]:
    """Named targets that lead somewhere outside, by name."""
    found: dict[str, str] = {}
    for line in texts:
        if line.lstrip().startswith(".. _") and (target := TARGET.match(line.strip())):
            name = " ".join(target[1].strip("`").lower().split())
            found.setdefault(name, target[2].strip()[:VALUE_CHARACTERS])
    return found


def closing_borders(texts: list[str]) -> list[int]:
    """For every line the next border of a simple table below it that a blank line or the end follows, or -1."""
    closing, nearest = [-1] * len(texts), -1
    for at in range(len(texts) - 1, -1, -1):
        closing[at] = nearest
        if SIMPLE.fullmatch(texts[at].strip()) and (at + 1 == len(texts) or not texts[at + 1].strip()):
            nearest = at
    return closing
