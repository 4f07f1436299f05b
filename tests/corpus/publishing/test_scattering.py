"""Texts on their way to export shards: each edited once, sent in slices, and shards bounded by bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.rendering_recipes import ControlRecipe, RenderingRecipe, TemplateRecipe
from dagster_project.corpus.model.structure import SPANS
from dagster_project.corpus.publishing import scattering, splitting
from dagster_project.corpus.publishing.relaying import Arrived
from dagster_project.corpus.publishing.scattering import Scatter, scatter, slices
from dagster_project.corpus.publishing.splitting import around, divided, received, spans
from dagster_project.corpus.storage.exchange import Exchange, ranges_of, read_rows
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import write_shard

TEXTS = ["a" * 50, "bé" * 20, "", "d" * 200]


@pytest.fixture
def documents() -> tuple[MemoryStore, File]:
    store = MemoryStore()
    ids = pa.array([bytes([number]) * 16 for number in range(len(TEXTS))], pa.binary(16))
    titles = pa.array(["t", None, "ü", None])
    table = pa.table({"doc_id": ids, "text": TEXTS, "url": pa.nulls(len(TEXTS), pa.string()), "title": titles})
    table = table.append_column("structure", pa.array([[]] * len(TEXTS), SPANS))
    return store, write_shard(store, table, access="public")


def task(address: Any, file: File, rows: list[int], index: list[int], starts: list[int]) -> Scatter:
    return Scatter(address, 3, file, None, *(np.array(each, np.int64) for each in (rows, index, starts)))


def test_copies_are_edited_once_and_sent_in_slices(
    documents: tuple[MemoryStore, File], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ninety copies of four texts: what is edited stays four rows, and no piece holds more than a slice."""
    store, file = documents
    seen: list[int] = []
    edit = scattering.edited
    monkeypatch.setattr(scattering, "edited", lambda table: seen.append(table.num_rows) or edit(table))
    monkeypatch.setattr(scattering, "SLICE_BYTES", 400)
    rows, index = [number % 4 for number in range(90)], [*range(89, -1, -1)]
    with Exchange(store) as address:
        sent = scatter(task(address, file, rows, index, [0, 40, 70]))
        found = [table for shard in range(3) for table in read_rows(store, ranges_of(sent.pieces, shard))]
        in_pieces = [
            [table for shard in range(3) for table in read_rows(store, ranges_of([piece], shard))]
            for piece in sent.pieces
        ]
    assert max(sum(int(scattering.sizes_of(table).sum()) for table in tables) for tables in in_pieces) <= 400
    assert seen == [4]
    assert len(sent.pieces) > 10
    by_index = {row["index"]: row for table in found for row in table.to_pylist()}
    assert [by_index[number]["text"] for number in index] == [TEXTS[row] for row in rows]
    bytes_of = [sum(len((row[name] or "").encode()) for name in scattering.SENT) for _, row in sorted(by_index.items())]
    assert sent.sizes_bytes.tolist() == [sum(bytes_of[:40]), sum(bytes_of[40:70]), sum(bytes_of[70:])]


@given(st.lists(st.integers(0, 30)), st.integers(1, 40))
def test_slices_hold_all_rows_in_order_and_no_more_than_they_may(sizes: list[int], most: int) -> None:
    found = list(slices(np.array(sizes, np.int64), most))
    assert [row for start, end in found for row in range(start, end)] == [*range(len(sizes))]
    for start, end in found:
        assert sum(sizes[start:end]) <= most or end == start + 1


def test_a_shard_of_too_many_bytes_becomes_several(
    documents: tuple[MemoryStore, File], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, file = documents
    monkeypatch.setattr(splitting, "SHARD_BYTES", 260)
    rows = [3, 0, 1, 2, 3, 3, 2, 2]
    with Exchange(store) as address:
        sent = scatter(task(address, file, rows, [*range(8)], [0, 6]))
        arrived = Arrived(2, 2, [sent])
        whole = spans(np.array([0, 6]), np.array([6, 2]), 8)
        found = divided(store, whole, arrived, 1, map)  # type: ignore[arg-type]
        texts = [
            [
                row["text"]
                for table in received(store, span, arrived.ranges(span.shard))
                for row in table.sort_by("index").to_pylist()
            ]
            for span in found
        ]
    assert [(span.start, span.end) for span in found] == [(0, 2), (2, 4), (4, 5), (5, 6), (6, 8)]
    assert [(span.first, span.rows) for span in found] == [(0, 2), (2, 2), (4, 1), (5, 1), (6, 2)]
    assert texts == [[TEXTS[row] for row in rows[span.start : span.end]] for span in found]
    small = Arrived(2, 2, [replace(sent, sizes_bytes=sent.sizes_bytes // 10)])
    assert divided(store, whole, small, 1, map) == whole  # type: ignore[arg-type]


def test_places_of_documents_that_were_taken_down_stay_empty(
    documents: tuple[MemoryStore, File], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, file = documents
    monkeypatch.setattr(splitting, "SHARD_BYTES", 260)
    with Exchange(store) as address:
        sent = scatter(task(address, file, [0, 3, 3], [1, 2, 5], [0]))
        whole = spans(np.array([0]), np.array([3]), 7)
        found = divided(store, whole, Arrived(1, 1, [sent]), 0, map)  # type: ignore[arg-type]
    assert [span[:4] for span in found] == [(0, 5, 0, 2), (5, 7, 2, 1)]


def test_what_is_written_around_a_text_counts() -> None:
    rendering = RenderingRecipe(
        (TemplateRecipe("a", "é{text}"), TemplateRecipe("b", "{text}")), (ControlRecipe("<x>", "words > 1"),)
    )
    assert around(rendering) == len("é{text}".encode()) + 3
    assert around(RenderingRecipe()) == 0
