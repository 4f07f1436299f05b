"""Which rows of a table of documents entries mean by themselves, told from the rows alone: no index is asked.

What only a whole corpus can say, licenses as concluded, near copies and families, is not told here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.kernels.normalization import normalize
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.documents import ID, ID_BYTES
from dagster_project.corpus.model.urls import domain_of, host_of
from dagster_project.corpus.takedowns.entries import Entry

TEXTS = ("text", "normalized")
COLUMNS = ("doc_id", "record_id", "source", "url")  # that are read for entries of other kinds
Numbers = NDArray[np.int64]


class Matched(NamedTuple):
    """Rows, int64[n] ascending, that one entry means."""

    entry: str
    rows: Numbers


def columns_for(entries: Sequence[Entry]) -> list[str]:
    """The columns of documents that entries ask for."""
    return [*COLUMNS, *(["text"] if any(entry.kind in TEXTS for entry in entries) else [])]


def matched(documents: pa.Table, entries: Sequence[Entry], keys: Collection[str] = ()) -> Iterator[Matched]:
    """The rows that each entry means, where there are any; nothing is told by the text of a table that has none.
    `keys`: the partitions, as name@version, that the documents are in."""
    entries = [entry for entry in entries if entry.kind not in TEXTS or "text" in documents.column_names]
    values = {kind: spell(documents) for kind, spell in SPELLED.items() if any(item.kind == kind for item in entries)}
    for entry in entries:
        if entry.kind == "source" and "@" in entry.value:
            found = np.full(documents.num_rows, entry.value in keys)
        elif entry.kind in values:
            column = values[entry.kind]
            said = bytes.fromhex(entry.value) if pa.types.is_fixed_size_binary(column.type) else entry.value
            found = pc.fill_null(pc.equal(column, pa.scalar(said, column.type)), False).to_numpy(zero_copy_only=False)
        else:
            continue
        if found.any():
            yield Matched(entry.id, np.flatnonzero(found))


def _hosts(documents: pa.Table, of: Callable[[str], str | None]) -> pa.Array:
    return pa.array([of(url) if url else None for url in documents.column("url").to_pylist()], pa.string())


def _domain(url: str) -> str | None:
    host = host_of(url)
    return domain_of(host) if host else None


def _texts(documents: pa.Table) -> pa.Array:
    return _digests(*buffers(documents.column("text")))


def _normalized(documents: pa.Table) -> pa.Array:
    return _digests(*normalize(*buffers(documents.column("text"))))


def _digests(data: NDArray[np.uint8], offsets: Numbers) -> pa.Array:
    """Those of texts, as fingerprints have them."""
    view = memoryview(np.ascontiguousarray(data).data)
    return pa.array(
        [hashlib.sha256(view[start:end]).digest()[:ID_BYTES] for start, end in pairwise(offsets.tolist())], ID
    )


def _column(name: str) -> Callable[[pa.Table], pa.Array]:
    return lambda documents: documents.column(name).combine_chunks()


SPELLED: Mapping[str, Callable[[pa.Table], pa.Array]] = {
    "document": _column("doc_id"),
    "record": _column("record_id"),
    "source": _column("source"),
    "url": _column("url"),
    "host": lambda documents: _hosts(documents, host_of),
    "domain": lambda documents: _hosts(documents, _domain),
    "text": _texts,
    "normalized": _normalized,
}
