"""Systematic sampling, one copy at a time and with fractions: slow and obvious."""

from __future__ import annotations

from fractions import Fraction


def copies_in_order(numbers: list[int], rates: list[int], passes: int) -> list[tuple[int, int]]:
    """(index, copy) of everything that comes before a time: copy k of a document with the number u, of 2^64, comes at
    (k + u) / rate, where u counts with 40 bits and its other 24 settle ties."""
    due = []
    for index, (number, rate) in enumerate(zip(numbers, rates, strict=True)):
        copy = 0
        while (time := (copy + Fraction(number >> 24, 1 << 40)) / Fraction(rate, 1 << 16)) < passes:
            due.append(((time * (1 << 40)).__floor__(), number & ((1 << 24) - 1), index, copy))
            copy += 1
    return [(index, copy) for *_, index, copy in sorted(due)]
