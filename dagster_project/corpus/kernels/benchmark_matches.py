"""Where documents repeat the items of benchmarks: n-grams of their words, and questions as a whole.

A pass over a document writes its plain words and their sums; a second one asks the filter for the hash of each window;
what passes is looked up, and the normalized bytes of the window are compared with the item's, so that no hit is a
collision of hashes. A question as a whole is looked up by one window of it, its anchor, and compared as a whole.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.plain_words import longest, room, window_hash, write_words
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.sorted_keys import SortedKeys, may_hold, rows_of
from dagster_project.corpus.kernels.texts import Bytes, Offsets

NGRAM, ANSWER, WHOLE = range(3)
ROW, ITEM, KIND, FIRST, LAST, START, END, FOUND = range(8)
COLUMNS, FEW = 8, 256
NONE = -1


class Needles(NamedTuple):
    """What is looked for; an item is a run of `text`."""

    ngrams: SortedKeys  # hashes of n-grams
    places: NDArray[np.uint32]  # (ngrams,): where in the text the n-gram of each row begins
    rarest: SortedKeys  # hashes of anchors: apart, so that what every word asks is small and near
    whole: NDArray[np.int64]  # (anchors,): the item of each row
    text: Bytes  # plain words of all items, a space after each
    items: Offsets  # int64[items + 1]: where in the text each begins
    questions: Offsets  # int64[items]: where in the text its question ends, and its answer begins
    sizes: Offsets  # int64[items]: words of the question
    powers: NDArray[np.uint64]  # (items,): BASE to the power of that size
    hashes: NDArray[np.uint64]  # (items,): of the question
    anchors: Offsets  # int64[items]: words before the anchor; NONE where the question is not looked for


class Windows(NamedTuple):
    """The size of a window in words, and BASE to its power."""

    ngram: int
    ngram_power: np.uint64
    anchor: int
    anchor_power: np.uint64


class State(NamedTuple):
    """What is known while documents are read. Spans are numbers of hits, counted from one, so that zero is none yet."""

    row_document: NDArray[np.int32]  # (rows,): the last document, counted from one, that had this window
    item_found: NDArray[np.int32]  # (items,): how many different n-grams of it the last document that had any had
    item_span: Offsets  # int64[items]: its last span of n-grams
    item_whole: Offsets  # int64[items]: its last span as a whole


class Document(NamedTuple):
    """The document that is read."""

    number: int
    words: int
    hits: int  # how many were found in those before it


def matches(data: Bytes, offsets: Offsets, needles: Needles, windows: Windows) -> NDArray[np.int64]:
    """The spans of items in documents: int64[m, COLUMNS], document by document, in no particular order inside one.

    ROW is the document and ITEM the item; FIRST and LAST are word numbers, START and END bytes of the data; FOUND is
    how many different n-grams of the item the document has. Spans of n-grams of one item that share words are one, of
    KIND ANSWER if any of them reaches into the answer; so are overlapping occurrences of a WHOLE question.
    """
    rows, items = np.zeros(len(needles.places), np.int32), len(needles.sizes)
    state = State(rows, np.zeros(items, np.int32), np.zeros(items, np.int64), np.zeros(items, np.int64))
    hits: NDArray[np.int64] = _matches(data, offsets, longest(offsets), needles, windows, state, u.tables())
    return hits


@compiled
def _matches(data: Any, offsets: Any, size: Any, needles: Any, windows: Any, state: Any, tables: Any) -> Any:
    hits, count, kept = np.empty((FEW, COLUMNS), np.int64), 0, room(size)
    passed = np.empty(len(kept.words), np.int64)
    for i in range(len(offsets) - 1):
        document = Document(i, write_words(data, offsets[i], offsets[i + 1], tables, kept), count)
        some = _pass(kept.sums, document.words, windows.ngram, windows.ngram_power, needles.ngrams, passed)
        for k in passed[:some]:
            hits, count = _take_ngrams(document, k, kept, needles, windows, state, hits, count)
        some = _pass(kept.sums, document.words, windows.anchor, windows.anchor_power, needles.rarest, passed)
        for k in passed[:some]:
            hits, count = _take_wholes(document, k, kept, needles, windows, state, hits, count)
        for h in range(document.hits, count):
            item = hits[h, ITEM]
            hits[h, FOUND] = state.item_found[item] if state.item_span[item] > document.hits else 0
    return hits[:count].copy()


@compiled
def _pass(sums: Any, words: Any, size: Any, power: Any, table: Any, passed: Any) -> Any:
    """Write the numbers of the windows that the filter lets pass; returns how many. No branch: reads overlap."""
    return _pass_all(pointer(sums), words, size, power, pointer(table.blocks), table.block_shift, pointer(passed))


@bare
def _pass_all(sums: Any, words: Any, size: Any, power: Any, blocks: Any, shift: Any, passed: Any) -> Any:
    count = 0
    for k in range(words - size + 1):
        passed[count] = k
        count += may_hold(blocks, shift, window_hash(sums, k, size, power))
    return count


@compiled
def _take_ngrams(
    document: Any, k: Any, kept: Any, needles: Any, windows: Any, state: Any, hits: Any, count: Any
) -> Any:
    """Add the n-gram at word k to the spans of all items that have it."""
    first, last = rows_of(needles.ngrams, window_hash(kept.sums, k, windows.ngram, windows.ngram_power))
    begin, end = kept.words[k], kept.words[k + windows.ngram]
    for row in range(first, last):
        place = np.int64(needles.places[row])
        if not _is_equal(kept.text, begin, end, needles.text, place):
            continue
        item = _item_of(needles.items, place)
        if state.item_span[item] <= document.hits:
            state.item_found[item] = 0
        state.item_found[item] += state.row_document[row] != document.number + 1
        state.row_document[row] = document.number + 1
        kind = ANSWER if place + end - begin > needles.questions[item] else NGRAM
        hits, count = _add(document, item, kind, k, k + windows.ngram, kept, state.item_span, hits, count)
    return hits, count


@compiled
def _take_wholes(
    document: Any, k: Any, kept: Any, needles: Any, windows: Any, state: Any, hits: Any, count: Any
) -> Any:
    """Add the questions that stand around the anchor at word k."""
    first, last = rows_of(needles.rarest, window_hash(kept.sums, k, windows.anchor, windows.anchor_power))
    for row in range(first, last):
        item = needles.whole[row]
        start, size = k - needles.anchors[item], needles.sizes[item]
        if start < 0 or start + size > document.words:
            continue
        if window_hash(kept.sums, start, size, needles.powers[item]) != needles.hashes[item]:
            continue
        if _is_equal(kept.text, kept.words[start], kept.words[start + size], needles.text, needles.items[item]):
            hits, count = _add(document, item, WHOLE, start, start + size, kept, state.item_whole, hits, count)
    return hits, count


@compiled
def _is_equal(text: Any, begin: Any, end: Any, other: Any, place: Any) -> Any:
    """Are text[begin:end] and what stands at `place` the same words? Both end in the space after the last one."""
    size = end - begin
    if place + size > len(other):
        return False
    same = 0
    while same < size and text[begin + same] == other[place + same]:
        same += 1
    return same == size


@compiled
def _item_of(items: Any, place: Any) -> Any:
    """The item whose run of the text this place lies in."""
    low, high = 0, len(items) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if items[middle] <= place:
            low = middle
        else:
            high = middle
    return low


@compiled
def _add(
    document: Any, item: Any, kind: Any, first: Any, last: Any, kept: Any, spans: Any, hits: Any, count: Any
) -> Any:
    """Lengthen the item's last span in this document if that shares a word with words first to last, or begin one."""
    at = spans[item] - 1
    if at >= document.hits and first < hits[at, LAST]:
        hits[at, LAST], hits[at, END] = last, kept.ends[last - 1]
        hits[at, KIND] = max(hits[at, KIND], kind)
        return hits, count
    if count == len(hits):
        more = np.empty((2 * count, COLUMNS), np.int64)
        more[:count] = hits
        hits = more
    hits[count, ROW], hits[count, ITEM], hits[count, KIND], hits[count, FOUND] = document.number, item, kind, 0
    hits[count, FIRST], hits[count, LAST] = first, last
    hits[count, START], hits[count, END] = kept.starts[first], kept.ends[last - 1]
    spans[item] = count + 1
    return hits, count + 1
