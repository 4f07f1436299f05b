"""What is repeated is found as a dictionary of all windows finds it, whatever the batches, the order and the memory."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.corpus.deduplication import substrings as module
from dagster_project.corpus.deduplication.substrings import Counts, find_substrings
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.storage import runs
from tests.oracles import substrings as oracle

ALPHABETS = st.sampled_from(["a", "ab", "abé", "é漢", "ab漢😀"])


@st.composite
def corpora(draw):
    """Texts that are made of the same few pieces, and of other characters."""
    letters = draw(ALPHABETS)
    planted = st.sampled_from(draw(st.lists(st.text(letters, min_size=1, max_size=30), min_size=1, max_size=3)))
    other = st.text("xyz" + letters, max_size=9)
    return draw(st.lists(st.lists(planted | other, max_size=6).map("".join), max_size=6))


def batches_of(texts, size, order):
    def read():
        for start in range(0, len(order), size):
            ranks = order[start : start + size]
            yield np.array(ranks, np.int64), *buffers(pa.array([texts[i] for i in ranks], pa.large_string()))

    return read


def search(texts, length, *, size=2, order=None, **options):
    """The spans as tuples, and the counts; every chunk holds whole documents."""
    order = range(len(texts)) if order is None else order
    with find_substrings(batches_of(texts, size, order), length, **options) as found:
        chunks = [list(zip(*(column.tolist() for column in spans), strict=True)) for spans in found.spans()]
        again = [row for spans in found.spans() for row in zip(*(column.tolist() for column in spans), strict=True)]
    ranks = [{row[0] for row in rows} for rows in chunks]
    assert sum(map(len, ranks)) == len(set().union(*ranks))
    rows = [row for chunk in chunks for row in chunk]
    assert again == rows
    return rows, found.counts


def expected(texts, length, inside=False):
    return oracle.spans({i: text.encode() for i, text in enumerate(texts)}, length, inside=inside)


@settings(deadline=None, max_examples=150)
@given(
    corpora(),
    st.sampled_from([8, 9, 12, 20]),
    st.booleans(),
    st.integers(1, 4),
    st.randoms(use_true_random=False),
    st.sampled_from([2000, 1 << 20]),
    st.sampled_from([1, 3, 1 << 15]),
)
@example(["a" * 30, "", "a" * 25], 20, False, 1, None, 1, 1)
@example(["a" * 25], 20, True, 1, None, 1 << 20, 1)
@example(["xxabcdefghijyy", "abcdefghij", "zabcdefghij"], 10, False, 3, None, 1 << 20, 7)
def test_as_a_dictionary_of_all_windows(texts, length, inside, size, random, memory, chunk):
    order = list(range(len(texts)))
    if random:
        random.shuffle(order)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "CHUNK", chunk)
        patched.setattr(module, "WINDOWS_AT_ONCE", 1 + chunk)
        rows, counts = search(texts, length, size=size, order=order, inside=inside, memory_bytes=memory)
    assert rows == expected(texts, length, inside)
    assert (counts.documents, counts.bytes, counts.hot) == (len(texts), len("".join(texts).encode()), 0)


@settings(deadline=None)
@given(corpora(), st.sampled_from([8, 12]), st.booleans())
def test_a_copy_begins_as_its_first_occurrence(texts, length, inside):
    raw = [text.encode() for text in texts]
    rows, _ = search(texts, length, inside=inside)
    for rank, start, end, copies, first_rank, first_start, is_first in rows:
        window = raw[first_rank][first_start : first_start + length - 3]  # what its first character was cut from
        assert raw[rank][start : start + length - 3] == window
        assert raw[rank][start:end].decode()
        assert end - start >= length - 6
        assert is_first == ((first_rank, first_start) == (rank, start))
        assert (first_rank, first_start) <= (rank, start)
        assert copies >= 2


@settings(deadline=None)
@given(corpora(), st.booleans(), st.sampled_from([1, 3, 1 << 15]), st.integers(1, 6))
def test_hot_windows_are_found_and_only_counted_no_further(texts, inside, chunk, hot):
    """Copies are those among so many windows, one more than `hot` or up to the second copy."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "CHUNK", chunk)
        rows, counts = search(texts, 8, inside=inside, hot=hot)
    all_of_them = expected(texts, 8, inside)
    assert [row[:3] + row[4:] for row in rows] == [row[:3] + row[4:] for row in all_of_them]
    assert all(2 <= row[3] <= full[3] for row, full in zip(rows, all_of_them, strict=True))
    assert all(row[3] <= max(hot + 1, 2) for row in rows)
    times = oracle.occurrences([text.encode() for text in texts], 8, inside=inside)
    assert (counts.hot, counts.hot_windows) == (sum(n > hot for n in times), sum(n for n in times if n > hot))
    assert counts.repeated_windows == sum(times)


def test_documents_are_told_from_occurrences():
    """A text that only repeats itself is no copy, unless that is asked."""
    own = "abcdefghij" * 3
    assert search([own, "other"], 10)[0] == []
    assert search([own, "other"], 10, inside=True)[0] == [
        (0, 0, 19, 3, 0, 0, True),
        (0, 10, 30, 3, 0, 0, False),
    ]
    assert search([own, "abcdefghij"], 10)[0] == [
        (0, 0, 10, 2, 0, 0, True),
        (0, 10, 20, 2, 0, 10, True),
        (0, 20, 30, 2, 0, 20, True),
        (1, 0, 10, 2, 0, 0, False),
    ]


def test_the_first_is_that_of_the_lowest_rank():
    rows, counts = search(["shared words stand", "so shared words", "shared words"], 12, order=[2, 0, 1])
    assert rows == [(0, 0, 12, 3, 0, 0, True), (1, 3, 15, 3, 0, 0, False), (2, 0, 12, 3, 0, 0, False)]
    assert counts == Counts(3, 45, counts.anchors, counts.repeated_anchors, counts.windows, 3, 0, 0, 18, 2)


def test_spans_hold_whole_characters():
    """Bytes that characters share are no text: U+6F22 and U+6F23 differ in their last byte."""
    rows, _ = search(["漢字漢字\u6f22", "漢字漢字\u6f23"], 13)
    assert rows == [(0, 0, 12, 2, 0, 0, True), (1, 0, 12, 2, 0, 0, False)]


@pytest.mark.parametrize("texts", [[], [""], ["", "short", "short"]], ids=["nothing", "an empty text", "short ones"])
def test_nothing_to_find(texts):
    assert search(texts, 8)[0] == []


def test_ranks_with_gaps_and_places_beyond_32_bits():
    texts = {7: "the same words here", (1 << 40) + 5: "the same words here"}
    with find_substrings(batches_of(texts, 1, list(texts)), 19) as found:
        chunks = list(found.spans())
    assert [spans.rank.tolist() for spans in chunks] == [[rank] for rank in texts]
    assert [spans.first_rank.tolist() for spans in chunks] == [[7], [7]]


def test_refusals():
    with pytest.raises(Refused, match=r"of 7 bytes are too short.*at least 8"):
        search(["text"], 7)
    with pytest.raises(Refused, match=r"last of 1 documents has rank 1152921504606846976.*parts"):
        find_substrings(batches_of({1 << 60: "text"}, 1, [1 << 60]), 8)
    readings = iter([["one text", "two texts"], ["one text"]])
    with pytest.raises(IntegrityError, match="2 documents were read, and 1 when"):
        find_substrings(lambda: batches_of(texts := next(readings), 2, range(len(texts)))(), 8)


def test_nothing_is_left_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(runs.tempfile, "tempdir", str(tmp_path))
    with find_substrings(batches_of(["ab" * 500, "ab" * 400], 1, range(2)), 20, memory_bytes=1000) as found:
        assert len(list(tmp_path.iterdir())) == 1
        next(found.spans())
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_one_byte_is_one_span():
    texts = ["a" * 300, "b" + "a" * 5000]
    assert search(texts, 200)[0] == [(0, 0, 300, 2, 0, 0, True), (1, 1, 5001, 2, 0, 0, False)]
    assert search(texts, 200, inside=True)[0] == [
        (0, 0, 200, 4902, 0, 0, True),
        (0, 1, 300, 4902, 0, 0, False),
        (1, 1, 5001, 4902, 0, 0, False),
    ]
