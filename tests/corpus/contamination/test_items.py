"""Layouts of common benchmarks, as their rows are published, read into items."""

import json

import pyarrow as pa
import pytest

from dagster_project.corpus.contamination.items import Item, columns_of, items_of
from dagster_project.corpus.model.artifact_recipes import Layout
from dagster_project.corpus.model.errors import Refused

CASES = {
    "gsm8k": ({"question": "How many?", "answer": "Three. #### 3"}, Layout(("question",), "answer"), "Three. #### 3"),
    "mmlu": (
        {"question": "How many?", "choices": ["a", "b"], "answer": 1},
        Layout(("question",), "answer", ("choices",)),
        "b",
    ),
    "hellaswag": (
        {"ctx": "How many?", "endings": ["x", "y"], "label": "0"},
        Layout(("ctx",), "label", ("endings",)),
        "x",
    ),
    "hidden": ({"ctx": "How many?", "endings": ["x", "y"], "label": ""}, Layout(("ctx",), "label", ("endings",)), None),
    "piqa": (
        {"goal": "How many?", "sol1": "one", "sol2": "two", "label": 1},
        Layout(("goal",), "label", ("sol1", "sol2")),
        "two",
    ),
    "winogrande": (
        {"sentence": "How many?", "option1": "one", "option2": "two", "answer": "2"},
        Layout(("sentence",), "answer", ("option1", "option2"), first=1),
        "two",
    ),
    "arc": (
        {"question": "How many?", "choices": {"text": ["u", "v"], "label": ["1", "2"]}, "answerKey": "2"},
        Layout(("question",), "answerKey", ("choices.text",), "choices.label"),
        "v",
    ),
    "letters": (
        {"q": "How many?", "options": ["one", "two", "three"], "answer": "C"},
        Layout(("q",), "answer", ("options",)),
        "three",
    ),
    "squad": (
        {"question": "How many?", "answers": {"text": ["two", "2"]}},
        Layout(("question",), "answers.text"),
        "two",
    ),
    "lambada": ({"text": "How many?"}, Layout(("text",)), None),
}


@pytest.mark.parametrize("name", CASES)
def test_layouts(name):
    row, layout, answer = CASES[name]
    expected = [Item(name, "0", "How many?", answer)]
    assert list(items_of(name, [json.loads(json.dumps(row))], layout)) == expected
    table = pa.Table.from_pylist([row | {"other": 1}])
    kept = table.select(columns_of(layout, table.column_names))
    assert "other" not in kept.column_names
    assert list(items_of(name, kept.to_pylist(), layout)) == expected


def test_fields_are_joined_and_items_named():
    layout = Layout(("passage", "question", "choices"), "answer", ("choices",), id="meta.key")
    row = {"passage": "P.", "question": "Q?", "choices": ["a", "b"], "answer": 0, "meta": {"key": 17}}
    assert list(items_of("b", [row], layout)) == [Item("b", "17", "P.\nQ?\na\nb", "a")]
    assert columns_of(layout, [*row, "other"]) == [*row]


def test_half_a_surrogate_pair_is_replaced():
    [item] = items_of("b", [json.loads('{"q": "a\\ud800b"}')], Layout(("q",)))
    assert item.question == "a?b"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"q": "x", "c": ["a"]}, "it has no field 'answer'"),
        ({"q": "x", "c": ["a"], "answer": 1}, "its answer 1 is none of its 1 choices"),
        ({"q": "x", "c": ["a"], "answer": "nothing of it"}, "its answer 'nothing of it' is none of its 1 choices"),
        ({"q": "x", "c": ["a"], "answer": "9" * 5000}, "is none of its 1 choices"),
        ({"q": "x", "c": ["a"], "answer": 0, "key": "k" * 201}, "its id has more than 200 characters"),
        ({"q": {"a": 1}, "c": ["a"], "answer": 0}, "field 'q' is a dict, not a text or a list of texts"),
    ],
)
def test_unreadable_rows_are_refused(row, said):
    rows = [{"q": "x", "c": ["a"], "answer": 0, "key": "1"}, {"key": "2", **row}]
    with pytest.raises(Refused) as refused:
        list(items_of("exam", rows, Layout(("q",), "answer", ("c",), id="key")))
    assert said in str(refused.value)
    assert str(refused.value).startswith("row 1 of benchmark exam cannot be read")
