"""rensa and datasketch, given the shingles they need by Python, against our signatures of the same texts.

Their users shingle in Python. They get the cheapest shingles there are, of lower-cased text split at whitespace, where
ours are of text normalized as datatrove has it; so neither signatures nor pairs near a threshold can be the same.
Compared is what signatures are for: each side's pairs that share a band and are similar by brute force, with all pairs
that are similar by brute force, both by the shingles of that side. Edited copies see to it that there are such pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, cycle
from time import process_time
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, triu

from dagster_project.corpus.kernels.bands import BANDS, ROWS
from dagster_project.corpus.kernels.minhash import NGRAM, PERMUTATIONS
from tests.oracles.normalization import normalize

REPEATS = 3
EDITS, ENOUGH_WORDS = (60, 100, 200, 400), 200
SIMILAR = 0.85  # Jaccard similarity; of such pairs 14 bands of 8 rows find at least 98.8 %
Shingles = list[list[str]]
Pairs = set[tuple[int, int]]


def compare(sample: list[str], sign: Callable[[list[str]], tuple[Any, float]]) -> dict[str, Any]:
    """The ratio to each peer, and how well each side finds the similar pairs, on the sample and edited copies of it."""
    texts = [*sample, *copies(sample)]
    rows, our_seconds = sign(texts)
    theirs, ours = shingled(texts), [runs(normalize(text).split()) for text in texts]
    similar, ours_similar = similar_pairs(theirs), similar_pairs(ours)
    found = {"our_similar_pairs": len(ours_similar), "our_similar_f1": f1(band_pairs(rows, ours), ours_similar)}
    found["their_similar_pairs"] = len(similar)
    for name, peer in PEERS.items():
        rows, seconds = timed(peer, texts)
        found[f"{name}_ratio"] = round(seconds / our_seconds, 1)
        found[f"{name}_similar_f1"] = f1(band_pairs(rows, theirs), similar)
    return found


def copies(texts: list[str]) -> Iterator[str]:
    """Every third text without every n-th of its words: at n = 60 the Jaccard similarity is about 0.85."""
    for text, n in zip(texts[::3], cycle(EDITS)):
        words = text.split()
        if len(words) >= ENOUGH_WORDS:
            del words[n - 1 :: n]
            yield " ".join(words)


def rensa(shingles: Shingles) -> Any:
    """Full-set R-MinHash, all texts in one call."""
    try:
        from rensa import RMinHash
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"this benchmark needs rensa ({error}): pip install 'florilegium[bench]'") from None
    return RMinHash.digest_matrix_from_token_sets(shingles, PERMUTATIONS, 1).to_rows()


def datasketch(shingles: Shingles) -> Any:
    """MinHash.bulk with its defaults; it wants bytes."""
    from datasketch import MinHash

    encoded = [[shingle.encode() for shingle in text] for text in shingles]
    return [found.hashvalues for found in MinHash.bulk(encoded, num_perm=PERMUTATIONS)]


PEERS: dict[str, Callable[[Shingles], Any]] = {"rensa": rensa, "datasketch": datasketch}


def timed(sign: Callable[[Shingles], Any], texts: list[str]) -> tuple[Any, float]:
    """Signatures as a matrix, and the least processor time from texts to signatures, of all threads together."""
    seconds = []
    for _ in range(REPEATS):
        start = process_time()
        rows = sign(shingled(texts))
        seconds.append(process_time() - start)
    return np.array(rows), min(seconds)


def shingled(texts: list[str]) -> Shingles:
    return [runs(text.lower().split()) for text in texts]


def runs(words: list[str]) -> list[str]:
    return [" ".join(words[i : i + NGRAM]) for i in range(len(words) - NGRAM + 1)]


def similar_pairs(shingles: Shingles) -> Pairs:
    """All pairs of texts whose sets of shingles have a Jaccard similarity of SIMILAR or more."""
    numbers: dict[str, int] = {}
    sets = [{numbers.setdefault(shingle, len(numbers)) for shingle in text} for text in shingles]
    sizes = np.array([len(members) for members in sets])
    columns = np.array([number for members in sets for number in members], np.int64)
    texts = np.repeat(np.arange(len(sets)), sizes)
    held = csr_matrix((np.ones(len(columns), np.int32), (texts, columns)), (len(sets), len(numbers)))
    shared = triu(held @ held.T, 1).tocoo()
    is_similar = shared.data >= SIMILAR * (sizes[shared.row] + sizes[shared.col] - shared.data)
    return set(zip(shared.row[is_similar].tolist(), shared.col[is_similar].tolist(), strict=True))


def f1(candidates: Pairs, similar: Pairs) -> float:
    """Of the similar candidates."""
    found = len(candidates & similar)
    return round(2 * found / (found + len(similar)), 4) if similar else 1.0


def band_pairs(rows: Any, shingles: Shingles) -> Pairs:
    """The pairs of texts with shingles that agree in all rows of a band."""
    found: Pairs = set()
    for band in range(BANDS):
        groups: dict[bytes, list[int]] = {}
        for number, values in enumerate(rows[:, band * ROWS : band * ROWS + ROWS]):
            if shingles[number]:
                groups.setdefault(values.tobytes(), []).append(number)
        for group in groups.values():
            found.update(combinations(group, 2))
    return found
