"""Rules that look documents up in a list: how many entries a document matches, and which entries matched at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.storage.lists import Entries, hashes_of

_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Listing:
    """A signal, the keys by which one of its values is looked up, and the limits that hold when a policy gives none."""

    column: str
    kind: str  # of the entries
    keys: Callable[[str], tuple[str, ...]]
    limits: Mapping[str, float] = field(default_factory=lambda: {"max": 0.0})
    counts: bool = False  # the value is how many entries match, and not just whether one does


class Matched(NamedTuple):
    """What a list says of some documents: one value each, and how many documents each entry matched, by its hash."""

    value: NDArray[np.float64]
    entries: dict[str, int]


def look_up(listing: Listing, signals: pa.Table, entries: Entries) -> Matched:
    """Distinct values of the signal are looked up once; a document without one matches nothing."""
    coded = signals.column(listing.column).combine_chunks().dictionary_encode()
    keys = [listing.keys(value) for value in coded.dictionary.to_pylist()]
    hashes = hashes_of(key for found in keys for key in found)
    value_of_key = np.repeat(np.arange(len(keys)), [len(found) for found in keys])
    held = entries.hold(hashes)
    per_value = np.bincount(value_of_key[held], minlength=len(keys) + 1).astype(np.float64)
    if not listing.counts:
        per_value = np.minimum(per_value, 1.0)
    codes = coded.indices.fill_null(len(keys)).to_numpy()  # the last place of per_value is 0: nothing was looked up
    documents = np.bincount(codes, minlength=len(keys) + 1)
    return Matched(per_value[codes], _tally(hashes[held], documents[value_of_key[held]]))


def parents(host: str) -> tuple[str, ...]:
    """A host and every domain above it: an entry holds for itself and for whatever lies below it."""
    if ":" in host or host[-1:].isdigit():  # an IP address has nothing above it
        return (host,)
    labels = host.split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels)))


def alone(value: str) -> tuple[str, ...]:
    return (value,)


def words(url: str) -> tuple[str, ...]:
    """The distinct whole words of an address, its scheme apart, in lower case and percent-encoding undone."""
    return tuple(sorted(set(_WORDS.findall(unquote(url.partition("://")[2]).lower()))))


def _tally(hashes: NDArray[np.uint64], documents: NDArray[np.int64]) -> dict[str, int]:
    distinct, places = np.unique(hashes, return_inverse=True)
    sums = np.bincount(places, documents, len(distinct)).astype(int)
    return {f"{entry:016x}": int(count) for entry, count in zip(distinct.tolist(), sums, strict=True) if count}
