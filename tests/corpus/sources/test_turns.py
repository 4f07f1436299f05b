"""Records of turns become one text in which every turn is a span; what cannot be said as text is told, never lost."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.model.errors import RecipeError, SourceError
from dagster_project.corpus.model.reading import read_recipe
from dagster_project.corpus.model.recipes import Columns, SourceRecipe, TurnRecipe
from dagster_project.corpus.model.structure import KINDS
from dagster_project.corpus.sources.batches import REASONS, DeadLetter, Record
from dagster_project.corpus.sources.fields import Fields
from dagster_project.corpus.sources.parquet import Parquet, check_columns
from dagster_project.corpus.sources.paths import UNREADABLE

MESSAGES = Columns(turns=(TurnRecipe("messages"),))
USER = {"role": "user", "content": "u"}
FLAT = Columns(turns=(TurnRecipe("context", "user"), TurnRecipe("question", "user"), TurnRecipe("answer", "assistant")))


def taken(columns: Columns, value: dict[str, Any]) -> tuple[str, list[tuple[str | None, str]], Any]:
    """Text, turns with what their spans hold, and metadata."""
    found = Fields(columns).take(deepcopy(value), 0)
    assert isinstance(found, Record), found
    text = found.text.encode()
    said = [text[start:end].decode() for start, end in zip(found.structure.starts, found.structure.ends, strict=True)]
    assert {list(KINDS)[kind] for kind in found.structure.kinds.tolist()} == {"turn"}
    metadata = json.loads(found.metadata) if found.metadata else None
    return found.text, list(zip(found.structure.values, said, strict=True)), metadata


def refused(columns: Columns, value: dict[str, Any]) -> tuple[str, str]:
    found = Fields(columns).take(value, 3, b"raw")
    assert isinstance(found, DeadLetter), found
    assert found.reason in REASONS
    assert (found.raw_position, found.excerpt) == (3, b"raw")
    return found.reason, found.detail or ""


def chat(*turns: Any) -> dict[str, Any]:
    return {"messages": list(turns)}


def test_what_turns_say_is_the_text() -> None:
    turns = [
        {"role": "system", "content": "Be brief.\n"},
        {"role": "user", "content": " Größe?\n\nassistant: 7"},
        {"role": "assistant", "content": "東京"},
        {"role": "tool", "content": "<|im_end|>"},
    ]
    text, said, metadata = taken(MESSAGES, chat(*turns))
    assert text == "Be brief.\n\n\n Größe?\n\nassistant: 7\n\n東京\n\n<|im_end|>"
    assert said == [(turn["role"], turn["content"]) for turn in turns]
    assert metadata is None


def test_names_that_others_have_for_roles() -> None:
    names = {"human": "user", "gpt": "assistant", "model": "assistant", "developer": "system", "function": "tool"}
    turns = [{"from": name, "value": name} for name in names]
    columns = Columns(turns=(TurnRecipe("x.conversations"),), key="id")
    _, said, metadata = taken(columns, {"id": 1, "x": {"conversations": turns, "more": 2}})
    assert said == [(role, name) for name, role in names.items()]
    assert metadata == {"x": {"more": 2}}


def test_what_turns_say_besides_is_kept() -> None:
    turns = [{"role": "user", "content": "a", "name": "Ann", "value": "b"}, {"role": "gpt", "content": "c", "x": None}]
    assert taken(MESSAGES, chat(*turns))[2] == {"messages": [{"name": "Ann", "value": "b"}, {}]}


def test_turns_of_no_weight_are_marked() -> None:
    turns = [{**USER, "weight": 1}, {"role": "assistant", "content": "a", "weight": 0}, USER]
    found = Fields(MESSAGES).take(deepcopy(chat(*turns)), 0)
    assert isinstance(found, Record)
    kinds = [list(KINDS)[kind] for kind in found.structure.kinds.tolist()]
    assert list(zip(kinds, found.structure.starts.tolist(), found.structure.ends.tolist(), strict=True)) == [
        ("turn", 0, 1),
        ("turn", 3, 4),
        ("unlearned", 3, 4),
        ("turn", 6, 7),
    ]
    assert not found.metadata


def test_lists_in_strings_and_parts_of_text() -> None:
    parts = [{"type": "text", "text": "one"}, "two", {"type": "input_text", "text": "three"}]
    turns = [{"role": "user", "content": parts}, {"role": "assistant", "content": "yes", "tool_calls": []}]
    for value in (chat(*turns), {"messages": json.dumps(turns)}):
        assert taken(MESSAGES, value)[:2] == (
            "one\ntwo\nthree\n\nyes",
            [("user", "one\ntwo\nthree"), ("assistant", "yes")],
        )


def test_fields_of_their_own_in_the_order_of_the_recipe() -> None:
    row = {"answer": "A", "question": "Q", "context": "C", "id": 7}
    assert taken(FLAT, dict(row)) == ("C\n\nQ\n\nA", [("user", "C"), ("user", "Q"), ("assistant", "A")], {"id": 7})
    for nothing in ("", " \n", None):
        assert taken(FLAT, {**row, "context": nothing})[0] == "Q\n\nA"
    both = Columns(turns=(TurnRecipe("system", "system"), TurnRecipe("messages")))
    assert taken(both, {"system": "S", **chat({"role": "user", "content": "u"})})[0] == "S\n\nu"
    assert (
        taken(both, {"system": "", **chat({"role": "system", "content": " "}, {"role": "user", "content": "u"})})[0]
        == "u"
    )


@pytest.mark.parametrize(
    ("value", "reason", "says"),
    [
        ({}, "no turns", "column messages is missing or null"),
        ({"messages": []}, "no turns", "column messages holds none"),
        ({"messages": "hello"}, "no turns", "column messages holds no list"),
        ({"messages": "[1"}, "no turns", "column messages holds text that is no list"),
        (chat("hello"), "no turns", "turn 1 of column messages is no object"),
        (chat(USER, {"role": "bot", "content": "x"}), "unknown role", "turn 2 of column messages is of none of"),
        (chat({"content": "x"}), "unknown role", "turn 1"),
        (chat({"role": 7, "content": "x"}), "unknown role", "turn 1"),
        (chat(USER, {"role": "assistant", "content": ""}), "empty turn", "turn 2 of column messages says nothing"),
        (chat({"role": "user"}), "empty turn", "turn 1"),
        (chat({"role": "user", "content": []}), "empty turn", "turn 1"),
        (chat({"role": "system", "content": ""}), "no turns", "column messages holds none"),
        (chat({"role": "user", "content": 7}), "turn is not text", "turn 1"),
        (chat({"role": "user", "content": UNREADABLE}), "not UTF-8", "turn 1"),
        (chat({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}), "turn is not text", "has a part"),
        (chat({"role": "user", "content": [{"type": "text", "text": None}]}), "turn is not text", "has a part"),
        (chat(USER, {"role": "assistant", "content": None, "tool_calls": [{}]}), "turn is not text", "calls a tool"),
        (chat({"role": "assistant", "content": "x", "function_call": {"n": 1}}), "turn is not text", "calls a tool"),
        (chat({"role": "assistant", "content": "x", "weight": 0.5}), "unknown weight", "a weight other than 0 and 1"),
        (chat({"role": "assistant", "content": "x", "weight": "0"}), "unknown weight", "turn 1"),
    ],
)  # fmt: skip
def test_what_is_no_conversation_is_told(value: dict[str, Any], reason: str, says: str) -> None:
    found, detail = refused(MESSAGES, value)
    assert found == reason
    assert says in detail


def test_a_question_without_its_answer_is_told() -> None:
    assert refused(FLAT, {"question": "Q", "answer": " "}) == (
        "empty turn",
        "no column of the role assistant says anything",
    )
    assert refused(FLAT, {"answer": "A"})[0] == "empty turn"
    assert refused(FLAT, {"question": "Q", "answer": ["A", "B"]})[0] == "turn is not text"


def test_a_record_without_text_says_where_its_turns_are() -> None:
    assert refused(Columns(), chat(USER)) == (
        "no text",
        "column text is missing or null; it has messages, which `turns` can take",
    )
    assert "turns" not in refused(Columns(), {"body": "x"})[1]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ("{text: question}", "columns.text: takes question without its answer; name both in turns, each with its role"),
        ("{text: body, turns: [{column: messages}]}", "columns.text: names 'body' beside turns, which are the text"),
        ("{turns: [{column: a, role: user}, {column: a}]}", "columns.turns[1].column: 'a' stands in this list already"),
        (
            "{turns: [{column: a, role: bot}]}",
            "'bot' is not allowed here; it is one of , system, user, assistant, tool",
        ),
        ("{turns: [{column: a..b}]}", "'a..b' is not a column"),
        ("{turns: [{role: user}]}", "columns.turns[0].column: is missing; it is text"),
    ],
)
def test_columns_that_are_refused(columns: str, says: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        read_recipe("sources/chats.yaml", f"name: chats\nformat: jsonl\ncolumns: {columns}\n")
    assert says in str(refusal.value)


def test_parquet_holds_turns(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    turns = [{"role": "user", "content": "é"}, {"role": "assistant", "content": "ok"}]
    pq.write_table(pa.table({"messages": [turns, None]}), path)
    recipe = SourceRecipe("chats", "parquet", location=str(tmp_path), columns=MESSAGES)
    source = Parquet()
    (batch,) = [
        batch for part in source.parts(recipe, source.objects(recipe)[0]) for batch in source.read(recipe, part)
    ]
    assert batch.records.column("text").to_pylist() == ["é\n\nok"]
    assert batch.records.column("structure").to_pylist() == [
        [
            {"kind": "turn", "start": 0, "end": 2, "value": "user"},
            {"kind": "turn", "start": 4, "end": 6, "value": "assistant"},
        ]
    ]
    assert batch.dead.column("reason").to_pylist() == ["no turns"]


def test_a_file_without_the_columns_of_turns_is_refused() -> None:
    recipe = SourceRecipe("chats", "parquet", columns=FLAT)
    schema = pa.schema([("context", pa.string()), ("question", pa.string()), ("answer", pa.list_(pa.string()))])
    with pytest.raises(SourceError, match=r"column 'answer' is list<.*>, not text"):
        check_columns(recipe, "x", schema)
    with pytest.raises(SourceError, match="has no column 'messages', only context"):
        check_columns(SourceRecipe("chats", "parquet", columns=MESSAGES), "x", schema)
