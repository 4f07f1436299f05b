"""The order manifest of an export: where every sample of a mix stands, and which document it is."""

from __future__ import annotations

import pyarrow as pa

from dagster_project.corpus.model.documents import ID

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
        pa.field("before", pa.int64()),  # tokens at its beginning that carry no loss
        pa.field("after", pa.int64()),  # tokens at its end that carry none, the separator not counted
    ]
)
