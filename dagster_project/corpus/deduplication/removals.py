"""Which repeated substrings go: edits that leave one copy, and that do not tear lists."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.substrings import Spans
from dagster_project.corpus.kernels.editing import Edits, apply
from dagster_project.corpus.kernels.line_templates import Templates, follows, line_templates
from dagster_project.corpus.kernels.texts import Bytes, Offsets, sealed
from dagster_project.corpus.model.errors import IntegrityError

LIST_LINES = 3
CONTINUATION, CONTINUES = 0xC0, 0x80
SPACE, LONGEST_WORD = 32, 32  # bytes up to this one are white space; of a word that a cut gives way to
Bools = NDArray[np.bool_]


class Parallels(NamedTuple):
    """How much of some texts is parallel structure: lines that are not blank, and those that begin or end as the line
    before or after does (the first two tokens, or one that is no word; the last two tokens)."""

    parallel: int
    lines: int


class Removals(NamedTuple):
    """Edits of some documents, and what they do to lists, tables and templates."""

    edits: Edits
    removed_bytes: int
    spared: int  # stretches that would have been cut, but lie in a list that goes on
    spared_bytes: int
    before: Parallels
    after: Parallels


class Cuts(NamedTuple):
    """Stretches of texts, in order; starts and ends in bytes from the beginning of the first document."""

    rows: Offsets
    starts: Offsets
    ends: Offsets

    def where(self, chosen: Bools) -> Cuts:
        return Cuts(*(column[chosen] for column in self))


def removals(
    spans: Spans,
    texts: tuple[NDArray[np.int64], Bytes, Offsets],
    length: int,
    *,
    keep: Literal["first", "none"] = "first",
    spare_lists: bool = True,
    whole_words: bool = True,
) -> Removals:
    """Cut the spans of these documents (their ranks, bytes and offsets), which were searched for with this length.

    With `keep="first"` all windows but the first occurrence of each are cut, so that every byte that goes still stands
    at an earlier place; of a text that repeats itself without a gap, `length` bytes stay. With "none" the first goes,
    too (Lee et al. 2022). What lies in a list of at least three lines, each of which begins or ends as the one before,
    is spared with `spare_lists` unless it touches more than half of them: parallel structure is what models learn
    from in context (Chen et al. 2024), while a list that was copied as a whole is a copy as any other. With
    `whole_words` cuts give way to words that they would tear or glue.
    """
    ranks, data, offsets = texts
    cuts = _cuts(spans, ranks, data, offsets, length, keep == "none")
    lines = line_templates(data, offsets)
    in_lists = _lie_in_lists(cuts, lines) if spare_lists else np.zeros(len(cuts.rows), bool)
    spared, cuts = cuts.where(in_lists), cuts.where(~in_lists)
    cuts = _of_whole_words(cuts, data, offsets) if whole_words else cuts
    edits, before = _edits(cuts, offsets), _parallels(lines)
    return Removals(
        edits,
        int((cuts.ends - cuts.starts).sum()),
        len(spared.rows),
        int((spared.ends - spared.starts).sum()),
        before,
        parallels(*apply(data, offsets, edits)) if len(cuts.rows) else before,
    )


def parallels(data: Bytes, offsets: Offsets) -> Parallels:
    """The measure of parallel structure of some documents."""
    return _parallels(line_templates(data, offsets))


def _parallels(lines: Templates) -> Parallels:
    goes_on = follows(lines)
    return Parallels(int((goes_on | np.append(goes_on[1:], False)[: len(goes_on)]).sum()), len(goes_on))


def _cuts(spans: Spans, ranks: NDArray[np.int64], data: Bytes, offsets: Offsets, length: int, with_first: bool) -> Cuts:
    """What the spans cover, where they are cut."""
    order = np.argsort(ranks)
    rows = order[np.minimum(np.searchsorted(ranks, spans.rank, sorter=order), len(ranks) - 1)] if len(ranks) else order
    if len(rows) != len(spans.rank) or (ranks[rows] != spans.rank).any():
        raise IntegrityError("there are spans of documents that are not among these: hand over those of their ranks")
    starts, ends = offsets[rows] + spans.start, offsets[rows] + spans.end
    if not with_first:
        is_own = (spans.first_rank == spans.rank) & ~spans.is_first
        stays = np.minimum(offsets[rows] + spans.first_start + length, ends)
        starts = np.where(is_own, _at_character(np.maximum(starts, stays), ends, data), starts)
    chosen = (starts < ends) & (with_first | ~spans.is_first)
    return united(Cuts(rows[chosen], starts[chosen], ends[chosen]))


def _at_character(places: Offsets, ends: Offsets, data: Bytes) -> Offsets:
    """The next places, up to `ends`, where a character begins."""
    while (inside := (places < ends) & (data[np.minimum(places, len(data) - 1)] & CONTINUATION == CONTINUES)).any():
        places = places + inside
    return places


def _of_whole_words(cuts: Cuts, data: Bytes, offsets: Offsets) -> Cuts:
    """Cuts that begin and end between words, where white space is near, and leave some between the words around."""
    first, last = offsets[cuts.rows], offsets[cuts.rows + 1]
    starts, ends = _nearest_gap(cuts.starts, cuts.ends, first, data, 1), cuts.ends
    ends = _nearest_gap(ends, starts, last, data, -1)
    glues = (starts > first) & (ends < last) & (starts < ends)
    glues &= ~_is_space(data, starts - 1) & ~_is_space(data, np.minimum(ends, len(data) - 1))
    glues &= _is_space(data, np.maximum(ends - 1, 0))
    ends = ends - glues
    chosen = starts < ends
    return Cuts(cuts.rows, starts, ends).where(chosen)


def _nearest_gap(places: Offsets, stops: Offsets, edges: Offsets, data: Bytes, step: int) -> Offsets:
    """The next place on the way from each place to its stop that is not within a word; the place itself where there is
    none near, as in scripts without spaces. `edges` are the ends of the texts."""
    found = places.copy()
    for _ in range(LONGEST_WORD):
        within = ~_is_gap(data, found, edges) & (found != stops)
        if not within.any():
            break
        found = found + step * within
    return np.where(_is_gap(data, found, edges), found, places)


def _is_gap(data: Bytes, places: Offsets, edges: Offsets) -> Bools:
    """Which places are at the end of a text, or beside white space."""
    inside = np.clip(places, 1, max(len(data) - 1, 1))
    found: Bools = (places == edges) | _is_space(data, inside - 1)
    return found | _is_space(data, np.minimum(inside, len(data) - 1))


def _is_space(data: Bytes, places: Offsets) -> Bools:
    found: Bools = data[places] <= SPACE if len(data) else np.zeros(len(places), bool)
    return found


def united(cuts: Cuts) -> Cuts:
    """Stretches that overlap or touch made one."""
    if not len(cuts.rows):
        return cuts
    cuts = Cuts(*(column[np.lexsort((cuts.ends, cuts.starts, cuts.rows))] for column in cuts))
    reach = np.maximum.accumulate(cuts.ends)
    begins = np.insert((cuts.starts[1:] > reach[:-1]) | (cuts.rows[1:] != cuts.rows[:-1]), 0, True)
    return Cuts(cuts.rows[begins], cuts.starts[begins], reach[np.append(begins[1:], True)])


def _lie_in_lists(cuts: Cuts, lines: Templates) -> Bools:
    """Which cuts lie in one list and touch at most half of its lines."""
    if not len(lines.starts):
        return np.zeros(len(cuts.rows), bool)
    lists = np.cumsum(~follows(lines)) - 1
    sizes = np.bincount(lists)
    first = np.searchsorted(lines.ends, cuts.starts, side="right")
    last = np.searchsorted(lines.starts, cuts.ends) - 1
    touched = last - first + 1
    ends = (np.minimum(place, len(lists) - 1) for place in (first, np.maximum(last, 0)))
    one, other = (lists[place] for place in ends)
    in_one: Bools = (touched > 0) & (one == other) & (sizes[one] >= LIST_LINES) & (2 * touched <= sizes[one])
    return in_one


def _edits(cuts: Cuts, offsets: Offsets) -> Edits:
    firsts = np.searchsorted(cuts.rows, np.arange(len(offsets))).astype(np.int64)
    nothing = sealed(np.empty(0, np.uint8))
    begins = offsets[cuts.rows]
    return Edits(firsts, cuts.starts - begins, cuts.ends - begins, nothing, np.zeros(len(cuts.rows) + 1, np.int64))
