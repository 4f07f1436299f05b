"""How many characters of each class a text has, fifteen classes at once.

Of ASCII, sixty-four bytes are looked at together. For other characters a table has two 64-bit numbers whose bytes say
to which classes each belongs; they are added up for as many.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.unicode import decode
from dagster_project.corpus.kernels.vectors import WIDTH, below, byte_is, bytes_between, first, ones, zeros_below
from dagster_project.corpus.kernels.word_windows import CARRIAGE_RETURN, SEPARATOR, SPACE, TAB

LANES, LANE = 16, np.uint64(0xFF)
FULL = 255 - WIDTH  # characters before what is held is emptied
BEYOND_ASCII, CAPITAL, SMALL, DIGIT = (0x80, 0xFF), (ord("A"), ord("Z")), (ord("a"), ord("z")), (ord("0"), ord("9"))
CONTROLS, SEPARATORS = (TAB, CARRIAGE_RETURN), (SEPARATOR, SPACE)  # white space
BLANKS, FEEDS, SEPARATED_LINES = (9, 10), (10, CARRIAGE_RETURN), (SEPARATOR, 30)
LESS, GREATER, OPENING, CLOSING, OPENING_SQUARE, CLOSING_SQUARE = map(ord, "<>{}[]")
HASH, DOLLAR, AND, PLUS, SLASH, SEMICOLON, COMMERCIAL_AT, CARET, GRAVE, BAR, TILDE = map(ord, "#$&+/;@^`|~")
ROUND, ROUND_TO_PLUS = (ord("("), ord(")")), (ord("("), PLUS)
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


class Held(NamedTuple):
    """Sums that are not yet in the counts: a byte for each class."""

    low: np.uint64
    high: np.uint64
    characters: int


NOTHING = Held(np.uint64(0), np.uint64(0), 0)


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
    return Classes(pages, np.ascontiguousarray(packed[:, 0]), np.ascontiguousarray(packed[:, 1]))


@bare
def count_classes(data: Any, at: Any, end: Any, sums: Any, classes: Any) -> Any:
    """Add to sums, int64[LANES], how many characters of data[at:end] belong to each class."""
    text, limit, held = pointer(data), len(data), NOTHING
    while at < end:
        size = min(end - at, WIDTH)
        others = inside = first(size)
        if at + WIDTH <= limit:
            others &= bytes_between(text, at, *BEYOND_ASCII)
            _count_ascii(text, at, inside & ~others, sums)
        at, base = at + size, at
        if others:
            at, held = _count_others(data, base, at, end, others, held, classes)
            if held.characters > FULL:
                _empty(held, sums)
                held = NOTHING
    _empty(held, sums)


@inlined
def _count_ascii(text: Any, at: Any, wanted: Any, sums: Any) -> Any:
    """Count those of sixty-four bytes that are wanted, which are ASCII."""
    capital, digits = wanted & bytes_between(text, at, *CAPITAL), wanted & bytes_between(text, at, *DIGIT)
    letters = capital | wanted & bytes_between(text, at, *SMALL)
    spaces = wanted & (bytes_between(text, at, *CONTROLS) | bytes_between(text, at, *SEPARATORS))
    sums[CHARACTERS] += ones(wanted)
    sums[WHITESPACE] += ones(spaces)
    sums[LETTERS] += ones(letters)
    sums[DIGITS] += ones(digits)
    sums[UPPERCASE] += ones(capital)
    sums[ALPHANUMERICS] += ones(letters) + ones(digits)
    sums[PUNCTUATION] += ones(
        wanted & ~(letters | digits | bytes_between(text, at, *BLANKS) | byte_is(text, at, SPACE))
    )
    _count_marks(text, at, wanted & ~(letters | digits), sums)
    if spaces & ~byte_is(text, at, SPACE):
        _count_breaks(text, at, spaces, sums)


@inlined
def _count_marks(text: Any, at: Any, wanted: Any, sums: Any) -> Any:
    """The classes of marks, which overlap."""
    angle = byte_is(text, at, LESS) | byte_is(text, at, GREATER)
    curly = byte_is(text, at, OPENING) | byte_is(text, at, CLOSING)
    square = byte_is(text, at, OPENING_SQUARE) | byte_is(text, at, CLOSING_SQUARE)
    symbols = bytes_between(text, at, LESS, GREATER) | byte_is(text, at, DOLLAR) | byte_is(text, at, PLUS)
    symbols |= byte_is(text, at, CARET) | byte_is(text, at, GRAVE) | byte_is(text, at, BAR) | byte_is(text, at, TILDE)
    code = bytes_between(text, at, *ROUND_TO_PLUS) | bytes_between(text, at, SEMICOLON, GREATER)
    code |= bytes_between(text, at, OPENING_SQUARE, GRAVE) | bytes_between(text, at, OPENING, TILDE)
    code |= (
        byte_is(text, at, DOLLAR) | byte_is(text, at, AND) | byte_is(text, at, SLASH) | byte_is(text, at, COMMERCIAL_AT)
    )
    sums[SYMBOLS] += ones(wanted & symbols)
    sums[HASHES] += ones(wanted & byte_is(text, at, HASH))
    sums[CURLY_BRACKETS] += ones(wanted & curly)
    sums[ANGLE_BRACKETS] += ones(wanted & angle)
    sums[BRACKETS] += ones(wanted & (curly | square | bytes_between(text, at, *ROUND)))
    sums[CODE_CHARACTERS] += ones(wanted & code)


@inlined
def _count_breaks(text: Any, at: Any, wanted: Any, sums: Any) -> Any:
    breaks = bytes_between(text, at, *FEEDS) | bytes_between(text, at, *SEPARATED_LINES)
    sums[LINE_BREAKS] += ones(wanted & breaks)
    sums[CARRIAGE_RETURNS] += ones(wanted & byte_is(text, at, CARRIAGE_RETURN))


@bare
def _count_others(data: Any, base: Any, following: Any, end: Any, others: Any, held: Any, classes: Any) -> Any:
    """Add the rows of the characters that begin at these positions after `base`; returns also where to go on."""
    low, high, count = held
    while others:
        code, after = decode(data, base + zeros_below(others), end)
        row = _row(code, classes)
        low, high, count = low + classes.low[row], high + classes.high[row], count + 1
        if after >= following:
            return after, Held(low, high, count)
        others &= ~below(after - base)
    return following, Held(low, high, count)


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
def _empty(held: Any, sums: Any) -> Any:
    for lane in range(8):
        sums[lane] += np.int64(held.low >> np.uint64(8 * lane) & LANE)
        sums[lane + 8] += np.int64(held.high >> np.uint64(8 * lane) & LANE)
