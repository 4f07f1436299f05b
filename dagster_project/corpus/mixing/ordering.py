"""In which order the members of a phase stand: shuffled, interleaved, or a curriculum. Each is one line in ORDERS.

An order gives every member a key, and sorts by it: on disk beyond a memory limit, so that a billion members need no
more memory than a million. Nothing of it depends on where documents lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.sampling import keyed_hash
from dagster_project.corpus.mixing.members import MEMBER, Members, hashes, key_of
from dagster_project.corpus.model.mix_recipes import OrderRecipe
from dagster_project.corpus.storage.runs import Runs
from dagster_project.corpus.storage.spool import Spool

COLUMNS = MEMBER.itemsize // 8
STEPS = 64  # of a paced curriculum: how often what may be drawn grows
GROWTH: Mapping[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "root": np.sqrt,
    "linear": np.positive,
    "quadratic": np.square,
}


class Setting(NamedTuple):
    """What decides the keys of a phase beside its members."""

    seed: int
    phase: str
    components: Sequence[str]
    order: OrderRecipe
    memory_bytes: int  # of its two sorts together


def arranged(members: Iterable[Members], setting: Setting) -> Iterator[Members]:
    """The members of one phase in its order, in chunks of any size."""
    with Spool(MEMBER, setting.memory_bytes // 2) as keyed:
        for chunk in ORDERS[setting.order.policy](members, setting):
            keyed.append(chunk)
        yield from keyed.sorted()


def drawn(members: Members, setting: Setting, purpose: str = "order") -> NDArray[np.uint64]:
    """A random number of each member; copies and components of one document have others."""
    found = np.empty(len(members), np.uint64)
    together = members["component"].astype(np.uint64) << np.uint64(32) | members["copy"]
    order = np.argsort(together, kind="stable")
    starts = np.flatnonzero(_changes(together[order]))
    for chosen in np.split(order, starts[1:]) if len(order) else ():
        component, copy = int(members["component"][chosen[0]]), int(members["copy"][chosen[0]])
        name = f"{purpose}:{setting.phase}:{setting.components[component]}"
        found[chosen] = hashes(members[chosen], setting.seed, name, copy)
    return found


def _changes(column: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Where another value begins."""
    return np.concatenate([[True], column[1:] != column[:-1]])


def shuffled(members: Iterable[Members], setting: Setting) -> Iterator[Members]:
    """At random, but members of one family as far from each other as they can be: evenly spread over the phase."""
    with Spool(MEMBER, setting.memory_bytes // 2) as by_family:
        for chunk in members:
            chunk = chunk.copy()
            chunk["key"] = _of_families(chunk, setting)
            by_family.append(chunk)
        for chunk in by_family.sorted():
            yield _spread(chunk, setting)


def interleaved(members: Iterable[Members], setting: Setting) -> Iterator[Members]:
    """Members of each component at even distances, at random within it."""
    counts = np.zeros(len(setting.components), np.uint64)
    with Spool(MEMBER, setting.memory_bytes // 2) as at_random:
        for chunk in members:
            chunk = chunk.copy()
            chunk["key"] = drawn(chunk, setting)
            counts += np.bincount(chunk["component"], minlength=len(counts)).astype(np.uint64)
            at_random.append(chunk)
        halves = np.uint64((1 << 63) - 1) // np.maximum(counts, np.uint64(1))  # of the distance of two members
        seen = np.zeros(len(counts), np.uint64)
        for chunk in at_random.sorted():
            for component in np.unique(chunk["component"]).tolist():
                chosen = np.flatnonzero(chunk["component"] == component)
                number = seen[component] + np.arange(len(chosen), dtype=np.uint64)
                chunk["key"][chosen] = (np.uint64(2) * number + np.uint64(1)) * halves[component]
                seen[component] += np.uint64(len(chosen))
            yield chunk


def curriculum(members: Iterable[Members], setting: Setting) -> Iterator[Members]:
    """From low values to high ones, by the pacing, warm-up and sweeps of the order.

    Pacing, warm-up and interleaving of curricula: Zhang et al. 2025, "Beyond Random Sampling" (arXiv:2506.11300).
    Copies of one document go to different sweeps, as far as there are any.
    """
    total = 0
    with Runs(COLUMNS + 1, setting.memory_bytes // 2) as by_value:
        for chunk in members:
            rows = np.ascontiguousarray(chunk).view(np.uint64).reshape(-1, COLUMNS)
            value = (~chunk["value"] if setting.order.descending else chunk["value"]).copy()
            by_value.append(np.column_stack([value, drawn(chunk, setting), rows[:, 1:]]))
            total += len(chunk)
        start = 0
        for rows in by_value.sorted():
            chunk = np.ascontiguousarray(rows[:, 1:]).view(MEMBER).reshape(-1)
            rank = (start + np.arange(len(chunk))) / total
            start += len(chunk)
            chunk["key"] = _places(chunk, rank, setting)
            yield chunk


ORDERS: Mapping[str, Callable[[Iterable[Members], Setting], Iterator[Members]]] = {
    "shuffled": shuffled,
    "interleaved": interleaved,
    "curriculum": curriculum,
}


# ---- families -------------------------------------------------------------------------------------------------


def _of_families(members: Members, setting: Setting) -> NDArray[np.uint64]:
    """A random number of each family."""
    padded = np.zeros((len(members), 2), np.uint64)
    padded[:, 0] = members["family"]
    return keyed_hash(key_of(setting.seed, f"family:{setting.phase}"), padded.view(np.uint8).reshape(-1, 16))


def _spread(members: Members, setting: Setting) -> Members:
    """Whole families, keyed: who is alone by a number of its own, c members at the distance 1 / c."""
    own = drawn(members, setting)
    order = np.lexsort((own, members["key"]))
    members, own = members[order], own[order]
    starts = np.flatnonzero(np.diff(members["key"], prepend=~members["key"][:1]))
    sizes = np.diff(starts, append=len(members))
    number = (np.arange(len(members)) - np.repeat(starts, sizes)).astype(np.uint64)
    size = np.repeat(sizes, sizes).astype(np.uint64)
    distance = np.uint64((1 << 64) - 1) // size
    members["key"] = np.where(size == 1, own, members["key"] // size + number * distance)
    return members


# ---- curricula ------------------------------------------------------------------------------------------------


def _places(members: Members, rank: NDArray[np.float64], setting: Setting) -> NDArray[np.uint64]:
    """Where members stand, as 53 bits of the way through the phase and 11 that settle ties."""
    order, chance = setting.order, members["key"]
    place = rank if order.pacing == "sorted" else _paced(members, rank, setting)
    if order.sweeps > 1:
        first = (_share(members, setting, "sweep") * order.sweeps).astype(np.int64)
        place = ((first + members["copy"]) % order.sweeps + place) / order.sweeps
    if order.warm_up < 1:
        is_late = _share(members, setting, "warm-up") >= order.warm_up
        place = np.where(
            is_late, order.warm_up + (1 - order.warm_up) * (chance >> np.uint64(11)) * 2.0**-53, place * order.warm_up
        )
    places = np.minimum(place * 2.0**53, 2.0**53 - 1).astype(np.uint64)
    return (places << np.uint64(11)) | (chance >> np.uint64(53))


def _paced(members: Members, rank: NDArray[np.float64], setting: Setting) -> NDArray[np.float64]:
    """At each step members are drawn evenly from those that may be drawn by then: of a rank below start + (1 − start) ·
    growth(t). Each is drawn by a chance of its own, so that nothing is held of the others."""
    step, waiting = np.full(len(members), STEPS - 1), np.ones(len(members), bool)
    chance = _share(members, setting, "pace")
    for number, (allowed, part) in enumerate(_drawing(setting.order)):
        may = waiting & (rank < allowed)
        is_drawn = may & (chance < part)
        step[is_drawn] = number
        waiting &= ~is_drawn
        chance[may & ~is_drawn] = (chance[may & ~is_drawn] - part) / (1 - part)
    within = (members["key"] >> np.uint64(11)).astype(np.float64) * 2.0**-53
    found: NDArray[np.float64] = (step + within) / STEPS
    return found


def _drawing(order: OrderRecipe) -> Iterator[tuple[float, float]]:
    """Of each step but the last: the ranks that may be drawn, and which part of those that wait is."""
    steps = np.arange(STEPS) / STEPS
    allowed = np.maximum(order.start + (1 - order.start) * GROWTH[order.pacing](steps), steps + 1 / STEPS)
    waiting = before = 0.0
    for now in np.minimum(allowed, 1.0)[:-1].tolist():
        waiting += now - before
        before = now
        part = 1 / STEPS / waiting
        waiting -= 1 / STEPS
        yield now, min(part, 0.999999)


def _share(members: Members, setting: Setting, purpose: str) -> NDArray[np.float64]:
    """A random number from 0 to 1 that copies of a document share."""
    found = np.empty(len(members))
    for component in np.unique(members["component"]).tolist():
        chosen = members["component"] == component
        name = f"{purpose}:{setting.phase}:{setting.components[component]}"
        found[chosen] = (hashes(members[chosen], setting.seed, name) >> np.uint64(11)) * 2.0**-53
    return found
