"""The spans of Markdown point at what they name, in the bytes as the author wrote them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.extraction import markdown, plain_text
from dagster_project.corpus.extraction.markdown import read_markdown
from dagster_project.corpus.model.structure import KINDS

NAMES = list(KINDS)
Found = list[tuple[str, str, str | None]]


def spans(text: str, *kinds: str) -> Found:
    marked = read_markdown(text)
    body, found = marked.text.encode(), marked.structure
    rows = zip(found.kinds, found.starts, found.ends, found.values, strict=True)
    said = [(NAMES[kind], body[start:end].decode(), value) for kind, start, end, value in rows]
    return [row for row in said if not kinds or row[0] in kinds]


def test_headings_of_both_forms_have_levels():
    assert spans("# Ü *a* #\n\ntext\n\nSet\next\n===\n\n###### six\n", "heading") == [
        ("heading", "Ü *a*", "1"), ("heading", "Set\next", "1"), ("heading", "six", "6"),
    ]  # fmt: skip


def test_lists_nest_and_hold_items():
    assert spans("- é\n  1. b\n  2. c\n- d\n\n* other\n") == [
        ("list", "- é\n  1. b\n  2. c\n- d", "unordered"), ("item", "- é\n  1. b\n  2. c", None),
        ("list", "1. b\n  2. c", "ordered"), ("item", "1. b", None), ("item", "2. c", None), ("item", "- d", None),
        ("list", "* other", "unordered"), ("item", "* other", None),
    ]  # fmt: skip


def test_tables_have_rows_and_cells():
    assert spans("> | a | b |\n> |---|:-:|\n> | [é](u) | `x\\|y` |\n> | | b |\n", "table", "row", "cell", "link") == [
        ("table", "> | a | b |\n> |---|:-:|\n> | [é](u) | `x\\|y` |\n> | | b |", None),
        ("row", "> | a | b |", None), ("cell", "a", "header"), ("cell", "b", "header"),
        ("row", "> | [é](u) | `x\\|y` |", None), ("cell", "[é](u)", None), ("link", "é", "u"),
        ("cell", "`x\\|y`", None),
        ("row", "> | | b |", None), ("cell", "b", None),
    ]  # fmt: skip


def test_code_is_what_stands_within_its_fence():
    assert spans("```py title\nx = 'é'\n```\n\n~~~\nopen\n", "code") == [
        ("code", "x = 'é'", "py"),
        ("code", "open", None),
    ]
    assert spans("    indented\n\n    more\n", "code") == [("code", "indented\n\n    more", None)]
    assert spans("```\n```\n", "code") == []


def test_links_and_images_are_found_where_they_stand():
    text = (
        '> é [a\n> b](/u "t") and [r][x] <https://e.org> ![al*t*](i.png)\n> [![in](i)](l) `[no](code)`\n\n[x]: /ref\n'
    )
    assert spans(text, "link", "image") == [
        ("link", "a\n> b", "/u"), ("link", "r", "/ref"), ("link", "https://e.org", "https://e.org"),
        ("image", "al*t*", "i.png"), ("link", "![in](i)", "l"), ("image", "in", "i"),
    ]  # fmt: skip


def test_the_alternative_text_of_an_image_is_a_text_of_its_own():
    assert spans("![a [b](c)](i)\n", "link", "image") == [("image", "a [b](c)", "i")]


def test_repeated_words_do_not_mislead():
    assert read_markdown("1. 1\n\n   a\n").structure.starts.tolist() == [0, 0, 3, 9]
    assert spans("1. 1\n\n   a\n", "paragraph") == [("paragraph", "1", None), ("paragraph", "a", None)]
    assert spans("# # a #\n", "heading") == [("heading", "# a", "1")]


@pytest.mark.parametrize(
    ("text", "math"),
    [
        ("so $a_1*b*c$ is", ["a_1*b*c"]),
        ("$$x$$ and $y$", ["x", "y"]),
        ("$$\na = b\n- c\n$$\n", ["\na = b\n- c\n"]),
        ("costs $5 and $6, or $7", []),
        ("US$5 to A$6", []),
        ("\\$a$ and `$b$`", []),
        ("$a\\$b$", ["a\\$b"]),
        ("$ a$ $b $", []),
        ("$$\na\n\nb$$", []),
    ],
)
def test_math_is_told_from_money(text: str, math: list[str]):
    assert [found for _, found, _ in spans(text, "math")] == math


def test_the_title_is_that_of_the_head_or_the_first_heading():
    assert read_markdown("## no\n\n# A `b` [c](d) ![e](f)\n\n# later\n").title == "A b c e"
    assert read_markdown("---\ntitle: x\n---\ntext").fields == {"title": "x"}


def test_what_stands_above_is_taken_out_and_spans_point_into_the_rest():
    marked = read_markdown("---\na: 1\n---\n# T\n")
    assert (marked.text, marked.structure.starts.tolist()) == ("# T\n", [2])


@pytest.mark.parametrize("text", ["a\rb\r\rc", "a\r\nb\r\n\r\nc", "a\nb\n\nc"])
def test_line_ends_of_every_kind_are_kept(text: str):
    assert [found for _, found, _ in spans(text, "paragraph")] == [text[: text.rindex("b") + 1], "c"]


def test_zeros_are_kept():
    assert spans("a\0b [c\0](d)\n") == [("paragraph", "a\0b [c\0](d)", None), ("link", "c\0", "d")]


def test_a_long_text_has_paragraphs_only_and_a_long_paragraph_no_links(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(markdown, "INLINE_CHARACTERS", 20)
    assert spans("[a](b) and some more words\n\n[c](d)\n", "link") == [("link", "c", "d")]
    monkeypatch.setattr(markdown, "MARKUP_BYTES", 10)
    assert spans("# heading\n\ntext\n") == [("paragraph", "# heading", None), ("paragraph", "text", None)]
    assert plain_text.MARKUP_BYTES == 1 << 20


@pytest.mark.parametrize(
    "text",
    [">" * 1_000, (">" * 1_000 + "\n") * 20, "[" * 20_000, "![" * 10_000, "`" * 20_000, "*a_ " * 5_000, "$" * 20_000,
     "|" * 20_000 + "\n" + "|-" * 10_000, "".join(" " * n + "- x\n" for n in range(300)), "<!--" * 5_000,
     "\t" * 20_000],
)  # fmt: skip
def test_hostile_texts_end_soon(text: str):
    started = time.process_time()
    read_markdown(text)
    assert time.process_time() - started < 5


MARKUP = st.lists(
    st.sampled_from(
        ["# ", "- ", "1. ", "> ", "|", "---", "\n", "\n\n", "```", "$", "$$", "[a](b)", "![", "](", "é", "漢 ", "\t",
         "<http://x>", "\\", "`", "*", "    ", "\r\n", "\0", "a", "=", "[x]: /y\n", "<!-- c -->"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(MARKUP | st.text(max_size=60))
def test_spans_of_any_text_lie_on_its_characters_in_order(text: str):
    marked = read_markdown(text)
    body, found = marked.text.encode(), marked.structure
    places = [(int(start), -int(end)) for start, end in zip(found.starts, found.ends, strict=True)]
    assert places == sorted(places)
    for start, end in places:
        assert 0 <= start <= -end <= len(body)
        body[start:-end].decode()
