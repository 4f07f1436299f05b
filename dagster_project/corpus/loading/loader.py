"""The loader: samples of a publication in the one order that it has, for one rank and worker, from any sample on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NamedTuple, Self

import pyarrow as pa

from dagster_project.corpus.loading.exports import export_of, order_made_by
from dagster_project.corpus.loading.order import Run, Share
from dagster_project.corpus.loading.seen import seen
from dagster_project.corpus.loading.shards import Reader, Sample
from dagster_project.corpus.model.errors import MissingObject, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Store

VERSION = re.compile(r"[0-9a-f]{64}")


class Begin(NamedTuple):
    """Where a run begins: in which format it reads, and how many samples of the mix are behind it."""

    format: str
    seen: int = 0


class Loader:
    """An iterable of the samples of one share, in the order of the mix.

    `state()` is all that a checkpoint needs. It counts the samples that all ranks have behind them after the last step
    that this loader finished, in step with the others; so another number of ranks, of workers, or another batch goes on
    from it, without a gap and without a repeat. Iterating again goes on after that step.
    """

    def __init__(
        self,
        store: Store,
        manifest: Manifest,
        begin: Begin,
        share: Share | None = None,
        *,
        ranged: bool = False,
    ) -> None:
        self.store, self.share, self.ranged = store, share or Share(), ranged
        self.export = export_of(manifest, begin.format)
        self.run = Run(self.export.order.total, begin.seen, self.share)
        self.held = ExitStack()  # what is let go with the loader
        self._reader = Reader(store, self.export, ranged=ranged)
        self._finished = 0  # steps

    @classmethod
    def from_state(
        cls, store: Store, manifest: Manifest, state: Mapping[str, Any], share: Share | None = None, **more: Any
    ) -> Self:
        """A loader that goes on where a state was taken; one of another version is refused."""
        return cls(store, manifest, begin_of(store, state, manifest), share, **more)

    @property
    def steps(self) -> int:
        """How many steps the run has from where it began, for all ranks alike."""
        return self.run.steps

    def __iter__(self) -> Iterator[Sample]:
        for step, batch in self._read(self._reader, self._finished, self.steps):
            yield from batch[:-1]
            self._finished = step + 1  # with its last sample
            yield from batch[-1:]

    def batches(self) -> Iterator[list[Sample]]:
        """The samples of this share step by step. A rank without a sample in the last step has no batch of it."""
        for step, batch in self._read(self._reader, self._finished, self.steps):
            self._finished = step + 1
            if batch:
                yield batch

    def state(self, steps: int | None = None) -> dict[str, Any]:
        """Where to go on, as JSON: after the last finished step, or after so many steps of this run.

        Who takes from several workers counts steps and names them: a worker knows of its own alone.
        """
        done = self._finished if steps is None else steps
        return {"version": self.export.order.version, "format": self.export.format, "seen": self.run.seen_after(done)}

    def seen(self, first: int, stop: int) -> Iterator[pa.Table]:
        """What every rank saw in the steps from `first` up to, and without, `stop`: one table for each shard, of the
        columns of `seen.SCHEMA`. Texts and tokens are not read."""
        return seen(self.store, self.export.order, self.run, first, stop)

    def replay(self, first: int, stop: int) -> Iterator[Sample]:
        """The very samples that this share had in these steps, again. Where the loader stands does not change."""
        reader = Reader(self.store, self.export, ranged=self.ranged)
        for _, batch in self._read(reader, self.run.checked(first), self.run.checked(stop)):
            yield from batch

    def close(self) -> None:
        """Let go of the store."""
        self.held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, reader: Reader, first: int, stop: int) -> Iterator[tuple[int, list[Sample]]]:
        for step, samples in self.run.turns(first, stop):
            yield step, list(reader.samples(samples.start, samples.stop))


def begin_of(store: Store, state: Mapping[str, Any], manifest: Manifest) -> Begin:
    """Where a state says to go on in a publication; Refused when it is of another one, or no state. Where documents
    were taken down since, all others stand where they stood, and the run goes on."""
    version, format, count = str(state.get("version")), state.get("format"), state.get("seen")
    if not VERSION.fullmatch(version) or not isinstance(format, str) or type(count) is not int:
        raise Refused("this is no state of a loader: keep what state() gives, with version, format and seen")
    if version != manifest.id and not _is_one_order(store, version, manifest):
        told = version[:12]
        raise Refused(f"the state is of version {told}, and this is {manifest.id[:12]}: load NAME@VERSION#{told}")
    return Begin(format, count)


def _is_one_order(store: Store, version: str, manifest: Manifest) -> bool:
    """Whether two publications differ by takedowns alone: the order of one mix, exported in one way."""
    try:
        other = load_manifest(store, version)
    except MissingObject:
        return False
    order, ways = order_made_by(store, other), [(item.stage, item.identity.recipe) for item in (other, manifest)]
    return bool(order) and order == order_made_by(store, manifest) and ways[0] == ways[1]
