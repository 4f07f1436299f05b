"""Pools: what a component, or one group of it, may give, in an order of its own, pass after pass.

A pool holds 96 bytes for each candidate, twice that where variants take turns, on disk beyond its memory. Whoever takes
from it goes on where the last one stopped, so that a smaller budget takes a prefix of what a larger one takes: a small
mix is a subset of a large one, pool by pool.

A document of rate r is taken r times in each pass, on average, and of every prefix it has as many copies as its rate
asks for, give or take one: copy k of a document with the uniform number u comes at the time (k + u) / r (systematic
sampling; of two prefixes the shorter stays a subset). With the rate 1 a pass is an epoch.

Of n variants each has a turn t from 0 and takes part in the passes t, t + n, t + 2n …: its copy k comes at the time
k n + t + u, where u is the number of their parent.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.mixing.members import MEMBER, Members
from dagster_project.corpus.mixing.variants import Turns, by_parent, in_turn
from dagster_project.corpus.model.mix_recipes import UNITS, Unit
from dagster_project.corpus.storage.spool import Spool

TIME = np.int64(40)  # bits of the number u, whose other bits settle ties
REST = np.uint64(24)
RATE = np.int64(16)  # bits behind the point of a rate
MOST_RATE = 256  # copies of one document in a pass


class Pool:
    """Candidates of one component and group, keyed by their uniform numbers."""

    def __init__(self, component: int, group: str, passes: int, memory_bytes: int, turns: Turns | None = None):
        self.component, self.group, self.passes, self.turns = component, group, passes, turns
        self.relatives = Spool(MEMBER, memory_bytes)
        self.spool = Spool(MEMBER, memory_bytes)
        self.memory_bytes = memory_bytes
        self.available = dict.fromkeys(UNITS, 0)  # each document once, of variants the first
        self.most = dict.fromkeys(UNITS, 0)  # in all passes
        self.taken = 0
        self._stream: Iterator[Members] | None = None
        self._held = np.empty(0, MEMBER)

    def add(self, members: Members) -> None:
        """Where variants take turns, they are gathered first, for there may be more of them in other shards."""
        if self.turns:
            self.relatives.append(by_parent(members))
        else:
            self._rank(members)

    def settle(self) -> None:
        """All were added."""
        if self.turns:
            for chunk in self.relatives.sorted():
                self._rank(in_turn(chunk, self.turns))
        self.relatives.close()

    def _rank(self, members: Members) -> None:
        first = copies_before(members, 1) > 0 if self.turns else np.ones(len(members), bool)
        copies = copies_before(members, self.passes)
        for unit in UNITS:
            costs = cost(members, unit)
            self.available[unit] += int(costs[first].sum())
            self.most[unit] += int((costs * copies).sum())
        self.spool.append(members)

    def bound(self, memory_bytes: int) -> None:
        """From now on hold no more than this of the candidates in memory, and as much of what is due in a pass."""
        self.memory_bytes = memory_bytes
        self.spool.bound(memory_bytes)

    def take_up_to(self, target: int, unit: Unit, *, exact: bool = False) -> Iterator[Members]:
        """Members until `target` was taken since the beginning. The last document is taken when half of it or more
        fits, so that one long document can not starve a pool; or, where that is `exact`, as much of it as fits."""
        while self.taken < target and (chunk := self._next()) is not None:
            reached = np.cumsum(cost(chunk, unit))
            left = target - self.taken
            fitting = int(np.searchsorted(reached, left, side="left"))  # what costs nothing is not taken beyond it
            if fitting < len(chunk):
                before = int(reached[fitting - 1]) if fitting else 0
                if exact and int(reached[fitting]) > left:
                    chunk = chunk.copy()
                    chunk["keep"][fitting] = left - before
                    reached[fitting:] -= int(reached[fitting]) - left
                    fitting += 1
                else:
                    fitting += left - before >= int(reached[fitting]) - left
                self._held = chunk[fitting:]
            self.taken += int(reached[fitting - 1]) if fitting else 0
            yield chunk[:fitting]
            if len(self._held):
                return

    def close(self) -> None:
        self.relatives.close()
        self.spool.close()

    def _next(self) -> Members | None:
        if len(self._held):
            chunk, self._held = self._held, np.empty(0, MEMBER)
            return chunk
        if self._stream is None:
            self._stream = self._passes()
        return next(self._stream, None)

    def _passes(self) -> Iterator[Members]:
        for number in range(self.passes):
            with Spool(MEMBER, self.memory_bytes // 2) as due:  # the other half is what was sorted and is handed out
                for chunk in self.spool.chunks():
                    for copies in in_pass(chunk, number):
                        due.append(copies)
                yield from due.sorted()


def cost(members: Members, unit: Unit) -> NDArray[np.int64]:
    """What each member takes of a budget."""
    return np.ones(len(members), np.int64) if unit == "documents" else members[unit].astype(np.int64)


def copies_before(members: Members, time: int) -> NDArray[np.int64]:
    """How many copies of each come before a time, counted in passes: those with (k + u) / rate below it, where one pass
    is as many as there are variants."""
    end = (time * members["rate"].astype(np.int64)) << (TIME - RATE)
    copies: NDArray[np.int64] = np.maximum(0, -((_first(members) - end) // (_turns(members) << TIME)))
    return copies


def in_pass(members: Members, number: int) -> Iterator[Members]:
    """The copies that come in one pass, keyed by when."""
    first, behind = copies_before(members, number), copies_before(members, number + 1)
    for more in range(int((behind - first).max(initial=0))):
        has_it = first + more < behind
        found = members[has_it]
        found["copy"] = (first + more)[has_it]
        found["key"] = _times(found, number)
        yield found


def _times(copies: Members, number: int) -> NDArray[np.uint64]:
    """How far into a pass each copy comes, as 64 bits; with the rate 1 just its uniform number."""
    rates = copies["rate"].astype(np.int64)
    passed = (copies["copy"].astype(np.int64) * _turns(copies)) << TIME
    since = passed + _first(copies) - ((number * rates) << (TIME - RATE))
    times = (since.astype(np.uint64) << np.uint64(RATE)) // rates.astype(np.uint64)
    return (times << REST) | (copies["key"] & np.uint64((1 << 24) - 1))


def _first(members: Members) -> NDArray[np.int64]:
    """When the first copy of each comes, with 40 bits behind the point, before its rate counts."""
    return (members["turn"].astype(np.int64) << TIME) + (members["key"] >> REST).astype(np.int64)


def _turns(members: Members) -> NDArray[np.int64]:
    return members["others"].astype(np.int64) + 1
