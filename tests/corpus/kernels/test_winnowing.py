"""Anchors are those of the paper, and equal windows have equal ones."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.winnowing import BASE, CODES, anchors
from tests.oracles import winnowing as oracle

TEXTS = st.lists(st.text(st.sampled_from("abé"), max_size=60) | st.sampled_from(["a" * 50, "ab" * 30]), max_size=5)


def found_in(texts, length):
    found = anchors(*buffers(pa.array(texts, pa.large_string())), length)
    columns = (found.documents, found.hashes, found.firsts, found.lasts, found.tied)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(TEXTS, st.sampled_from([2, 3, 8, 20]))
def test_anchors(texts, length):
    codes = CODES.tolist()
    expected = [
        (i, *anchor)
        for i, text in enumerate(texts)
        for anchor in oracle.anchors(text.encode(), length, int(BASE), codes)
    ]
    assert found_in(texts, length) == expected


@given(TEXTS, st.sampled_from([8, 20]))
def test_equal_windows_have_equal_hashes(texts, length):
    hashes = defaultdict(set)
    for document, value, first, last, _ in found_in(texts, length):
        for start in range(first, last + 1):
            hashes[texts[document].encode()[start : start + length]].add(value)
    windows = {t.encode()[i : i + length] for t in texts for i in range(len(t.encode()) - length + 1)}
    assert set(hashes) == windows
    assert [window for window, values in hashes.items() if len(values) > 1] == []


@pytest.mark.parametrize(("length", "most", "least"), [(200, 55, 45), (50, 15, 11)])
def test_how_many(length, most, least):
    """Of random text two in as many places as a window has grams, and one more."""
    text = bytes(np.random.default_rng(3).integers(97, 123, 200_000, np.uint8)).decode()
    assert least < len(text) / len(found_in([text], length)) < most
    assert len(found_in(["a" * 200_000], length)) < 200_000 / (length // 2)


def falling(length, first):
    """A text each of whose grams has a lower hash than the one before."""
    gram, codes, base, word = length // 2, CODES.tolist(), int(BASE), (1 << 64) - 1
    text = [first] * gram
    hashes = {oracle.gram_hashes(text, gram, base, codes)[0]: first}
    while hashes:
        state = max(hashes)
        text.append(hashes[state])
        lost = codes[text[-gram]] * pow(base, gram, 1 << 64)
        following = {(state * base + codes[byte] - lost) & word: byte for byte in range(1, 128)}
        hashes = {value: byte for value, byte in following.items() if value < state}
    return bytes(text[1:]).decode()


def test_more_anchors_than_there_is_room_for_at_first():
    """In texts that were made for it every window has an anchor of its own."""
    texts = [falling(64, first) for first in range(1, 60)]
    found = [(document, first, last) for document, _, first, last, _ in found_in(texts, 64)]
    assert found == [(i, at, at) for i, text in enumerate(texts) for at in range(len(text) - 63)]
    assert len(found) > 16 + 8 * sum(map(len, texts)) / 64
