"""Sixty-four bytes at a time: which of them lie in a range, as the bits of one number, the first byte as the lowest.

numba has no word for vector instructions, but LLVM makes them of a comparison of vectors on every machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from dagster_project.corpus.kernels.inlined import inlined

WIDTH = 64
NONE, ALL, ONE = np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(1)
HALF = 32  # bytes that are compared at once
_BYTES, _ZEROS = ir.VectorType(ir.IntType(8), HALF), ir.Constant(ir.VectorType(ir.IntType(32), HALF), [0] * HALF)


@intrinsic
def bytes_between(_: Any, data: Any, at: Any, low: Any, high: Any) -> Any:
    """Bit k is set if low <= data[at + k] <= high; `data` is a pointer with sixty-four bytes from `at` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        start = builder.gep(arguments[0], [arguments[1]])
        lowest, highest = (_each(builder, argument) for argument in arguments[2:])
        found = ir.Constant(ir.IntType(WIDTH), 0)
        for first in range(0, WIDTH, HALF):
            place = builder.gep(start, [ir.Constant(ir.IntType(64), first)])
            lanes = builder.load(builder.bitcast(place, _BYTES.as_pointer()), align=1)
            above = builder.sub(lanes, lowest)
            bits = builder.icmp_unsigned("<=", above, builder.sub(highest, lowest))
            packed = builder.zext(builder.bitcast(bits, ir.IntType(HALF)), ir.IntType(WIDTH))
            found = builder.or_(found, builder.shl(packed, ir.Constant(ir.IntType(WIDTH), first)))
        return found

    return types.uint64(data, types.int64, types.int64, types.int64), generate


def _each(builder: Any, number: Any) -> Any:
    """A byte in every lane."""
    nothing, first = ir.Constant(_BYTES, ir.Undefined), ir.Constant(ir.IntType(32), 0)
    lane = builder.insert_element(nothing, builder.trunc(number, ir.IntType(8)), first)
    return builder.shuffle_vector(lane, nothing, _ZEROS)


@intrinsic
def zeros_below(_: Any, bits: Any) -> Any:
    """How many zeros come before the lowest one of 64 bits; 64 if there is none."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@intrinsic
def zeros_above(_: Any, bits: Any) -> Any:
    """How many zeros come after the highest one of 64 bits; 64 if there is none."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@intrinsic
def ones(_: Any, bits: Any) -> Any:
    """How many of 64 bits are set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@inlined
def byte_is(data: Any, at: Any, byte: Any) -> Any:
    """Where sixty-four bytes are this one."""
    return bytes_between(data, at, byte, byte)


@inlined
def bit(place: Any) -> Any:
    """The set of this one position, from 0 to 63."""
    return ONE << np.uint64(place)


@inlined
def below(place: Any) -> Any:
    """The set of the positions before this one, from 0 to 63."""
    return (ONE << np.uint64(place)) - ONE


@inlined
def first(size: Any) -> Any:
    """The set of the first `size` positions, at least one; all where it is more than sixty-four."""
    return ALL >> np.uint64(WIDTH - min(size, WIDTH))
