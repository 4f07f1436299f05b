"""Entropies in thousandths of a bit, by integer arithmetic alone: the same on every processor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dagster_project.corpus.kernels.bare import bare

BITS, ENTRIES_BITS = 24, 12  # of the fraction of a logarithm; of what the table knows
ENTRIES, THOUSAND = 1 << ENTRIES_BITS, 1000
# rounded far from any half, so that the last bit of a processor's log2 decides nothing; a test looks at each
LOGARITHMS = np.array([0] + [round(math.log2(n) * (1 << BITS)) for n in range(1, 2 * ENTRIES + 1)], np.int64)


@bare
def log2(number: Any) -> Any:
    """log2 of an integer from 1 to 2^31, times 2^BITS: from a table, above 8192 on a line between two entries."""
    shift = 0
    while number >> shift > 2 * ENTRIES - 1:
        shift += 1
    entry = number >> shift
    rest = number - (entry << shift)
    between = ((LOGARITHMS[entry + 1] - LOGARITHMS[entry]) * rest) >> shift
    return (np.int64(shift) << BITS) + LOGARITHMS[entry] + between


@bare
def entropy(weighted: Any, total: Any) -> Any:
    """Thousandths of a bit of a distribution of `total` things; `weighted` is the sum of count · log2(count)."""
    if total == 0:
        return 0
    return max(0, ((log2(total) - weighted // total) * THOUSAND + (1 << (BITS - 1))) >> BITS)
