"""The door for training: `load` opens a published mix at any sample, for one rank and worker of a run.

    from dagster_project.loader import load

    with load("notes@1", rank=0, ranks=4, batch=8) as loader:
        for batch in loader.batches():
            ...                       # sample.tokens, sample.mask, sample.text, sample.doc_id ...
            checkpoint["data"] = loader.state()

    load("notes@1", state=checkpoint["data"], rank=0, ranks=2, batch=16)  # goes on, with other ranks

Under PyTorch's DataLoader every worker opens a loader of its own, and the process that takes from them counts steps:

    class Samples(torch.utils.data.IterableDataset):
        def __iter__(self):
            info = torch.utils.data.get_worker_info()
            return load("notes@1", state=self.state, rank=RANK, ranks=RANKS, batch=8,
                        worker=info.id if info else 0, workers=info.num_workers if info else 1).batches()

    for step, batch in enumerate(DataLoader(Samples(), batch_size=None, num_workers=2), start=1):
        ...                           # checkpoint: loader.state(step) of any loader with the same beginning

Neither Dagster nor PyTorch is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from dagster_project.corpus.loading.loader import Begin, Loader, begin_of
from dagster_project.corpus.loading.order import Share
from dagster_project.corpus.loading.publications import publication
from dagster_project.corpus.loading.shards import Sample
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.statements.refusing import refuse_ended
from dagster_project.settings import Settings
from dagster_project.stores import opened_store

__all__ = ["Loader", "Sample", "Share", "load"]
FORMAT = "numpy"


def load(
    mix: str,
    *,
    format: str | None = None,
    rank: int = 0,
    ranks: int = 1,
    worker: int = 0,
    workers: int = 1,
    batch: int = 1,
    drop_last: bool = False,
    start: int = 0,
    state: Mapping[str, Any] | None = None,
    ranged: bool = False,
    settings: Settings | None = None,
) -> Loader:
    """A loader of a published mix: `name@version`, or `name@version#digits` for one exact version of the publication.

    `format` is that of the state, else numpy. `start` counts samples of the whole mix; `state` is what `state()` gave.
    From `rank` to `drop_last` see Share. `ranged` reads parts of shards, which is less to fetch where there are many
    ranks, and is checked less (see Reader). Settings come from the environment; the store, an embedded one, too, stays
    open until the loader is closed. Refused, PartitionError or StoreError when it cannot be.
    """
    if state is not None and start:
        raise Refused(f"sample {start} and a state are two places to begin at: name one of them")
    share = Share(rank, ranks, worker, workers, batch, drop_last)
    with ExitStack() as stack:
        store = stack.enter_context(opened_store(settings or Settings.from_environment()))
        partition, manifest = publication(store, mix)
        refuse_ended(store, partition, manifest.id)
        begin = begin_of(store, state, manifest) if state is not None else Begin(FORMAT, start)
        loader = Loader(store, manifest, begin._replace(format=format or begin.format), share, ranged=ranged)
        loader.held = stack.pop_all()
    return loader
