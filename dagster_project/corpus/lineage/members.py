"""The members of mixes as one streamed table: which document, of which source, under which license, how many words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.stores import Store

BATCH_ROWS = 1 << 16
MEMBERS = pa.schema(
    [
        pa.field("mix_id", pa.string(), nullable=False),
        pa.field("doc_id", ID, nullable=False),
        pa.field("component", pa.string(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("license", pa.string(), nullable=False),
        pa.field("license_class", pa.string(), nullable=False),
        pa.field("words", pa.int64(), nullable=False),
    ]
)


def members_of(store: Store, mix: str, files: Sequence[File]) -> Iterator[pa.RecordBatch]:
    """The rows of one version of a mix, in their order, each with the id of that version."""
    for file in files:
        for batch in iterate_shard(store, file, MEMBERS.names[1:], BATCH_ROWS):
            columns = [pa.repeat(mix, batch.num_rows), *(batch.column(name) for name in MEMBERS.names[1:])]
            yield pa.RecordBatch.from_arrays(columns, schema=MEMBERS)
