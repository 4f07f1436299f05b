"""Documents as a tokenizer sees them: the ids of all, one after another, and where each document begins."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Tokens(NamedTuple):
    """The tokens of documents, aligned with their rows: document i has `values[offsets[i] : offsets[i + 1]]`."""

    values: NDArray[Any]  # uint16, uint32 or int32; an id is never negative
    offsets: NDArray[np.int64]  # documents + 1, from 0
