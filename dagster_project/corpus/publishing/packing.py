"""How documents become training sequences, as a recipe names it, and what that cost: padding, cuts, foreign context."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.packing import Packed, best_fit, bucketed, chunked
from dagster_project.corpus.model.errors import Refused

Numbers = NDArray[np.int64]
BUCKETS = "buckets"  # the mode whose sequences differ in length, so that none is padded
MODES: Mapping[str, Callable[[Numbers, int, int], Packed]] = {
    "chunk": lambda lengths, size, least: chunked(lengths, size),
    "best-fit": lambda lengths, size, least: best_fit(lengths, size),
    BUCKETS: bucketed,
}


def complaint(mode: str, size: int, least: int) -> str | None:
    """Why documents cannot be packed so; None when they can."""
    if mode not in MODES:
        return f'there is no packing "{mode}": use one of {", ".join(sorted(MODES))}'
    if size < 1:
        return f"sequences of {size} tokens hold nothing: use a length of at least 1"
    if mode == BUCKETS and not (_is_power(size) and _is_power(least) and least <= size):
        return f"buckets of {least} to {size} tokens: both must be powers of two, such as 256 and 8192"
    return None


def pack(lengths: Numbers, mode: str, size: int, least: int = 1) -> Packed:
    """The sequences of documents with so many tokens each, int64[n] in the order of the mix.

    `size` is the most that a sequence holds, `least` the smallest bucket. Memory grows with the documents, so a large
    mix is packed window after window.
    """
    problem = complaint(mode, size, least)
    if problem is not None:
        raise Refused(problem)
    return MODES[mode](lengths, size, least)


def report(packed: Packed, lengths: Numbers, mode: str, size: int) -> dict[str, int | dict[str, int]]:
    """What packing did, in counts whose sums over windows are those of the whole.

    Truncated documents are cut, or have lost their end, although one sequence would have held them whole. Foreign
    tokens come after another document in their sequence. `sequence_lengths` counts sequences by the power of two at or
    below their tokens.
    """
    firsts = np.flatnonzero(np.diff(packed.sequence, prepend=-1))
    tokens = np.add.reduceat(packed.length, firsts) if len(firsts) else packed.length
    documents = np.diff(firsts, append=len(packed.sequence))
    longest_piece = np.zeros(len(lengths), np.int64)
    np.maximum.at(longest_piece, packed.document, packed.length)
    is_cut = longest_piece < lengths
    is_truncated = is_cut & (lengths <= size)
    return {
        "documents": len(lengths),
        "sequences": len(firsts),
        "tokens": int(tokens.sum()),
        "dropped_tokens": packed.dropped,
        "padding_tokens": 0 if mode == BUCKETS else len(firsts) * size - int(tokens.sum()),
        "cut_documents": int(is_cut.sum()),
        "truncated_documents": int(is_truncated.sum()),
        "truncated_tokens": int(lengths[is_truncated].sum()),
        "shared_sequences": int((documents > 1).sum()),
        "foreign_tokens": int(tokens.sum() - packed.length[firsts].sum()),
        "sequence_lengths": _by_power(tokens),
    }


def _by_power(tokens: Numbers) -> dict[str, int]:
    counts = np.bincount(np.frexp(tokens)[1] - 1)
    return {str(1 << power): int(count) for power, count in enumerate(counts) if count}


def _is_power(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0
