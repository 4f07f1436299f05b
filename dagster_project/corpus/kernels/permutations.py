"""The least permuted hashes of a set, as datatrove permutes: (hash · a + b mod 2^64) mod (2^61 − 1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.hashing import LOW_32
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.vectors import ALL, ONE

PRIME, PRIME_BITS = np.uint64((1 << 61) - 1), np.uint64(61)
EMPTY = ALL  # no permuted hash is as great
STEP = 8  # hashes that are permuted together
HIGH = ~PRIME


@bare
def lower(minima: Any, sums: Any, hashes: Any, first: Any, last: Any, a: Any, b: Any, count: Any) -> Any:
    """Lower each of `count` minima to the least of hashes[first:last], at least one, permuted by its own a and b.

    All are pointers; `sums` has room for `count`. STEP hashes from `last` on are read: each must be one of the set.

    With x = hash · a + b + 1, the remainder and one more is the sum of the low 61 bits of x and of the high 3. With the
    high bits set instead of cleared, it passes 2^64 just where the prime is to be subtracted, once in 2^58 hashes. Such
    sums are the least, so that a look at the least shows them; then, and where x may be 0, it is done by the book.
    """
    for i in range(count):
        sums[i] = ALL
    for j in range(first, last, STEP):
        _lower_sums(sums, hashes, j, a, b, count)
    for i in range(count):
        if sums[i] > HIGH:
            minima[i] = min(minima[i], sums[i] - HIGH - ONE)
        else:
            for j in range(first, last):
                minima[i] = min(minima[i], permuted(hashes[j], a[i], b[i]))


@inlined
def _lower_sums(sums: Any, hashes: Any, j: Any, a: Any, b: Any, count: Any) -> Any:
    """Lower each sum to those of eight hashes: eight at once take a quarter less time than one by one."""
    one, two, three, four = hashes[j], hashes[j + 1], hashes[j + 2], hashes[j + 3]
    five, six, seven, eight = hashes[j + 4], hashes[j + 5], hashes[j + 6], hashes[j + 7]
    for i in range(count):
        x, y = a[i], b[i] + ONE
        left = min(min(_sum(one, x, y), _sum(two, x, y)), min(_sum(three, x, y), _sum(four, x, y)))
        right = min(min(_sum(five, x, y), _sum(six, x, y)), min(_sum(seven, x, y), _sum(eight, x, y)))
        sums[i] = min(sums[i], min(left, right))


@inlined
def _sum(value: Any, a: Any, b: Any) -> Any:
    x = value * a + b
    return (x | HIGH) + (x >> PRIME_BITS)


@bare
def lower_32(minima: Any, hashes: Any, first: Any, last: Any, a: Any, b: Any, count: Any) -> Any:
    """The same of the low 32 bits of each permuted hash."""
    for j in range(first, last):
        value = hashes[j]
        for i in range(count):
            minima[i] = min(minima[i], permuted(value, a[i], b[i]) & LOW_32)


@inlined
def permuted(value: Any, a: Any, b: Any) -> Any:
    """(value · a + b mod 2^64) mod PRIME."""
    product = value * a + b
    rest = (product & PRIME) + (product >> PRIME_BITS)
    return min(rest, rest - PRIME)
