"""Where phrases of a list stand in texts, as whole words, however many phrases there are.

Texts and phrases are in lower case (each character by itself) and are cut into units: a run of letters, marks, numbers
and "_" of scripts with spaces; or any other character, with the marks that follow it. So an ideograph, a kana, a Thai
letter and a punctuation mark are units by themselves. A phrase stands where its units do, with whitespace between two
of them where it has some, however much: "New York" in "New  York-based", "東京" in "東京都", "art" not in "party".

The units of all phrases are a tree whose edges are found by hashes; at its nodes the bytes of text and phrase are
compared, so that nothing is found by a collision. Most units begin no phrase, and a Bloom filter says so.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.sorted_keys import SortedKeys, may_hold, rows_of, sorted_keys
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.unicode import decode, property_bits
from dagster_project.corpus.kernels.word_hashes import FIRST_FACTOR, LAST_FACTOR, hash_word

DOCUMENT, PHRASE, FIRST, LAST = range(4)
START, END, ROW = range(3)  # of the last occurrence of a phrase
COLUMNS, FEW = 4, 256
SPACED, WORD = np.uint64(1), np.uint64(2)  # low bits of a unit: whitespace stands before it; it is a word
HASH = ~np.uint64(3)
LETTER, MARK, SIGN, SPACE = np.uint8(0), np.uint8(1), np.uint8(2), np.uint8(3)
FIRST_MARK, UNDERSCORE, BLANK, ASCII = u.CATEGORIES.index("Mn"), 95, 32, 128
SHIFT = np.uint64(32)


class Units(NamedTuple):
    """The units of one text; or room for those of a text of so many bytes."""

    hashes: NDArray[np.uint64]  # SPACED and WORD in the low bits
    starts: Offsets
    ends: Offsets


class Phrases(NamedTuple):
    """Spellings as a tree of units; node 0 is no node."""

    roots: SortedKeys  # hashes of first units
    root_nodes: NDArray[np.int32]  # (roots,): the node of each row
    edges: SortedKeys  # of a node and a unit
    edge_nodes: NDArray[np.int32]  # (edges,): the node of each row
    has_more: NDArray[np.uint8]  # (nodes,): 1 where an edge leads on
    firsts: Offsets  # int64[nodes + 1]: the first spelling that ends in each node
    phrases: NDArray[np.int32]  # (spellings,): which phrase each stands for, in the order of their nodes
    text: Bytes  # of the spellings in that order, with one space where whitespace is
    places: Offsets  # int64[spellings + 1]
    deepest: int  # spellings that may begin at one place


def matches(data: Bytes, offsets: Offsets, found: Phrases, phrases: int) -> NDArray[np.int64]:
    """Every occurrence of phrases 0 to `phrases` - 1 in lower-cased texts: int64[m, COLUMNS], in the order of where
    they begin. FIRST and LAST are the numbers of the words before its first unit and up to the end of its last one.

    Occurrences of one phrase do not overlap: of those that do the first counts, and of its spellings the longest.
    """
    state = np.zeros((phrases, COLUMNS), np.int64)
    state[:, START] = -1
    rows: NDArray[np.int64] = _matches(data, offsets, _longest(offsets), found, state, u.characters())
    return rows


def phrases_of(data: Bytes, offsets: Offsets, numbers: NDArray[np.int32]) -> Phrases:
    """The tree of spellings, each with the number of its phrase. They are in lower case, without whitespace around
    them, and with one space where they have some; none is empty."""
    units, firsts = _units_of(data, offsets, _longest(offsets), u.characters())
    sizes = np.diff(firsts)
    roots, nodes = np.unique(units[firsts[:-1]] & HASH, return_inverse=True)
    nodes, total, keys, children, parents = nodes.astype(np.int64) + 1, len(roots) + 1, [], [], []
    for depth in range(1, int(sizes.max(initial=0))):
        (going,) = np.nonzero(sizes > depth)
        wanted = _edges(nodes[going], units[firsts[:-1][going] + depth])
        fresh, first, place = np.unique(wanted, return_index=True, return_inverse=True)
        keys.append(fresh)
        parents.append(nodes[going][first])
        children.append(total + np.arange(len(fresh)))
        nodes[going] = total + place
        total += len(fresh)
    order = np.argsort(nodes, kind="stable")
    has_more = np.zeros(total, np.uint8)
    has_more[np.concatenate([[0], *parents]).astype(np.int64)] = 1
    lengths = np.diff(offsets)[order]
    text = np.concatenate([np.empty(0, np.uint8), *(data[offsets[i] : offsets[i + 1]] for i in order)])
    edges, edge_order = sorted_keys(np.concatenate([np.empty(0, np.uint64), *keys]))
    root_keys, root_order = sorted_keys(roots)
    ends = np.searchsorted(nodes[order], np.arange(total + 1))
    return Phrases(
        root_keys,
        (root_order + 1).astype(np.int32),
        edges,
        np.concatenate([np.empty(0, np.int64), *children])[edge_order].astype(np.int32),
        has_more,
        ends,
        numbers[order].astype(np.int32),
        text,
        np.concatenate([[0], np.cumsum(lengths)]),
        int(sizes.max(initial=0)) * int(np.diff(ends).max(initial=0)),
    )


def _longest(offsets: Offsets) -> int:
    return int(np.diff(offsets).max(initial=0))


@compiled
def _matches(data: Any, offsets: Any, size: Any, found: Any, state: Any, tables: Any) -> Any:
    hits, count = np.empty((FEW + found.deepest, COLUMNS), np.int64), 0
    room = Units(np.empty(size, np.uint64), np.empty(size, np.int64), np.empty(size, np.int64))
    text, tree, last, characters = pointer(data), _tree(found), pointer(state), _characters(tables)
    for i in range(len(offsets) - 1):
        units = _pointers(room)  # made anew, so that the room outlives the loop
        place, more = (0, 0), _cut(text, offsets[i], offsets[i + 1], characters, units)
        while place[0] < more:
            if count + found.deepest > len(hits):
                larger = np.empty((2 * len(hits), COLUMNS), np.int64)
                larger[:count] = hits[:count]
                hits = larger
            most = len(hits) - found.deepest
            place, count = _find(text, i, place, more, units, tree, last, pointer(hits), count, most)
    return hits[:count].copy()


@bare
def _find(
    data: Any,
    document: Any,
    place: Any,
    more: Any,
    units: Any,
    tree: Any,
    last: Any,
    hits: Any,
    count: Any,
    most: Any,
) -> Any:
    """Add the phrases of a document from a unit and a word on, until more than `most` hits stand; returns the place
    where to go on, and how many there are."""
    k, words = place
    while k < more and count <= most:
        key = units.hashes[k] & HASH
        if may_hold(tree.roots.blocks, tree.roots.block_shift, key):
            row, end = rows_of(tree.roots, key)
            if row < end:
                node = np.int64(tree.root_nodes[row])
                count = _follow(data, document, k, more, words, units, tree, node, last, hits, count)
        words += (units.hashes[k] & WORD) != 0
        k += 1
    return (k, words), count


@bare
def _follow(
    data: Any,
    document: Any,
    k: Any,
    more: Any,
    words: Any,
    units: Any,
    tree: Any,
    node: Any,
    last: Any,
    hits: Any,
    count: Any,
) -> Any:
    """Go down the tree from unit k as far as the units lead, and add what ends on the way."""
    at, behind = k, words
    while True:
        behind += (units.hashes[at] & WORD) != 0
        for spelling in range(tree.firsts[node], tree.firsts[node + 1]):
            if _is_equal(data, k, at, units, tree.text, tree.places[spelling], tree.places[spelling + 1]):
                phrase, start = np.int64(tree.phrases[spelling]), units.starts[k]
                own = COLUMNS * phrase
                if start >= last[own + END]:
                    row = COLUMNS * count
                    hits[row + DOCUMENT], hits[row + PHRASE], hits[row + FIRST] = document, phrase, words
                    last[own + START], last[own + ROW] = start, row
                    count += 1
                if start == last[own + START]:
                    last[own + END] = units.ends[at]
                    hits[last[own + ROW] + LAST] = behind
        at += 1
        if at == more or tree.has_more[node] == 0:
            break
        key = edge(np.uint64(node), units.hashes[at])
        if not may_hold(tree.edges.blocks, tree.edges.block_shift, key):
            break
        row, end = rows_of(tree.edges, key)
        if row == end:
            break
        node = np.int64(tree.edge_nodes[row])
    return count


@bare
def _is_equal(data: Any, k: Any, last: Any, kept: Any, text: Any, at: Any, end: Any) -> Any:
    """Whether units k to `last` spell text[at:end]."""
    for unit in range(k, last + 1):
        if unit > k and kept.hashes[unit] & SPACED:
            if at >= end or text[at] != BLANK:
                return False
            at += 1
        size = kept.ends[unit] - kept.starts[unit]
        if at + size > end:
            return False
        for i in range(size):
            if data[kept.starts[unit] + i] != text[at + i]:
                return False
        at += size
    return at == end


@inlined
def edge(node: Any, unit: Any) -> Any:
    """The key of the edge that leaves a node with a unit, before which whitespace stands or not."""
    key = (unit ^ (unit & WORD)) ^ node * FIRST_FACTOR
    key = (key ^ key >> SHIFT) * LAST_FACTOR
    return key ^ key >> SHIFT


@compiled
def _edges(nodes: Any, units: Any) -> Any:
    keys = np.empty(len(nodes), np.uint64)
    for i in range(len(nodes)):
        keys[i] = edge(np.uint64(nodes[i]), units[i])
    return keys


@compiled
def _units_of(data: Any, offsets: Any, size: Any, tables: Any) -> Any:
    """The units of some texts, uint64, and the first of each."""
    kept = Units(np.empty(size, np.uint64), np.empty(size, np.int64), np.empty(size, np.int64))
    units, firsts = np.empty(offsets[-1] - offsets[0], np.uint64), np.zeros(len(offsets), np.int64)
    for i in range(len(offsets) - 1):
        count = _cut(pointer(data), offsets[i], offsets[i + 1], _characters(tables), _pointers(kept))
        units[firsts[i] : firsts[i] + count] = kept.hashes[:count]
        firsts[i + 1] = firsts[i] + count
    return units[: firsts[-1]].copy(), firsts


@inlined
def _characters(tables: Any) -> Any:
    return u.Characters(pointer(tables.pages), pointer(tables.properties))


@inlined
def _pointers(units: Any) -> Any:
    return Units(pointer(units.hashes), pointer(units.starts), pointer(units.ends))


@inlined
def _keys(table: Any) -> Any:
    return SortedKeys(
        pointer(table.keys),
        pointer(table.directory),
        table.directory_shift,
        pointer(table.blocks),
        table.block_shift,
    )


@inlined
def _tree(found: Any) -> Any:
    return Phrases(
        _keys(found.roots),
        pointer(found.root_nodes),
        _keys(found.edges),
        pointer(found.edge_nodes),
        pointer(found.has_more),
        pointer(found.firsts),
        pointer(found.phrases),
        pointer(found.text),
        pointer(found.places),
        found.deepest,
    )


@bare
def _cut(data: Any, start: Any, end: Any, tables: Any, kept: Any) -> Any:
    """Write the units of data[start:end]; returns how many there are."""
    at, count, spaced = start, 0, np.uint64(0)
    while at < end:
        kind, after = _kind(data, at, end, tables)
        if kind == SPACE:
            at, spaced = after, SPACED
            continue
        begin, at, flags = at, after, spaced
        if kind in (LETTER, MARK):
            flags |= WORD
        while at < end:
            following, after = _kind(data, at, end, tables)
            if following != MARK and (following != LETTER or kind == SIGN):
                break
            at = after
        kept.hashes[count] = (hash_word(data, begin, at) & HASH) | flags
        kept.starts[count], kept.ends[count] = begin, at
        count, spaced = count + 1, np.uint64(0)
    return count


@inlined
def _kind(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """What the character is that begins at `at`, and where the next one begins."""
    byte = data[at]
    if byte < ASCII:
        lower = byte | np.uint8(32)
        if 97 <= lower <= 122 or 48 <= byte <= 57 or byte == UNDERSCORE:
            return LETTER, at + 1
        return (SPACE if byte == BLANK or 9 <= byte <= 13 or 28 <= byte <= 31 else SIGN), at + 1
    code, after = decode(data, at, end)
    bits = property_bits(tables, code)
    category = bits & u.CATEGORY
    if bits & u.SPACE:
        return SPACE, after
    if FIRST_MARK <= category <= u.LAST_MARK:
        return MARK, after
    is_letter = category <= u.LAST_NUMBER and bits >> u.GROUP_SHIFT & u.GROUP == 0
    return (LETTER if is_letter else SIGN), after
