"""What larger corpora need, from what smaller ones took: a line through the measured sizes for each stage and each
resource, whose slope is what a further byte of text costs. It holds where costs grow in proportion to the text, which
`tests/flow/test_growth.py` checks of requests, objects and bytes.

Up to 512 export shards (33 GB of text) every shard reads a range of every piece of the texts, so that of these requests
the part is left out that grows with the square; in its place stands what levels make of it (`publishing/relaying.py`),
and what further levels move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dagster_project.corpus.publishing.relaying import levels_of

TERABYTE = 1e12
CORPORA = {"1 TB": TERABYTE, "100 TB": 100 * TERABYTE}
HOURS = 24
CORES = 2  # of the machine that measured
SHARED = ("families", "deduplicated", "mixed", "published")  # stages of all sources: the others have a driver for each
PIECE_BYTES = 64e6  # of text that are sent together, or stand in an export shard
Sizes = Sequence[Mapping[str, Any]]


def needs(sizes: Sizes) -> dict[str, Any]:
    """Core hours, cores for one day, what of these one driver takes alone, bytes and requests for each of CORPORA, by
    one size or more."""
    text = [size["text_bytes"] for size in sizes]
    seconds = slope(text, [size["seconds"] for size in sizes])
    driven = slope(text, [sum(size["stages"][name]["driver_seconds"] for name in SHARED) for size in sizes])
    stored = slope(text, [size["stored"] for size in sizes])
    moved = slope(text, [size["sent"] + size["received"] for size in sizes])
    sent = slope(text, [size["stages"]["published"]["sent"] - size["stages"]["published"]["bytes"] for size in sizes])
    requests = _requests(text, sizes)
    found: dict[str, Any] = {
        "MB of text per second and core": round(1 / (seconds * CORES * 1e6), 2),
        "bytes stored per byte of text": round(stored, 3),
        "bytes moved per byte of text": round(moved, 3),
        "requests per GB of text": round(requests * 1e9),
        "peak memory of a process, MB": max(max(size["driver_mb"], size["worker_mb"]) for size in sizes),
    }
    for name, size in CORPORA.items():
        hours = seconds * CORES * size / 3600
        levels, ranges = _levels(size)
        found |= {
            f"{name}: core hours": round(hours),
            f"{name}: cores for {HOURS} hours": round(hours / HOURS),
            f"{name}: hours of one driver": round(driven * size / 3600, 1),
            f"{name}: TB stored": round(stored * size / TERABYTE, 2),
            f"{name}: TB moved": round((moved + 2 * sent * (levels - 1)) * size / TERABYTE, 1),
            f"{name}: million requests": round((requests * size + ranges) / 1e6, 1),
        }
    return found


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """By least squares with a constant part; of one size the share itself."""
    if len(sizes) == 1:
        return costs[0] / sizes[0]
    return float(np.polyfit(sizes, costs, 1)[0])


def _requests(text: Sequence[float], sizes: Sizes) -> float:
    """Those for each byte of text, but for the ranges between pieces and shards."""
    read = [size["stages"]["published"]["requests"].get("GetObject", 0) for size in sizes]
    others = slope(text, [size["requests"] - count for size, count in zip(sizes, read, strict=True)])
    if len(sizes) == 1:
        return others + read[0] / text[0]
    gigabytes = np.array(text) / 1e9
    _, linear = np.linalg.lstsq(np.stack([gigabytes**2, gigabytes], axis=1), np.array(read, np.float64))[0]
    return others + float(linear) / 1e9


def _levels(text_bytes: float) -> tuple[int, float]:
    """In how many levels texts go to a mix of this size, and how many ranges are read on the way."""
    count = int(text_bytes / PIECE_BYTES)
    levels = levels_of(np.arange(count))
    return len(levels.starts), len(levels.starts) * levels.fan * count
