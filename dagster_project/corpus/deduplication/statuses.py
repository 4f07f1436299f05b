"""What became of a document among its copies, by the column `status`."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def is_survivor(table: pa.Table) -> pa.ChunkedArray:
    return pc.equal(table.column("status"), "survivor")
