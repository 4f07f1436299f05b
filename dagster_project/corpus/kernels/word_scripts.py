"""Words in scripts without spaces, and in what is written together with them."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.kernels import word_tables as w
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.unicode import IDEOGRAPH, decode
from dagster_project.corpus.kernels.word_tables import word_bits

COMMA = ord(",")
JOINTS = (COMMA, ord("."), ord("'"), 0x2019)


@compiled
def run_end(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """Where the word that begins at `at` ends in data[at:end], which has no whitespace.

    From left to right the longest of: an ideograph; a run of letters, numbers and connectors of one group (hiragana,
    katakana, the scripts of South-East Asia, the scripts with spaces), in which one apostrophe or period joins two
    letters or two numbers of a script with spaces, and one comma two numbers; a run of one and the same other
    character. Marks belong to what they follow, or else to what they precede.
    """
    code, after = decode(data, at, end)
    bits = word_bits(tables, code)
    if bits & w.EXTENDS:
        after = _skip_marks(data, after, end, tables)
        if after == end:
            return end
        code, after = decode(data, after, end)
        bits = word_bits(tables, code)
    if not bits & w.CONNECTED:
        return _skip_same(data, after, end, code, tables)
    if _group(bits) == IDEOGRAPH:
        return _skip_marks(data, after, end, tables)
    return _skip_word(data, after, end, bits, tables)


@compiled
def _skip_word(data: Any, at: Any, end: Any, last: Any, tables: Any) -> Any:
    """Past the word characters, marks and joints that follow a word character with the properties `last`."""
    group = _group(last)
    while at < end:
        code, after = decode(data, at, end)
        bits = word_bits(tables, code)
        if bits & w.EXTENDS:
            at = after
            continue
        if not bits & w.CONNECTED:
            if group or after == end or code not in JOINTS:
                break
            following, after = decode(data, after, end)
            bits = word_bits(tables, following)
            if not _joins(code, last, bits):
                break
        if _group(bits) != group:
            break
        at, last = after, bits
    return at


@compiled
def _joins(code: Any, last: Any, following: Any) -> Any:
    both = last & following
    return both & w.NUMBER != 0 or (code != COMMA and both & w.LETTER != 0)


@compiled
def _skip_marks(data: Any, at: Any, end: Any, tables: Any) -> Any:
    while at < end:
        code, after = decode(data, at, end)
        if not word_bits(tables, code) & w.EXTENDS:
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
def _group(bits: Any) -> Any:
    return bits >> w.GROUP_SHIFT & w.GROUP
