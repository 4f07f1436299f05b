"""Hashes modulo 2^61 - 1 with secret bases (Karp, Rabin 1987), two of which tell texts apart, whoever wrote them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from dagster_project.corpus.kernels.inlined import inlined

MODULUS = (1 << 61) - 1
PRIME = np.uint64(MODULUS)
# Drawn for each process, so that no text can be written whose different windows have equal hashes. Two texts of n
# bytes meet in both with a probability of at most (n / 2^61)^2; nothing else depends on the bases.
BASES = tuple(1 + int.from_bytes(os.urandom(16), "little") % (MODULUS - 1) for _ in range(2))


@intrinsic
def _product(_: Any, one: Any, two: Any) -> Any:
    """A number below 2^62 that is their product modulo 2^61 - 1; both are below 2^61."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        half, whole = ir.IntType(64), ir.IntType(128)
        product = builder.mul(*(builder.zext(argument, whole) for argument in arguments))
        upper = builder.trunc(builder.lshr(product, ir.Constant(whole, 61)), half)
        lower = builder.and_(builder.trunc(product, half), ir.Constant(half, MODULUS))
        return builder.add(upper, lower)

    return types.uint64(types.uint64, types.uint64), generate


@inlined
def reduced(number: Any) -> Any:
    """The remainder modulo 2^61 - 1."""
    number = (number & PRIME) + (number >> np.uint64(61))
    return number - PRIME if number >= PRIME else number


@inlined
def entered(state: Any, base: Any, byte: Any) -> Any:
    """The hash of a text and one byte more."""
    return reduced(_product(state, base) + np.uint64(byte) + np.uint64(1))


@inlined
def rolled(state: Any, base: Any, byte: Any, leaving: Any) -> Any:
    """The same of a window, which another byte leaves."""
    return reduced(_product(state, base) + np.uint64(byte) + np.uint64(1) + leaving)
