"""What spaCy's English tokenizer cuts from the front, the back and the middle of a piece of text without whitespace."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels import word_tables as w
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.unicode import decode, previous
from dagster_project.corpus.kernels.word_hashes import hash_word
from dagster_project.corpus.kernels.word_tables import look_up, word_bits

QUOTE, DOLLAR, PLUS, COMMA, MINUS, PERIOD = map(ord, "'$+,-.")
LETTER_S, CAPITAL_A, CAPITAL_C, CAPITAL_S, CAPITAL_U = map(ord, "sACSU")
DEGREE, RIGHT_QUOTE, ELLIPSIS = map(ord, "°’…")
EN_DASH, EM_DASH, TILDE = 0x2013, 0x2014, ord("~")
SCALES = tuple(map(ord, "FfCcKk"))
OPERATORS = tuple(map(ord, "+-*^"))
RELATIONS = (*map(ord, ":<>=/"), EN_DASH, TILDE)


@compiled
def prefix_size(data: Any, start: Any, end: Any, tables: Any) -> Any:
    """The bytes that the prefix rules cut from data[start:end], which is not empty; 0 is none."""
    code, after = decode(data, start, end)
    if word_bits(tables, code) & w.PREFIX:
        return after - start
    if code == PERIOD:
        while after < end and data[after] == PERIOD:
            after += 1
        return after - start if after - start > 1 else 0
    if code == PLUS:
        return 0 if after < end and _is_digit(np.int64(data[after])) else 1
    return _dollar_size(data, start, end)


@compiled
def _dollar_size(data: Any, start: Any, end: Any) -> Any:
    """The bytes of US$, C$ or A$ at the start, else 0."""
    if end - start > 1 and data[start + 1] == DOLLAR and (data[start] == CAPITAL_C or data[start] == CAPITAL_A):
        return 2
    is_us = end - start > 2 and data[start] == CAPITAL_U and data[start + 1] == CAPITAL_S and data[start + 2] == DOLLAR
    return 3 if is_us else 0


@compiled
def suffix_size(data: Any, start: Any, end: Any, has_digit: Any, tables: Any) -> Any:
    """The bytes of the longest suffix that the rules cut from data[start:end]; 0 is none."""
    if start >= end:
        return 0
    last = previous(data, end, start)
    code, _ = decode(data, last, end)
    bits = word_bits(tables, code)
    if code == PERIOD:
        return _period_size(data, start, end, tables)
    before = last
    if last > start:
        before = previous(data, last, start)
        size = _pair_size(data, start, before, last, end, code, bits)
        if size:
            return size
    unit = _unit_size(data, start, end, tables) if has_digit else 0
    return max(unit, end - last) if bits & w.SUFFIX else unit


@compiled
def _pair_size(data: Any, start: Any, before: Any, last: Any, end: Any, code: Any, bits: Any) -> Any:
    """A suffix that the character before the last one decides."""
    earlier, _ = decode(data, before, last)
    if code in (LETTER_S, CAPITAL_S):
        return end - before if earlier in (QUOTE, RIGHT_QUOTE) else 0
    if code == ELLIPSIS:
        return end - before if earlier == ELLIPSIS else 0
    if code == PLUS:
        return 1 if _is_digit(earlier) else 0
    if code == DOLLAR:
        for size in (3, 2):
            is_price = end - start > size and _dollar_size(data, end - size, end) == size
            if is_price and _is_digit(np.int64(data[end - size - 1])):
                return size
    return end - last if bits & w.CURRENCY and _is_digit(earlier) else 0


@compiled
def _unit_size(data: Any, start: Any, end: Any, tables: Any) -> Any:
    """A unit after a digit; none has a digit in it, so that it begins after the last one."""
    at = end - 1
    first = max(start, end - 1 - w.LONGEST_UNIT)
    while at >= first and not _is_digit(np.int64(data[at])):
        at -= 1
    if at < first or at + 1 == end:
        return 0
    value = look_up(tables, w.CASES_AT, hash_word(data, at + 1, end))
    return end - at - 1 if value & w.UNIT else 0


@compiled
def _period_size(data: Any, start: Any, end: Any, tables: Any) -> Any:
    """A run of periods, or one after what a sentence or an abbreviation may end with."""
    at = end - 1
    while at > start and data[at - 1] == PERIOD:
        at -= 1
    if end - at > 1:
        return end - at
    if at == start:
        return 0
    before = previous(data, at, start)
    code, _ = decode(data, before, at)
    bits = word_bits(tables, code)
    if bits & w.BEFORE_PERIOD:
        return 1
    if before == start:
        return 0
    earlier, _ = decode(data, previous(data, before, start), before)
    is_upper = bits & w.ALPHA_UPPER and word_bits(tables, earlier) & w.ALPHA_UPPER
    return 1 if is_upper or (earlier == DEGREE and code in SCALES) else 0


@compiled
def symbol_end(data: Any, at: Any, after: Any, end: Any, code: Any, bits: Any) -> Any:
    """Where the infix ends that `code` with `bits` at data[at:after] is wherever it stands, or `at` if it is none."""
    if code == PERIOD and after < end and data[after] == PERIOD:
        while after < end and data[after] == PERIOD:
            after += 1
        return after
    return after if bits & w.INFIX else at


@compiled
def joint_end(data: Any, at: Any, after: Any, end: Any, code: Any, earlier: Any, before: Any, tables: Any) -> Any:
    """The same for an infix between two characters: 1+2, end.Begin, a,b, well-known, key=value.

    `earlier` with the properties `before` precedes it.
    """
    if after >= end:
        return at
    following, _ = decode(data, after, end)
    bits = word_bits(tables, following)
    if code in OPERATORS and _is_digit(earlier) and (_is_digit(following) or following == MINUS):
        return after
    if code == PERIOD:
        left, right = before & (w.ALPHA_LOWER | w.QUOTE), bits & (w.ALPHA_UPPER | w.QUOTE)
        return after if left and right else at
    if code == COMMA:
        return after if before & w.ALPHA and bits & w.ALPHA else at
    if not (before & w.ALPHA or _is_digit(earlier)):
        return at
    if code in RELATIONS:
        return after if bits & w.ALPHA else at
    return _hyphen_end(data, at, end, code, tables)


@compiled
def _hyphen_end(data: Any, at: Any, end: Any, code: Any, tables: Any) -> Any:
    """One to three hyphens or one or two em dashes before a letter."""
    most = 3 if code == MINUS else 2 if code == EM_DASH else 0
    after = at
    for _ in range(most):
        following, after = decode(data, after, end)
        if following != code or after >= end:
            return at
        following, _ = decode(data, after, end)
        if word_bits(tables, following) & w.ALPHA:
            return after
    return at


@compiled
def _is_digit(code: Any) -> Any:
    return 48 <= code <= 57
