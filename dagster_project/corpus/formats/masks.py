"""Loss masks: of every token of a shard whether it carries loss, as numbers beside the tokens and as spans.

In every format `mask` is 1 where a token carries loss and 0 where it carries none, uint8, one for each token in the
place of that token; the separator carries loss.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.formats.format import Shard
from dagster_project.corpus.formats.spans import Numbers, Spans
from dagster_project.corpus.formats.streams import stream_of
from dagster_project.corpus.model.tokens import Tokens

MASK = np.dtype("u1")


def masks_of(shard: Shard, separator: int | None = None) -> Tokens | None:
    """The mask as tokens have it, with a place for each separator where they have one; None where nothing is masked."""
    if shard.mask is None or shard.tokens is None:
        return None
    mask = Tokens(shard.mask.astype(MASK), shard.tokens.offsets)
    return stream_of(mask, MASK, None if separator is None else 1)


def masked_spans(mask: NDArray[np.bool_], offsets: Numbers) -> Spans:
    """The runs of tokens that carry no loss, counted from the first token of each document."""
    is_first = np.zeros(len(mask) + 1, np.bool_)
    is_first[offsets] = True
    starts = np.flatnonzero(~mask & (is_first[:-1] | np.append(True, mask[:-1])))
    ends = np.flatnonzero(~mask & (is_first[1:] | np.append(mask[1:], True))) + 1
    firsts = np.searchsorted(starts, offsets)
    found = Spans(firsts, starts, ends)
    before = offsets[:-1][found.row]
    return Spans(firsts, starts - before, ends - before)


def mask_of(spans: Spans, offsets: Numbers) -> NDArray[np.bool_]:
    """Which tokens carry loss, of documents whose tokens begin at these offsets."""
    steps = np.zeros(int(offsets[-1]) + 1, np.int64)
    shifted = spans.shifted(offsets[:-1])
    np.add.at(steps, shifted.starts, 1)
    np.add.at(steps, shifted.ends, -1)
    return np.asarray(np.cumsum(steps[:-1]) == 0)
