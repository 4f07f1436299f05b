"""Is a piece of text a URL as spaCy's URL_MATCH sees it? The same language as its expression, without backtracking."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels import word_tables as w
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.unicode import decode
from dagster_project.corpus.kernels.vectors import ALL, ONE, below, bit, zeros_above, zeros_below
from dagster_project.corpus.kernels.word_tables import word_bits

PERIOD, COLON, AT, SLASH, UNDERSCORE, HYPHEN, PLUS = map(ord, ".:@/_-+")
PATH, SCHEME, INSIDE = tuple(map(ord, "/?#")), (PLUS, HYPHEN, PERIOD), (UNDERSCORE, HYPHEN)
LONGEST_LABEL, LONGEST_SUFFIX = 64, 63


@compiled
def is_address(data: Any, start: Any, end: Any, tables: Any) -> Any:
    """Does data[start:end], which has no whitespace, read [scheme://] [anything@] host [:port] [/ ? or # anything]?"""
    if _is_host_and_path(data, start, end, tables):
        return True
    at, is_scheme, characters = start, True, 0
    while at < end:
        code, after = decode(data, at, end)
        if code == AT and at > start and _is_host_and_path(data, after, end, tables):
            return True
        is_scheme_end = code == COLON and is_scheme and characters > 1 and _has_slashes(data, after, end)
        if is_scheme_end and _is_host_and_path(data, after + 2, end, tables):
            return True
        is_scheme &= word_bits(tables, code) & w.WORD != 0 or code in SCHEME
        at, characters = after, characters + 1
    return False


@compiled
def is_ascii_address(data: Any, at: Any, first: Any, last: Any, odd: Any, view: Any, tables: Any) -> Any:
    """The same of data[at + first:at + last], which has a period; `odd` of the window at `at` is no letter or digit."""
    others, stop = odd & ~view.periods, last
    while others:
        place = zeros_below(others)
        others &= others - ONE
        byte = data[at + place]
        if byte in (AT, COLON):
            return is_address(data, at + first, at + last, tables)
        if stop == last and byte not in INSIDE:
            stop = place
    if view.digits >> np.uint64(first) & ONE:
        return _is_host_and_path(data, at + first, at + last, tables)
    return _is_ascii_host(first, stop, odd, view) and (stop == last or data[at + stop] in PATH)


@compiled
def _is_ascii_host(first: Any, stop: Any, odd: Any, view: Any) -> Any:
    """_host_end of positions that hold letters, digits, periods, hyphens and underscores alone."""
    inside = below(stop) & ALL << np.uint64(first)
    periods = view.periods & inside
    if not periods:
        return False
    final = 63 - zeros_above(periods)
    begins = (periods & below(final)) << ONE | bit(first)
    top = inside & ALL << np.uint64(final) & ~bit(final)
    return not (begins | periods >> ONE) & odd and final + 2 < stop and not top & ~view.small


@compiled
def _has_slashes(data: Any, at: Any, end: Any) -> Any:
    return at + 1 < end and data[at] == SLASH and data[at + 1] == SLASH


@compiled
def _is_host_and_path(data: Any, start: Any, end: Any, tables: Any) -> Any:
    """Read at most up to the first character that no host name has: the runs that are read do not overlap."""
    after = _host_end(data, start, end, tables)
    if after < 0:
        after = _number_end(data, start, end, tables)
    return after > 0 and _is_port_and_path(data, after, end, tables)


@compiled
def _host_end(data: Any, start: Any, end: Any, tables: Any) -> Any:
    """Where labels and a top-level domain in lower case end, or -1."""
    at, labels, size = start, 0, 0
    is_label, is_lower, last_bits = True, True, np.int64(0)
    while at < end:
        code, after = decode(data, at, end)
        bits = word_bits(tables, code)
        if code == PERIOD:
            if not (is_label and last_bits & w.HOST and 0 < size <= LONGEST_LABEL):
                return -1
            labels, size, is_label, is_lower = labels + 1, 0, True, True
        elif bits & (w.HOST | w.ALPHA_LOWER) or code in INSIDE:
            is_label &= bits & w.HOST != 0 or (size > 0 and code in INSIDE)
            is_lower &= bits & w.ALPHA_LOWER != 0
            size += 1
        else:
            break
        at, last_bits = after, bits
    return at if labels and is_lower and 1 < size <= LONGEST_SUFFIX else -1


@compiled
def _is_port_and_path(data: Any, at: Any, end: Any, tables: Any) -> Any:
    if at < end and data[at] == COLON:
        digits, at = 0, at + 1
        while at < end:
            code, after = decode(data, at, end)
            if not word_bits(tables, code) & w.DECIMAL:
                break
            digits, at = digits + 1, after
        if not 2 <= digits <= 5:
            return False
    return at == end or data[at] in PATH


@compiled
def _number_end(data: Any, start: Any, end: Any, tables: Any) -> Any:
    """Where a public IPv4 address ends, or -1."""
    at, first, second = start, 0, 0
    for number in range(4):
        if number:
            if at >= end or data[at] != PERIOD:
                return -1
            at += 1
        value, digits, lead, at = _octet(data, at, end, tables)
        if not _is_octet(value, digits, lead, number):
            return -1
        first, second = (value, second) if number == 0 else (first, value if number == 1 else second)
    is_private = first == 10 or first == 127 or (first == 169 and second == 254)
    is_private |= (first == 192 and second == 168) or (first == 172 and 16 <= second <= 31)
    return -1 if is_private else at


@compiled
def _octet(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """Value, digits, first digit and end of up to three digits; digits of other scripts count as nought."""
    value, digits, lead = 0, 0, 0
    while at < end and digits < 3:
        code, after = decode(data, at, end)
        if not word_bits(tables, code) & w.DECIMAL:
            break
        digit = code - 48 if code < 58 else 0
        lead = lead if digits else digit
        value, digits, at = 10 * value + digit, digits + 1, after
    return value, digits, lead, at


@compiled
def _is_octet(value: Any, digits: Any, lead: Any, number: Any) -> Any:
    """1 to 223, twice 0 to 255 with at most one leading zero, 1 to 254."""
    if number == 0:
        return digits and lead and value <= 223
    if number == 3:
        return digits and lead and value <= 254
    return 0 < digits < 3 or (digits == 3 and lead and value <= 255)
