"""What a run saw between two of its steps, from the order manifest alone: no text and no token is read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from dagster_project.corpus.loading.exports import Order
from dagster_project.corpus.loading.order import Run
from dagster_project.corpus.model.orders import ORDER
from dagster_project.corpus.storage.stores import Store

MASKED = ("masked",)
SCHEMA = pa.schema(
    [
        pa.field("step", pa.int64(), nullable=False),
        pa.field("rank", pa.int64(), nullable=False),
        *(item for item in ORDER if item.name not in MASKED),
    ]
)


def seen(store: Store, order: Order, run: Run, first: int, stop: int) -> Iterator[pa.Table]:
    """Every sample of every rank in the steps from `first` up to, and without, `stop`, in the order of the mix; one
    table of SCHEMA for each shard."""
    for place in order.places(run.seen_after(first), run.seen_after(stop)):
        rows = order.read(store, place.shard)
        indexes = rows.column("index").to_numpy()
        start, stop = np.searchsorted(indexes, [place.first, place.stop]).tolist()
        rows = rows.slice(start, stop - start)
        steps, ranks = run.who(indexes[start:stop])
        columns = {**{name: rows.column(name) for name in rows.column_names}, "step": steps, "rank": ranks}
        yield pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)
