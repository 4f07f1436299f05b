"""Front matter is plain data or it is text; nothing in it runs, blows up or breaks."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.extraction.front_matter import split


def test_fields_are_plain_values_and_days_stay_as_spelled():
    text = "---\nTitle: x\ndate: 2024-05-01\nn: [1, 2.5, null, yes]\nbig: 99999999999999999999\n3: {a: b}\n---\nbody\n"
    fields, written, body = split(text)
    assert fields == {
        "title": "x", "date": "2024-05-01", "n": [1, 2.5, None, True], "big": "99999999999999999999", "3": {"a": "b"},
    }  # fmt: skip
    assert written.startswith("Title: x")
    assert body == "body\n"


@pytest.mark.parametrize("text", ["---\r\na: 1\r\n---\r\nx", "---  \na: 1\n...\nx"])
def test_line_ends_and_closings_of_both_kinds_are_known(text: str):
    assert split(text)[0] == {"a": 1}
    assert split(text)[2] == "x"


@pytest.mark.parametrize(
    "text",
    [
        "", "---", "---\n---\nx", "---\njust text\n---\nx", "---\n- a\n---\nx", "text\n---\na: 1\n---\n",
        "---\na: &x [1]\nb: *x\n---\n", "---\na: !!python/object/apply:os.system [ls]\n---\n", "---\n{a: [\n---\nx",
        "---\n" + "a: " + "[" * 5_000 + "\n---\n", "---\n" + "{a: " * 30 + "}" * 30 + "\n---\n",
        '---\na: "\\ud800"\n---\n', "---\na: !!binary aGk=\n---\n", "---\n? [a]\n: b\n---\n", "---\na: 1\n",
        "---\na: " + "x" * 20_000 + "\n---\n", "---\na: 1\n--- # more\nb\n---\n", "---\na: !!int x\n---\n",
    ],
)  # fmt: skip
def test_what_is_none_is_text(text: str):
    assert split(text) == ({}, "", text)


@given(st.text(max_size=80) | st.text(alphabet="ab:[]{}&*!-\n \"'#|>?,%@\\xu08", max_size=60))
def test_any_head_is_data_or_text(head: str):
    text = f"---\n{head}\n---\nbody"
    fields, _, body = split(text)
    if fields:
        assert orjson.dumps(fields)
    else:
        assert body == text


def test_long_digits_are_no_trouble():
    fields: dict[str, Any] = split("---\na: " + "9" * 10_000 + "\n---\nx")[0]
    assert fields == {}
