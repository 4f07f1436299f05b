"""MinHash of a list of words or characters, with Python's integers."""

import hashlib

import numpy as np
import xxhash

PRIME = 2**61 - 1
HASHES = {
    "xxh64": lambda data: xxhash.xxh64_intdigest(data),
    "xxh32": lambda data: xxhash.xxh32_intdigest(data),
    "sha1-64": lambda data: int.from_bytes(hashlib.sha1(data).digest()[:8], "little"),
    "sha1-32": lambda data: int.from_bytes(hashlib.sha1(data).digest()[:4], "little"),
}


def shingle_hashes(parts, ngram, hashing="xxh64", joint=" "):
    """The hash of each run of `ngram` words (joined by spaces) or characters (joined by nothing)."""
    runs = [joint.join(parts[i : i + ngram]) for i in range(len(parts) - ngram + 1)]
    return [HASHES[hashing](run.encode()) for run in runs]


def signature(parts, permutations=112, ngram=5, hashing="xxh64", joint=" "):
    """The least permuted hash of the shingles, per permutation; 2^64 - 1 where there is no shingle."""
    hashes = shingle_hashes(parts, ngram, hashing, joint)
    return permuted_minima(hashes, permutations, 2**32 if hashing.endswith("32") else 2**64)


def permuted_minima(hashes, permutations, modulus=2**64):
    draw = np.random.RandomState(1).randint
    a, b = (draw(low, PRIME, dtype=np.uint64, size=permutations).tolist() for low in (1, 0))
    return [permuted_minimum(hashes, m, s, modulus) for m, s in zip(a, b, strict=True)]


def permuted_minimum(hashes, a, b, modulus=2**64):
    return min(((h * a + b) % 2**64 % PRIME % modulus for h in hashes), default=2**64 - 1)
