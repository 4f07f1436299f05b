"""What the fork server imports once, so that no worker has to: the slow imports, and nothing that starts a thread.

pyarrow imports pandas at its first `pa.array`."""

import numba
import orjson
import pandas
import pyarrow.compute
import pyarrow.parquet

__all__ = ["numba", "orjson", "pandas", "pyarrow"]
