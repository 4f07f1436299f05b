"""Documents as a trainer sees them: metadata around their text where a recipe says so, a chat template around their
turns, and which bytes carry no loss.

Metadata conditioning (Gao et al. 2025, arXiv:2501.01956) and control tokens (Korbak et al. 2023, arXiv:2302.08582).
What is said is never changed: without the bytes around it a rendered document is the document, and a turn the turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.formats.spans import Spans, gaps, one_each, side_by_side, span_lists, spans_of
from dagster_project.corpus.kernels.sampling import keyed_hash
from dagster_project.corpus.kernels.texts import ids_of
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.orders import MASKED
from dagster_project.corpus.model.rendering_recipes import TEXT, RenderingRecipe, TemplateRecipe, pieces_of
from dagster_project.corpus.model.turns import TURNS
from dagster_project.corpus.publishing.conversations import speak, told
from dagster_project.corpus.publishing.rendering_fields import CONTROL, NOTHING, STRING, column_of, fields_of, values_of
from dagster_project.corpus.publishing.turns import no_turns, said_of, turn_lists

PLAIN = -1
UNIT = 1 << 32  # draws are whole numbers below it
Numbers = NDArray[np.int64]


class Rendered(NamedTuple):
    """Texts of some rows as a trainer sees them, and what was done to how many."""

    text: pa.Array  # of the type that the texts had
    masked: pa.Array  # MASKED: bytes of UTF-8 of the rendered text, in order, none empty
    turns: pa.Array  # TURNS
    written: Spans  # the bytes that are of the recipe's own words: control tokens, and what is around turns
    report: dict[str, Any]


class _Framed(NamedTuple):
    """What stands before and after each text, and of each template the rows that it is in and that lack a field."""

    before: pa.Array
    after: pa.Array
    written: dict[str, int]
    missing: dict[str, int]


def render(rows: pa.Table, recipe: RenderingRecipe, seed: int) -> Rendered:
    """Render rows that have the `columns_of` the recipe.

    Which document gets which template is drawn by seed, doc_id and copy alone. `control`, where the recipe has
    controls, is the number of the first whose condition holds, from 0; null for none. The report is of counts whose
    sums over shards are those of the whole: `known` over `rows` is the coverage of a field, `missing` the documents
    written plain for want of one, `spelled` those whose text holds a control token of its own; of conversations see
    `conversations.told`.
    """
    texts = column_of(rows, TEXT)
    if texts.null_count:
        raise IntegrityError(f"{texts.null_count:,} rows to be rendered have no text: build their export again")
    tokens = [control.token for control in recipe.controls]
    fields = {field: values_of(rows, field, tokens) for field in fields_of(recipe)}
    framed = _framed(rows, recipe, fields, seed)
    controls = _controls(rows, tokens)
    turns = _turns(rows, recipe)
    spoken = speak(texts, turns, recipe)
    before = pc.binary_join_element_wise(controls, framed.before, NOTHING)
    text = pc.binary_join_element_wise(before, spoken.text, framed.after, NOTHING)
    report = {
        "rows": len(texts),
        "templates": framed.written,
        "missing": framed.missing,
        "known": {field: len(values) - values.null_count for field, values in fields.items()},
        "controls": {token: _count(pc.equal(controls, token)) for token in tokens},
        "spelled": {token: _count(pc.match_substring(texts, token)) for token in tokens},
        "added_bytes": int((_sizes(text) - _sizes(texts)).sum()),
        **({"turns": told(texts, turns, spoken.trained, recipe)} if recipe.speaks else {}),
    }
    shift = _sizes(before)
    own = one_each(np.zeros_like(shift), _sizes(controls))
    written = side_by_side(own, spoken.written.shifted(shift)).filled
    masked = _masked(spoken.trained.shifted(shift), shift, _sizes(spoken.text), _sizes(text), recipe.mask)
    return Rendered(text.cast(rows.column(TEXT).type), masked, _shifted(spoken.turns, shift), written, report)


def _turns(rows: pa.Table, recipe: RenderingRecipe) -> pa.Array:
    if recipe.speaks or "turns" in rows.column_names:
        return column_of(rows, "turns", TURNS)
    return no_turns(rows.num_rows)


def _shifted(turns: pa.Array, by: Numbers) -> pa.Array:
    offsets, starts, ends = spans_of(turns).shifted(by)
    return turn_lists(said_of(turns), starts, ends, np.diff(offsets))


def _framed(rows: pa.Table, recipe: RenderingRecipe, fields: Mapping[str, pa.Array], seed: int) -> _Framed:
    framed = _Framed(_empty(rows.num_rows), _empty(rows.num_rows), {}, {})
    drawn = _drawn(rows, recipe, seed) if recipe.templates else np.empty(0, np.int64)
    for number, template in enumerate(recipe.templates):
        before, after = _around(template, fields)
        is_drawn = pa.array(drawn == number)
        is_written = pc.and_(is_drawn, pc.and_(pc.is_valid(before), pc.is_valid(after)))
        framed = framed._replace(
            before=pc.if_else(is_written, before, framed.before), after=pc.if_else(is_written, after, framed.after)
        )
        framed.written[template.name] = _count(is_written)
        framed.missing[template.name] = _count(is_drawn) - _count(is_written)
    return framed


def _around(template: TemplateRecipe, fields: Mapping[str, pa.Array]) -> tuple[Any, Any]:
    """What a template puts before and after each text; null where a field is, one text for all where it names none."""
    pieces = pieces_of(template.text)
    place = pieces.fields.index(TEXT)
    literals = [pa.scalar(literal, STRING) for literal in pieces.literals]
    before, after = [literals[0]], [literals[place + 1]]
    for number, field in enumerate(pieces.fields):
        if number != place:
            (before if number < place else after).extend((fields[field], literals[number + 1]))
    return tuple(pc.binary_join_element_wise(*parts, NOTHING) for parts in (before, after))


def _drawn(rows: pa.Table, recipe: RenderingRecipe, seed: int) -> Numbers:
    """The number of the template of each row, int64[rows], or PLAIN; those that are for a row divide what is drawn."""
    draws, chosen = _draws(rows, seed), np.full(rows.num_rows, PLAIN)
    reached = np.zeros(rows.num_rows)
    phases, components = (column_of(rows, name) for name in ("phase", "component"))
    for number, template in enumerate(recipe.templates):
        is_for = _is_among(phases, template.phases) & _is_among(components, template.components)
        further = reached + template.share * is_for
        chosen[(draws >= np.rint(reached * UNIT)) & (draws < np.rint(further * UNIT))] = number
        reached = further
    return chosen


def _draws(rows: pa.Table, seed: int) -> Numbers:
    """A number below UNIT for each row, int64[rows], that seed, document and copy decide."""
    key = hashlib.sha256(f"florilegium:rendering:{seed}".encode()).digest()[:16]
    ids, copies = ids_of(rows.column("doc_id")), rows.column("copy").to_numpy()
    draws = np.empty(len(ids), np.int64)
    for copy in np.unique(copies):
        is_copy = copies == copy
        draws[is_copy] = keyed_hash(key, ids[is_copy], int(copy)) >> np.uint64(32)
    return draws


def _is_among(values: pa.Array, wanted: tuple[str, ...]) -> NDArray[np.bool_]:
    if not wanted:
        return np.ones(len(values), np.bool_)
    found: NDArray[np.bool_] = pc.is_in(values, pa.array(wanted, STRING)).to_numpy(zero_copy_only=False)
    return found


def _controls(rows: pa.Table, tokens: list[str]) -> pa.Array:
    """The control token of each row, empty where it has none."""
    if not tokens:
        return _empty(rows.num_rows)
    numbers = column_of(rows, CONTROL, pa.int64())
    return pc.fill_null(pa.array(tokens, STRING).take(numbers), NOTHING)


def _masked(trained: Spans, starts: Numbers, texts: Numbers, ends: Numbers, is_wanted: bool) -> pa.Array:
    """All but what carries loss, in texts of so many bytes that begin at `starts` of rows that end at `ends`; what
    stands around the texts carries loss unless it is wanted that it does not."""
    if not is_wanted:
        trained = side_by_side(one_each(np.zeros_like(starts), starts), trained, one_each(starts + texts, ends))
    return span_lists(gaps(trained, ends)).cast(MASKED)


def _empty(size: int) -> pa.Array:
    return pa.repeat(NOTHING, size)


def _sizes(texts: pa.Array) -> Numbers:
    sizes: Numbers = pc.binary_length(texts).to_numpy().astype(np.int64)
    return sizes


def _count(marks: pa.Array) -> int:
    return int(pc.sum(marks, min_count=0).as_py())
