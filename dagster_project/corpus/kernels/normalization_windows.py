"""Sixty-four bytes of text, simplified at once: what of them is ASCII, up to where no number can go on."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.vectors import (
    ONE,
    WIDTH,
    byte_is,
    bytes_between,
    first,
    ones,
    zeros_above,
    zeros_below,
)

SPACE, ZERO, OTHER = np.uint8(32), np.uint8(48), np.uint8(255)  # what was written last; only the first two ever melt
FIRST_ABOVE, LAST_BYTE = 128, 255
PERIOD, COMMA, DIGIT_ZERO, DIGIT_NINE, CAPITAL_A, CAPITAL_Z, SMALL_A, SMALL_Z = map(ord, ".,09AZaz")
_BYTES, _LARGE = ir.VectorType(ir.IntType(8), WIDTH), ir.IntType(64)
_PACK = f"llvm.experimental.vector.compress.v{WIDTH}i8"


@inlined
def fold_window(data: Any, at: Any, end: Any, target: Any, out: Any, last: Any) -> Any:
    """Simplify data[at:end] as far as the window goes; returns how many bytes were read, where it ends, what was last.

    Both are pointers with sixty-four bytes from `at` and `out` on. Nothing is read if a number goes on all the time.
    """
    ascii = min(zeros_below(bytes_between(data, at, FIRST_ABOVE, LAST_BYTE)), end - at)
    digits = bytes_between(data, at, DIGIT_ZERO, DIGIT_NINE)
    separators = byte_is(data, at, PERIOD) | byte_is(data, at, COMMA)
    size = ascii if ascii == end - at else WIDTH - zeros_above(first(ascii) & ~(digits | separators))
    if not size:
        return size, out, last
    inside = first(size)
    digits &= inside
    numbers = digits | _points(digits, separators & inside)
    letters = bytes_between(data, at, CAPITAL_A, CAPITAL_Z) | bytes_between(data, at, SMALL_A, SMALL_Z)
    spaces = inside & ~(letters | numbers)
    zeros, melted = digits & ~(numbers << ONE), spaces << ONE | np.uint64(last == SPACE)
    kept = inside & letters | zeros | spaces & ~melted
    _write_folded(data, at, target, out, letters, zeros, kept)
    return size, out + ones(kept), SPACE if spaces >> np.uint64(size - 1) & ONE else OTHER


@inlined
def _points(digits: Any, separators: Any) -> Any:
    """The separators inside numbers: between two digits, and of several in a row (1.2.3.4) every other one."""
    points = separators & digits << ONE & digits >> ONE
    found = points & ~_after_digits(points, digits)
    following = points & _after_digits(found, digits)
    while following:
        more = points & _after_digits(following, digits)
        found |= more
        following = points & _after_digits(more, digits)
    return found


@inlined
def _after_digits(points: Any, digits: Any) -> Any:
    """The positions after the digits that follow these points: a sum carries through them."""
    return ((points << ONE) + digits) & ~digits


@intrinsic
def _write_folded(_: Any, data: Any, at: Any, target: Any, out: Any, letters: Any, zeros: Any, kept: Any) -> Any:
    """Write the kept ones of sixty-four bytes side by side: letters in lower case, zeros as 0, the rest as spaces.

    What comes after them in the sixty-four bytes at `out` is anything.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data, at, target, out, *sets = arguments
        source = builder.bitcast(builder.gep(data, [at]), _BYTES.as_pointer())
        lower = builder.or_(builder.load(source, align=1), _all(ord(" ")))
        letters, zeros, kept = (builder.bitcast(bits, ir.VectorType(ir.IntType(1), WIDTH)) for bits in sets)
        folded = builder.select(letters, lower, builder.select(zeros, _all(ord("0")), _all(ord(" "))))
        pack = builder.module.globals.get(_PACK) or ir.Function(
            builder.module, ir.FunctionType(_BYTES, [_BYTES, kept.type, _BYTES]), _PACK
        )
        packed = builder.call(pack, [folded, kept, ir.Constant(_BYTES, ir.Undefined)])
        builder.store(packed, builder.bitcast(builder.gep(target, [out]), _BYTES.as_pointer()), align=1)
        return context.get_dummy_value()

    sets = [types.uint64] * 3
    return types.void(data, types.int64, target, types.int64, *sets), generate


def _all(byte: int) -> Any:
    return ir.Constant(_BYTES, [byte] * WIDTH)
