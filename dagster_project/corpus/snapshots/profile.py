"""What a snapshot is like, in counts that add up over shards."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def profile(documents: pa.Table) -> dict[str, Any]:
    """Counts of a shard of documents; they add up over shards."""
    kinds = pc.list_flatten(documents.column("license_evidence")).combine_chunks()
    evidence = Counter(kinds.field("kind").to_pylist()) if len(kinds) else Counter[str]()
    return {
        "text_bytes": pc.sum(pc.binary_length(documents.column("text"))).as_py() or 0,
        "with_url": documents.num_rows - documents.column("url").null_count,
        "with_published_at": documents.num_rows - documents.column("published_at").null_count,
        "evidence": dict(sorted(evidence.items())),
    }
