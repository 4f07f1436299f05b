"""Tokens of HTML: names, attributes, and where tags, comments and raw texts end.

The tokenizer of the WHATWG's standard (html.spec.whatwg.org, section 13.2.5), of which only the states are kept that
decide where a token ends. A page is uint8[n], valid UTF-8 without NUL; positions are bytes of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.bare import bare

LESS, GREATER, SLASH, EQUALS, BANG, DASH = 60, 62, 47, 61, 33, 45
AMPERSAND, SEMICOLON, HASH, QUESTION, DOUBLE, SINGLE = 38, 59, 35, 63, 34, 39
LETTERS = 10  # of a name that is told from others: 6 bits each

# fields of an attribute: its name, packed; where the name begins, the value begins, the value ends; the quote or 0
NAME, NAME_START, VALUE, VALUE_END, QUOTE, FIELDS = 0, 1, 2, 3, 4, 5
ATTRIBUTES = 200  # of one tag are read; a parser compares each with all before it
# what `attributes` says of the tag
COUNT, CLOSES_ITSELF, COPY_END = 0, 1, 2


def packed(name: str) -> int:
    """A name of at most LETTERS letters a–z, digits and dashes as one number; what the kernel reads in its place."""
    value = 0
    for letter in name:
        digit = ord(letter) - 96 if letter.isalpha() else 37 if letter == "-" else ord(letter) - 48 + 27
        value = value << 6 | digit
    return value


def needle(text: str) -> NDArray[np.uint8]:
    """Lower-case ASCII to be looked for."""
    return np.frombuffer(text.encode(), np.uint8).copy()


@bare
def is_space(byte: Any) -> Any:
    return byte == 32 or (9 <= byte <= 13 and byte != 11)


@bare
def is_letter(byte: Any) -> Any:
    return 97 <= (byte | 32) <= 122


@bare
def lower(byte: Any) -> Any:
    return byte | 32 if 65 <= byte <= 90 else byte


@bare
def name_at(page: Any, start: Any, end: Any) -> Any:
    """The packed name page[start:end], in any case; 0 for one that is too long or has other characters."""
    if end - start > LETTERS:
        return 0
    value = np.int64(0)
    for i in range(start, end):
        byte = np.int64(lower(page[i]))
        if 97 <= byte <= 122:
            digit = byte - 96
        elif 48 <= byte <= 57:
            digit = byte - 21
        elif byte == DASH:
            digit = np.int64(37)
        else:
            return 0
        value = value << 6 | digit
    return value


@bare
def name_end(page: Any, at: Any) -> Any:
    """Where the tag name that begins at `at` ends."""
    while at < len(page) and not is_space(page[at]) and page[at] != SLASH and page[at] != GREATER:
        at += 1
    return at


@bare
def attributes(page: Any, at: Any, rows: Any, said: Any) -> Any:
    """Read the attributes from `at` on to `rows`; returns where the tag ends, or -1 where the page ends in it."""
    size, count, is_closing = len(page), 0, 0
    said[COPY_END] = -1
    while True:
        while at < size and (is_space(page[at]) or page[at] == SLASH):
            is_closing = page[at] == SLASH or (is_closing and is_space(page[at]))
            at += 1
        if at >= size:
            return -1
        if page[at] == GREATER:
            said[COUNT], said[CLOSES_ITSELF] = min(count, ATTRIBUTES), is_closing and page[at - 1] == SLASH
            said[COPY_END] = at if said[COPY_END] < 0 else said[COPY_END]
            return at + 1
        if count == ATTRIBUTES:
            said[COPY_END] = at
        at = _attribute(page, at, rows[min(count, ATTRIBUTES)])
        if at < 0:
            return -1
        count, is_closing = count + 1, 0


@bare
def _attribute(page: Any, at: Any, row: Any) -> Any:
    size, start = len(page), at
    at += 1
    while at < size and not is_space(page[at]) and page[at] not in (SLASH, GREATER, EQUALS):
        at += 1
    row[NAME], row[NAME_START], row[QUOTE] = name_at(page, start, at), start, 0
    row[VALUE] = row[VALUE_END] = end = at
    while at < size and is_space(page[at]):
        at += 1
    if at >= size or page[at] != EQUALS:
        return at if at < size else -1
    at += 1
    while at < size and is_space(page[at]):
        at += 1
    if at >= size:
        return -1
    if page[at] == DOUBLE or page[at] == SINGLE:
        quote, at = page[at], at + 1
        row[VALUE], row[QUOTE] = at, quote
        while at < size and page[at] != quote:
            at += 1
        row[VALUE_END] = at
        return at + 1 if at < size else -1
    row[VALUE] = at
    while at < size and not is_space(page[at]) and page[at] != GREATER:
        at += 1
    row[VALUE_END] = at
    return at if end < size else -1


@bare
def find(rows: Any, count: Any, name: Any) -> Any:
    """The place of the first attribute of this name, or -1."""
    for i in range(count):
        if rows[i, NAME] == name:
            return i
    return -1


@bare
def contains(page: Any, start: Any, end: Any, wanted: Any) -> Any:
    """Whether page[start:end] holds `wanted`, in any case."""
    size = len(wanted)
    for i in range(start, end - size + 1):
        k = 0
        while k < size and lower(page[i + k]) == wanted[k]:
            k += 1
        if k == size:
            return True
    return False


@bare
def begins(page: Any, at: Any, end: Any, wanted: Any) -> Any:
    """Whether page[at:end] begins with `wanted`, in any case."""
    if at + len(wanted) > end:
        return False
    k = 0
    while k < len(wanted) and lower(page[at + k]) == wanted[k]:
        k += 1
    return k == len(wanted)


@bare
def comment_end(page: Any, at: Any) -> Any:
    """Where the markup declaration at `at`, which is `<!`, `<?` or `</` before no letter, ends."""
    size, i = len(page), at + 2
    if page[at + 1] == BANG and at + 3 < size and page[at + 2] == DASH and page[at + 3] == DASH:
        i = at + 4
        if i < size and page[i] == GREATER:
            return i + 1
        if i + 1 < size and page[i] == DASH and page[i + 1] == GREATER:
            return i + 2
        while i + 2 < size:
            if page[i] == DASH and page[i + 1] == DASH:
                if page[i + 2] == GREATER:
                    return i + 3
                if page[i + 2] == BANG and i + 3 < size and page[i + 3] == GREATER:
                    return i + 4
            i += 1
        return size
    while i < size and page[i] != GREATER:
        i += 1
    return min(i + 1, size)


@bare
def is_end_tag(page: Any, at: Any, name_start: Any, name_size: Any) -> Any:
    """Whether the end tag of page[name_start:name_start + name_size] stands at `at`."""
    stop = at + 2 + name_size
    if stop > len(page) or page[at] != LESS or page[at + 1] != SLASH:
        return False
    for k in range(name_size):
        if lower(page[at + 2 + k]) != lower(page[name_start + k]):
            return False
    return stop == len(page) or is_space(page[stop]) or page[stop] == SLASH or page[stop] == GREATER


@bare
def raw_end(page: Any, at: Any, name_start: Any, name_size: Any) -> Any:
    """Where the end tag of the raw text that begins at `at` begins; the page's end without one."""
    while at < len(page):
        if page[at] == LESS and is_end_tag(page, at, name_start, name_size):
            return at
        at += 1
    return len(page)


SCRIPT, COMMENT_OPENS, COMMENT_CLOSES = needle("<script"), needle("<!--"), needle("-->")


@bare
def script_end(page: Any, at: Any, name_start: Any) -> Any:
    """As `raw_end`, for a script: one inside a comment inside it is a part of it."""
    size, is_escaped, is_double = len(page), False, False
    while at < size:
        if page[at] == LESS:
            if not is_escaped and begins(page, at, size, COMMENT_OPENS):
                is_escaped, at = True, at + 2  # its dashes may be those that close it
            elif is_escaped and not is_double and begins(page, at, size, SCRIPT):
                after = at + 7
                is_double = after < size and (is_space(page[after]) or page[after] == SLASH or page[after] == GREATER)
            elif is_end_tag(page, at, name_start, 6):
                if not is_double:
                    return at
                is_double = False
        elif is_escaped and page[at] == DASH and begins(page, at, size, COMMENT_CLOSES):
            is_escaped = is_double = False
        at += 1
    return size
