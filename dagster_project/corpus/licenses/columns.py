"""Conclusions for whole columns of evidence: each distinct list is concluded once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.licenses.conclusions import Conclusion
from dagster_project.corpus.licenses.inheritance import conclude_with_parents
from dagster_project.corpus.licenses.table import class_of

LICENSES = pa.schema(
    [
        pa.field("license", pa.string(), nullable=False),
        pa.field("license_class", pa.string(), nullable=False),
        pa.field("license_kind", pa.string()),  # the kind of evidence that led there; null: none did
        pa.field("license_value", pa.string()),
        pa.field("license_rule", pa.string(), nullable=False),  # how: as one of rules.py
        pa.field("license_findings", pa.list_(pa.string()), nullable=False),
    ]
)


def conclude_column(evidence: pa.ListArray) -> pa.Table:
    """One row of LICENSES per list of evidence; `where` is not looked at, and a null list is an empty one."""
    if isinstance(evidence, pa.ChunkedArray):
        evidence = evidence.combine_chunks()
    items = evidence.flatten()  # leaves out null lists and what lies outside a slice
    kinds = pc.struct_field(items, "kind").dictionary_encode()
    values = pc.struct_field(items, "value").dictionary_encode()
    lists, rows = _distinct_lists(_codes(kinds), _codes(values), _ends(evidence))
    return _table([_concluded(pairs, kinds.dictionary, values.dictionary) for pairs in lists]).take(pa.array(rows))


def _codes(column: pa.DictionaryArray) -> NDArray[np.int64]:
    codes: NDArray[np.int64] = column.indices.cast(pa.int64()).fill_null(-1).to_numpy()
    return codes


def _ends(evidence: pa.ListArray) -> NDArray[np.int64]:
    lengths = pc.fill_null(pc.list_value_length(evidence), 0).cast(pa.int64()).to_numpy()
    ends: NDArray[np.int64] = np.cumsum(lengths)
    return ends


def _distinct_lists(
    kinds: NDArray[np.int64], values: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """The distinct lists of (kind, value) codes, and which of them each row is."""
    pairs = np.ascontiguousarray(np.column_stack([kinds, values]))
    raw, width = pairs.tobytes(), 2 * pairs.itemsize
    seen: dict[bytes, int] = {}
    rows = np.empty(len(ends), dtype=np.int64)
    start = 0
    for row, end in enumerate((ends * width).tolist()):
        rows[row] = seen.setdefault(raw[start:end], len(seen))
        start = end
    return [np.frombuffer(key, dtype=np.int64).reshape(-1, 2) for key in seen], rows


def _concluded(pairs: NDArray[np.int64], kinds: pa.Array, values: pa.Array) -> Conclusion:
    return conclude_with_parents(
        {"kind": kinds[kind].as_py() if kind >= 0 else None, "value": values[value].as_py() if value >= 0 else None}
        for kind, value in pairs.tolist()
    )


def _table(conclusions: list[Conclusion]) -> pa.Table:
    rows = [
        {
            "license": conclusion.expression,
            "license_class": class_of(conclusion.expression),
            "license_kind": conclusion.kind,
            "license_value": conclusion.value,
            "license_rule": conclusion.rule,
            "license_findings": list(conclusion.findings),
        }
        for conclusion in conclusions
    ]
    return pa.Table.from_pylist(rows, schema=LICENSES)
