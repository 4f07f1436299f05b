"""How often a mix repeats what it holds: exact repeats and copies of one family apart, by document and by source.

Members pass through once, 144 bytes each on disk beyond a memory limit; everything is counted, nothing estimated.
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


class Repetition:
    """Collects the members of a mix. `sources`: the number of the source of each shard of candidates."""

    def __init__(self, sources: NDArray[np.int64], names: Sequence[str]):
        self.sources, self.names = sources, names
        self.documents, self.families = (Spool(MEMBER, MEMORY_BYTES // 2) for _ in range(2))

    def add(self, members: Members) -> None:
        """A document may be of other families in other corpora: it is found by its own id, copies by their family."""
        for spool, keys in ((self.documents, _ids(members)[:, 0]), (self.families, members["family"])):
            keyed = members.copy()
            keyed["key"] = keys
            spool.append(keyed)

    def close(self) -> None:
        self.documents.close()
        self.families.close()

    def counted(self) -> dict[str, Any]:
        """Members and words, those that repeat a document, those of a family that has another document here, documents
        by their copies, the most copies of one, and by source how often each of its documents stands here."""
        total = dict.fromkeys(("members", "words", "documents", "exact", "exact_words", "near", "near_words"), 0)
        copies, most = dict.fromkeys(BINS, 0), 0
        found = np.zeros((len(self.names), 2), np.int64)
        for chunk in self.documents.sorted():
            documents = _by_document(chunk, self.sources)
            total["members"] += len(chunk)
            total["words"] += int(chunk["words"].sum())
            total["documents"] += len(documents.copies)
            total["exact"] += int((documents.copies - 1).sum())
            total["exact_words"] += int(((documents.copies - 1) * documents.words).sum())
            most = max(most, int(documents.copies.max(initial=0)))
            for name, number in zip(BINS, _histogram(documents.copies), strict=True):
                copies[name] += number
            np.add.at(found[:, 0], documents.source, 1)
            np.add.at(found[:, 1], documents.source, documents.copies)
        for chunk in self.families.sorted():
            near = _by_document(chunk, self.sources)
            total["near"] += int(near.is_near.sum())
            total["near_words"] += int(near.words[near.is_near].sum())
        by_source = {
            name: {"documents": int(documents), "members": int(members)}
            for name, (documents, members) in zip(self.names, found.tolist(), strict=True)
            if documents
        }
        return {**total, "copies": copies, "most_copies": most, "by_source": by_source}


class _Documents:
    """The distinct documents of a chunk of whole families."""

    def __init__(self, copies: Any, words: Any, is_near: Any, source: Any):
        self.copies, self.words, self.is_near, self.source = copies, words, is_near, source


def _by_document(chunk: Members, sources: NDArray[np.int64]) -> _Documents:
    ids = _ids(chunk)
    order = np.lexsort((ids[:, 1], ids[:, 0], chunk["key"]))
    ids, chunk = ids[order], chunk[order]
    starts = np.flatnonzero(_changes(chunk["key"]) | _changes(ids[:, 0]) | _changes(ids[:, 1]))
    copies = np.diff(starts, append=len(chunk))
    first = chunk[starts]
    return _Documents(copies, first["words"].astype(np.int64), ~_changes(first["key"]), sources[first["shard"]])


def _ids(members: Members) -> NDArray[np.uint64]:
    """uint64[n, 2]."""
    return np.ascontiguousarray(members["doc_id"]).view(np.uint64).reshape(-1, 2)


def _changes(column: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Where another value begins."""
    return np.concatenate([[True], column[1:] != column[:-1]]) if len(column) else np.empty(0, bool)


def _histogram(copies: NDArray[np.int64]) -> list[int]:
    bounds = [*BINS.values(), np.iinfo(np.int64).max]
    return [int(number) for number in np.histogram(copies, bounds)[0]]
