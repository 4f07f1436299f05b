"""Which spans of a text a portrait shows, and how sure that is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.kernels.portraits import BLOCK_WORDS, Filter, Hashes, block_of, held, rolled
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.errors import IntegrityError, MissingObject
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.portraits.drawing import portray
from dagster_project.corpus.portraits.portrait import BLOCK_BYTES, Header, part_path, read_header
from dagster_project.corpus.portraits.texts import batches
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.stores import Store

STAGES = ("published", "deduplicated")
WHOLE_BYTES = 32 << 20  # of a part that is read whole for a few of its blocks, too
GAP, FETCHERS, AT_ONCE = 1024, 8, 1 << 22  # blocks between two that come together; threads; characters
SURE = 0.01  # of what chance explains more often little can be said
KEPT = 4  # parts in the memory of a process


class Span(NamedTuple):
    """A run of n-grams one after the other, in characters of the text that was asked about.

    What stands in the version may begin and end up to `width − 1` characters further out.
    """

    start: int
    end: int
    grams: int
    chance: float  # how many such runs a text of this length has on average of which nothing stands in the version


@dataclass(frozen=True)
class Portrait:
    """A portrait to be asked."""

    store: Store
    header: Header

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, by their start, none of them within another one."""
        return [
            _spans(some, self.header)
            for batch in batches(texts, len, AT_ONCE)
            for some in self._hits(rolled(*buffers(pa.array(batch, pa.large_string())), self.header.width))
        ]

    def _hits(self, asked: Any) -> Iterator[NDArray[np.bool_]]:
        """Of each text whether the n-gram at each of its characters may be in the portrait."""
        answers = self._held(asked.hashes)
        for first, last in pairwise(asked.firsts):
            yield answers[first:last]

    def _held(self, hashes: Hashes) -> NDArray[np.bool_]:
        parts = self.header.parts
        bits = len(parts).bit_length() - 1
        numbers = (hashes >> np.uint64(1) >> np.uint64(63 - bits)).astype(np.int64)
        answers = np.zeros(len(hashes), np.bool_)
        for number in np.unique(numbers).tolist():
            asked = np.flatnonzero(numbers == number)
            blocks = block_of(hashes[asked], parts[number].blocks, bits)
            found, rows = self._blocks(number, blocks)
            answers[asked] = held(found, rows, hashes[asked], self.header.probes)
        return answers

    def _blocks(self, number: int, blocks: NDArray[np.int64]) -> tuple[Filter, NDArray[np.int64]]:
        """What holds these blocks of a part, and where each lies in it."""
        part = self.header.parts[number]
        path = part_path(self.header.version, number)
        try:
            if part.size_bytes <= WHOLE_BYTES:
                return _whole(_Stored(self.store, path, part.sha256)), blocks
            wanted, rows = np.unique(blocks, return_inverse=True)
            return _some(self.store, path, wanted), rows
        except MissingObject:
            raise IntegrityError(f"{path} is gone: remove its header.json, and the portrait is made again") from None


def portrait_of(store: Store, engine: Engine, manifest: Manifest) -> Portrait:
    """The portrait of a version, made where it does not stand."""
    return Portrait(store, portray(store, engine, manifest))


def spans_in(store: Store, engine: Engine, manifest: Manifest, text: str) -> list[Span]:
    """The spans of a text that a version seems to hold: none of 2 · width − 1 characters or more is missed."""
    return portrait_of(store, engine, manifest).spans([text])[0]


def versions_with(store: Store, text: str, engine: Engine | None = None) -> Iterator[dict[str, Any]]:
    """What the portraits of the newest versions of all mixes and corpora say of a text.

    `spans` is None where a version has no portrait, and none is made for lack of an engine: that is unknown. `covered`
    are characters in spans that chance explains in less than one of a hundred such texts.
    """
    for stage in STAGES:
        for partition, entry in refs.newest(store, stage).items():
            version = refs.read_ref(store, entry.path).id
            header = read_header(store, version)
            if header is None and engine is not None:
                header = portray(store, engine, refs.load_manifest(store, version))
            found = None if header is None else Portrait(store, header).spans([text])[0]
            told = None if found is None else [span._asdict() for span in found]
            covered = None if found is None else covered_characters([span for span in found if span.chance < SURE])
            yield {"partition": str(partition), "version": version, "spans": told, "covered": covered}


def covered_characters(spans: Sequence[Span]) -> int:
    """How many characters lie in any of the spans, which are in order."""
    reached = total = 0
    for span in spans:
        total += max(0, span.end - max(span.start, reached))
        reached = max(reached, span.end)
    return total


def _spans(hits: NDArray[np.bool_], header: Header) -> list[Span]:
    """Runs of hits that are `width` characters apart, none within another one."""
    width, places = header.width, np.flatnonzero(hits)
    found: list[Span] = []
    order = places[np.lexsort((places, places % width))]
    breaks = np.flatnonzero(np.diff(order, prepend=-width - 1) != width)
    sizes = np.diff(breaks, append=len(order))
    starts = order[breaks]
    by_start = np.lexsort((-sizes, starts))
    reached = -1
    for start, grams in zip(starts[by_start].tolist(), sizes[by_start].tolist(), strict=True):
        end = start + grams * width
        if end > reached:
            found.append(Span(start, end, grams, len(hits) * header.false_rate**grams))
            reached = end
    return found


@dataclass(frozen=True)
class _Stored:
    """A part in the store, told apart by its bytes."""

    store: Store
    path: str
    sha256: str

    def __hash__(self) -> int:
        return hash((self.path, self.sha256))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Stored) and (self.path, self.sha256) == (other.path, other.sha256)


@lru_cache(maxsize=KEPT)
def _whole(stored: _Stored) -> Filter:
    body = stored.store.get(stored.path)
    if hashlib.sha256(body).hexdigest() != stored.sha256:
        raise IntegrityError(f"{stored.path} was altered: remove the header.json beside it, and it is made again")
    return _as_filter(body)


def _some(store: Store, path: str, wanted: NDArray[np.int64]) -> Filter:
    """These blocks, int64[n] ascending; those that lie near each other come together."""
    bounds = np.flatnonzero(np.diff(wanted, prepend=-GAP - 1, append=np.iinfo(np.int64).max) > GAP)
    groups = [wanted[first:last] for first, last in pairwise(bounds)]

    def fetch(group: NDArray[np.int64]) -> Filter:
        first, count = int(group[0]), int(group[-1] - group[0]) + 1
        return _as_filter(store.get_range(path, first * BLOCK_BYTES, count * BLOCK_BYTES))[group - first]

    with ThreadPoolExecutor(FETCHERS) as pool:
        return np.concatenate([np.empty((0, BLOCK_WORDS), np.uint64), *pool.map(fetch, groups)])


def _as_filter(body: bytes) -> Filter:
    return np.frombuffer(body, "<u8").astype(np.uint64, copy=False).reshape(-1, BLOCK_WORDS)
