"""Hashed n-grams and the blocked filter: which characters are hashed, that nothing is lost, and how often it errs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.portraits import block_of, false_rate, filled, held, rolled, strided
from dagster_project.corpus.kernels.texts import buffers

TEXTS = st.lists(st.text(st.sampled_from("aé漢😀\n"), max_size=60), max_size=6)
WIDTHS = st.integers(1, 20)


def hashed(text: str) -> int:
    return xxhash.xxh64(text.encode()).intdigest()


@given(TEXTS, WIDTHS)
def test_ngrams_are_characters_side_by_side(texts: list[str], width: int) -> None:
    found = strided(*buffers(pa.array(texts, pa.large_string())), width)
    grams = [text[at : at + width] for text in texts for at in range(0, len(text) - width + 1, width)]
    assert found.hashes.tolist() == [hashed(gram) for gram in grams]
    assert found.covered_bytes == sum(len(gram.encode()) for gram in grams)
    assert found.short == sum(len(text) < width for text in texts)


@given(TEXTS, WIDTHS)
def test_a_question_hashes_every_character(texts: list[str], width: int) -> None:
    found = rolled(*buffers(pa.array(texts, pa.large_string())), width)
    expected = [[hashed(text[at : at + width]) for at in range(len(text) - width + 1)] for text in texts]
    assert found.hashes.tolist() == [item for some in expected for item in some]
    assert np.diff(found.firsts).tolist() == [len(some) for some in expected]


@pytest.mark.parametrize("elements", [300, 20_000, 200_000])
@pytest.mark.parametrize("skipped", [0, 3])
def test_the_filter_holds_all_and_errs_as_it_says(elements: int, skipped: int) -> None:
    drawn = np.random.default_rng(elements)
    hashes, others = (drawn.integers(0, 1 << 64, size, np.uint64) >> np.uint64(skipped) for size in (elements, 400_000))
    blocks = -(-elements * 10 // 512)
    found = filled(hashes, blocks, 6, skipped)
    assert held(found, block_of(hashes, blocks, skipped), hashes, 6).all()
    stated = false_rate(found, 6)
    measured = held(found, block_of(others, blocks, skipped), others, 6).mean()
    assert 0.004 < stated < 0.013
    assert measured == pytest.approx(stated, abs=5 * (stated / len(others)) ** 0.5)


def test_blocks_are_used_alike_and_in_the_order_of_the_hashes() -> None:
    hashes = np.sort(np.random.default_rng(0).integers(0, 1 << 64, 100_000, np.uint64))
    blocks = block_of(hashes, 37, 0)
    assert (np.diff(blocks) >= 0).all()
    assert set(blocks.tolist()) == set(range(37))
    assert np.bincount(blocks).min() > 0.9 * len(hashes) / 37
