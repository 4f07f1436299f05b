"""Documents of a snapshot by the first digits of their ids, as people copy them."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.corpus.lineage.index import index_version, path_of
from dagster_project.corpus.lineage.rows import Placed, row_at
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.stores import Store

LEAST_DIGITS = 6
KEY_DIGITS = 16  # of an id that its index holds
MOST = 100  # rows that are looked at for one prefix


def documents_beginning(store: Store, snapshot: Manifest, digits: str) -> list[Placed]:
    """The rows of a snapshot whose doc_id begins with these hexadecimal digits, by its index; MOST at most."""
    digits = digits.lower()
    if not re.fullmatch(rf"[0-9a-f]{{{LEAST_DIGITS},{2 * ID_BYTES}}}", digits):
        raise PartitionError(
            f"{digits[:80]!r} does not begin a document id: use {LEAST_DIGITS} to {2 * ID_BYTES} hexadecimal digits"
        )
    index_version(store, snapshot)
    key = digits[:KEY_DIGITS]
    low, high = (int(key.ljust(KEY_DIGITS, filler), 16) for filler in "0f")
    source = pa.PythonFile(store.open(path_of(snapshot.id, "doc_id")), mode="r")
    pointers = pq.read_table(
        source,
        filters=(pc.field("key") >= pa.scalar(low, pa.uint64())) & (pc.field("key") <= pa.scalar(high, pa.uint64())),
    )
    rows = zip(pointers.column("shard").to_pylist()[:MOST], pointers.column("row").to_pylist()[:MOST], strict=True)
    found = [Placed(shard, row, row_at(store, snapshot.files[shard], row)) for shard, row in rows]
    return [item for item in found if item.values["doc_id"].hex().startswith(digits)]


def the_document(store: Store, snapshot: Manifest, digits: str) -> Placed | None:
    """The one that begins so, None without any; several are refused with their ids."""
    found = documents_beginning(store, snapshot, digits)
    if len(found) > 1:
        ids = ", ".join(item.values["doc_id"].hex() for item in found[:5])
        raise PartitionError(f"{len(found)} documents begin with {digits}: say one of {ids}")
    return found[0] if found else None
