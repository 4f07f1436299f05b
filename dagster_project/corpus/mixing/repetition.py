"""How often a mix repeats what it holds: the same document, a variant made from the same parent, a near copy.

Exact: members beyond the first of a document. Variant: documents beyond the first that were made from one parent, that
one among them. Near: of a family, the parents beyond the first that have a document in it, a natural document being its
own; so that variants which are near copies count as variants alone. Members pass through three times, 184 bytes each in
all, on disk beyond a memory limit; everything is counted, nothing estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.mixing.members import MEMBER, Members
from dagster_project.corpus.storage.spool import Spool

MEMORY_BYTES = 128 << 20
BINS = {"1": 1, "2-9": 2, "10-99": 10, "100+": 100}  # copies (Carlini et al. 2022, arXiv:2202.07646)
MET = np.dtype(
    [("key", "<u8"), ("high", "<u8"), ("low", "<u8"), ("parent", "<u8"), ("words", "<i8"), ("source", "<i8")]
)  # a document under the parent or the family by which others are found
KINDS = ("exact", "variant", "near")


class Repetition:
    """Collects the members of a mix. `sources`: the number of the source of each shard of candidates."""

    def __init__(self, sources: NDArray[np.int64], names: Sequence[str]):
        self.sources, self.names = sources, names
        self.documents, self.parents, self.families = (Spool(kind, MEMORY_BYTES // 3) for kind in (MEMBER, MET, MET))

    def add(self, members: Members) -> None:
        """A document may be of other families in other corpora: it is found by its own id, copies by their family."""
        keyed = members.copy()
        keyed["key"] = _ids(members)[:, 0]
        self.documents.append(keyed)
        self.parents.append(_under(members, members["parent"], self.sources))
        self.families.append(_under(members, members["family"], self.sources))

    def close(self) -> None:
        for spool in (self.documents, self.parents, self.families):
            spool.close()

    def counted(self) -> dict[str, Any]:
        """Members and words, repeats of each kind with their words, documents by their copies, the most copies of one,
        and by source its documents and members here, and its repeats."""
        counts = dict.fromkeys(("members", "words", "documents"), 0)
        repeats = {kind: np.zeros((len(self.names), 2), np.int64) for kind in KINDS}  # documents or members, words
        copies, most = dict.fromkeys(BINS, 0), 0
        found = np.zeros((len(self.names), 2), np.int64)
        for chunk in self.documents.sorted():
            documents = _by_document(chunk, self.sources)
            counts["members"] += len(chunk)
            counts["words"] += int(chunk["words"].sum())
            counts["documents"] += len(documents.copies)
            more = documents.copies - 1
            _add(repeats["exact"], documents.source, more, more * documents.words)
            most = max(most, int(documents.copies.max(initial=0)))
            for name, number in zip(BINS, _histogram(documents.copies), strict=True):
                copies[name] += number
            _add(found, documents.source, np.ones(len(more), np.int64), documents.copies)
        for kind, spool, names in (("variant", self.parents, ("high", "low")), ("near", self.families, ("parent",))):
            for chunk in spool.sorted():
                again = _beyond_first(chunk, names)
                _add(repeats[kind], again["source"], np.ones(len(again), np.int64), again["words"])
        total = {name: sums for kind in KINDS for name, sums in _summed(kind, repeats[kind])}
        return {**counts, **total, "copies": copies, "most_copies": most, "by_source": self._by_source(found, repeats)}

    def _by_source(self, found: NDArray[np.int64], repeats: dict[str, NDArray[np.int64]]) -> dict[str, dict[str, int]]:
        return {
            name: {
                "documents": int(found[number, 0]),
                "members": int(found[number, 1]),
                **{kind: int(repeats[kind][number, 0]) for kind in KINDS},
            }
            for number, name in enumerate(self.names)
            if found[number, 0]
        }


class _Documents:
    """The distinct documents of a chunk that has all members of each."""

    def __init__(self, copies: Any, words: Any, source: Any):
        self.copies, self.words, self.source = copies, words, source


def _by_document(chunk: Members, sources: NDArray[np.int64]) -> _Documents:
    ids = _ids(chunk)
    order = np.lexsort((ids[:, 1], ids[:, 0]))
    ids, chunk = ids[order], chunk[order]
    starts = np.flatnonzero(_changes(ids[:, 0]) | _changes(ids[:, 1]))
    first = chunk[starts]
    return _Documents(np.diff(starts, append=len(chunk)), first["words"].astype(np.int64), sources[first["shard"]])


def _under(members: Members, keys: NDArray[np.uint64], sources: NDArray[np.int64]) -> NDArray[np.void]:
    """The same under a key; copies of a document among them."""
    found = np.empty(len(members), MET)
    found["key"], (found["high"], found["low"]) = keys, _ids(members).T
    found["parent"], found["words"], found["source"] = members["parent"], members["words"], sources[members["shard"]]
    return found


def _beyond_first(chunk: NDArray[np.void], names: Sequence[str]) -> NDArray[np.void]:
    """Of everything that shares a key, by distinct values of the names, the first record of all but the first."""
    chunk = chunk[np.lexsort((chunk["low"], chunk["high"], *(chunk[name] for name in reversed(names)), chunk["key"]))]
    begins = _changes(chunk["key"])
    is_other = begins.copy()
    for name in names:
        is_other |= _changes(chunk[name])
    return chunk[is_other & ~begins]


def _add(
    total: NDArray[np.int64], source: NDArray[np.int64], number: NDArray[np.int64], words: NDArray[np.int64]
) -> None:
    np.add.at(total[:, 0], source, number)
    np.add.at(total[:, 1], source, words)


def _summed(kind: str, repeats: NDArray[np.int64]) -> list[tuple[str, int]]:
    members, words = repeats.sum(axis=0).tolist()
    return [(kind, members), (f"{kind}_words", words)]


def _ids(members: Members) -> NDArray[np.uint64]:
    """uint64[n, 2]."""
    return np.ascontiguousarray(members["doc_id"]).view(np.uint64).reshape(-1, 2)


def _changes(column: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Where another value begins."""
    return np.concatenate([[True], column[1:] != column[:-1]]) if len(column) else np.empty(0, bool)


def _histogram(copies: NDArray[np.int64]) -> list[int]:
    bounds = [*BINS.values(), np.iinfo(np.int64).max]
    return [int(number) for number in np.histogram(copies, bounds)[0]]
