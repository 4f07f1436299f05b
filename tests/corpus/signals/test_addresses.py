"""The addresses group: one spelling, nulls where there is nothing, a bounded profile."""

from __future__ import annotations

import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.signals.addresses import SCHEMA, decided_by, measure


def test_columns_and_profile() -> None:
    urls = [
        "https://www.example.co.uk/a",
        None,
        None,
        "mailto:a@b.test",
        "http://10.0.0.1/",
        "http://[::1",
    ]
    ids = pa.array([bytes([n]) * 16 for n in range(6)], pa.binary(16))
    table, profile = measure(Block(pa.table({"doc_id": ids, "url": urls})), decided_by())
    assert table.schema.equals(SCHEMA)
    assert table.column("url").to_pylist() == [
        "https://www.example.co.uk/a",
        None,
        None,
        "mailto:a@b.test",
        "http://10.0.0.1/",
        "http://[::1",
    ]
    assert table.column("host").to_pylist() == ["www.example.co.uk", None, None, None, "10.0.0.1", None]
    assert table.column("domain").to_pylist() == ["example.co.uk", None, None, None, "10.0.0.1", None]
    assert profile == {"with_url": 4, "with_host": 2, "schemes": {"http": 1, "https": 1, "none": 2, "other": 2}}


def test_the_lineage_names_the_release_of_the_suffix_list() -> None:
    assert decided_by()["public_suffix_list"].count(".") == 3
