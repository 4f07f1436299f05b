"""Between the passes of an export: texts on their way to more shards than one exchange can serve.

Between n pieces and m shards lie n · m ranges: few for few shards, too many for many. Beyond FAN shards the texts go in
levels, as in a radix sort: to groups of shards side by side, from each group to those within it, and at last to shards,
by F destinations at a time. F is the root of m that leaves it at most FAN, L of them: L · n · F requests instead of
n · m, and for each level beyond the first all texts are written and read once more, in as many tasks as they have
slices. What was read of one level is deleted before the next, so that scratch has the texts twice at most.

In memory a task has a slice, the same in its order, and the range that comes next; the driver has F + 1 bounds for
each piece of the level that is read and of the one that is written. With 64 MB of text to a piece and to a shard texts
move once up to 33 GB, twice up to 17 TB, three times up to 8 PB. Of 1 TB, 16,000 pieces and shards, F is 127: 4 million
ranges instead of 256 million, 16 MB of bounds to a level, 1 KB of places in a task.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from dagster_project.corpus.engine.work import Steps
from dagster_project.corpus.publishing.scattering import SLICE_BYTES, Numbers, Sent, send, sizes_of, slices
from dagster_project.corpus.storage.exchange import Address, Piece, Range, ranges_of, read_rows

FAN = 512  # destinations of one piece at most


class Levels(NamedTuple):
    """How many destinations a group has, and where those of every level begin in the mix; the last are the shards."""

    fan: int
    starts: list[Numbers]


@dataclass(frozen=True)
class Relay:
    """A part of what was sent to one group of export shards."""

    address: Address
    level: int
    number: int  # of the task among those of its level
    group: int
    sent: tuple[Range, ...]
    starts: Numbers  # of the destinations that the group has


class Arrived:
    """What came to the destinations of one level: pieces by the groups that they are of, each of them with `fan`
    destinations, and the bytes of texts for every destination, int64[destinations]."""

    def __init__(self, fan: int, destinations: int, sent: Iterable[Sent]):
        self.fan = fan
        self.pieces: defaultdict[int, list[Piece]] = defaultdict(list)
        self.sizes_bytes = np.zeros(destinations, np.int64)
        for item in sent:
            first = item.group * fan
            self.pieces[item.group] += item.pieces
            self.sizes_bytes[first : first + len(item.sizes_bytes)] += item.sizes_bytes

    def ranges(self, destination: int) -> tuple[Range, ...]:
        """Where the texts for one destination lie."""
        group, place = divmod(destination, self.fan)
        return ranges_of(self.pieces.get(group, ()), place)

    def parts(self) -> Iterator[tuple[int, tuple[Range, ...]]]:
        """Each destination with ranges of it, of about a slice together as they lie on the store."""
        for destination in range(len(self.sizes_bytes)):
            ranges = self.ranges(destination)
            for start, end in slices(np.array([item.length for item in ranges], np.int64), SLICE_BYTES):
                yield destination, ranges[start:end]


def levels_of(starts: Numbers) -> Levels:
    """As few as there can be for the shards that begin at these places, and of these the narrowest."""
    for levels in count(1):
        for fan in range(1, FAN + 1):
            if fan**levels >= len(starts):
                return Levels(fan, [starts[:: fan**level] for level in reversed(range(levels))])
    raise AssertionError


def relayed(steps: Steps, address: Address, levels: Levels, sent: Iterable[Sent]) -> Arrived:
    """Take on to the shards what was sent to the destinations of the first level."""
    arrived = Arrived(levels.fan, len(levels.starts[0]), sent)
    for level, starts in enumerate(levels.starts[1:], 1):
        steps.total += sum(1 for _ in arrived.parts())
        following = Arrived(levels.fan, len(starts), steps.map(relay, _relays(address, level, arrived, starts)))
        address.delete(piece for pieces in arrived.pieces.values() for piece in pieces)
        arrived = following
    return arrived


def relay(task: Relay) -> Sent:
    """Send the texts of a group on to its destinations."""
    name = f"level-{task.level}-{task.number:09d}"
    return send(task.address, name, _slices(task), task.starts, task.group)


def _relays(address: Address, level: int, arrived: Arrived, starts: Numbers) -> Iterator[Relay]:
    fan = arrived.fan
    for number, (group, ranges) in enumerate(arrived.parts()):
        yield Relay(address, level, number, group, ranges, starts[group * fan : (group + 1) * fan])


def _slices(task: Relay) -> Iterator[pa.Table]:
    """What was sent, in tables of at most a slice or of one range, each in the order of the mix."""
    held: list[pa.Table] = []
    held_bytes = 0
    for item in task.sent:
        (table,) = read_rows(task.address.store, [item])
        size = int(sizes_of(table).sum())
        if held and held_bytes + size > SLICE_BYTES:
            yield _in_order(held)
            held_bytes = 0
        held.append(table)
        held_bytes += size
    if held:
        yield _in_order(held)


def _in_order(held: list[pa.Table]) -> pa.Table:
    """One table of all, which are held no longer."""
    together = pa.concat_tables(held).combine_chunks()
    held.clear()
    return together.take(pa.array(np.argsort(together.column("index").to_numpy())))
