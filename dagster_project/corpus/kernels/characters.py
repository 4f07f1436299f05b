"""How many characters of each class a text has, fifteen classes at once.

A table gives each character two 64-bit numbers whose bytes say to which classes it belongs. They are added up, and
emptied into the counts before a byte can overflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.hashing import EACH, load64
from dagster_project.corpus.kernels.unicode import decode

LANES, LANE = 16, np.uint64(0xFF)
FULL = 240  # characters before the sums are emptied; eight more fit
ABOVE_ASCII = EACH * np.uint64(0x80)
FIRST_SYMBOL, LAST_SYMBOL = u.CATEGORIES.index("Sm"), u.CATEGORIES.index("So")
CHARACTERS, WHITESPACE, LETTERS, DIGITS, UPPERCASE, ALPHANUMERICS, PUNCTUATION, SYMBOLS = range(8)
HASHES, CURLY_BRACKETS, ANGLE_BRACKETS, BRACKETS, CODE_CHARACTERS, LINE_BREAKS, CARRIAGE_RETURNS = range(8, 15)
ASCII_CLASSES: Mapping[int, str] = {
    HASHES: "#",
    CURLY_BRACKETS: "{}",
    ANGLE_BRACKETS: "<>",
    BRACKETS: "()[]{}",
    CODE_CHARACTERS: "{}[]()<>;=+*/\\|&^~$@_`",
    CARRIAGE_RETURNS: "\r",
}


class Classes(NamedTuple):
    """The classes of code point c are low[row] and high[row] with row = pages[c >> 7] * 128 + c % 128."""

    pages: NDArray[np.uint16]
    low: NDArray[np.uint64]  # a byte for each of the first eight classes
    high: NDArray[np.uint64]
    ascii: NDArray[np.uint64]  # (256, 2), by byte


@cache
def classes() -> Classes:
    """The tables, made once per process of the packaged properties."""
    pages, properties = u.characters()
    category = properties & u.CATEGORY
    asked = {
        CHARACTERS: np.ones(len(properties), bool),
        WHITESPACE: properties & u.SPACE,
        LETTERS: properties & u.ALPHABETIC,
        DIGITS: properties & u.DIGIT,
        UPPERCASE: properties & u.UPPER,
        ALPHANUMERICS: (properties & u.ALPHABETIC > 0) | ((category > u.LAST_MARK) & (category <= u.LAST_NUMBER)),
        PUNCTUATION: properties & u.PUNCTUATION_SET,
        SYMBOLS: (category >= FIRST_SYMBOL) & (category <= LAST_SYMBOL),
        LINE_BREAKS: properties & u.LINE_BREAK,
    }
    table = np.zeros((len(properties), LANES), np.uint8)
    for lane, members in asked.items():
        table[:, lane] = members != 0
    first = int(pages[0]) * u.PAGE
    for lane, text in ASCII_CLASSES.items():
        table[[first + ord(c) for c in text], lane] = 1
    packed = table.view("<u8")
    ascii = np.zeros((256, 2), np.uint64)
    ascii[:128] = packed[first : first + 128]
    return Classes(pages, np.ascontiguousarray(packed[:, 0]), np.ascontiguousarray(packed[:, 1]), ascii)


@bare
def count_classes(data: Any, at: Any, end: Any, sums: Any, classes: Any) -> Any:
    """Add to sums, int64[LANES], how many characters of data[at:end] belong to each class."""
    ascii, low, high, held = classes.ascii, np.uint64(0), np.uint64(0), 0
    while at < end:
        if at + 8 <= end:
            eight = load64(data, np.uint64(at))
            if not eight & ABOVE_ASCII:
                for i in range(8):
                    byte = eight >> np.uint64(8 * i) & LANE
                    low += ascii[byte, np.uint64(0)]
                    high += ascii[byte, np.uint64(1)]
                at += 8
                held += 8
                if held >= FULL:
                    _empty(low, high, sums)
                    low, high, held = np.uint64(0), np.uint64(0), 0
                continue
        code, at = decode(data, at, end)
        row = _row(code, classes)
        low += classes.low[row]
        high += classes.high[row]
        held += 1
        if held >= FULL:
            _empty(low, high, sums)
            low, high, held = np.uint64(0), np.uint64(0), 0
    _empty(low, high, sums)


@bare
def belongs(code: Any, lane: Any, classes: Any) -> Any:
    """Is a code point of the class with this number?"""
    row = _row(code, classes)
    packed = classes.low[row] if lane < 8 else classes.high[row]
    return packed >> np.uint64(8 * (lane % 8)) & LANE != 0


@bare
def _row(code: Any, classes: Any) -> Any:
    page = np.uint64(classes.pages[np.uint64(code >> u.PAGE_SHIFT)])
    return page * np.uint64(u.PAGE) + np.uint64(code & u.PAGE_MASK)


@bare
def _empty(low: Any, high: Any, sums: Any) -> Any:
    for lane in range(8):
        sums[lane] += np.int64(low >> np.uint64(8 * lane) & LANE)
        sums[lane + 8] += np.int64(high >> np.uint64(8 * lane) & LANE)
