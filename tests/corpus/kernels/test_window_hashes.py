"""Rolled hashes are those of each window by itself, and places tell whose characters are cut."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.secret_hashes import BASES, MODULUS
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.window_hashes import Stretches, window_rows

TEXTS = st.text(st.sampled_from("ab\x00é漢😀\x7f"), min_size=11, max_size=60)


def hash_of(window, base):
    value = 0
    for byte in window:
        value = (value * base + byte + 1) % MODULUS
    return value


def cut(text, start, end):
    """Bytes at the start of a character that began before, and at the end of one that is not whole."""
    bounds = [i for i in range(len(text) + 1) if i == len(text) or text[i] & 0xC0 != 0x80]
    return min(i for i in bounds if i >= start) - start, end - max(i for i in bounds if i <= end)


@given(st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from([8, 11]), st.data())
def test_rows(texts, length, data):
    raw = [text.encode() for text in texts]
    chosen = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=3))
    lasts = [data.draw(st.integers(0, len(raw[i]) - length)) for i in chosen]
    firsts = [data.draw(st.integers(0, last)) for last in lasts]
    stretches = Stretches(*(np.array(column, np.int64) for column in (chosen, firsts, lasts)))
    places = np.arange(len(texts), dtype=np.uint64) << np.uint64(20)
    rows = window_rows(*buffers(pa.array(texts, pa.large_string())), places, stretches, length)
    expected = []
    for i, first, last in zip(chosen, firsts, lasts, strict=True):
        for start in range(first, last + 1):
            before, after = cut(raw[i], start, start + length)
            window = raw[i][start : start + length]
            expected.append(
                [*(hash_of(window, base) for base in BASES), (i << 20) + (start << 4) + (before << 2) + after]
            )
    assert rows.tolist() == expected


def test_bases_differ_and_are_no_small_numbers():
    assert BASES[0] != BASES[1]
    assert min(BASES) > 1 << 32
