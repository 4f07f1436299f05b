"""What a snapshot is like, in counts that add up over shards."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def profile(documents: pa.Table) -> dict[str, Any]:
    """Counts of a shard of documents; they add up over shards."""
    return {
        "text_bytes": pc.sum(pc.binary_length(documents.column("text"))).as_py() or 0,
        "with_url": documents.num_rows - documents.column("url").null_count,
        "boilerplate_characters": pc.sum(documents.column("boilerplate_characters")).as_py() or 0,
        "collected": counted(documents.column("collected_confidence")),
        "published": counted(documents.column("published_confidence")),
        "declared_languages": counted(pc.fill_null(documents.column("language"), "none")),
        "evidence": counted(_within(documents, "license_evidence", "kind")),
        "reservations": counted(_within(documents, "reservations", "kind")),
        "structure": counted(_within(documents, "structure", "kind")),
    }


def counted(values: pa.ChunkedArray | pa.Array) -> dict[str, int]:
    """How often each value stands in a column of strings."""
    found = pc.value_counts(values)
    return dict(sorted(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True)))


def _within(documents: pa.Table, column: str, field: str) -> pa.ChunkedArray:
    """One field of all structs in a column of lists."""
    return pc.struct_field(pc.list_flatten(documents.column(column)), field)
