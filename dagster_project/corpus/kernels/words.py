"""What a word is, for every rule that counts words.

A *token* is, from left to right, the longest of:
1. an ideograph (Han, Tangut, Nushu, Khitan) and the marks after it;
2. a run of word characters (letters, numbers, connectors such as "_") of one group: the scripts with spaces are one
   group, hiragana, katakana, and the scripts of South-East Asia without spaces are one each. In the first group one
   apostrophe or period joins two letters or two numbers, and one comma joins two numbers: don't, e.g, U.K, 1,234.5;
3. a run of one and the same other character: "...", "--", "!!", "#".
Marks and format characters belong to the token that they follow, or else to the one that they precede. Whitespace
belongs to none. A *content word* is a token with a character outside datatrove's PUNCTUATION_SET.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.unicode import decode, property_bits

COMMA = ord(",")
JOINTS = (COMMA, ord("."), ord("'"), 0x2019)


class Words(NamedTuple):
    """The words of some documents, one after the other."""

    starts: Offsets  # int64[words]: where in the data each begins
    ends: Offsets  # int64[words]
    firsts: Offsets  # int64[documents + 1]: the first word of each document


def words_of(data: Bytes, offsets: Offsets) -> Words:
    """Every word of every document."""
    return Words(*_boundaries(data, offsets, u.characters()))


@compiled
def _boundaries(data: Any, offsets: Any, tables: Any) -> Any:
    starts, ends, firsts = np.empty(len(data), np.int64), np.empty(len(data), np.int64), np.zeros_like(offsets)
    count = 0
    for i in range(len(offsets) - 1):
        at, after = next_word(data, offsets[i], offsets[i + 1], tables)
        while at < after:
            starts[count], ends[count] = at, after
            count += 1
            at, after = next_word(data, after, offsets[i + 1], tables)
        firsts[i + 1] = count
    return starts[:count].copy(), ends[:count].copy(), firsts


@compiled
def next_word(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """Where the next token of data[at:end] begins and ends; begin is end where there is none."""
    start, bits, after = end, np.int64(0), end
    while at < end:
        code, after = decode(data, at, end)
        bits = property_bits(tables, code)
        if not bits & u.SPACE:
            start = at
            break
        at = after
    if start == end:
        return end, end
    if _extends(bits):
        after = _skip_marks(data, after, end, tables)
        if after == end:
            return start, end
        code, following = decode(data, after, end)
        bits = property_bits(tables, code)
        if bits & u.SPACE:
            return start, after
        after = following
    if not _is_word_character(bits):
        return start, _skip_same(data, after, end, code, tables)
    if _group(bits) == u.IDEOGRAPH:
        return start, _skip_marks(data, after, end, tables)
    return start, _skip_word(data, after, end, bits, tables)


@compiled
def _skip_word(data: Any, at: Any, end: Any, last: Any, tables: Any) -> Any:
    """Past the word characters, marks and joints that follow a word character with the properties `last`."""
    group = _group(last)
    while at < end:
        code, after = decode(data, at, end)
        bits = property_bits(tables, code)
        if _extends(bits):
            at = after
            continue
        if not _is_word_character(bits):
            if group or after == end or code not in JOINTS:
                break
            following, after = decode(data, after, end)
            bits = property_bits(tables, following)
            if not _joins(code, last, bits):
                break
        if _group(bits) != group:
            break
        at, last = after, bits
    return at


@compiled
def _joins(code: Any, last: Any, following: Any) -> Any:
    is_numeric = _is_number(last) and _is_number(following)
    return is_numeric or (code != COMMA and _is_letter(last) and _is_letter(following))


@compiled
def _skip_marks(data: Any, at: Any, end: Any, tables: Any) -> Any:
    while at < end:
        code, after = decode(data, at, end)
        if not _extends(property_bits(tables, code)):
            break
        at = after
    return at


@compiled
def _skip_same(data: Any, at: Any, end: Any, code: Any, tables: Any) -> Any:
    while at < end:
        following, after = decode(data, at, end)
        if following != code:
            break
        at = after
    return _skip_marks(data, at, end, tables)


@compiled
def _extends(bits: Any) -> Any:
    category = bits & u.CATEGORY
    return (u.LAST_LETTER < category <= u.LAST_MARK) or category == u.FORMAT


@compiled
def _is_letter(bits: Any) -> Any:
    return bits & u.CATEGORY <= u.LAST_LETTER


@compiled
def _is_number(bits: Any) -> Any:
    return u.LAST_MARK < bits & u.CATEGORY <= u.LAST_NUMBER


@compiled
def _is_word_character(bits: Any) -> Any:
    category = bits & u.CATEGORY
    return category <= u.LAST_LETTER or u.LAST_MARK < category <= u.CONNECTOR


@compiled
def _group(bits: Any) -> Any:
    return bits >> u.GROUP_SHIFT & u.GROUP
