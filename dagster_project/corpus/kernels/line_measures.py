"""What the line edits of RefinedWeb ask of a line: characters, capitals, digits and words, by Python's str methods."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.line_bounds import is_ascii_space
from dagster_project.corpus.kernels.unicode import decode, property_bits

CHARACTERS, UPPER, DIGITS, WORDS, ALPHANUMERIC_WORDS = range(5)
MEASURES = 5  # the last one: words that begin with a letter or a number
CAPITALS, LETTERS, TEN, TWENTY_SIX = np.uint8(ord("A")), np.uint8(ord("a")), np.uint8(10), np.uint8(26)
ZERO, LOWER = np.uint8(ord("0")), np.uint8(32)
OTHER_NUMBER = u.CATEGORIES.index("No")
# characters that str.isdigit and not str.isdecimal: superscripts, circled digits and the like
_DIGITS = """B2-B3 B9 1369-1371 19DA 2070 2074-2079 2080-2089 2460-2468 2474-247C 2488-2490 24EA 24F5-24FD 24FF
2776-277E 2780-2788 278A-2792 10A40-10A43 10E60-10E68 11052-1105A 1F100-1F10A"""
DIGIT_RANGES = np.array([[int(item.split("-")[0], 16), int(item.split("-")[-1], 16)] for item in _DIGITS.split()])


@bare
def measure(data: Any, start: Any, end: Any, measures: Any, row: Any, tables: Any) -> Any:
    """Write the measures of data[start:end] to a row."""
    line = data[start:end]
    upper = digits = words = counted = np.int64(0)
    is_ascii, gap = True, True
    for i in range(len(line)):
        byte = line[i]
        upper += np.uint8(byte - CAPITALS) < TWENTY_SIX
        digits += np.uint8(byte - ZERO) < TEN
        is_ascii &= byte < 0x80
    if not is_ascii:
        _measure(data, start, end, measures, row, tables)
        return
    for i in range(len(line)):
        is_space = is_ascii_space(line[i])
        begins = gap & (not is_space)
        words += begins
        counted += begins & _is_alphanumeric(line[i])
        gap = is_space
    _write(measures, row, len(line), upper, digits, words, counted)


@bare
def _write(measures: Any, row: Any, characters: Any, upper: Any, digits: Any, words: Any, counted: Any) -> Any:
    measures[row, CHARACTERS], measures[row, UPPER], measures[row, DIGITS] = characters, upper, digits
    measures[row, WORDS], measures[row, ALPHANUMERIC_WORDS] = words, counted


@bare
def _is_alphanumeric(byte: Any) -> Any:
    return (np.uint8((byte | LOWER) - LETTERS) < TWENTY_SIX) | (np.uint8(byte - ZERO) < TEN)


@bare
def _measure(data: Any, at: Any, end: Any, measures: Any, row: Any, tables: Any) -> Any:
    characters = upper = digits = words = counted = 0
    gap = True
    while at < end:
        code, at = decode(data, at, end)
        bits = property_bits(tables, code)
        is_space = bits & u.SPACE != 0
        characters += 1
        upper += bits & u.UPPER != 0
        digits += bits & u.DIGIT != 0 or (bits & u.CATEGORY == OTHER_NUMBER and _is_digit(code))
        if gap and not is_space:
            words += 1
            counted += is_letter_or_number(bits)
        gap = is_space
    _write(measures, row, characters, upper, digits, words, counted)


@bare
def is_letter_or_number(bits: Any) -> Any:
    """str.isalnum"""
    category = bits & u.CATEGORY
    return category <= u.LAST_LETTER or u.LAST_MARK < category <= u.LAST_NUMBER


@bare
def _is_digit(code: Any) -> Any:
    is_digit = False
    for i in range(len(DIGIT_RANGES)):
        is_digit |= DIGIT_RANGES[i, 0] <= code <= DIGIT_RANGES[i, 1]
    return is_digit
