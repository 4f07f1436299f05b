"""What is near a text: everything that shares a band with it and nothing else, by one question or by many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.corpus.deduplication import near_texts
from dagster_project.corpus.deduplication.banding import chance
from dagster_project.corpus.deduplication.likeness import COLUMNS, signatures_of
from dagster_project.corpus.deduplication.near_texts import NearTexts, described, lean, near_text, print_of
from dagster_project.corpus.deduplication.standing import read_places
from dagster_project.corpus.kernels.bands import band_keys
from dagster_project.corpus.kernels.minhash import signatures
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.errors import Refused
from tests.corpora import prose
from tests.corpus.deduplication.layered import Corpus
from tests.corpus.deduplication.test_ground_truth import DEVIATIONS, planted

PAIRS = 100
SIMILARITIES = (0.6, 0.7, 0.8)


@pytest.fixture(scope="module")
def pairs() -> dict[float, tuple[list[str], float]]:
    """By similarity, texts side by side and how alike two of them are."""
    return {
        at: (texts[: 2 * PAIRS], exact) for at in SIMILARITIES for texts, exact in [planted(at, seed=round(10 * at))]
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, pairs: dict[float, tuple[list[str], float]]) -> Corpus:
    """The first of every pair, one half of them in each of two layers, and some others."""
    firsts = {f"{at}-{n}": texts[2 * n] for at, (texts, _) in pairs.items() for n in range(PAIRS)}
    names = [*firsts]
    old = {name: firsts[name] for name in names[::2]} | {"short": "three words only"}
    new = {name: firsts[name] for name in names[1::2]} | {"shouted": "Three words ONLY!", "other": prose(1)}
    return Corpus(tmp_path_factory.mktemp("near"), old=old, new=new)


@pytest.fixture(scope="module")
def opened(corpus: Corpus) -> NearTexts:
    return NearTexts.of(corpus.store, corpus.layers)


def test_recall_is_the_s_curve_and_brute_force_finds_the_same(
    corpus: Corpus, opened: NearTexts, pairs: dict[float, tuple[list[str], float]]
) -> None:
    for at, (texts, exact) in pairs.items():
        keys = band_keys(signatures(*buffers(pa.array(texts))).minima)
        met = (keys[::2] == keys[1::2]).any(axis=1)
        found = [[corpus.names[item.doc_id] for item in opened.ask(text, 10).near] for text in texts[1::2]]
        assert [f"{at}-{n}" in names for n, names in enumerate(found)] == met.tolist()
        assert sum(map(len, found)) == met.sum()
        expected = chance(exact, 14, 8)
        assert abs(met.mean() - expected) <= DEVIATIONS * np.sqrt(expected * (1 - expected) / PAIRS)


def test_one_question_finds_what_the_index_in_memory_finds(
    corpus: Corpus, opened: NearTexts, pairs: dict[float, tuple[list[str], float]]
) -> None:
    asked = [
        *pairs[0.8][0][1:20:2],
        *pairs[0.6][0][1:20:2],
        "three words only",
        "",
        "nothing of this stands anywhere at all",
    ]
    assert [near_text(corpus.store, corpus.layers, text, 5) for text in asked] == [
        opened.ask(text, 5) for text in asked
    ]


def test_similarities_are_those_of_the_sketches_and_of_datasketch(
    corpus: Corpus, opened: NearTexts, pairs: dict[float, tuple[list[str], float]]
) -> None:
    texts, exact = pairs[0.8]
    asked = print_of(texts[1], opened.recipe)
    (found,) = opened.ask(texts[1], 5).near
    assert (corpus.names[found.doc_id], found.kind) == ("0.8-0", "near")
    assert found.similarity == pytest.approx(exact, abs=0.1)
    stored = read_places(corpus.store, [found.place], {"fingerprints": COLUMNS})
    one, other = signatures_of(asked, opened.recipe)[0], signatures_of(stored, opened.recipe)[0]
    assert lean(one).jaccard(lean(other)) == pytest.approx((one == other).mean())
    assert lean(one).jaccard(lean(other)) == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 112))


def test_the_surest_copies_come_first_and_short_texts_go_by_their_digests(corpus: Corpus) -> None:
    found = near_text(corpus.store, corpus.layers, "Three words ONLY!", 5)
    assert [(corpus.names[item.doc_id], item.kind, item.similarity) for item in found.near] == [
        ("shouted", "exact", 1.0),
        ("short", "normalized", 1.0),
    ]
    assert near_text(corpus.store, corpus.layers, prose(1), 1).near[0].kind == "exact"
    assert near_text(corpus.store, corpus.layers, "two words", 5).near == []
    (told, _) = described(corpus.store, found.near)
    assert (told["locator"], told["source"], told["status"], told["family_size"], told["estimated"]) == (
        "shouted",
        "new@dev",
        "suppressed",
        2,
        False,
    )


def test_of_too_many_candidates_those_that_share_most_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {f"t{n}": prose(5, 240) + f"\nAnd then {n} came to be found in it." for n in range(12)}
    corpus = Corpus(tmp_path, all=texts)
    monkeypatch.setattr(near_texts, "MOST_LOOKED_AT", 3)
    found = near_text(corpus.store, corpus.layers, texts["t7"], 10)
    assert (found.sharing, len(found.near), corpus.names[found.near[0].doc_id]) == (12, 3, "t7")


@pytest.mark.parametrize(
    "said",
    [
        "fingerprints: {sketch: 0}\nnear: {verify: none}",
        "fingerprints: {shingles: characters, ngram: 20}",
        "over: kept",
    ],
)
def test_whatever_the_recipe_says(tmp_path: Path, said: str) -> None:
    texts = {"a": prose(1, 240), "b": prose(2, 240), "poor": "nothing"}
    corpus = Corpus(tmp_path, said, all=texts)
    asked = texts["a"] + "\nOne more sentence."
    opened = NearTexts.of(corpus.store, corpus.layers)
    for text, names in ((asked, ["a"]), ("nothing", [] if said == "over: kept" else ["poor"])):
        for found in (near_text(corpus.store, corpus.layers, text, 5), opened.ask(text, 5)):
            assert [corpus.names[item.doc_id] for item in found.near] == names
            assert all(item.similarity > 0.85 for item in found.near)


def test_one_band_is_refused(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, "fingerprints: {bands: 1, rows: 8}", all={"a": prose(1)})
    with pytest.raises(Refused, match="an index of near texts needs two bands at least"):
        near_text(corpus.store, corpus.layers, prose(1), 1)
