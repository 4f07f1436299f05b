"""Which sample goes where: steps, ranks and workers of a run over one fixed order, as arithmetic and nothing else.

At step s of a run that begins at sample `start`, rank r of R, with batches of b, reads the samples from
start + (s * R + r) * b up to, and without, the b-th after it. So what a run has seen is one number, whatever its ranks
and workers were, and another number of either can go on from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.model.errors import Refused

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Share:
    """What one process of a run reads: `batch` samples at each step of its rank, or at every `workers`-th of them.

    The steps of a rank go round its workers: worker w reads the steps w, w + workers, w + 2 * workers … of its rank, so
    that who takes one batch from each worker in turn has the batches of the rank in their order.
    """

    rank: int = 0
    ranks: int = 1
    worker: int = 0
    workers: int = 1
    batch: int = 1  # samples per rank and step
    drop_last: bool = False  # no step in which ranks would have fewer samples than `batch`

    def __post_init__(self) -> None:
        for one, all_, what in ((self.rank, self.ranks, "rank"), (self.worker, self.workers, "worker")):
            if not 0 <= one < all_:
                raise Refused(f"there is no {what} {one} of {all_}: count from 0 to {max(all_, 1) - 1}")
        if self.batch < 1:
            raise Refused(f"a batch of {self.batch} samples is none: use 1 or more")


@dataclass(frozen=True)
class Run:
    """The steps of one run over the samples from `start` up to, and without, `total`."""

    total: int
    start: int = 0
    share: Share = field(default_factory=Share)

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.total:
            raise Refused(f"sample {self.start} is not among {self.total}: start at 0 to {self.total}")

    @property
    def stride(self) -> int:
        """Samples of all ranks in one step."""
        return self.share.ranks * self.share.batch

    @property
    def steps(self) -> int:
        """All steps, the last of which may be incomplete: then ranks have fewer samples in it, or none."""
        left = self.total - self.start
        return left // self.stride if self.share.drop_last else -(-left // self.stride)

    def seen_after(self, steps: int) -> int:
        """How many samples of the whole order are behind all ranks after so many steps."""
        return min(self.start + self.checked(steps) * self.stride, self.total)

    def checked(self, step: int) -> int:
        if not 0 <= step <= self.steps:
            raise Refused(f"step {step} is not of this run, which has {self.steps} steps: count from 0")
        return step

    def turns(self, first: int, stop: int) -> Iterator[tuple[int, range]]:
        """The steps of this worker among those from `first` to `stop`, and the samples of its rank in each."""
        share = self.share
        for step in range(first + (share.worker - first) % share.workers, stop, share.workers):
            begin = self.start + step * self.stride + share.rank * share.batch
            yield step, range(min(begin, self.total), min(begin + share.batch, self.total))

    def who(self, samples: Numbers) -> tuple[Numbers, Numbers]:
        """The step and the rank that read each of these samples, int64[n] both."""
        steps, places = np.divmod(samples - self.start, self.stride)
        return steps, places // self.share.batch
