"""Variants: documents made from the same parent, of which each pass takes one, another one each time.

The parent itself, where a component has it, takes its turn with them; other natural text stands alone. Who comes when
is a matter of the seed alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.sampling import keyed_hash
from dagster_project.corpus.mixing.members import Members, hashes, key_of

MOST = 1 << 16  # turns that are told apart; no mix has so many passes


class Turns(NamedTuple):
    """What decides the order of variants beside themselves."""

    seed: int
    component: str


def by_parent(members: Members) -> Members:
    """Members keyed so that those of one parent come together."""
    found = members.copy()
    found["key"] = members["parent"]
    return found


def in_turn(members: Members, turns: Turns) -> Members:
    """Whole families, each member with its turn, and keyed by the uniform number of its parent."""
    parents, own = members["parent"], hashes(members, turns.seed, f"variant:{turns.component}")
    order = np.lexsort((own, parents))
    found = members[order]
    starts = np.flatnonzero(np.diff(found["parent"], prepend=~found["parent"][:1]))
    sizes = np.diff(starts, append=len(found))
    turn = np.arange(len(found)) - np.repeat(starts, sizes)
    found["turn"], found["others"] = np.minimum(turn, MOST), np.minimum(np.repeat(sizes, sizes) - 1, MOST)
    found["key"] = _of_parents(found["parent"], turns)
    return found


def _of_parents(parents: NDArray[np.uint64], turns: Turns) -> NDArray[np.uint64]:
    padded = np.zeros((len(parents), 2), np.uint64)
    padded[:, 0] = parents
    return keyed_hash(key_of(turns.seed, f"rank:{turns.component}"), padded.view(np.uint8).reshape(-1, 16))
