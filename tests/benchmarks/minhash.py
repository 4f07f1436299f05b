"""MinHash signatures against datatrove's own signature step, rensa and datasketch: how fast, and how alike.

Ratios are of processor time; one counts only with an agreement of 0.98 and more.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import combinations, pairwise
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.kernels.bands import BANDS, ROWS, band_keys
from dagster_project.corpus.kernels.minhash import EMPTY, PERMUTATIONS, signatures
from dagster_project.corpus.kernels.texts import buffers
from tests.benchmarks.minhash_peers import compare
from tests.benchmarks.texts import read

REPEATS = 5


def run(path: str | None, limit_mb: float) -> dict[str, Any]:
    """Both on the first `limit_mb`, and ours alone on everything, by one process and by two."""
    texts = read(path)
    sample = texts[: documents_within(texts, limit_mb * 1e6)]
    theirs, their_seconds = datatrove_signatures(sample)
    ours, our_seconds = our_signatures(sample)
    _, all_seconds = our_signatures(texts)
    size, total = megabytes(sample), megabytes(texts)
    return {
        "documents": len(sample),
        "megabytes": round(size, 2),
        "datatrove_mb_per_second": round(size / their_seconds, 3),
        "mb_per_second": round(size / our_seconds, 1),
        "ratio": round(their_seconds / our_seconds, 1),
        **agreement(ours, theirs),
        **compare(sample, our_signatures),
        "all_documents": len(texts),
        "all_megabytes": round(total, 2),
        "all_mb_per_second": round(total / all_seconds, 1),
        "all_mb_per_second_2_processes": round(total / two_processes(texts), 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def documents_within(texts: list[str], size: float) -> int:
    """How many texts from the first fit in so many bytes; at least one."""
    sizes = np.cumsum([len(text.encode()) for text in texts])
    return max(1, int(np.searchsorted(sizes, size, side="right")))


def megabytes(texts: list[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def our_signatures(texts: list[str], clock: Callable[[], float] = process_time) -> tuple[Any, float]:
    """Signatures, and the least time from Arrow array to signatures, after compilation."""
    array = pa.array(texts, pa.large_string())
    signatures(*buffers(array[:1]))
    seconds = []
    for _ in range(REPEATS):
        start = clock()
        rows = signatures(*buffers(array)).minima
        seconds.append(clock() - start)
    return rows, min(seconds)


def two_processes(texts: list[str]) -> float:
    """The time of the slower of two processes, each with every other text, started together."""
    sign = partial(our_signatures, clock=perf_counter)
    with get_context("spawn").Pool(2) as pool:
        return max(seconds for _, seconds in pool.map(sign, [texts[::2], texts[1::2]], chunksize=1))


def datatrove_signatures(texts: list[str]) -> tuple[Any, float]:
    """What datatrove's signature step writes to disk, put in rows again, and its time after its tokenizer is loaded."""
    step, document = datatrove()
    with tempfile.TemporaryDirectory() as folder:
        signer = step(folder)
        signer.get_shingles("loads the tokenizer before the clock starts")
        start = process_time()
        signer.run(document(text=text, id=str(i)) for i, text in enumerate(texts))
        seconds = process_time() - start
        return written(Path(folder), len(texts)), seconds


def datatrove() -> tuple[Any, Any]:
    """The signature step and the document class."""
    try:
        from datatrove.data import Document
        from datatrove.pipeline.dedup.minhash import MinhashDedupSignature
        from loguru import logger
    except ModuleNotFoundError as error:
        message = f"this benchmark needs datatrove ({error}): pip install 'florilegium[bench]'"
        raise ModuleNotFoundError(message) from None
    logger.disable("datatrove")
    return MinhashDedupSignature, Document


def written(folder: Path, documents: int) -> Any:
    """Signature files (one per bucket: 8 hashes and a document number, little-endian) as uint64[documents, 112]."""
    rows = np.full((documents, PERMUTATIONS), EMPTY)
    for bucket in range(BANDS):
        records = np.fromfile(
            folder / f"bucket_{bucket:03d}/00000.minhash.sig", [("hashes", "<u8", ROWS), ("number", "<u4")]
        )
        rows[records["number"], bucket * ROWS : bucket * ROWS + ROWS] = records["hashes"]
    return rows


def agreement(ours: Any, theirs: Any) -> dict[str, Any]:
    """Documents with equal signatures; F1 of the candidate pairs; ours by hashed bands, theirs by equal values."""
    found, expected = pairs([*band_keys(ours).T], ours), pairs([*bands(theirs)], theirs)
    both = len(found & expected)
    return {
        "identical_signatures": round(float((ours == theirs).all(axis=1).mean()), 6),
        "candidate_pairs": len(found),
        "datatrove_candidate_pairs": len(expected),
        "pair_f1": round(2 * both / (len(found) + len(expected)), 6) if found or expected else 1.0,
    }


def bands(rows: Any) -> Any:
    """Each band as one array of byte strings."""
    for first in range(0, PERMUTATIONS, ROWS):
        yield np.ascontiguousarray(rows[:, first : first + ROWS]).view(f"V{8 * ROWS}").reshape(-1)


def pairs(keys: list[Any], rows: Any) -> set[tuple[int, int]]:
    """Documents with one key in one band: all pairs, or above 50 documents neighbors."""
    found: set[tuple[int, int]] = set()
    has_shingles = rows[:, 0] != EMPTY
    for band in keys:
        groups: dict[Any, list[int]] = {}
        for number, key in enumerate(band.tolist()):
            if has_shingles[number]:
                groups.setdefault(key, []).append(number)
        for group in groups.values():
            found.update(combinations(group, 2) if len(group) <= 50 else pairwise(group))
    return found
