"""What larger corpora need, from what smaller ones took: a line through the measured sizes for each stage and each
resource, whose slope is what a further byte of text costs. It holds where costs grow in proportion to the text, which
`tests/flow/test_growth.py` checks of requests, objects and bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

TERABYTE = 1e12
CORPORA = {"1 TB": TERABYTE, "100 TB": 100 * TERABYTE}
HOURS = 24
CORES = 2  # of the machine that measured
SHARED = ("families", "deduplicated", "mixed", "published")  # stages of all sources: the others have a driver for each


def needs(sizes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Core hours, cores for one day, what of these one driver takes alone, bytes and requests for each of CORPORA, by
    one size or more."""
    text = [size["text_bytes"] for size in sizes]
    seconds = slope(text, [size["seconds"] for size in sizes])
    driven = slope(text, [sum(size["stages"][name]["driver_seconds"] for name in SHARED) for size in sizes])
    stored = slope(text, [size["stored"] for size in sizes])
    moved = slope(text, [size["sent"] + size["received"] for size in sizes])
    requests = slope(text, [size["requests"] for size in sizes])
    found: dict[str, Any] = {
        "MB of text per second and core": round(1 / (seconds * CORES * 1e6), 2),
        "bytes stored per byte of text": round(stored, 3),
        "bytes moved per byte of text": round(moved, 3),
        "requests per GB of text": round(requests * 1e9),
        "peak memory of a process, MB": max(max(size["driver_mb"], size["worker_mb"]) for size in sizes),
    }
    for name, size in CORPORA.items():
        hours = seconds * CORES * size / 3600
        found |= {
            f"{name}: core hours": round(hours),
            f"{name}: cores for {HOURS} hours": round(hours / HOURS),
            f"{name}: hours of one driver": round(driven * size / 3600, 1),
            f"{name}: TB stored": round(stored * size / TERABYTE, 2),
            f"{name}: TB moved": round(moved * size / TERABYTE, 1),
            f"{name}: million requests": round(requests * size / 1e6, 1),
        }
    return found


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """By least squares with a constant part; of one size the share itself."""
    if len(sizes) == 1:
        return costs[0] / sizes[0]
    return float(np.polyfit(sizes, costs, 1)[0])
