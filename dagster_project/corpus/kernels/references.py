"""Character references, and the white space beyond ASCII."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import HASH, SEMICOLON, is_letter

NO_REFERENCE, NAMED = -2, -1
LONGEST_REFERENCE = 32
BEYOND = np.int64(0x110000)  # all code points


@bare
def reference(page: Any, at: Any) -> Any:
    """(end, code) of the character reference at `at`: its code point, NAMED, or NO_REFERENCE."""
    size, i = len(page), at + 1
    if i < size and page[i] == HASH:
        return _numeric(page, at)
    while i < size and i - at < LONGEST_REFERENCE and (is_letter(page[i]) or 48 <= page[i] <= 57):
        i += 1
    if i < size and page[i] == SEMICOLON and i > at + 1:
        return i + 1, NAMED
    return at + 1, NO_REFERENCE


@bare
def _numeric(page: Any, at: Any) -> Any:
    size, i, base = len(page), at + 2, 10
    if i < size and page[i] | 32 == 120:
        i, base = i + 1, 16
    first, code = i, np.int64(0)
    while i < size:
        digit = np.int64(page[i]) - 48
        if base == 16 and 97 <= page[i] | 32 <= 102:
            digit = np.int64(page[i] | 32) - 87
        elif digit > 9:
            break
        if not 0 <= digit < base:
            break
        code, i = min(code * base + digit, BEYOND), i + 1
    if i == first:
        return at + 1, NO_REFERENCE
    return (i + 1 if i < size and page[i] == SEMICOLON else i), code


@bare
def white(page: Any, at: Any, end: Any) -> Any:
    """How many bytes of Unicode white space beyond ASCII begin at `at`: 0 for none."""
    one = page[at]
    if one == 0xC2 and at + 1 < end:
        return 2 if page[at + 1] == 0xA0 or page[at + 1] == 0x85 else 0
    if at + 2 >= end or (one != 0xE2 and one != 0xE3 and one != 0xE1):
        return 0
    two, three = page[at + 1], page[at + 2]
    if one == 0xE2 and two == 0x80:
        return 3 if three <= 0x8A or three == 0xA8 or three == 0xA9 or three == 0xAF else 0
    if one == 0xE2 and two == 0x81:
        return 3 if three == 0x9F else 0
    if one == 0xE3 and two == 0x80:
        return 3 if three == 0x80 else 0
    return 3 if one == 0xE1 and two == 0x9A and three == 0x80 else 0
