"""The column is the row-by-row conclusion, only faster."""

import time

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.licenses.columns import LICENSES, conclude_column
from dagster_project.corpus.licenses.conclusions import KINDS, conclude
from dagster_project.corpus.licenses.table import class_of
from dagster_project.corpus.model.documents import EVIDENCE

TYPE = pa.list_(EVIDENCE)
ITEM = st.none() | st.fixed_dictionaries(
    {
        "kind": st.none() | st.sampled_from([*KINDS, "hearsay"]),
        "value": st.none() | st.sampled_from(["MIT", "BSD", "cc-by-sa-2.0", "GPLv3+", "", "\x00", "x" * 300]),
        "where": st.sampled_from([None, "", "line 1", "line 2"]),
    }
)


def expected(items):
    conclusion = conclude([item for item in items or [] if item])
    return {
        "license": conclusion.expression,
        "license_class": class_of(conclusion.expression),
        "license_kind": conclusion.kind,
        "license_value": conclusion.value,
        "license_rule": conclusion.rule,
        "license_findings": list(conclusion.findings),
    }


@settings(deadline=None)  # the first call reads tables and imports
@given(st.lists(st.none() | st.lists(ITEM, max_size=4), max_size=8), st.integers(0, 8))
def test_column_is_the_rows(rows, start):
    column = pa.array(rows, TYPE)
    assert conclude_column(column).to_pylist() == [expected(row) for row in rows]
    assert conclude_column(column.slice(start)).to_pylist() == [expected(row) for row in rows[start:]]


def test_null_lists_that_hide_values_are_empty():
    items = pa.array([{"kind": "registry", "value": "MIT", "where": ""}] * 2, EVIDENCE)
    column = pa.ListArray.from_arrays(pa.array([0, 1, 2]), items, mask=pa.array([True, False]))
    assert conclude_column(column)["license"].to_pylist() == ["NOASSERTION", "MIT"]


def test_chunks_and_emptiness():
    one = [{"kind": "registry", "value": "MIT", "where": ""}]
    table = conclude_column(pa.chunked_array([pa.array([one], TYPE), pa.array([[], one], TYPE)]))
    assert table.schema == LICENSES
    assert table["license"].to_pylist() == ["MIT", "NOASSERTION", "MIT"]
    assert conclude_column(pa.array([], TYPE)).num_rows == 0
    assert conclude_column(pa.chunked_array([], TYPE)).num_rows == 0


def test_a_row():
    column = pa.array([[{"kind": "record.license", "value": "CC BY-SA 2.0", "where": "column license"}]], TYPE)
    assert conclude_column(column).to_pylist() == [
        {
            "license": "CC-BY-SA-2.0",
            "license_class": "share-alike",
            "license_kind": "record.license",
            "license_value": "CC BY-SA 2.0",
            "license_rule": "concluded:creative commons",
            "license_findings": [],
        }
    ]


def test_repeated_lists_are_cheap():
    rows = [[{"kind": "registry", "value": f"LicenseRef-{n}", "where": ""}] for n in range(500)]
    few = pa.array(rows, TYPE)
    many = pa.concat_arrays([few] * 600)  # 300,000 rows
    started = time.perf_counter()
    table = conclude_column(many)
    assert time.perf_counter() - started < 5  # 0.2 s when measured
    assert table["license"][-1].as_py() == "LicenseRef-499"
