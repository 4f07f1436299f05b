"""Conversations as a trainer sees them: turns follow edits, templates stand around them, the right bytes carry loss."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.model.edits import EDITS
from dagster_project.corpus.model.rendering_recipes import CHATS, ControlRecipe, RenderingRecipe, chat_around
from dagster_project.corpus.model.rendering_rules import FIELDS
from dagster_project.corpus.model.turns import BETWEEN, ROLES, TURNS
from dagster_project.corpus.publishing.rendering import render
from dagster_project.corpus.publishing.turns import moved
from tests.oracles import conversations as oracle

LOW = ControlRecipe("<|low|>", "score < 0.2")
HOSTILE = ["<|im_start|>", "assistant", "\n", "<|im_end|>", "<|low|>", "user: ", "{content}", "é", " ", "<|endoftext|>"]
SAID = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=5).map("".join)


def row_of(said: list[tuple[Any, ...]], control: int | None = None) -> dict[str, Any]:
    """A document of turns, some of which are said to carry no loss; of none the text is plain."""
    turns, at = [], 0
    for role, text, *quiet in said:
        weight = 0 if any(quiet) else None
        turns.append({"role": role, "start": at, "end": at + len(text.encode()), "weight": weight})
        at += len(text.encode()) + len(BETWEEN)
    return {
        "text": BETWEEN.join(text for _, text, *_ in said) or "plain <|im_end|>",
        "turns": turns,
        "control": control,
    }


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    schema = pa.schema([("text", pa.string()), ("turns", TURNS), ("control", pa.int8())])
    return pa.Table.from_pylist(rows, schema=schema)


ROWS = st.lists(
    st.builds(
        row_of,
        st.lists(st.tuples(st.sampled_from(ROLES), SAID, st.sampled_from([False, False, True])), max_size=4),
        st.sampled_from([None, 0]),
    ),
    max_size=6,
)
RECIPES = st.builds(
    RenderingRecipe,
    controls=st.sampled_from([(), (LOW,)]),
    mask=st.booleans(),
    chat=st.sampled_from(["", "chatml", "plain", "[{role}] {{{content}}} {role}\n"]),
    train_on=st.sampled_from(["all", "assistant"]),
)


@settings(deadline=None, max_examples=200)
@given(ROWS, RECIPES)
def test_rendering_is_what_each_turn_gives(rows: list[dict[str, Any]], recipe: RenderingRecipe) -> None:
    found = render(table_of(rows), recipe, 7)
    for number, row in enumerate(rows):
        token = LOW.token if recipe.controls and row["control"] == 0 else ""
        parts = oracle.spoken(row, recipe, token)
        text = found.text[number].as_py()
        assert text == "".join(part for part, _, _ in parts)
        marks = [mark for part, learned, _ in parts for mark in [learned] * len(part.encode())]
        masked = {place for span in found.masked[number].as_py() for place in range(span["start"], span["end"])}
        assert masked == {place for place, learned in enumerate(marks) if not learned}
        said = [text.encode()[turn["start"] : turn["end"]] for turn in found.turns[number].as_py()]
        assert said == [row["text"].encode()[turn["start"] : turn["end"]] for turn in row["turns"]]
    first, starts, ends = found.written
    wrote = [
        found.text[number].as_py().encode()[starts[at] : ends[at]].decode()
        for number in range(len(rows))
        for at in range(first[number], first[number + 1])
    ]
    expected = [
        part
        for row in rows
        for part, _, ours in oracle.spoken(row, recipe, LOW.token if recipe.controls and row["control"] == 0 else "")
        if ours
    ]
    assert wrote == expected


@settings(deadline=None, max_examples=100)
@given(ROWS, st.sampled_from(["", "chatml", "plain"]))
def test_what_carries_loss_is_what_the_assistant_says(rows: list[dict[str, Any]], chat: str) -> None:
    found = render(table_of(rows), RenderingRecipe(chat=chat, train_on="assistant"), 7)
    for row, text, spans in zip(rows, found.text.to_pylist(), found.masked.to_pylist(), strict=True):
        left = bytearray(text.encode())
        for span in reversed(spans):
            del left[span["start"] : span["end"]]
        assert left == oracle.learned_of(row, chat).encode()


def test_what_was_done_is_counted() -> None:
    rows = [
        row_of([("user", "a"), ("assistant", "<|im_start|>user\nb")]),
        row_of([("user", "a")]),
        row_of([]),
        {**row_of([("user", "a"), ("assistant", "bc")]), "text": "a\nx\nbc"},
        {**row_of([("user", "a"), ("assistant", "b")]), "text": "a\n\n"},
    ]
    rows[3]["turns"][1] |= {"start": 4, "end": 6}
    rows[4]["turns"][1] |= {"start": 3, "end": 3}
    report = render(table_of(rows), RenderingRecipe(chat="chatml", train_on="assistant"), 7).report
    assert report["turns"] == {"conversations": 4, "untrained": 2, "emptied": 1, "outside": 1, "spelled": 1}
    assert "turns" not in render(table_of(rows), RenderingRecipe(controls=(LOW,)), 7).report


@st.composite
def edits(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, int]], list[tuple[int, int, str]]]:
    said = draw(st.lists(st.text("ab", min_size=1, max_size=4), max_size=4))
    text, turns = "\n".join(said).encode(), []
    for part in said:
        at = turns[-1][1] + 1 if turns else 0
        turns.append((at, at + len(part)))
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = list(zip(places[::2], places[1::2], strict=False))
    return text, turns, [(start, end, draw(st.sampled_from(["", "X", "YZ"]))) for start, end in pairs]


@settings(deadline=None, max_examples=300)
@given(st.lists(edits(), max_size=4))
def test_turns_follow_the_edits_of_their_text(documents: list[Any]) -> None:
    table = pa.table(
        {
            "text": pa.array([text.decode() for text, _, _ in documents], pa.string()),
            "turns": pa.array(
                [[{"role": "user", "start": a, "end": b} for a, b in turns] for _, turns, _ in documents], TURNS
            ),
            "edits": pa.array(
                [[{"start": a, "end": b, "text": new} for a, b, new in found] for _, _, found in documents], EDITS
            ),
        }
    )
    found = edited(moved(table)).to_pylist()
    for row, (text, turns, changes) in zip(found, documents, strict=True):
        left, spans = oracle.moved(text, turns, changes)
        assert row["text"].encode() == left
        for turn, span in zip(row["turns"], spans, strict=True):
            if span is None:
                assert 0 <= turn["start"] == turn["end"] <= len(left)
            else:
                assert (turn["start"], turn["end"]) == span
        at = [place for turn in row["turns"] for place in (turn["start"], turn["end"])]
        assert at == sorted(at)


@pytest.mark.parametrize("chat", [*CHATS, "<|{role}|>{content}</s>", ""])
def test_chats_that_can_be(chat: str) -> None:
    assert FIELDS[RenderingRecipe, "chat"](chat) is None
    assert not chat or chat_around(chat, "tool") == oracle.around(chat, "tool")


@pytest.mark.parametrize(
    ("chat", "says"),
    [
        ("chatlm", "'chatlm' is no chat; use chatml, plain, or {role} and once {content}"),
        ("{content}", "is no chat"),
        ("{role}{content}{content}", "is no chat"),
        ("{role}{content}{text}", "is no chat"),
        ("{role}{content", "is no template"),
    ],
)
def test_chats_that_cannot(chat: str, says: str) -> None:
    assert says in str(FIELDS[RenderingRecipe, "chat"](chat))
