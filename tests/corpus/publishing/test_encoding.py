"""Rows as tokens: what carries loss is exact, and only what a recipe writes is ever a special token."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.formats.masks import mask_of, masked_spans
from dagster_project.corpus.formats.spans import no_spans
from dagster_project.corpus.model.artifact_recipes import TokenizerRecipe
from dagster_project.corpus.model.rendering_recipes import RenderingRecipe
from dagster_project.corpus.publishing.encoding import encode
from dagster_project.corpus.publishing.rendering import MASKED, render
from dagster_project.corpus.scorers.tokenizer_training import train_tokenizer
from dagster_project.corpus.scorers.tokenizers import Tokenizer, read_tokenizer
from tests.corpora import prose
from tests.corpus.publishing.test_conversations import HOSTILE, LOW, RECIPES, ROWS, row_of, table_of
from tests.oracles import conversations as oracle

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|low|>")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    place = tmp_path_factory.mktemp("bpe") / "tokenizer.json"
    recipe = TokenizerRecipe(vocabulary=400, special_tokens=SPECIAL)
    return read_tokenizer(train_tokenizer([prose(1), "".join(HOSTILE) * 9], recipe, place), "<|endoftext|>")


def encoded(tokenizer: Tokenizer, rows: list[dict[str, Any]], recipe: RenderingRecipe) -> tuple[list[Any], list[Any]]:
    """Tokens and mask of each row."""
    rendered = render(table_of(rows), recipe, 7)
    table = pa.table({"text": rendered.text, "masked": rendered.masked})
    found = encode(tokenizer, table, rendered.written)
    assert found.tokens is not None
    assert found.mask is not None
    bounds = found.tokens.offsets[1:-1]
    return np.split(found.tokens.values, bounds)[: len(rows)], np.split(found.mask, bounds)[: len(rows)]


def words_of(tokenizer: Tokenizer, part: str, is_written: bool) -> list[int]:
    """The ids of one part; where the recipe wrote it each special token is one."""
    if not is_written:
        return tokenizer.encode(pa.array([part])).values.tolist()
    found, rest = [], part
    while rest:
        at, token = min(((rest.find(token), token) for token in SPECIAL if token in rest), default=(len(rest), ""))
        found += words_of(tokenizer, rest[:at], False) if at else []
        found += [SPECIAL.index(token)] if token else []
        rest = rest[at + len(token) :]
    return found


@settings(deadline=None, max_examples=150)
@given(rows=ROWS, recipe=RECIPES)
def test_tokens_are_those_of_every_part(
    tokenizer: Tokenizer, rows: list[dict[str, Any]], recipe: RenderingRecipe
) -> None:
    values, masks = encoded(tokenizer, rows, recipe)
    for row, found, mask in zip(rows, values, masks, strict=True):
        token = LOW.token if recipe.controls and row["control"] == 0 else ""
        parts: list[tuple[str, bool, bool]] = []
        for part, learned, ours in oracle.spoken(row, recipe, token):
            if parts and not ours and parts[-1][1:] == (learned, ours):
                parts[-1] = (parts[-1][0] + part, learned, ours)
            else:
                parts.append((part, learned, ours))
        expected = [(id, learned) for part, learned, ours in parts for id in words_of(tokenizer, part, ours)]
        assert list(zip(found.tolist(), mask.tolist(), strict=True)) == expected


@settings(deadline=None, max_examples=100)
@given(rows=ROWS, chat=st.sampled_from(["", "chatml", "plain"]))
def test_tokens_with_loss_are_what_the_assistant_says(
    tokenizer: Tokenizer, rows: list[dict[str, Any]], chat: str
) -> None:
    recipe = RenderingRecipe(chat=chat, train_on="assistant", controls=(LOW,))
    values, masks = encoded(tokenizer, rows, recipe)
    for row, found, mask in zip(rows, values, masks, strict=True):
        assert tokenizer.decode(found[mask]) == oracle.learned_of(row, chat)
        marks = found[tokenizer.is_special[found]].tolist()
        turned = [1, 2] * len(row["turns"]) if chat == "chatml" else []
        assert marks == [3] * (row["control"] == 0) + turned  # whatever a content spells


def test_a_control_is_one_id_where_it_is_a_special_token(tokenizer: Tokenizer) -> None:
    (values,), (mask,) = encoded(tokenizer, [row_of([("user", "<|low|>")], 0)], RenderingRecipe(controls=(LOW,)))
    assert values[0] == SPECIAL.index("<|low|>")
    assert values[1:].tolist() == tokenizer.encode(pa.array(["<|low|>"])).values.tolist()
    assert mask.tolist() == [False] + [True] * (len(values) - 1)
    assert [tokenizer.special_id(text) for text in ("<|low|>", "<|high|>", "a")] == [3, None, None]


def test_nothing_masked_is_the_text_as_it_was(tokenizer: Tokenizer) -> None:
    texts = pa.array(["", "one two", "", "three", ""])
    table = pa.table({"text": texts, "masked": pa.array([[]] * 5, MASKED)})
    found = encode(tokenizer, table, no_spans(5))
    expected = tokenizer.encode(texts)
    assert found.tokens is not None
    assert found.mask is not None
    assert found.tokens.offsets.tolist() == expected.offsets.tolist()
    assert found.tokens.values.tolist() == expected.values.tolist()
    assert found.mask.all()


@given(st.lists(st.lists(st.booleans(), max_size=6), max_size=5))
def test_masks_and_spans_say_the_same(rows: list[list[bool]]) -> None:
    offsets = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    mask = np.array([value for row in rows for value in row], np.bool_)
    spans = masked_spans(mask, offsets)
    assert mask_of(spans, offsets).tolist() == mask.tolist()
    for number, row in enumerate(rows):
        own = slice(spans.offsets[number], spans.offsets[number + 1])
        places = list(zip(spans.starts[own].tolist(), spans.ends[own].tolist(), strict=True))
        assert {place for start, end in places for place in range(start, end)} == {
            place for place, value in enumerate(row) if not value
        }
        assert all(before[1] < after[0] for before, after in pairwise(places))


def test_special_tokens_of_another_tokenizer_serve(tmp_path: Path) -> None:
    place = train_tokenizer(
        [prose(2)], TokenizerRecipe(vocabulary=300, special_tokens=("<|x|>",), separator=""), tmp_path / "t.json"
    )
    assert read_tokenizer(place).special_id("<|x|>") == 0
