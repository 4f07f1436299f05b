"""Portraits: the same bytes of the same texts, nothing missed, errors as rare as stated, a size that is bounded."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import Identity, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.portraits import asking, drawing
from dagster_project.corpus.portraits.asking import Portrait, Span, covered_characters, portrait_of, versions_with
from dagster_project.corpus.portraits.drawing import draw, portray
from dagster_project.corpus.portraits.portrait import PREFIX, forget, part_path, read_header, told_of
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.refs import publish, put_manifest
from tests.corpora import prose
from tests.corpus.portraits.publications import published

ENGINE = LocalEngine(1)
LETTERS = "abcdefghijklmnopqrstuvwxyz ,.é漢"


def noise(seed: int, size: int = 400, letters: str = LETTERS) -> str:
    chosen = random.Random(str(seed))  # Random(-1) is Random(1)
    return "".join(chosen.choice(letters) for _ in range(size))


def stored(store: MemoryStore) -> dict[str, bytes]:
    return {entry.path: store.get(entry.path) for entry in store.list(PREFIX)}


def test_shards_and_parts_change_no_byte_of_a_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "EACH", 100)
    texts = [noise(number, 30 * number) for number in range(40)]
    found = []
    for shards in ([texts], [texts[30:], texts[:7], [], texts[7:30]]):
        store = MemoryStore()
        manifest = published(store, *shards)
        header = draw(store, ENGINE, manifest)
        assert len(header.parts) > 1
        found.append({path.rpartition("/")[2]: body for path, body in stored(store).items() if "header" not in path})
        assert not list(store.list("scratch/"))
    assert found[0] == found[1]


def test_copies_take_no_room() -> None:
    sizes = []
    for times in (1, 3):
        store = MemoryStore()
        header = draw(store, ENGINE, published(store, [noise(number) for number in range(20)] * times))
        sizes.append((header.size_bytes, header.elements))
        assert header.documents == 20 * times
    assert sizes[0] == sizes[1]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 300), st.integers(0, 300), st.integers(0, 120))
def test_what_is_long_enough_is_never_missed(seed: int, begin: int, before: int, more: int) -> None:
    store = MemoryStore()
    texts = [noise(seed + number, 600) for number in range(5)]
    portrait = portrait_of(store, ENGINE, published(store, texts[:2], texts[2:]))
    planted = texts[seed % 5][begin : begin + portrait.header.certain + more]
    (spans,) = portrait.spans([noise(-seed - 1, before) + planted + noise(-seed - 2, 70)])
    inside = [span for span in spans if before - 50 < span.start and span.end <= before + len(planted) + 50]
    assert max(span.grams for span in inside) >= (len(planted) - 49) // 50


def test_a_span_ends_where_it_is_known_to() -> None:
    store = MemoryStore()
    text = noise(1, 500)
    portrait = portrait_of(store, ENGINE, published(store, [text]))
    (spans,) = portrait.spans([noise(2, 30) + text[120:380] + noise(3, 60)])
    long = max(spans, key=lambda span: span.grams)
    assert (long.start, long.end, long.grams) == (60, 260, 4)  # characters 150 to 349 of the document
    assert long.chance < 1e-5


def test_the_stated_rate_is_the_measured_one_and_chances_add_up() -> None:
    store = MemoryStore()
    portrait = portrait_of(store, ENGINE, published(store, [noise(number, 2000) for number in range(200)]))
    asked = noise(-1, 200_000)
    (spans,) = portrait.spans([asked])
    stated = portrait.header.false_rate
    assert 0.005 < stated < 0.012
    assert sum(span.grams for span in spans) == pytest.approx(stated * len(asked), rel=0.35)  # some lie within others
    assert {span.grams for span in spans} <= {1, 2, 3}
    assert next(span for span in spans if span.grams == 1).chance == pytest.approx(stated * (len(asked) - 49))


@pytest.mark.parametrize("letters", ["abcdefgh ", "漢字語文"])
def test_the_size_is_at_most_three_hundredths_of_the_text(letters: str) -> None:
    store = MemoryStore()
    header = draw(store, ENGINE, published(store, [noise(number, 990, letters) for number in range(100)]))
    assert header.share <= 0.03
    assert header.elements == 1900
    assert header.short == 0
    assert header.covered_bytes == len((letters[0] * 950 * 100).encode())


def test_texts_that_are_too_short_are_counted() -> None:
    store = MemoryStore()
    header = draw(store, ENGINE, published(store, ["a" * 49, "", "b" * 50]))
    assert (header.documents, header.short, header.elements, header.covered_bytes) == (3, 2, 1, 50)
    empty = MemoryStore()
    nothing = draw(empty, ENGINE, published(empty, []))
    assert (nothing.share, nothing.false_rate) == (0, 0)
    assert Portrait(empty, nothing).spans(["c" * 500, ""]) == [[], []]


def test_a_few_blocks_tell_what_the_whole_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "EACH", 500)
    store = MemoryStore()
    texts = [noise(number, 3000) for number in range(50)]
    portrait = portrait_of(store, ENGINE, published(store, texts))
    asked = [texts[3][100:900], noise(-5, 1000), ""]
    whole = portrait.spans(asked)
    monkeypatch.setattr(asking, "WHOLE_BYTES", 0)
    monkeypatch.setattr(asking, "GAP", 2)
    assert portrait.spans(asked) == whole
    assert max(span.grams for span in whole[0]) == 16


def test_many_texts_are_asked_as_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    texts = [noise(number) for number in range(9)]
    portrait = portrait_of(store, ENGINE, published(store, texts[:5]))
    alone = [portrait.spans([text])[0] for text in texts]
    monkeypatch.setattr(asking, "AT_ONCE", 700)
    assert portrait.spans(texts) == alone


def test_a_portrait_is_made_once_and_again_when_it_is_gone() -> None:
    store = MemoryStore()
    manifest = published(store, [noise(1)])
    header = portray(store, ENGINE, manifest)
    before = stored(store)
    forget(store, manifest.id)
    assert stored(store) == {}
    assert read_header(store, manifest.id) is None
    assert portray(store, ENGINE, manifest) == header == portray(store, ENGINE, manifest)
    assert stored(store) == before


def test_an_altered_part_is_noticed() -> None:
    store = MemoryStore()
    portrait = portrait_of(store, ENGINE, published(store, [noise(77)]))
    path = part_path(portrait.header.version, 0)
    store.put(path, bytes(len(store.get(path))))
    with pytest.raises(IntegrityError, match="altered"):
        portrait.spans([noise(1)])
    asking._whole.cache_clear()
    store.delete([path])
    with pytest.raises(IntegrityError, match="is gone"):
        portrait.spans([noise(1)])


def test_a_stage_without_text_is_refused() -> None:
    with pytest.raises(Refused, match="mixed has no text of its own"):
        draw(MemoryStore(), ENGINE, Manifest(Identity("mixed", (), {}, "", (), ""), (), ()))


def test_newest_versions_are_asked_and_what_has_no_portrait_is_unknown(tmp_path: Path) -> None:
    store = MemoryStore()
    for name, text in (("one@1", prose(1)), ("two@1", prose(2))):
        manifest = put_manifest(store, published(store, [text]))
        publish(store, Partition("published", name), manifest.id, build_key="", started_from=None)
    draw(store, ENGINE, manifest)
    asked = prose(2)[:300]
    found = {item["partition"]: item for item in versions_with(store, asked)}
    assert found["published/one@1"]["spans"] is None
    assert found["published/two@1"]["covered"] == 300
    found = {item["partition"]: item for item in versions_with(store, asked, ENGINE)}
    assert found["published/one@1"]["covered"] < 100


def test_covered_characters_count_once() -> None:
    assert covered_characters([Span(0, 50, 1, 0.1), Span(20, 70, 1, 0.1), Span(100, 150, 1, 0.1)]) == 120


def test_what_is_told_says_size_and_error() -> None:
    store = MemoryStore()
    told = told_of(draw(store, ENGINE, published(store, [noise(number, 1000) for number in range(50)])))
    assert told["certain"] == 99
    assert told["share_of_text"] == round(told["size_bytes"] / told["text_bytes"], 6)
    assert 0 < told["false_rate"] < 0.012
