"""Cutting repeated substrings leaves one copy of everything, whole characters, and lists as they are."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.deduplication.removals import Cuts, Parallels, parallels, removals, united
from dagster_project.corpus.deduplication.substrings import Spans, find_substrings
from dagster_project.corpus.kernels.editing import apply, cut, undo
from dagster_project.corpus.kernels.texts import buffers, strings
from dagster_project.corpus.model.errors import IntegrityError
from tests.corpus.deduplication.test_substrings import batches_of, corpora
from tests.oracles import removals as oracle


def spans_of(texts, length, **options):
    with find_substrings(batches_of(texts, 3, range(len(texts))), length, **options) as found:
        chunks = list(found.spans())
    empty = [np.empty(0, np.int64)] * 6
    return Spans(*map(np.concatenate, zip(Spans(*empty, np.empty(0, bool)), *chunks, strict=True)))


def texts_of(texts, order=None):
    order = list(range(len(texts))) if order is None else order
    return np.array(order, np.int64), *buffers(pa.array([texts[i] for i in order], pa.large_string()))


def left(texts, removed):
    return strings(*apply(*texts[1:], removed.edits)).to_pylist()


@settings(deadline=None, max_examples=150)
@given(
    corpora(),
    st.sampled_from([8, 12]),
    st.booleans(),
    st.sampled_from(["first", "none"]),
    st.randoms(use_true_random=False),
)
def test_as_byte_by_byte(texts, length, inside, keep, random):
    """Of texts of one byte a character exactly those go; of others only whole ones of them."""
    order = list(range(len(texts)))
    random.shuffle(order)
    handed = texts_of(texts, order)
    spans = spans_of(texts, length, inside=inside)
    removed = removals(spans, handed, length, keep=keep, spare_lists=False, whole_words=False)
    edits, raw = removed.edits, {i: text.encode() for i, text in enumerate(texts)}
    gone = {
        (order[row], byte)
        for row in range(len(texts))
        for at in range(edits.firsts[row], edits.firsts[row + 1])
        for byte in range(edits.starts[at], edits.ends[at])
    }
    wanted = oracle.cuts(raw, length, inside=inside, keep=keep).keys()
    assert gone <= wanted
    assert gone == wanted or not all(text.isascii() for text in texts)
    assert len(gone) == removed.removed_bytes
    assert strings(*undo(*apply(*handed[1:], edits), edits, cut(*handed[1:], edits))).to_pylist() == [
        texts[i] for i in order
    ]


@settings(deadline=None)
@given(corpora(), st.sampled_from([8, 12]), st.booleans())
def test_every_byte_that_goes_stands_earlier(texts, length, inside):
    """From a byte that is cut one comes to one that stays by going to first occurrences."""
    raw = {i: text.encode() for i, text in enumerate(texts)}
    edits = removals(spans_of(texts, length, inside=inside), texts_of(texts), length, spare_lists=False).edits
    ranges = list(zip(edits.starts.tolist(), edits.ends.tolist(), strict=True))
    gone = {(i, byte) for i in range(len(raw)) for at in range(*edits.firsts[i : i + 2]) for byte in range(*ranges[at])}
    first = oracle.cuts(raw, length, inside=inside, keep="first")
    for place in gone:
        value = raw[place[0]][place[1]]
        while place in gone:
            assert first[place] < place
            place = first[place]
        assert raw[place[0]][place[1]] == value


def test_one_copy_stays():
    notice = "All rights are reserved by somebody. "
    texts = [f"{notice}One page.", f"Two pages. {notice}", notice]
    handed = texts_of(texts)
    assert left(handed, removals(spans_of(texts, 37), handed, 37)) == [texts[0], "Two pages. ", ""]
    assert left(handed, removals(spans_of(texts, 37), handed, 37, keep="none")) == ["One page.", "Two pages. ", ""]


@settings(deadline=None)
@given(st.lists(st.text("ab \né漢", max_size=60), min_size=2, max_size=5), st.booleans())
def test_no_word_is_torn_or_glued(texts, keeps_first):
    """What is left has only words that a text had; of the same bytes no more go than without regard to words."""
    handed, spans = texts_of(texts), spans_of(texts, 8)
    keep = "first" if keeps_first else "none"
    removed = removals(spans, handed, 8, keep=keep, spare_lists=False)
    words = [text.split() for text in texts]
    for before, after in zip(words, left(handed, removed), strict=True):
        assert set(after.split()) <= set(before)
    bare = removals(spans, handed, 8, keep=keep, spare_lists=False, whole_words=False)
    assert removed.removed_bytes <= bare.removed_bytes


def test_of_a_text_that_repeats_itself_one_window_stays():
    texts = ["ab" * 50, "漢字" * 20]
    handed = texts_of(texts)
    removed = removals(spans_of(texts, 20, inside=True), handed, 20, spare_lists=False)
    assert left(handed, removed) == ["ab" * 10, "漢字" * 3 + "漢"]
    assert removed.removed_bytes == 80 + 99


MENU = "- the first entry of it\n- the second entry of it\n"
RECIPE = "Take these:\n- flour from the mill\n- the first entry of it\n- sugar from the shop\n- salt from the sea\nMix."


@pytest.mark.parametrize(
    ("texts", "spare", "expected", "spared"),
    [
        ([MENU, RECIPE], True, RECIPE, 1),
        ([MENU, RECIPE], False, RECIPE.replace("- the first entry of it\n- ", ""), 0),
        ([MENU, f"A page.\n{MENU}- the last\nof it."], True, "A page.\n- the last\nof it.", 0),
        ([MENU, f"A page.\n{MENU}Its end."], True, "A page.\nIts end.", 0),
        (["of one, of two. The sentence stands.", "of one, of two. The sentence"], True, "", 0),
    ],
    ids=["a line of a list", "not spared", "most of a list", "two lines are no list", "prose"],
)
def test_lists(texts, spare, expected, spared):
    handed = texts_of(texts)
    removed = removals(spans_of(texts, 23), handed, 23, spare_lists=spare)
    assert left(handed, removed)[0] == texts[0]
    assert left(handed, removed)[1] == expected
    assert removed.spared == spared
    assert (removed.spared_bytes > 0) == (spared > 0)


def test_parallel_structure_is_measured_before_and_after():
    texts = [MENU, f"One line.\n{MENU}Another line,\nand a third one."]
    handed = texts_of(texts)
    removed = removals(spans_of(texts, 40), handed, 40)
    assert removed.before == parallels(*handed[1:]) == Parallels(4, 7)
    assert removed.after == Parallels(2, 5)
    assert parallels(*buffers(pa.array(["", "\n \n"]))) == Parallels(0, 0)


def test_what_cuts_nothing_changes_nothing():
    handed = texts_of([f"Alone: {MENU}"])
    removed = removals(spans_of(["Alone: "], 40), handed, 40)
    assert removed.before == removed.after == Parallels(2, 2)
    assert removed.removed_bytes == len(removed.edits.starts) == 0


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10), st.integers(1, 10))))
def test_united_stretches_cover_the_same_bytes_once(stretches):
    """Documents of 20 bytes, side by side."""
    rows, starts, sizes = np.array(stretches, np.int64).reshape(-1, 3).T
    found = united(Cuts(rows, 20 * rows + starts, 20 * rows + starts + sizes))
    covered = {20 * row + byte for row, start, size in stretches for byte in range(start, start + size)}
    assert {byte for start, end in zip(found.starts, found.ends, strict=True) for byte in range(start, end)} == covered
    assert (found.ends - found.starts).sum() == len(covered)
    assert (found.starts // 20 == found.rows).all()
    assert ((found.ends - 1) // 20 == found.rows).all()


def test_spans_of_other_documents_are_refused():
    texts = ["the same words", "the same words"]
    for handed in (texts_of(texts, [0]), texts_of(texts, [])):
        with pytest.raises(IntegrityError, match="spans of documents that are not among these"):
            removals(spans_of(texts, 14), handed, 14)
