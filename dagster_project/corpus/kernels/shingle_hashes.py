"""Hashes of shingles: of n words joined by one space, or of n characters; each begins one word or character further."""

from __future__ import annotations

from typing import Any, NamedTuple

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.hashing import LOW_32, xxh32, xxh64_within
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.sha1 import sha1_start

XXH64, XXH32, SHA1_64, SHA1_32 = range(4)
HASHINGS = {"xxh64": XXH64, "xxh32": XXH32, "sha1-64": SHA1_64, "sha1-32": SHA1_32}


class Shingles(NamedTuple):
    """A text cut for shingling; pointers, with 31 bytes to read after the text."""

    text: Any
    starts: Any  # where each word or character begins, and where the next one would
    ngram: Any
    gap: Any  # the bytes between two of them: 1 for words, 0 for characters


@bare
def hash_shingles(shingles: Any, count: Any, hashing: Any, hashes: Any, words: Any) -> Any:
    """Write the hashes of the first `count` shingles: one of HASHINGS. `words` is room for `sha1_start`."""
    if hashing == XXH64:
        for i in range(count):
            hashes[i] = xxh64_within(shingles.text, shingles.starts[i], _end(shingles, i))
    elif hashing == XXH32:
        for i in range(count):
            hashes[i] = xxh32(shingles.text, shingles.starts[i], _end(shingles, i))
    else:
        for i in range(count):
            start = sha1_start(shingles.text, shingles.starts[i], _end(shingles, i), words)
            hashes[i] = start if hashing == SHA1_64 else start & LOW_32


@inlined
def _end(shingles: Any, i: Any) -> Any:
    return shingles.starts[i + shingles.ngram] - shingles.gap
