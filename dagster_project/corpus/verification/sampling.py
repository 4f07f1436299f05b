"""Which rows are made again: all, or so many that a seed decides, spread over all shards by their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.model.manifests import File

Rows = NDArray[np.int64]


def sampled(files: Sequence[File], sample: int | None, seed: int) -> Iterator[tuple[int, Rows]]:
    """(number of a file, some of its rows in order) of every file that has any."""
    bounds = np.concatenate([[0], np.cumsum([file.rows for file in files], dtype=np.int64)])
    total = int(bounds[-1])
    if sample is None or sample >= total:
        yield from ((number, np.arange(file.rows)) for number, file in enumerate(files) if file.rows)
        return
    places = np.sort(np.random.default_rng(seed).choice(total, sample, replace=False))
    for number in range(len(files)):
        first, last = np.searchsorted(places, bounds[number : number + 2])
        if first < last:
            yield number, places[first:last] - bounds[number]
