"""Which documents enter and leave between two versions of a mix, and why: what becomes of each in the other version.

Members and candidates of both versions are sorted together by doc_id, on disk beyond a memory limit; no set of ids is
held. The reason is that of the version in which a document is no member: of several components the one that it came
nearest to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.lineage.rows import Ancestry
from dagster_project.corpus.lineage.told import told_at
from dagster_project.corpus.mixing.fates import GONE, MEMBER, ROW, Names, candidates_of, members_of
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

ABSENT = "in no snapshot, at least not with this text"


class Reason(NamedTuple):
    """Why documents are no members, how many are not for it, their words, and some of them."""

    why: str
    documents: int
    words: int
    examples: tuple[Mapping[str, Any], ...]


class Turnover(NamedTuple):
    """Documents that left and that entered, by reason, most documents first: of those that left the reason why they are
    not in the version after, of those that entered why they were not in the one before."""

    left: tuple[Reason, ...]
    entered: tuple[Reason, ...]


@dataclass
class _Counted:
    """One direction so far: documents and words by reason, and the places of the first by id."""

    documents: Counter[int] = field(default_factory=Counter)
    words: Counter[int] = field(default_factory=Counter)
    shown: dict[int, list[tuple[Any, Any]]] = field(default_factory=dict)  # the member, and its row in the other


def turnover(store: Store, before: Manifest, after: Manifest, limit: int = 20) -> Turnover:
    """Compare two versions of `mixed` or of `published`, with at most so many examples of each direction."""
    mixes = [mixed_of(store, manifest) for manifest in (before, after)]
    if mixes[0].id == mixes[1].id:
        return Turnover((), ())
    reasons, shards = Names(ABSENT), Names()
    left, entered = _Counted(), _Counted()
    with Spool(ROW) as spool:
        for side, mix in enumerate(mixes):
            for rows in chain(members_of(store, mix, shards), candidates_of(store, mix, shards, reasons)):
                rows["side"] = side
                spool.append(rows)
        for chunk in spool.sorted():
            _count(chunk, left, entered, limit)
    one, other = (Ancestry(store, mix) for mix in mixes)
    teller = _Teller(store, reasons, shards)
    return Turnover(teller.told(left, one, other, limit), teller.told(entered, other, one, limit))


def mixed_of(store: Store, manifest: Manifest) -> Manifest:
    """The mix that a publication was made from, or itself."""
    return load_manifest(store, manifest.inputs[0].id) if manifest.stage == "published" else manifest


def as_data(found: Turnover) -> dict[str, Any]:
    """The same for programs."""
    return {
        name: [{**reason._asdict(), "examples": list(reason.examples)} for reason in reasons]
        for name, reasons in found._asdict().items()
    }


# ---- counting -------------------------------------------------------------------------------------------------


def _count(chunk: NDArray[np.void], left: _Counted, entered: _Counted, limit: int) -> None:
    """Add a sorted chunk, which holds all rows of its ids."""
    chunk = chunk[np.lexsort((chunk["distance"], chunk["side"], chunk["low"], chunk["key"]))]
    changes = (chunk["key"][1:] != chunk["key"][:-1]) | (chunk["low"][1:] != chunk["low"][:-1])
    number = np.concatenate([[0], np.cumsum(changes)])
    first = [_first(chunk["side"] == side, number) for side in (0, 1)]  # of each id, its nearest row
    is_in = [np.where(at < 0, GONE, chunk["distance"][at]) == MEMBER for at in first]
    for counted, this, other in ((left, 0, 1), (entered, 1, 0)):
        chosen = is_in[this] & ~is_in[other]
        _add(counted, chunk, first[this][chosen], first[other][chosen], limit)


def _first(is_side: NDArray[np.bool_], number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each id the first row of a side; -1 where it has none."""
    found = np.full(number[-1] + 1, -1)
    places = np.flatnonzero(is_side)[::-1]
    found[number[places]] = places
    return found


def _add(
    counted: _Counted, chunk: NDArray[np.void], members: NDArray[np.int64], others: NDArray[np.int64], limit: int
) -> None:
    reasons = np.where(others < 0, 0, chunk["reason"][others])
    for reason in np.unique(reasons).tolist():
        chosen = np.flatnonzero(reasons == reason)
        counted.documents[reason] += len(chosen)
        counted.words[reason] += int(chunk["words"][members[chosen]].sum())
        shown = counted.shown.setdefault(reason, [])
        for place in chosen[: limit - len(shown)]:
            shown.append((chunk[members[place]], chunk[others[place]] if others[place] >= 0 else None))


# ---- examples -------------------------------------------------------------------------------------------------


class _Teller:
    """Says which documents were meant."""

    def __init__(self, store: Store, reasons: Names, shards: Names):
        self.store, self.reasons, self.shards = store, list(reasons.numbers), list(shards.numbers)

    def told(self, counted: _Counted, own: Ancestry, other: Ancestry, limit: int) -> tuple[Reason, ...]:
        """One direction: the examples are divided evenly among its reasons."""
        order = sorted(counted.documents, key=lambda number: (-counted.documents[number], self.reasons[number]))
        each, more = divmod(limit, max(1, len(order)))
        return tuple(
            Reason(
                self.reasons[number],
                counted.documents[number],
                counted.words[number],
                tuple(self._example(*pair, own, other) for pair in counted.shown[number][: each + (place < more)]),
            )
            for place, number in enumerate(order)
        )

    def _example(self, member: Any, there: Any, own: Ancestry, other: Ancestry) -> Mapping[str, Any]:
        """Its id, source, address and title; and in the other version its license, and whose copy it is."""
        documents = self.shards[int(member["shard"])]
        item, snapshot, number = own.snapshot_of(documents)
        told = told_at(self.store, snapshot.files[number], int(member["row"]))
        doc_id = np.array([member["key"], member["low"]], "<u8").tobytes().hex()
        return {"doc_id": doc_id, "source": item.partition.partition("/")[2], **told, **self._there(there, other)}

    def _there(self, there: Any, other: Ancestry) -> Mapping[str, Any]:
        if there is None:
            return {}
        documents, row = self.shards[int(there["shard"])], int(there["row"])
        _, _, decided = next(iter(other.side_rows("deduplicated", documents, row)))
        copied = decided["survivor"].hex() if decided["status"] == "suppressed" else None
        return {"license": decided["license"], **({"copy_of": copied} if copied else {})}
