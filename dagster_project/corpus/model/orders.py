"""The order manifest of an export: where every sample of a mix stands, and which document it is."""

from __future__ import annotations

import pyarrow as pa

from dagster_project.corpus.model.documents import ID

ORDER_OF = (
    "order_of"  # where the recipe of a mix names the version that has its order, and from which documents were taken
)
MASKED = pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64())]))
ORDER = pa.schema(
    [
        pa.field("index", pa.int64(), nullable=False),
        pa.field("doc_id", ID, nullable=False),
        pa.field("component", pa.string(), nullable=False),
        pa.field("phase", pa.string(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("row", pa.int32(), nullable=False),
        pa.field("offset", pa.int64()),  # of its first token in the stream of its shard, separators counted
        pa.field("length", pa.int64()),  # tokens, with the separator
        pa.field("masked", MASKED),  # of its tokens, from 0, those that carry no loss; the separator does
    ]
)
