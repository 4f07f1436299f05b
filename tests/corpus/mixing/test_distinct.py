"""Distinct rows lead back to every row."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.mixing.distinct import distinct_rows


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([1, 2, None]), st.text(max_size=1))))
def test_rows_come_back(rows: list[tuple[str | None, int | None, str]]) -> None:
    kinds = (pa.string(), pa.int32(), pa.string())
    columns = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds)]
    found, codes = distinct_rows([pa.chunked_array([column[:2], column[2:]]) for column in columns])
    assert [found[code] for code in codes] == rows
    assert len(found) == len(set(rows))
