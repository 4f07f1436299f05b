"""Which spans of documents hold items of benchmarks, and what each benchmark found.

A benchmark that matched nothing is "clean"; one that could not be read has no index, and so no answer: whoever reads it
raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.contamination.index import Index
from dagster_project.corpus.contamination.templates import changes
from dagster_project.corpus.kernels import benchmark_matches as m
from dagster_project.corpus.kernels.texts import Bytes, Offsets

KINDS = ("ngram", "answer", "whole")  # n-grams of a question; with words of its answer; a whole question
UNIT = 1_000_000  # of an overlap: it is stored in millionths


@dataclass(frozen=True, eq=False)
class Hits:
    """Spans in the order of row, item, kind and start. A row is a document, an item one of the index."""

    row: NDArray[np.int64]
    item: NDArray[np.int32]
    start: NDArray[np.int64]  # bytes of the document's text
    end: NDArray[np.int64]
    kind: NDArray[np.int8]  # place in KINDS
    word: NDArray[np.int64]  # number of its first word in the document
    matched: NDArray[np.int32]  # words
    found: NDArray[np.int32]  # different n-grams of the item that the document has
    total: NDArray[np.int32]  # that the item has: found / total is its overlap; zero if it is only matched as a whole

    def __len__(self) -> int:
        return len(self.row)

    def where(self, chosen: NDArray[np.bool_]) -> Hits:
        """Those that a policy counts; say of overlap one half: 2 * found >= total."""
        return Hits(**{name: column[chosen] for name, column in vars(self).items()})


def find(data: Bytes, offsets: Offsets, index: Index) -> Hits:
    """The spans of data[offsets[i]:offsets[i + 1]], UTF-8, that hold items; each document alone, so any batch will do.

    Overlapping n-grams of one item are one span. It takes 23 bytes of room for each byte of the longest document.
    """
    found = m.matches(data, offsets, index.needles, index.windows)
    found = found[np.lexsort((found[:, m.FIRST], found[:, m.KIND], found[:, m.ITEM], found[:, m.ROW]))]
    begins = offsets[found[:, m.ROW]]
    return Hits(
        row=found[:, m.ROW],
        item=found[:, m.ITEM].astype(np.int32),
        start=found[:, m.START] - begins,
        end=found[:, m.END] - begins,
        kind=found[:, m.KIND].astype(np.int8),
        word=found[:, m.FIRST],
        matched=(found[:, m.LAST] - found[:, m.FIRST]).astype(np.int32),
        found=found[:, m.FOUND].astype(np.int32),
        total=index.totals[found[:, m.ITEM]].astype(np.int32),
    )


@dataclass(frozen=True, eq=False)
class Tally:
    """What batches of documents had; the sum of two is the tally of both. Counted per benchmark, but for `item`."""

    documents: NDArray[np.int64]  # with a hit
    spans: NDArray[np.int64]
    words: NDArray[np.int64]  # in any span, each once
    item: NDArray[np.int64]  # (items,): documents with a hit of the item

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{name: column + getattr(other, name) for name, column in vars(self).items()})


class Overlaps(NamedTuple):
    """What each of some documents has of all benchmarks together: int64[documents] each."""

    items: NDArray[np.int64]
    ngrams: NDArray[np.int64]  # different ones of each item
    words: NDArray[np.int64]  # in any span, each once
    largest: NDArray[np.int64]  # overlap with an item, in millionths: found / total, or all where its question is whole


def tally(hits: Hits, index: Index) -> Tally:
    """The tally of the hits of one batch; of none, that of no documents."""
    benchmark, count = index.benchmark[hits.item], len(index.names)
    order = np.lexsort((hits.word, hits.row, benchmark))
    benchmark, row = benchmark[order], hits.row[order]
    group, words = _covered(benchmark, row, hits.word[order], hits.word[order] + hits.matched[order])
    items = hits.item[np.unique(np.stack([hits.row, hits.item], axis=1), axis=0, return_index=True)[1]]
    return Tally(
        np.bincount(benchmark[group], minlength=count),
        np.bincount(benchmark, minlength=count),
        _sums(benchmark, words, count),
        np.bincount(items, minlength=len(index.ids)),
    )


def overlaps(hits: Hits, documents: int) -> Overlaps:
    """The overlaps of the documents of one batch."""
    firsts = np.flatnonzero(changes(hits.row, hits.item))
    row, found, total = hits.row[firsts], hits.found[firsts].astype(np.int64), hits.total[firsts]
    is_whole = np.zeros(len(firsts), np.bool_)
    is_whole[np.searchsorted(firsts, np.flatnonzero(hits.kind == m.WHOLE), side="right") - 1] = True
    largest = np.zeros(documents, np.int64)
    np.maximum.at(largest, row, np.where(is_whole, UNIT, found * UNIT // np.maximum(total, 1)))
    order = np.lexsort((hits.word, hits.row))
    ends = hits.word + hits.matched
    _, words = _covered(np.zeros(len(hits), np.int64), hits.row[order], hits.word[order], ends[order])
    return Overlaps(
        np.bincount(row, minlength=documents),
        _sums(row, found, documents),
        _sums(hits.row[order], words, documents),
        largest,
    )


def counted(total: Tally, index: Index) -> dict[str, dict[str, Any]]:
    """A tally by benchmark: documents with a hit, spans, words in them, and the documents of each item that was hit."""
    sums = {"documents": total.documents, "spans": total.spans, "words": total.words}
    found: dict[str, dict[str, Any]] = {
        name: {**{key: int(column[number]) for key, column in sums.items()}, "items": {}}
        for number, name in enumerate(index.names)
    }
    for item in np.flatnonzero(total.item).tolist():
        found[index.names[index.benchmark[item]]]["items"][index.ids[item]] = int(total.item[item])
    return found


def _covered(
    benchmark: NDArray[np.int64], row: NDArray[np.int64], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each document of a benchmark begins, and how many words each span adds to those before it."""
    changed = changes(benchmark, row)
    shift = (np.cumsum(changed) - 1) * (int(ends.max(initial=0)) + 1)
    reached = np.maximum.accumulate(np.append(0, ends + shift))[:-1]
    return np.flatnonzero(changed), np.maximum(ends + shift - np.maximum(begins + shift, reached), 0)


def _sums(groups: NDArray[Any], values: NDArray[Any], count: int) -> NDArray[np.int64]:
    """The sum of the values in each group, as integers."""
    sums = np.zeros(count, np.int64)
    np.add.at(sums, groups, values)
    return sums
