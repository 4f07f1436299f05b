"""What a blanked row lacks, in tables of any stage; all other rows and all types stay."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.corpus.erasing.blanking import blank, blank_letters, blankable
from dagster_project.corpus.erasing.letters import detail_of
from dagster_project.corpus.licenses.columns import LICENSES
from dagster_project.corpus.model.documents import CONTRARY, DEAD_LETTERS, DOCUMENTS, ID
from dagster_project.corpus.model.orders import ORDER
from dagster_project.corpus.publishing import exports
from dagster_project.corpus.signals import consent, contamination, edits, privacy


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        (DOCUMENTS, ["text", "structure", "title", "license_evidence", "reservations", "date_evidence", "metadata"]),
        (exports.SCHEMA, ["text", "title", "turns", "masked"]),
        (edits.SCHEMA, ["edits"]),
        (privacy.SCHEMA, ["findings"]),
        (contamination.SCHEMA, ["contaminated"]),
        (pa.schema([("doc_id", ID), *LICENSES]), ["license_value", "license_findings"]),
        (consent.SCHEMA, ["tdm_policy"]),
        (ORDER, []),
        (DEAD_LETTERS, []),
    ],
)
def test_columns_that_hold_the_text_or_point_into_it(schema: pa.Schema, names: list[str]) -> None:
    assert blankable(schema) == names


def test_other_rows_stay() -> None:
    span = {"kind": "heading", "start": 0, "end": 3, "value": "1"}
    evidence = {"kind": "meta", "value": "(c) somebody", "where": "head"}
    row = {field.name: None for field in DOCUMENTS} | {"text": "abc", "title": "A", "url": "https://example.org/a"}
    row |= {"structure": [span], "license_evidence": [evidence], "reservations": [], "date_evidence": [], "parents": []}
    row |= {"doc_id": b"d" * 16, "record_id": b"r" * 16, "source": "s", "locator": "l", "metadata": "{}"}
    row |= {"collected_confidence": "", "published_confidence": "", "raw_object": "r", "raw_position": 1}
    table = pa.Table.from_pylist([row, row, row], DOCUMENTS)
    found = blank(table, np.array([False, True, False]))
    assert found.schema == table.schema
    assert found.take(pa.array([0, 2])).equals(table.take(pa.array([0, 2])))
    (gone,) = found.slice(1, 1).to_pylist()
    lost = {"text": "", "title": None, "metadata": None, "structure": [], "license_evidence": []}
    assert gone == {**table.slice(1, 1).to_pylist()[0], **lost}


def test_dead_letters_quote_nothing_of_some_raw_objects() -> None:
    said = detail_of(b"d" * 16, {"license_evidence": "words of the page"})
    rows = [("a", 1, CONTRARY, said, b"raw"), ("a", 2, "not JSON", "line 2", b"raw"), ("b", 3, "x", "y", b"z")]
    table = pa.Table.from_pylist([dict(zip(DEAD_LETTERS.names, row, strict=True)) for row in rows], DEAD_LETTERS)
    found = blank_letters(table, np.array([True, True, False])).to_pylist()
    assert [(row["detail"], row["excerpt"]) for row in found] == [
        (detail_of(b"d" * 16, {}), None),
        ("line 2", None),
        ("y", b"z"),
    ]
