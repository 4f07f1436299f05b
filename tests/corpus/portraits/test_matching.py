"""Verbatim spans of texts in a publication, against a search that looks everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.portraits import generations
from dagster_project.corpus.portraits.asking import Span
from dagster_project.corpus.portraits.drawing import draw
from dagster_project.corpus.portraits.generations import Tally, generations_in, lines_of, refuse_nothing, told_of
from dagster_project.corpus.portraits.matching import matches
from dagster_project.corpus.portraits.proving import FALSE, IN_PARTS, VERBATIM, proofs_of
from dagster_project.corpus.portraits.spans import Least
from dagster_project.corpus.portraits.texts import shards_of
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import prose
from tests.corpus.portraits.publications import doc_id, published
from tests.corpus.portraits.test_portraits import noise
from tests.oracles.verbatim import maximal_spans

ENGINE = LocalEngine(1)
TEXT = st.text(st.sampled_from("aé漢b"), max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT, max_size=4), st.lists(st.lists(TEXT, max_size=3), min_size=1, max_size=3), st.integers(8, 12))
def test_spans_documents_and_places_are_those_of_a_search_everywhere(
    texts: list[str], shards: list[list[str]], least: int
) -> None:
    store = MemoryStore()
    manifest = published(store, *shards)
    found = matches(store, ENGINE, shards_of(store, manifest), texts, Least(least))
    documents = [text for shard in shards for text in shard]
    assert found.cut_short == 0
    for number, text in enumerate(texts):
        own = [match for match in found.found if match.text == number]
        assert [(match.start, match.end) for match in own] == sorted(maximal_spans(text, documents, least))
        for match in own:
            span = text[match.start : match.end]
            holding = [item for item in documents if span in item]
            assert match.documents == len(set(holding))
            assert match.first.doc_id == doc_id(holding[0])
            assert match.first.position == documents.index(holding[0])
            assert match.first.start == holding[0].find(span)
            assert (match.first.source, match.first.license) == ("notes@1", "MIT")


def test_words_are_counted_where_they_are_asked_for() -> None:
    store = MemoryStore()
    shards = shards_of(store, published(store, [prose(1)]))
    text = "zz " + " ".join(prose(1).split()[:9]) + " qq"
    (match,) = matches(store, ENGINE, shards, [text], Least(9, "words")).found
    assert text[match.start : match.end].split() == prose(1).split()[:9]
    assert matches(store, ENGINE, shards, [text], Least(10, "words")).found == []


def test_what_says_nothing_is_refused() -> None:
    with pytest.raises(Refused, match="at least 8"):
        Least(7)


def test_every_line_is_told_or_counted(tmp_path: Path) -> None:
    file = tmp_path / "said.jsonl"
    lines = [
        json.dumps({"text": prose(1)[:200] + noise(1)}).encode(), b"", b"{", b"[]", b"\xff", b'{"texts": ""}',
        b'{"text": 3}', b'{"text": "\\ud800"}', json.dumps({"text": noise(2)}).encode(), b'{"text": ""}',
        b"[" * 100_000,
    ]  # fmt: skip
    file.write_bytes(b"\n".join(lines))
    store, tally = MemoryStore(), Tally()
    manifest = published(store, [prose(1)], [prose(2)])
    found = list(generations_in(store, ENGINE, manifest, lines_of(file, "text", tally), Least(), tally))
    assert [(item.line, item.match.start, item.match.end) for item in found] == [(1, 0, 200)]
    told = tally.told()
    assert told["unreadable"] == {
        "half a surrogate pair": 1, "no such field": 1, "not UTF-8": 1, "not a JSON object": 3, "not a text": 1,
    }  # fmt: skip
    assert (told["texts"], told["matching"], told["without_match"], told["spans"]) == (3, 1, 2, 1)
    assert told["matched_characters"] == 200
    assert told["matched_share"] == round(200 / told["characters"], 6)
    assert told_of(found[0])["first"]["doc_id"] == doc_id(prose(1)).hex()


def test_a_file_without_texts_is_refused(tmp_path: Path) -> None:
    file, tally = tmp_path / "said.jsonl", Tally()
    file.write_text('{"said": "x"}\n')
    assert list(lines_of(file, "text", tally)) == []
    with pytest.raises(Refused, match="1 no such field"):
        refuse_nothing(tally, "text")


def test_batches_and_portraits_change_no_match(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    manifest = published(store, [prose(number) for number in range(20)])
    texts = [(number, prose(number)[: 40 * number] + noise(number, 300)) for number in range(12)]

    def ask(least: Least) -> tuple[list[dict[str, Any]], Tally]:
        tally = Tally(texts=len(texts))
        found = generations_in(store, ENGINE, manifest, iter(texts), least, tally)
        return [told_of(item) for item in found], tally

    whole, _ = ask(Least(99))
    short, _ = ask(Least())
    assert {item["line"] for item in whole} == set(range(3, 12))
    draw(store, ENGINE, manifest)
    monkeypatch.setattr(generations, "AT_ONCE", 1000)
    found, tally = ask(Least(99))
    assert found == whole
    assert tally.ruled_out + tally.matching <= 12
    found, tally = ask(Least())
    assert found == short
    assert tally.ruled_out == 0  # what is shorter than 99 characters may show nothing in a portrait


def test_texts_in_which_nothing_can_stand_are_ruled_out() -> None:
    store = MemoryStore()
    manifest = published(store, [noise(1, 5000)])
    draw(store, ENGINE, manifest)
    tally = Tally()
    lines = iter([(1, "x" * 98), (2, noise(1, 5000)[30:130])])
    found = list(generations_in(store, ENGINE, manifest, lines, Least(99), tally))
    assert [item.line for item in found] == [2]
    assert tally.ruled_out == 1


def test_spans_are_proved_to_be_whole_in_parts_or_false() -> None:
    store = MemoryStore()
    one, two = noise(1, 100), noise(2, 100)
    manifest = published(store, [one, two])
    texts = [one, one[50:] + two[:50], noise(3, 100)]
    spans = [[Span(0, 100, 2, 0.0)]] * 3
    found = proofs_of(store, ENGINE, manifest, texts, spans, 50)
    assert [proof.verdict for some in found for proof in some] == [VERBATIM, IN_PARTS, FALSE]
    assert [match.first.doc_id for match in found[1][0].matches] == [doc_id(one), doc_id(two)]
    assert found[2][0].matches == ()
