"""Keys: shards side by side in batches, ids as numbers, and what is left of records that are equal."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.deduplication.keys import batches, distinct, first_of_each, id_bytes, ids_of
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.rows import column_of

RECORD = np.dtype([("one", "<u8"), ("other", "<u4"), ("kind", "u1")])
RECORDS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 9)))


@given(st.lists(st.integers(0, 9)), st.integers(1, 12), st.integers(0, 5))
def test_batches_hold_all_shards_in_order_and_are_as_large_as_they_may(rows: list[int], most: int, first: int) -> None:
    files = [File(f"{number}", "", 0, count) for number, count in enumerate(rows)]
    found = batches(files, most, first)
    assert [file for batch in found for file in batch.files] == files
    assert [files[batch.first - first] for batch in found] == [batch.files[0] for batch in found]
    assert all(batch.rows <= most or len(batch.files) == 1 for batch in found)
    assert all(one.rows + two.files[0].rows > most for one, two in pairwise(found))


@given(st.lists(st.binary(min_size=16, max_size=16)))
def test_ids_go_to_numbers_and_back(ids: list[bytes]) -> None:
    found = column_of(id_bytes(*ids_of(pa.array(ids, ID))))
    assert found.type == ID
    assert found.to_pylist() == ids


@given(RECORDS)
def test_of_equal_records_the_first_by_kind_stays(rows: list[tuple[int, int, int]]) -> None:
    found = distinct(np.array(rows, RECORD), ("one", "other"), then=("kind",))
    least = {row[:2]: min(other[2] for other in rows if other[:2] == row[:2]) for row in rows}
    assert found.tolist() == [(*pair, kind) for pair, kind in sorted(least.items())]
    assert first_of_each(found["one"], found["other"]).all()
