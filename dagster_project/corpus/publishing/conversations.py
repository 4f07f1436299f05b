"""Conversations as a trainer sees them: a chat template around every turn, and which turns carry loss."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.formats.pieces import cut
from dagster_project.corpus.formats.spans import Spans, gaps, no_spans, one_each, side_by_side, spans_of
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.rendering_recipes import RenderingRecipe, chat_around
from dagster_project.corpus.model.turns import ROLES
from dagster_project.corpus.publishing.rendering_fields import NOTHING, STRING
from dagster_project.corpus.publishing.turns import said_of, turn_lists

Numbers = NDArray[np.int64]


class Spoken(NamedTuple):
    """Texts whose turns stand in their template, and what is where in them; other texts are as they were."""

    text: pa.Array  # large_string
    turns: pa.Array  # TURNS
    written: Spans  # what the template puts around turns
    trained: Spans  # what carries loss; at least one span, perhaps an empty one, in texts without turns


class _Parts(NamedTuple):
    """What stands before, in and after each turn."""

    opening: pa.Array
    content: pa.Array
    closing: pa.Array


def speak(texts: pa.Array, turns: pa.Array, recipe: RenderingRecipe) -> Spoken:
    """Put the turns of each text in the chat template of the recipe, where it names one."""
    spans, said = spans_of(turns), said_of(turns)
    if not recipe.chat:
        return Spoken(texts, turns, no_spans(len(texts)), _trained(texts, spans, spans, said, recipe))
    parts = _parts(texts, spans, said.column("role").combine_chunks(), recipe.chat)
    sizes = [pc.binary_length(part).to_numpy().astype(np.int64) for part in parts]
    pieces = pc.binary_join_element_wise(*parts, NOTHING)
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(spans.offsets, pa.int32()), pieces), NOTHING)
    text = pc.if_else(pa.array(np.diff(spans.offsets) > 0), joined, texts)
    whole = _one_after_another(spans.offsets, sum(sizes[1:], sizes[0]))
    inner = Spans(spans.offsets, whole.starts + sizes[0], whole.ends - sizes[2])
    around = np.stack([whole.starts, inner.starts, inner.ends, whole.ends], axis=1).reshape(-1, 2)
    written = Spans(2 * spans.offsets, around[:, 0], around[:, 1]).filled
    found = turn_lists(said, inner.starts, inner.ends, np.diff(spans.offsets))
    is_said = inner.starts < inner.ends  # what ends a turn is learned with it, so that turns are learned to end
    ending = Spans(spans.offsets, inner.starts, np.where(is_said, whole.ends, inner.ends))
    return Spoken(text, found, written, _trained(text, inner, ending if recipe.mask else whole, said, recipe))


def told(texts: pa.Array, turns: pa.Array, trained: Spans, recipe: RenderingRecipe) -> dict[str, Any]:
    """Counts of conversations: all, those in which nothing carries loss, those with a turn that edits left empty, with
    text of no turn (which a chat template leaves out), and with a turn that spells what stands around turns."""
    spans = spans_of(turns)
    has_turns = np.diff(spans.offsets) > 0
    row, (data, offsets) = trained.row, buffers(texts)
    is_trained = np.bincount(row, trained.ends - trained.starts, len(has_turns)) > 0
    outside = gaps(spans, np.diff(offsets)).chosen(has_turns[gaps(spans, np.diff(offsets)).row])
    between = cut(data, offsets[outside.row] + outside.starts, offsets[outside.row] + outside.ends).cast(STRING)
    is_said = pc.not_equal(pc.utf8_trim_whitespace(between), NOTHING).to_numpy(zero_copy_only=False)
    marks = {part.strip() for role in ROLES for part in chat_around(recipe.chat, role)} if recipe.chat else set()
    spelled = np.zeros(len(texts), np.bool_)
    for mark in marks - {""}:
        spelled |= pc.match_substring(texts, mark).to_numpy(zero_copy_only=False)
    return {
        "conversations": int(has_turns.sum()),
        "untrained": int((has_turns & ~is_trained).sum()),
        "emptied": len(np.unique(spans.row[spans.starts == spans.ends])),
        "outside": len(np.unique(outside.row[is_said])),
        "spelled": int((spelled & has_turns).sum()),
    }


def _parts(texts: pa.Array, spans: Spans, roles: pa.Array, chat: str) -> _Parts:
    data, offsets = buffers(texts)
    content = cut(data, offsets[spans.row] + spans.starts, offsets[spans.row] + spans.ends).cast(STRING)
    numbers = pc.index_in(roles, pa.array(ROLES))
    openings, closings = zip(*(chat_around(chat, role) for role in ROLES), strict=True)
    return _Parts(pa.array(openings, STRING).take(numbers), content, pa.array(closings, STRING).take(numbers))


def _one_after_another(offsets: Numbers, sizes: Numbers) -> Spans:
    """Spans of so many bytes, each where the one before it in its row ends."""
    ends = np.concatenate([[0], np.cumsum(sizes)])
    before = np.repeat(ends[offsets[:-1]], np.diff(offsets))
    return Spans(offsets, ends[:-1] - before, ends[1:] - before)


def _trained(texts: pa.Array, turns: Spans, regions: Spans, said: pa.Table, recipe: RenderingRecipe) -> Spans:
    """Of each text the regions of turns that carry loss; the whole of one without turns, or where no turn is told
    apart. A turn whose weight is 0 never does."""
    sizes = pc.binary_length(texts).to_numpy().astype(np.int64)
    whole = one_each(np.zeros_like(sizes), sizes)
    if not recipe.chat and recipe.train_on == "all":
        return whole
    has_turns = np.diff(turns.offsets) > 0
    is_asked = pc.not_equal(pc.fill_null(said.column("weight"), 1), 0).to_numpy()
    if recipe.train_on != "all":
        is_asked &= pc.equal(said.column("role"), recipe.train_on).to_numpy()
    return side_by_side(whole.chosen(~has_turns), regions.chosen(is_asked))
