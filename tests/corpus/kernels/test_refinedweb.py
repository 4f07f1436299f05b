"""RefinedWeb's line edits leave what a slow twin leaves."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.kernels.editing import apply
from dagster_project.corpus.kernels.refinedweb import Counts, Settings, edit_lines
from dagster_project.corpus.kernels.texts import buffers, strings
from tests.corpus.kernels.strategies import PIECES, TEXTS
from tests.oracles import refinedweb as oracle

LINE_PIECES = [
    *[
        "one two three",
        "A b",
        "ABC",
        "AB",
        "ab",
        "12",
        "1",
        "²",
        "①",
        "½",
        "٣",
        "3 likes",
        "2K shares",
        "(1,024 views)",
        "2\u212a ",
    ],
    *[
        "boo\u212amarks",
        "views",
        "likes!",
        "_3 likes",
        "3likes",
        "5 .",
        "items in cart",
        "Items In CART",
        " items in cart",
        "items",
    ],
    *[
        "Read more...",
        "read more",
        "...",
        "Sign-in",
        "sign-in ",
        "ſign-in",
        "\n",
        "\n",
        "\n",
        "\n\n",
        " ",
        "  ",
        "\t",
        "\r\n",
    ],
    *["\u00a0", "\u3000", "\u2028", "é", "漢字", "w w w w w w w w w ", "x"],
]
DCLM = Settings()
LINES = st.lists(st.one_of(st.sampled_from(LINE_PIECES), st.sampled_from(PIECES)), max_size=40).map("".join)
SETTINGS = st.builds(
    Settings,
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    st.sampled_from([0.0, 0.5, 0.999999]),
    st.booleans(),
    st.sampled_from([-1, 0, 1, 2, 4]),
    st.booleans(),
    st.sampled_from([-1, 0, 2, 10]),
)


def edit(texts, asked=DCLM):
    raw = buffers(pa.array(texts, pa.large_string()))
    edits, counts = edit_lines(*raw, asked)
    assert tuple(counts) == Counts._fields
    rows = [{name: int(column[i]) for name, column in counts.items()} for i in range(len(texts))]
    return list(zip(strings(*apply(*raw, edits)).to_pylist(), rows, strict=True))


@settings(max_examples=400)
@given(st.lists(st.one_of(LINES, TEXTS), min_size=1, max_size=4), SETTINGS)
def test_twin(texts, asked):
    for text, (left, counts) in zip(texts, edit(texts, asked), strict=True):
        assert left == oracle.edit(text, *asked)
        assert counts["words_before"] == oracle.words_of(text)
        assert counts["words_removed"] == oracle.words_of(text) - oracle.words_of(left)
        assert counts["lines_kept"] == len(left.split("\n")) - (not left and not counts["lines_kept"])


@settings(max_examples=200)
@given(st.lists(LINES, min_size=1, max_size=4))
def test_published_settings(texts):
    assert [left for left, _ in edit(texts)] == [oracle.edit(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "left", "counts"),
    [
        ("", "", {"words_before": 0}),
        (
            "  Some words.\n\n\nMore of them. \n",
            "Some words.\n\n\nMore of them.",
            {"lines_kept": 4, "words_removed": 0},
        ),
        ("ABcd ok\nABCd", "ABcd ok", {"lines_of_uppercase": 1, "words_before": 3, "words_removed": 1}),
        ("ABCDE f", "", {"lines_of_uppercase": 1, "lines_kept": 0}),
        ("a line\n2024²\nof 2024", "a line\nof 2024", {"lines_of_digits": 1}),
        ("a line\n  2024\nof 2024", "a line\nof 2024", {"lines_of_digits": 0, "lines_of_few_words": 1}),
        ("  2024\na line\n2025 ", "a line", {"lines_of_digits": 2, "lines_of_few_words": 0}),
        ("It has\n3 Likes\n2.5K shares!\n3 likes each", "It has\n3 likes each", {"lines_of_counters": 2}),
        ("two words\none\n- 1", "two words\n- 1", {"lines_of_few_words": 1, "words_removed": 1}),
        ("Your 2 items in cart now\nItems in Cart", "Your 2 now", {"phrases_removed": 2, "words_removed": 6}),
        ("See this Read more...\nRead more... of it", "See this\nRead more... of it", {"phrases_removed": 1}),
        ("Sign-in to see\nto Sign-in", "to see\nto Sign-in", {"phrases_removed": 1, "words_removed": 1}),
        ("a b c d e f g items in cart", "a b c d e f g", {"phrases_removed": 1}),
        ("a b c d e f g h items in cart", "a b c d e f g h items in cart", {"phrases_removed": 0}),
    ],
)
def test_examples(text, left, counts):
    ((found, row),) = edit([text])
    assert found == left
    assert {name: row[name] for name in counts} == counts


def test_no_documents():
    assert edit([]) == []
