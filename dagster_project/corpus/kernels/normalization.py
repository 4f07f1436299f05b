"""datatrove's simplified text, byte for byte: what MinHash shingles and near-exact digests are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.normalization_windows import OTHER, SPACE, ZERO, fold_window
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.texts import Bytes, Offsets, sealed
from dagster_project.corpus.kernels.unicode import decode, fold_number, previous, property_bits
from dagster_project.corpus.kernels.vectors import WIDTH

SLACK = WIDTH  # bytes after a text that are written or read with it, and mean nothing
GROWTH = 3  # U+AC01, three bytes, becomes three jamo of three bytes; nothing grows more
ABOVE, MAYBE = np.uint8(u.ABOVE), np.uint8(u.MAYBE)
SIGMA = 0x3A3
FINAL_SIGMA = (np.uint8(0xCF), np.uint8(0x82))


class Folding(NamedTuple):
    """The tables of `unicode.py` that fold characters, as pointers."""

    pages: Any
    properties: Any
    fold_pages: Any
    fold_index: Any
    fold_offsets: Any
    fold_bytes: Any
    ascii: Any


def normalize(data: Bytes, offsets: Offsets) -> tuple[Bytes, Offsets]:
    """The normalized texts (algorithms.md section 1): bytes, and offsets int64[n + 1]."""
    target = np.empty(GROWTH * len(data) + SLACK, np.uint8)
    ends = _normalize(data, offsets, target, u.tables())
    return sealed(target[: ends[-1]]), ends


@compiled
def _normalize(data: Any, offsets: Any, target: Any, tables: Any) -> Any:
    ends = np.zeros_like(offsets)
    for i in range(len(offsets) - 1):
        ends[i + 1] = simplify(data, offsets[i], offsets[i + 1], target, ends[i], tables)
    return ends


@compiled
def simplify(data: Any, start: Any, end: Any, target: Any, begin: Any, tables: Any) -> Any:
    """Write data[start:end], simplified, at target[begin:]; returns where it ends.

    Lower case; each number becomes 0; punctuation and runs of whitespace become one space; nonspacing marks go. A space
    that only a dropped mark separates from another stays, as in datatrove. Needs GROWTH times the room, and SLACK.
    """
    folding = Folding(
        pointer(tables.pages),
        pointer(tables.properties),
        pointer(tables.fold_pages),
        pointer(tables.fold_index),
        pointer(tables.fold_offsets),
        pointer(tables.fold_bytes),
        pointer(tables.ascii),
    )
    return _simplify(pointer(data), len(data), start, end, pointer(target), begin, folding)


@bare
def _simplify(data: Any, limit: Any, start: Any, end: Any, target: Any, begin: Any, tables: Any) -> Any:
    """The same over pointers; `limit` is the size of the array that the text lies in."""
    at, out, barrier, last = start, begin, begin, SPACE
    while at < end:
        folded = tables.ascii[data[at]]
        if folded != ABOVE and (folded != MAYBE or last != ZERO):
            at, out, last = _fold_ascii(data, limit, at, end, target, out, last, tables.ascii)
            continue
        code, after = decode(data, at, end)
        bits = property_bits(tables, code)
        if bits & u.SEPARATOR and last == ZERO:
            fraction = _skip_digits(data, after, end, tables)
            if fraction > after:
                at, last = fraction, OTHER
                continue
        if bits & u.DIGIT:
            target[out], out, last = ZERO, out + (last != ZERO), ZERO
        elif bits & (u.SPACE | u.PUNCTUATION):
            target[out], out, last = SPACE, out + (last != SPACE), SPACE
        else:
            out, barrier = _fold(data, (start, at, after, end), code, bits, target, out, barrier, tables)
            last = SPACE if out == begin else OTHER
        at = after
    while out > begin and target[out - 1] == SPACE:
        out -= 1
    return out


@inlined
def _fold_ascii(data: Any, limit: Any, at: Any, end: Any, target: Any, out: Any, last: Any, ascii: Any) -> Any:
    """Simplify at least one byte, and at most a window; the array may end before the window does."""
    if last != ZERO and at + WIDTH <= limit:
        size, out, last = fold_window(data, at, end, target, out, last)
        if size:
            return at + size, out, last
    return _run(data, at, min(end, at + WIDTH), target, out, last, ascii)


@bare
def _run(data: Any, at: Any, end: Any, target: Any, out: Any, last: Any, ascii: Any) -> Any:
    """Byte by byte, up to a byte above ASCII or a separator after a digit."""
    source, stop, sink = np.uint64(at), np.uint64(end), np.uint64(out)
    while source < stop:
        folded = ascii[data[source]]
        if folded == ABOVE or (folded == MAYBE) & (last == ZERO):
            break
        folded = SPACE if folded == MAYBE else folded
        target[sink] = folded
        sink += np.uint64(1) - np.uint64((folded == last) & (folded <= ZERO))
        source += np.uint64(1)
        last = folded
    return np.int64(source), np.int64(sink), last


@bare
def _skip_digits(data: Any, at: Any, end: Any, tables: Any) -> Any:
    while at < end:
        if data[at] < 128:
            code, after = np.int64(data[at]), at + 1
            is_digit = 48 <= code <= 57
        else:
            code, after = decode(data, at, end)
            is_digit = property_bits(tables, code) & u.DIGIT != 0
        if not is_digit:
            break
        at = after
    return at


@bare
def _fold(data: Any, span: Any, code: Any, bits: Any, target: Any, out: Any, barrier: Any, tables: Any) -> Any:
    """Write one folded character above ASCII; a dropped mark of combining class 0 is a barrier to reordering."""
    start, at, after, end = span
    number = fold_number(tables, code)
    if number == u.DROPPED:
        return out, (barrier if bits >> u.COMBINING_SHIFT else out)
    if code == SIGMA and _is_final(data, start, at, after, end, tables):
        target[out], target[out + 1] = FINAL_SIGMA
        return out + 2, barrier
    if number:
        first, last = np.int64(tables.fold_offsets[number]), np.int64(tables.fold_offsets[number + 1])
        if bits & u.REORDERS:
            return _insert(tables.fold_bytes, first, last, target, out, barrier, tables), barrier
        return copy(tables.fold_bytes, first, last, target, out), barrier
    if bits & u.REORDERS:
        return _insert(data, at, after, target, out, barrier, tables), barrier
    if u.HANGUL_FIRST <= code <= u.HANGUL_LAST:
        return write_jamo(code - u.HANGUL_FIRST, target, out), barrier
    if code == u.REPLACEMENT:
        target[out], target[out + 1], target[out + 2] = np.uint8(0xEF), np.uint8(0xBF), np.uint8(0xBD)
        return out + 3, barrier
    return copy(data, at, after, target, out), barrier


@bare
def copy(source: Any, start: Any, end: Any, target: Any, out: Any) -> Any:
    """Write source[start:end] at target[out:]; returns where it ends."""
    for i in range(start, end):
        target[out] = source[i]
        out += 1
    return out


@bare
def write_jamo(index: Any, target: Any, out: Any) -> Any:
    """A Hangul syllable as its two or three jamo (Unicode standard, section 3.12)."""
    out = _write3(0x1100 + index // 588, target, out)
    out = _write3(0x1161 + index % 588 // 28, target, out)
    return _write3(0x11A7 + index % 28, target, out) if index % 28 else out


@bare
def _write3(code: Any, target: Any, out: Any) -> Any:
    target[out] = np.uint8(0xE0 | code >> 12)
    target[out + 1] = np.uint8(0x80 | code >> 6 & 0x3F)
    target[out + 2] = np.uint8(0x80 | code & 0x3F)
    return out + 3


@bare
def _insert(source: Any, at: Any, after: Any, target: Any, out: Any, barrier: Any, tables: Any) -> Any:
    """Write source[at:after], which holds marks with a combining class, each at its place in canonical order."""
    while at < after:
        code, following = decode(source, at, after)
        place = _place(property_bits(tables, code) >> u.COMBINING_SHIFT, target, out, barrier, tables)
        size = following - at
        for i in range(out - 1, place - 1, -1):
            target[i + size] = target[i]
        copy(source, at, following, target, place)
        out, at = out + size, following
    return out


@bare
def _place(combining: Any, target: Any, out: Any, barrier: Any, tables: Any) -> Any:
    """Before which written byte a mark of this class belongs."""
    place = out
    while combining and place > barrier:
        before = previous(target, place, barrier)
        code, _ = decode(target, before, place)
        if property_bits(tables, code) >> u.COMBINING_SHIFT <= combining:
            break
        place = before
    return place


@bare
def _is_final(data: Any, start: Any, at: Any, after: Any, end: Any, tables: Any) -> Any:
    """Does a cased letter precede this sigma and none follow it, ignorable characters aside (Unicode, table 3-17)?"""
    bits = np.int64(u.IGNORABLE)
    while bits & u.IGNORABLE and at > start:
        at = previous(data, at, start)
        code, _ = decode(data, at, end)
        bits = property_bits(tables, code)
    if not bits & u.CASED:
        return False
    bits = np.int64(u.IGNORABLE)
    while bits & u.IGNORABLE and after < end:
        code, after = decode(data, after, end)
        bits = property_bits(tables, code)
    return not bits & u.CASED
