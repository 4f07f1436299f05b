"""The spans of reStructuredText point at what they name, in the bytes as the author wrote them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.extraction import restructured_text
from dagster_project.corpus.extraction.restructured_text import read_restructured_text
from dagster_project.corpus.model.structure import KINDS

NAMES = list(KINDS)


def spans(text: str, *kinds: str) -> list[tuple[str, str, str | None]]:
    marked = read_restructured_text(text)
    body, found = marked.text.encode(), marked.structure
    rows = zip(found.kinds, found.starts, found.ends, found.values, strict=True)
    said = [(NAMES[kind], body[start:end].decode(), value) for kind, start, end, value in rows]
    return [row for row in said if not kinds or row[0] in kinds]


def test_sections_have_levels_in_the_order_of_their_adornment():
    text = "====\nDöc\n====\n\nOne\n===\n\nTwo\n---\n\ntext\n\n----\n\nThree\n=====\n"
    assert spans(text, "heading") == [
        ("heading", "Döc", "1"), ("heading", "One", "2"), ("heading", "Two", "3"), ("heading", "Three", "2"),
    ]  # fmt: skip
    assert read_restructured_text(text).title == "Döc"


def test_what_two_colons_announce_is_code():
    assert spans("So::\n\n    a `b <c>`_\n\n    d\n\nend\n") == [
        ("paragraph", "So::", None), ("code", "a `b <c>`_\n\n    d", None), ("paragraph", "end", None),
    ]  # fmt: skip
    assert spans("::\n\n  bare\n") == [("code", "bare", None)]
    assert spans("- item::\n\n    code\n", "code") == [("code", "code", None)]
    assert spans(">>> 1\n1\n\nx\n", "code") == [("code", ">>> 1\n1", None)]


def test_directives_of_code_name_the_language():
    text = ".. code-block:: python\n   :linenos:\n\n   é = 1\n\n.. code::\n\n   x\n\nend\n"
    assert spans(text) == [("code", "é = 1", "python"), ("code", "x", None), ("paragraph", "end", None)]


def test_lists_nest_and_hold_items():
    assert spans("- é\n  more\n\n  1. x\n  #. y\n- z\n", "list", "item") == [
        ("list", "- é\n  more\n\n  1. x\n  #. y\n- z", "unordered"), ("item", "- é\n  more\n\n  1. x\n  #. y", None),
        ("list", "1. x\n  #. y", "ordered"), ("item", "1. x", None), ("item", "#. y", None), ("item", "- z", None),
    ]  # fmt: skip


def test_a_line_that_only_looks_like_an_item_is_none():
    assert spans("A. Einstein was\na man.\n") == [("paragraph", "A. Einstein was\na man.", None)]
    assert spans("-1 is negative\n") == [("paragraph", "-1 is negative", None)]


def test_tables_of_every_form_are_one_span():
    grid = "+---+---+\n| a | b |\n+===+===+\n| c | d |\n+---+---+"
    simple = "===  ===\na    b\n===  ===\n1    2\n\n3    4\n===  ==="
    values = "a, b\n   c, d"
    text = f"{grid}\n\n{simple}\n\n.. csv-table:: T\n   :header: x\n\n   {values}\n\nend\n"
    assert spans(text) == [
        ("table", grid, None), ("table", simple, None), ("table", values, None), ("paragraph", "end", None),
    ]  # fmt: skip


def test_links_and_math_are_found_where_they_stand():
    text = "Ü `a\nb <http://x>`_ and `named`__ :math:`a_1` :ref:`named`_\n\n.. _named: http://n\n.. _other:\n"
    assert spans(text, "link", "math") == [
        ("link", "a\nb", "http://x"), ("link", "named", "http://n"), ("math", "a_1", "tex"),
    ]  # fmt: skip
    assert spans(".. math:: x = y\n\n.. math::\n   :label: l\n\n   a\n   b\n", "math") == [
        ("math", "x = y", "tex"), ("math", "a\n   b", "tex"),
    ]  # fmt: skip


def test_images_have_their_alternative_text_or_nothing():
    assert spans(".. image:: a.png\n\n.. figure:: b.png\n   :alt: Ä b\n\n   A caption.\n") == [
        ("image", "", "a.png"), ("image", "Ä b", "b.png"), ("paragraph", "A caption.", None),
    ]  # fmt: skip


def test_indented_blocks_are_quotes_or_definitions():
    assert spans("Said:\n\n   words\n\nterm\n   meaning\n", "quote", "paragraph") == [
        ("paragraph", "Said:", None), ("paragraph", "words", None), ("quote", "words", None),
        ("paragraph", "term", None), ("paragraph", "meaning", None),
    ]  # fmt: skip


def test_comments_and_what_is_not_read_are_no_text():
    text = (
        "..\n   SPDX-License-Identifier: MIT\n\n.. toctree::\n\n   a\n   b\n\n.. note:: see\n   this\n\n.. [1] Foot.\n"
    )
    assert spans(text) == [("paragraph", "this", None), ("paragraph", "Foot.", None)]
    assert "SPDX-License-Identifier: MIT" in read_restructured_text(text).comments


def test_docinfo_stands_at_the_head_only():
    fields = read_restructured_text(":Date: 2024\n:Long: a\n  b\n\ntext\n\n:Not: this\n").fields
    assert fields == {"date": "2024", "long": "a b"}
    assert read_restructured_text("T\n=\n\n.. c\n\n:License: MIT\n").fields == {"license": "MIT"}


def test_a_long_text_has_paragraphs_only(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(restructured_text, "MARKUP_BYTES", 5)
    assert spans("T\n=\n\n- a\n") == [("paragraph", "T\n=", None), ("paragraph", "- a", None)]


@pytest.mark.parametrize(
    "text",
    ["".join(" " * n + "x\n" for n in range(500)), "".join(" " * n + "- x\n" for n in range(500)), "- " * 5_000,
     "== ==\na\n\nb\n" * 5_000, "`<" * 20_000, "`" * 50_000, ".. a::\n" * 10_000, "a::\n\n b\n\n" * 5_000,
     "=" * 100_000],
)  # fmt: skip
def test_hostile_texts_end_soon(text: str):
    started = time.process_time()
    read_restructured_text(text)
    assert time.process_time() - started < 5


MARKUP = st.lists(
    st.sampled_from(
        ["- ", "1. ", "  ", "::", "\n", "\n\n", "====", "----", ".. ", ".. note:: ", ".. code:: x\n", "`a <b>`_", "é",
         "|", "+--+", "== ==", ":a: b", ">>> ", ".. image:: p\n   :alt: q", "漢", "\t", "\r\n", "\0", ".. math:: ",
         ".. [1] ", "x"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(MARKUP | st.text(max_size=60))
def test_spans_of_any_text_lie_on_its_characters_in_order(text: str):
    marked = read_restructured_text(text)
    body, found = marked.text.encode(), marked.structure
    places = [(int(start), -int(end)) for start, end in zip(found.starts, found.ends, strict=True)]
    assert places == sorted(places)
    for start, end in places:
        assert 0 <= start <= -end <= len(body)
        body[start:-end].decode()
