"""What documents are, as far as tables tell it: the traits whose distribution is compared before and after a filter.

A new one is one line in TRAITS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.filtering.judging import LANGUAGE, WORDS

VALUE_CHARACTERS = 300
NO_WORDS = -1  # the bin of documents without a word


class Trait(NamedTuple):
    """What it is, for people; the column that tells it, by stage and signal group; and its values, null if unknown."""

    title: str
    stage: str
    part: str
    column: str
    prefix: str
    values: Callable[[pa.Array], pa.Array]  # strings
    is_ordered: bool = False

    @property
    def place(self) -> str:
        return self.prefix + self.column


def as_told(column: pa.Array) -> pa.Array:
    return pc.utf8_slice_codeunits(column, 0, VALUE_CHARACTERS)


def years(column: pa.Array) -> pa.Array:
    return pc.cast(pc.year(column), pa.string())


def powers_of_two(column: pa.Array) -> pa.Array:
    """ "6" for 64 to 127 words, "-1" for none."""
    words = column.to_numpy(zero_copy_only=False)
    bins = np.where(words > 0, np.floor(np.log2(np.maximum(words, 1))), NO_WORDS).astype(np.int64)
    return pc.cast(pa.array(bins), pa.string())


TRAITS: Mapping[str, Trait] = {
    "language": Trait("Language, as a model identified it", "signals", "language", "language", "language/", as_told),
    "domain": Trait("Registered domain", "signals", "addresses", "domain", "addresses/", as_told),
    "license": Trait("License concluded", "licensed", "", "license", "licensed/", as_told),
    "published_year": Trait("Year of publication", "snapshots", "", "published_at", "snapshots/", years, True),
    "collected_year": Trait("Year of collection", "snapshots", "", "collected_at", "snapshots/", years, True),
    "words": Trait("Length in words, by powers of two", "signals", "counts", "words", "counts/", powers_of_two, True),
}
assert TRAITS["language"].place == LANGUAGE
assert TRAITS["words"].place == WORDS
