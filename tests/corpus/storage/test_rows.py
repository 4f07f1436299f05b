"""Row digests: no two rows share an encoding, and a set's digest knows no order, shard or memory limit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.storage.rows import ENTRY, encode_rows, entries, ordered_digest, unordered_digest
from dagster_project.corpus.storage.spool import Spool

ROW = st.fixed_dictionaries(
    {
        "doc_id": st.binary(min_size=16, max_size=16),
        "text": st.none() | st.text(max_size=5),
        "other": st.none() | st.text(max_size=5),
        "number": st.none() | st.integers(-(2**40), 2**40),
        "real": st.none() | st.floats(allow_nan=False, width=64),
        "flag": st.none() | st.booleans(),
        "many": st.none() | st.lists(st.none() | st.text(max_size=3), max_size=3),
        "pairs": st.lists(
            st.fixed_dictionaries({"a": st.none() | st.text(max_size=2), "b": st.none() | st.text(max_size=2)}),
            max_size=3,
        ),
    }
)
SCHEMA = pa.schema(
    [
        ("doc_id", pa.binary(16)),
        ("text", pa.string()),
        ("other", pa.string()),
        ("number", pa.int64()),
        ("real", pa.float64()),
        ("flag", pa.bool_()),
        ("many", pa.list_(pa.string())),
        ("pairs", pa.list_(pa.struct([("a", pa.string()), ("b", pa.string())]))),
    ]
)


def digest_of(rows: list[dict], pieces: int = 1, memory_bytes: int = 1 << 20) -> str:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    with Spool(ENTRY, memory_bytes) as spool:
        step = max(1, -(-len(rows) // pieces))
        for start in range(0, len(rows), step):
            spool.append(entries(table.slice(start, step)))
        return unordered_digest(spool)


@settings(max_examples=150, deadline=None)
@given(ROW, ROW)
def test_different_rows_have_different_encodings(one: dict, other: dict) -> None:
    encoded = encode_rows(pa.Table.from_pylist([one, other], schema=SCHEMA))
    same = all(one[name] == other[name] for name in SCHEMA.names)
    assert (encoded[0] == encoded[1]) == same


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=20), st.randoms(), st.integers(1, 5))
def test_a_set_has_one_digest_whatever_its_order_and_shards(rows: list[dict], chance, pieces: int) -> None:
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    assert digest_of(rows) == digest_of(shuffled, pieces) == digest_of(shuffled, pieces, memory_bytes=48)


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=8), st.data())
def test_a_changed_or_repeated_row_changes_the_digest(rows: list[dict], data) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    changed = [{**row, "number": (row["number"] or 0) + 1} if number == at else row for number, row in enumerate(rows)]
    assert digest_of(changed) != digest_of(rows)
    assert digest_of([*rows, rows[at]]) != digest_of(rows)


def test_order_counts_where_order_is_content() -> None:
    table = pa.table({"doc_id": pa.array([bytes([n]) * 16 for n in range(4)], pa.binary(16))})
    rows = entries(table)
    assert ordered_digest([rows]) == ordered_digest([rows[:1], rows[1:]]) != ordered_digest([rows[::-1]])


def test_skipped_columns_say_nothing_and_one_zero_is_one_zero() -> None:
    ids = pa.array([b"x" * 16], pa.binary(16))
    one = pa.table({"doc_id": ids, "real": [0.0], "place": ["a"]})
    other = pa.table({"doc_id": ids, "real": [-0.0], "place": ["b"]})
    skip = frozenset({"place"})
    assert entries(one, skip).tobytes() == entries(other, skip).tobytes() != entries(one).tobytes()


def test_the_spool_sorts_beyond_its_memory() -> None:
    chance = np.random.default_rng(5)
    records = np.frombuffer(chance.bytes(48 * 5000), dtype=ENTRY).copy()
    records["key"][1000:1200] = 7  # a run of equal keys
    with Spool(ENTRY) as whole, Spool(ENTRY, memory_bytes=1 << 12) as spilled:
        whole.append(records)
        for start in range(0, 5000, 300):
            spilled.append(records[::-1][start : start + 300])
        one, other = np.concatenate(list(whole.sorted())), np.concatenate(list(spilled.sorted()))
    assert one.tobytes() == other.tobytes()
    assert sorted(one.tolist()) == sorted(records.tolist())


def test_golden_digest_of_the_row_encoding() -> None:
    """Changes only together with the format number: every version id depends on it."""
    row = {
        "doc_id": b"0123456789abcdef",
        "text": "ä",
        "other": None,
        "number": -5,
        "real": 0.5,
        "flag": True,
        "many": ["x", None],
        "pairs": [{"a": "1", "b": None}],
    }
    assert digest_of([row]) == "a85599daf0b64d9d787e51761b4690cd6e391b096a07bf1c51e536eee8230e74"
