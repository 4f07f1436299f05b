"""What the fork server imports once, so that no worker has to: the slow imports, and nothing that starts a thread."""

import numba
import orjson
import pyarrow.compute
import pyarrow.parquet

__all__ = ["numba", "orjson", "pyarrow"]
