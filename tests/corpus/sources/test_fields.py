"""Columns reach into objects and into strings that hold one, and a shape knows those of a published corpus."""

from __future__ import annotations

import json
from typing import Any, get_args, get_type_hints

import pytest

from dagster_project.corpus.model.recipes import Columns
from dagster_project.corpus.sources.batches import DeadLetter, Record
from dagster_project.corpus.sources.fields import Fields
from dagster_project.corpus.sources.shapes import SHAPES, columns_of, required

MAY_DAY = 1714521600  # 2024-05-01


def taken(columns: Columns, value: dict[str, Any]) -> Record:
    found = Fields(columns).take(value, 0)
    assert isinstance(found, Record)
    return found


def test_a_string_that_holds_json_is_reached_into_and_kept_as_what_it_is():
    columns = Columns(url="meta.page.url", title="meta.title", license="meta.license")
    meta = json.dumps({"page": json.dumps({"url": "https://e.org", "n": 1}), "title": "T", "license": ["MIT", "BSD"]})
    found = taken(columns, {"text": "t", "meta": meta})
    assert (found.url, found.title) == ("https://e.org", "T")
    assert [said["value"] for said in found.license_evidence] == ["MIT", "BSD"]
    assert found.metadata == '{"meta":{"page":{"n":1}}}'


@pytest.mark.parametrize(
    "meta", ["{'url': 'x'}", "{", "[1]", '"{}"', "plain", '{"a": "\\ud800"}', "{" * 5_000, 7, None]
)
def test_what_holds_no_object_stays_as_it_is(meta: Any):
    found = taken(Columns(url="meta.url"), {"text": "t", "meta": meta})
    assert found.url is None
    said = json.loads(found.metadata or "{}")
    assert said == {"meta": meta} or said == {"_dropped": ["meta"]}


def test_a_string_is_not_opened_unless_a_column_asks():
    assert taken(Columns(), {"text": "t", "meta": '{"a":1}'}).metadata == '{"meta":"{\\"a\\":1}"}'


def test_a_text_may_lie_within_a_string():
    assert taken(Columns(text="page.body"), {"page": '{"body": "x"}'}).text == "x"
    found = Fields(Columns(text="page.body")).take({"page": "x"}, 0)
    assert isinstance(found, DeadLetter)
    assert found.reason == "no text"


ROWS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "dolma": (
        {"id": "a1", "text": "t", "source": "s", "added": "2024-05-01T00:00:00.000Z", "created": "2023-01-01",
         "metadata": {"url": "https://e.org", "n": 1}},
        {"key": "a1", "url": "https://e.org", "metadata": {"metadata": {"n": 1}, "source": "s"}},
    ),
    "redpajama": (
        {"text": "t", "meta": '{"url": "https://e.org", "timestamp": "2024-05-01T00:00:00Z", "language": "en"}',
         "red_pajama_subset": "c4"},
        {"url": "https://e.org", "language": "en", "metadata": {"red_pajama_subset": "c4"}},
    ),
    "redpajama-v2": (
        {"raw_content": "t", "doc_id": "2023-06/0000/en_head.json.gz/0",
         "meta": '{"url": "https://e.org", "date_download": "2024-05-01T00:00:00Z", "language": "en"}'},
        {"key": "2023-06/0000/en_head.json.gz/0", "url": "https://e.org", "language": "en", "metadata": None},
    ),
    "ccnet": (
        {"raw_content": "t", "url": "https://e.org", "date_download": "2024-05-01T00:00:00Z", "title": "T",
         "language": "en", "perplexity": 1.5},
        {"url": "https://e.org", "title": "T", "language": "en", "metadata": {"perplexity": 1.5}},
    ),
    "fineweb": (
        {"text": "t", "id": "<urn:uuid:1>", "dump": "CC-MAIN-2024-18", "url": "https://e.org",
         "date": "2024-05-01T00:00:00Z", "file_path": "s3://c/x", "language": "en", "language_score": 0.9},
        {"key": "<urn:uuid:1>", "url": "https://e.org", "language": "en",
         "metadata": {"dump": "CC-MAIN-2024-18", "file_path": "s3://c/x", "language_score": 0.9}},
    ),
    "c4": (
        {"text": "t", "timestamp": "2024-05-01T00:00:00Z", "url": "https://e.org"},
        {"url": "https://e.org", "metadata": None},
    ),
}  # fmt: skip


def test_every_shape_may_be_named_and_has_a_row_here():
    assert set(get_args(get_type_hints(Columns)["shape"])) == {"", *SHAPES} == {"", *ROWS}


@pytest.mark.parametrize("shape", sorted(ROWS))
def test_a_row_as_it_is_published_is_read_by_its_shape(shape: Any):
    row, expected = ROWS[shape]
    found = taken(Columns(shape=shape), json.loads(json.dumps(row)))
    assert (found.key, found.url) == (expected.get("key"), expected["url"])
    assert (found.title, found.language) == (expected.get("title"), expected.get("language"))
    assert [at for _, at, *_ in found.dates if at == MAY_DAY] == [MAY_DAY]
    assert (json.loads(found.metadata) if found.metadata else None) == expected["metadata"]


def test_columns_that_are_named_come_before_those_of_the_shape():
    columns = Columns(shape="fineweb", key="url", license="license", text="body")
    assert columns_of(columns) == Columns(
        "body", key="url", url="url", language="language", license="license", collected_at="date"
    )
    assert required(columns) == ("body", "url", "license")
    assert required(Columns(shape="redpajama-v2")) == ("raw_content",)
