"""MinHash of a list of words, with Python's integers."""

import numpy as np
import xxhash

PRIME = 2**61 - 1


def signature(words: list[str], permutations: int = 112, ngram: int = 5) -> list[int]:
    """The least permuted hash of the shingles, per permutation; 2^64 - 1 where there is no shingle."""
    draw = np.random.RandomState(1).randint
    a, b = (draw(low, PRIME, dtype=np.uint64, size=permutations).tolist() for low in (1, 0))
    shingles = [" ".join(words[i : i + ngram]) for i in range(len(words) - ngram + 1)]
    hashes = [xxhash.xxh64_intdigest(shingle.encode()) for shingle in shingles]
    return [min(((h * m + s) % 2**64 % PRIME for h in hashes), default=2**64 - 1) for m, s in zip(a, b, strict=True)]
