"""What stands more than once: among sorted anchors, among sorted windows, and the spans that windows make."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.row_order import Rows
from dagster_project.corpus.kernels.window_hashes import FLAGS

HASH, DOCUMENT, STAGE = range(3)
UNSEEN, SEEN, SHARED = range(3)
State = NDArray[np.uint64]


class Terms(NamedTuple):
    """What counts as an occurrence, and from how many on they are not counted any more."""

    shift: int  # to the right: the document of a place
    inside: bool  # does a second one in the same document count?
    hot: int


def no_state() -> State:
    """What `shared` remembers from chunk to chunk, before the first."""
    return np.zeros(3, np.uint64)


def shared(rows: Rows, inside: bool, state: State) -> Rows:
    """Rows (hash, document) in order, chunk by chunk: each (document, hash) once that others have, or itself again.

    With `inside` a document that has it twice is enough.
    """
    found = np.empty((len(rows) + 1, 2), np.uint64)
    return found[: _shared(rows, inside, state, found)].copy()


def members(rows: Rows, firsts: NDArray[np.uint64], seconds: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of the pairs (first, second) are among the ordered rows uint64[n, 2]."""
    found = np.empty(len(firsts), np.bool_)
    _members(rows, firsts, seconds, found)
    return found


def last_group(rows: Rows) -> int:
    """Where the last run of rows begins that agree in their first two columns; there is at least one row."""
    return int(_group_start(rows))


def matches(rows: Rows, terms: Terms) -> tuple[Rows, NDArray[np.int64]]:
    """Whole groups of windows, ordered: rows (place, place of its first occurrence, copies) of those that are repeated.

    Also how many groups are hot, and how many windows they have. The first occurrence of what stands in the first
    document is itself, unless repetition inside counts. Copies of a hot group are those among the first of its windows:
    one more than `hot`, or as many as it takes to have two.
    """
    found, facts = np.empty_like(rows), np.zeros(2, np.int64)
    return found[: _matches(rows, terms, found, facts)].copy(), facts


def further(rows: Rows, terms: Terms, first: int, copies: int) -> Rows:
    """The same of further rows of a group whose first occurrence and copies are known."""
    found = np.empty_like(rows)
    _tell(rows, 0, len(rows), np.uint64(first), np.uint64(copies), terms, found, 0)
    return found


def joined(rows: Rows, shift: int, length: int) -> Rows:
    """Spans of windows side by side made as long as can be, where the first occurrences are in one document.

    Rows uint64[n, 4], before and after: places of the first window, of the last one and of the first one's first
    occurrence, and the most copies of any. They are ordered. Of windows first in their own document, none joins
    that overlaps the first occurrence of those before and is first before it: what is cut of them begins elsewhere.
    """
    found = np.empty_like(rows)
    return found[: _joined(rows, np.uint64(shift), np.uint64(length), found)].copy()


@bare
def _shared(rows: Any, inside: Any, state: Any, found: Any) -> Any:
    count = 0
    for i in range(len(rows)):
        value, document = rows[i, 0], rows[i, 1]
        if state[STAGE] == UNSEEN or state[HASH] != value:
            state[HASH], state[DOCUMENT], state[STAGE] = value, document, SEEN
            continue
        is_other = state[DOCUMENT] != document
        if state[STAGE] == SEEN and (is_other or inside):
            found[count, 0], found[count, 1] = state[DOCUMENT], value
            count += 1
            state[STAGE] = SHARED
        if is_other:
            found[count, 0], found[count, 1] = document, value
            count += 1
            state[DOCUMENT] = document
    return count


@bare
def _members(rows: Any, firsts: Any, seconds: Any, found: Any) -> Any:
    for i in range(len(firsts)):
        low, high = 0, len(rows)
        while low < high:
            middle = (low + high) // 2
            first = rows[middle, 0]
            if first < firsts[i] or (first == firsts[i] and rows[middle, 1] < seconds[i]):
                low = middle + 1
            else:
                high = middle
        found[i] = low < len(rows) and rows[low, 0] == firsts[i] and rows[low, 1] == seconds[i]


@bare
def _group_start(rows: Any) -> Any:
    at = len(rows) - 1
    while at > 0 and _are_alike(rows, at - 1, at):
        at -= 1
    return at


@bare
def _are_alike(rows: Any, i: Any, j: Any) -> Any:
    return rows[i, 0] == rows[j, 0] and rows[i, 1] == rows[j, 1]


@bare
def _matches(rows: Any, terms: Any, found: Any, facts: Any) -> Any:
    count, start = 0, 0
    for at in range(1, len(rows) + 1):
        if at < len(rows) and _are_alike(rows, start, at):
            continue
        copies = _count_copies(rows, start, at, terms) if at - start > 1 else 0
        if copies > 1:
            count = _tell(rows, start, at, rows[start, 2], np.uint64(copies), terms, found, count)
            if at - start > terms.hot:
                facts[0] += 1
                facts[1] += at - start
        start = at
    return count


@bare
def _count_copies(rows: Any, start: Any, end: Any, terms: Any) -> Any:
    shift, copies = np.uint64(terms.shift), 0
    for at in range(start, end):
        if at - start > terms.hot and copies > 1:
            break
        copies += terms.inside or at == start or rows[at, 2] >> shift != rows[at - 1, 2] >> shift
    return copies


@bare
def _tell(rows: Any, start: Any, end: Any, first: Any, copies: Any, terms: Any, found: Any, count: Any) -> Any:
    shift = np.uint64(terms.shift)
    for at in range(start, end):
        place = rows[at, 2]
        is_own = not terms.inside and place >> shift == first >> shift
        found[count, 0], found[count, 1], found[count, 2] = place, place if is_own else first, copies
        count += 1
    return count


@bare
def _joined(rows: Any, shift: Any, length: Any, found: Any) -> Any:
    count = -1
    for at in range(len(rows)):
        if at and _goes_on(found[count], rows[at], shift, length):
            found[count, 1], found[count, 3] = rows[at, 1], max(found[count, 3], rows[at, 3])
        else:
            count += 1
            for column in range(4):
                found[count, column] = rows[at, column]
    return count + 1


@bare
def _goes_on(span: Any, following: Any, shift: Any, length: Any) -> Any:
    flags = np.uint64(FLAGS)
    begin, first, is_first = following[0] >> flags, following[2] >> flags, following[0] == following[2]
    if begin != (span[1] >> flags) + np.uint64(1) or is_first != (span[0] == span[2]):
        return False
    if following[2] >> shift != span[2] >> shift:
        return False
    is_other = following[0] >> shift != following[2] >> shift
    return is_first or is_other or first >= span[2] >> flags or begin >= (span[2] >> flags) + length
