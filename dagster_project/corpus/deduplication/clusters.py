"""Families from edges: connected components of the documents that have any, on arrays that lie on disk.

Documents are numbered by their ids, so that nothing depends on where rows lay; an edge joins two numbers. Each takes 60
bytes on disk, and each edge 90; sorting them takes the memory of two spools. A family that an earlier layer of the
corpus has is never joined to another one: such an edge is a bridge. Members that are hardly like the one with most
copies, the links of a chain, leave their family, to be families among themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.candidates import EDGE, ENDS, IDS, PAIR
from dagster_project.corpus.deduplication.keys import (
    EXACT,
    NEAR,
    NORMALIZED,
    URL,
    Rows,
    distinct,
    first_of_each,
    ordered_by,
)
from dagster_project.corpus.kernels.components import NONE, find_leaders, find_strangers, keep_within, spread, unite
from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.storage.disk_arrays import DiskArrays
from dagster_project.corpus.storage.spool import Spool

HASHED = np.dtype([("key", "<u8"), *((name, EDGE[name]) for name in EDGE.names or ())])
END = np.dtype([("key", "<u8"), ("low", "<u8"), ("shard", "<u4"), ("row", "<u4"), ("edge", "<u8"), ("side", "u1")])
NODE = np.dtype(ENDS)
STRENGTHS = 20  # steps of similarity in which edges are joined where families may not meet: the strongest first
ROUNDS = 8  # of splitting chains, after which what is left is reported
Numbers = NDArray[np.int64]
Marks = NDArray[np.uint8]
Verified = Callable[[Rows], Rows]  # of PAIR records those that are alike enough, as EDGE records


@dataclass(frozen=True)
class Guard:
    """Against chains: which pairs of a leader and a member are like enough, and whether the others leave. `heads` are
    the leaders of earlier families by color, as NODE records."""

    likened: Verified
    splits: bool
    heads: Callable[[], Rows]


@dataclass
class Clusters:
    """Documents with copies, by number, and the edges between them."""

    nodes: Rows  # NODE, in the order of their ids
    ends: Numbers  # of edges, as numbers of nodes
    kinds: Marks
    similarity: NDArray[np.float64]
    same_text: Numbers  # the first node with exactly this text
    has_twin: Marks  # whether any other has
    family: Numbers  # the smallest node of the family
    color: Numbers  # the number of an earlier layer's family that it belongs to, or NONE
    leader: Numbers  # by the smallest node of a new family the one that leads it: it has most copies
    counts: dict[str, int] = field(default_factory=dict)


def cluster(
    arrays: DiskArrays, edges: Iterable[Rows], new: int, colors_of: Callable[[Rows], Numbers], guard: Guard
) -> Clusters:
    """Clusters of EDGE records. Shards before `new` are of earlier layers, and `colors_of` tells the families of their
    nodes."""
    with Spool(HASHED) as spool:
        for part in edges:
            spool.append(_hashed(part))
        found = _numbered(arrays, spool)
    is_old = (found.nodes["shard"] < new).astype(np.uint8)
    found.color[is_old > 0] = colors_of(found.nodes[is_old > 0])
    near_or_sure = (found.kinds != URL).astype(np.uint8)
    bridges = _join(found, near_or_sure)
    _split_chains(arrays, found, near_or_sure, is_old, guard)
    bridges += _join(found, (found.kinds == URL).astype(np.uint8))
    found.leader[:] = NONE
    anybody, degrees = arrays.make(np.uint8, len(found.nodes), fill=1), arrays.make(np.int64, len(found.nodes))
    find_leaders(found.family, found.ends, near_or_sure, anybody, degrees, found.leader)
    found.counts["bridges"] = bridges
    return found


def _hashed(edges: Rows) -> Rows:
    """With a key that depends on the two ids alone."""
    found = np.empty(len(edges), HASHED)
    for name in EDGE.names or ():
        found[name] = edges[name]
    left = mix64(mix64(edges["left_high"].copy()) ^ edges["left_low"])
    found["key"] = mix64(mix64(left ^ edges["right_high"]) ^ edges["right_low"])
    return found


def _numbered(arrays: DiskArrays, spool: Spool) -> Clusters:
    """Each edge once, as the surest kind that it was found to be; its ends by number."""
    kept = arrays.make(EDGE, spool.rows)
    count = 0
    with Spool(END) as ends:
        for chunk in spool.sorted():
            part = _surest(chunk)
            for name in EDGE.names or ():
                kept[name][count : count + len(part)] = part[name]
            for side, mark in (("left", 0), ("right", 1)):
                ends.append(_end(part, side, mark, count))
            count += len(part)
        nodes, numbers = _nodes(arrays, ends, count)
    same_text, family = arrays.make(np.int64, len(nodes)), arrays.make(np.int64, len(nodes))
    same_text[:] = family[:] = np.arange(len(nodes))
    exact = kept["kind"][:count] == EXACT
    same_text[numbers[exact, 1]] = numbers[exact, 0]
    has_twin = arrays.make(np.uint8, len(nodes))
    has_twin[numbers[exact].ravel()] = 1
    color = arrays.make(np.int64, len(nodes), fill=NONE)
    measures = kept["kind"][:count], kept["similarity"][:count]
    leader = arrays.make(np.int64, len(nodes))
    return Clusters(nodes, numbers, *measures, same_text, has_twin, family, color, leader)


def _surest(chunk: Rows) -> Rows:
    """Of the edges between two documents the first by kind."""
    return distinct(chunk, ("key", *IDS), then=("kind",))


def _end(edges: Rows, side: str, mark: int, first: int) -> Rows:
    found = np.empty(len(edges), END)
    found["key"], found["low"] = edges[f"{side}_high"], edges[f"{side}_low"]
    found["shard"], found["row"] = edges[f"{side}_shard"], edges[f"{side}_row"]
    found["edge"], found["side"] = np.arange(first, first + len(edges)), mark
    return found


def _nodes(arrays: DiskArrays, ends: Spool, edges: int) -> tuple[Rows, Numbers]:
    """(nodes in the order of their ids, the numbers of the ends of every edge)."""
    room, numbers, count = arrays.make(NODE, ends.rows), arrays.make(np.int64, edges, 2), 0
    for chunk in ends.sorted():
        names = ("key", "low", "shard", "row")  # a document may stand in several snapshots
        chunk = ordered_by(chunk, *names)
        is_first = first_of_each(*(chunk[name] for name in names))
        number = count + np.cumsum(is_first) - 1
        numbers[chunk["edge"].astype(np.int64), chunk["side"]] = number
        here = slice(count, count + int(is_first.sum()))
        for name, of in (("high", "key"), ("low", "low"), ("shard", "shard"), ("row", "row")):
            room[name][here] = chunk[of][is_first]
        count = here.stop
    return room[:count], numbers


def _join(found: Clusters, wanted: Marks) -> int:
    """Join what the wanted edges join, in place; returns how many would have joined two earlier families."""
    if (found.color == NONE).all():
        return unite(found.family, found.color, found.ends, wanted)
    bridges = 0
    strength = np.where(found.kinds == NEAR, np.floor(found.similarity * STRENGTHS), STRENGTHS + 2 - found.kinds)
    for step in sorted(set(strength.tolist()), reverse=True):
        bridges += unite(found.family, found.color, found.ends, wanted & (strength == step))
    return bridges


def _split_chains(arrays: DiskArrays, found: Clusters, wanted: Marks, is_old: Marks, guard: Guard) -> None:
    """Until every member is like its leader, in place; or once, if chains are to be reported alone."""
    count = len(found.nodes)
    settled, leaders = arrays.make(np.uint8, count), arrays.make(np.int64, count)
    heads = guard.heads()
    is_head = np.zeros(count, np.bool_)
    of_old = is_old > 0
    is_head[of_old] = _places(found.nodes[of_old]) == _places(heads[found.color[of_old]])
    twins = (found.kinds <= NORMALIZED).astype(np.uint8)
    chained = distant = 0
    for _ in range(ROUNDS):
        leaders[:] = NONE
        degrees, strange = arrays.make(np.int64, count), arrays.make(np.uint8, count, fill=1)
        may_lead = (is_head | (found.color == NONE)).astype(np.uint8)
        find_leaders(found.family, found.ends, wanted, may_lead, degrees, leaders)
        find_strangers(found.family, found.ends, wanted, is_old, leaders, strange)
        strange[settled > 0] = 0
        settled[:] = 1
        _acquit(found, leaders, heads, strange, guard.likened)
        spread(found.ends, twins & (found.family[found.ends[:, 0]] == found.family[found.ends[:, 1]]), strange)
        if not strange.any():
            break
        chained += len(np.unique(found.family[strange > 0]))
        distant += int(strange.sum())
        if not guard.splits:
            break
        settled[strange > 0] = 0
        _part(found, wanted, leaders, strange)
    found.counts |= {"chained": chained, "distant": distant}


def _acquit(found: Clusters, leaders: Numbers, heads: Rows, strange: Marks, likened: Verified) -> None:
    """Unmark the strangers that are like their leader after all, or like that of the earlier family."""
    members = np.flatnonzero(strange)
    by, color = leaders[found.family[members]], found.color[members]
    pairs = np.empty(len(members), PAIR)
    for name, _ in ENDS:
        pairs[f"left_{name}"] = found.nodes[name][by]
        pairs[f"left_{name}"][color != NONE] = heads[name][color[color != NONE]]
        pairs[f"right_{name}"] = found.nodes[name][members]
    pairs["kind"] = NEAR
    alike = likened(pairs)
    strange[members[np.isin(_places(pairs, "right_"), _places(alike, "right_"))]] = 0


def _places(records: Rows, side: str = "") -> NDArray[np.uint64]:
    place: NDArray[np.uint64] = records[f"{side}shard"].astype(np.uint64) << np.uint64(32) | records[f"{side}row"]
    return place


def _part(found: Clusters, wanted: Marks, leaders: Numbers, distant: Marks) -> None:
    """Leave the distant members to themselves, in place, and the others to their leader."""
    leader = leaders[found.family]
    stays = (distant == 0) & (leader != NONE)  # where the leader is of an earlier layer alone, the color tells enough
    with_leader = np.stack([np.arange(len(found.nodes)), np.maximum(leader, 0)], axis=1)
    among_distant = wanted.copy()
    keep_within(found.family, found.ends, among_distant, distant)
    among_distant &= distant[found.ends[:, 0]]
    found.family[:] = np.arange(len(found.nodes))
    found.color[distant > 0] = NONE
    unite(found.family, found.color, with_leader, stays.astype(np.uint8))
    unite(found.family, found.color, found.ends, among_distant)
