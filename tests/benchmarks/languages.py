"""Language identification by one process and by two, beside what two processes of the model alone gain here.

Machines that share their cores with others give two processes less than twice the speed of one, and not the same from
minute to minute: so the runs alternate, and what the model alone gains on the same texts in memory is told, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import pyarrow as pa

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.scorers.fasttext_models import line_of, load
from dagster_project.corpus.signals.language import KEPT, LID_176
from dagster_project.corpus.storage.embedded import embedded
from dagster_project.corpus.storage.s3 import S3Store
from tests.benchmarks import ours

LANGUAGE, SNAPSHOT = Partition("signals", "texts@dev", "language"), Partition("snapshots", "texts@dev")
PAGE = 2000  # characters, as many a page of the web has: of longer texts only a sample is looked at
PAIRS = 5  # of runs, by one process and by two; the medians count


class Languages(NamedTuple):
    """Seconds from store to store by one process and by two; how many times as fast two are, and the model alone."""

    one: float
    two: float
    ratio: float
    alone: float


def time_languages(table: pa.Table, place: Path) -> Languages:
    """Of the texts of a table, in pages."""
    texts = table.column("text").to_pylist()
    pages = [text[start : start + PAGE] for text in texts for start in range(0, len(text), PAGE)]
    with embedded(place / "store") as config, closing(LocalEngine(1)) as one, closing(LocalEngine(2)) as two:
        library = ours.Judge(pages, place, S3Store(config), one).library
        both = library, replace(library, engine=two)
        library.build(SNAPSHOT)
        frozen = {entry.path for entry in library.store.list("")}
        pairs = [[_built(item, frozen) for item in both] for _ in range(1 + PAIRS)][1:]  # the first starts the workers
    return Languages(*map(_median, zip(*pairs, strict=True)), _ratio(pairs), _ratio(_alone(pages)))


def _built(library: Library, frozen: set[str]) -> float:
    library.store.delete([entry.path for entry in library.store.list("") if entry.path not in frozen])
    start = perf_counter()
    library.build(LANGUAGE)
    return perf_counter() - start


def _alone(pages: Sequence[str]) -> list[list[float]]:
    """Seconds of the model on texts in memory, by one process and by two."""
    found = []
    with get_context("spawn").Pool(2) as pool:
        for _ in range(PAIRS):
            one = pool.apply(_guessed, (pages,))
            found.append([one, max(pool.map(_guessed, [pages[::2], pages[1::2]], chunksize=1))])
    return found


def _guessed(pages: Sequence[str]) -> float:
    model, lines = load(LID_176, "lid.176"), [line_of(page) + "\n" for page in pages]
    start = perf_counter()
    for line in lines:
        model.predict(line, KEPT, 0.0, "strict")
    return perf_counter() - start


def _ratio(pairs: Sequence[Sequence[float]]) -> float:
    return _median([one / two for one, two in pairs])


def _median(numbers: Sequence[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]
