"""What the register takes out of a corpus that is to be built, and out of versions of corpora that stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WITHDRAWN = "withdrawn"  # where a recipe names what the register took out
Numbers = NDArray[np.int64]


class Withdrawn(NamedTuple):
    """The rows of one shard that go, int64[n] ascending, and why: int8[n] places in SCOPES. They are hit themselves,
    are copies of what is hit, or of its families; of several reasons the nearest."""

    rows: Numbers
    scopes: NDArray[np.int8]


class TakenDown(NamedTuple):
    """What the register means of a corpus: rows by the number of the shard; the entries that hit any; and a digest of
    the documents, where others in the store decide which they are."""

    withdrawn: Mapping[int, Withdrawn]
    entries: list[str]
    reached: str

    @property
    def recipe(self) -> Mapping[str, object]:
        """What a version says of it."""
        return {"entries": self.entries, **({"reached": self.reached} if self.reached else {})}


class Gone(NamedTuple):
    """Rows that may be in no mix any more, int64[n] ascending, by the digest of their documents shard, and the entries
    for which they go."""

    rows: Mapping[str, Numbers]
    entries: list[str]
