"""The tokenizer, as a tree sees it: a marked copy holds the text of its page, whatever the markup."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.kernels import elements, marks
from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels import references as r
from dagster_project.corpus.kernels.marking import mark
from dagster_project.corpus.kernels.spans import END, SPANS
from dagster_project.corpus.kernels.unmarking import unmark
from tests.oracles.markup import plain, unmarked

NAMES = "p div b i span ul ol li table tr td th h1 h2 pre code a blockquote dl dt dd img br svg math select".split()
ATTRIBUTES = ["", " class=x", " href='a>b'", ' alt="<p>"', " hidden", " x=&#60;", "/", " style=display:none"]
TEXTS = [
    "word",
    " ",
    "\n",
    "&amp;",
    "&#x1F600;",
    "é",
    "a < b",
    "字字",
    "<!-- x -->",
    "<!-->",
    "<!x>",
    "</>",
    "<?y?>",
    "&lt;p&gt;",
]
TAGS = st.builds("<{}{}{}>".format, st.sampled_from(["", "", "/"]), st.sampled_from(NAMES), st.sampled_from(ATTRIBUTES))
PAGES = st.lists(TAGS | st.sampled_from(TEXTS), max_size=40).map("".join)


def marked(page):
    room = mark(np.frombuffer(page.encode(), np.uint8))
    return room, room.out[: room.state[marks.OUT]].tobytes()


def kinds(page):
    room, _ = marked(page)
    return room.kinds[: room.state[marks.MARKED]].tolist()


@pytest.mark.parametrize(
    ("comment", "size"),
    [
        ("<!-- a --> b", 10),
        ("<!--> b", 5),
        ("<!---> b", 6),
        ("<!-- a --!> b", 11),
        ("<!-- a > b", 10),
        ("<!a> b", 4),
        ("<?a> b", 4),
    ],
)
def test_comments(comment, size):
    assert m.comment_end(np.frombuffer(comment.encode(), np.uint8), 0) == size


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("&#65;x", (5, 65)),
        ("&#x41x", (5, 65)),
        ("&#X0f0001;", (10, 0xF0001)),
        ("&amp;", (5, r.NAMED)),
        ("&amp x", (1, r.NO_REFERENCE)),
        ("&#;", (1, r.NO_REFERENCE)),
        ("&#99999999999999999999;", (23, 0x110000)),
    ],
)
def test_references(text, said):
    assert r.reference(np.frombuffer(text.encode(), np.uint8), 0) == said


def test_scripts_may_hold_scripts_in_comments():
    page = np.frombuffer(b"<script><!-- <script></script> --></script>after", np.uint8)
    assert m.script_end(page, 8, 1) == 34


def test_a_mark_stands_where_structure_begins_and_ends():
    room, copy = marked("<p>a<p>b")
    one, two, three = (chr(marks.PRIVATE + number) for number in range(3))
    assert copy.decode() == f"<p><img alt={one}>a<img alt={two}><p><img alt={three}>b"
    assert room.partners[1] == 0


def test_marks_of_tables_wait_for_a_cell():
    assert kinds("<table><tr>\n<td>a<tr><th>b</table>") == [
        *(elements.TABLE, elements.ROW, elements.CELL, elements.END, elements.END),
        *(elements.ROW, elements.HEADER, elements.END, elements.END, elements.END),
    ]


@pytest.mark.parametrize(
    "page",
    [
        "<select><p>x</select>",
        "<svg><a href=x>y</a></svg>",
        "<script><p></script>",
        "<!--<p>-->",
        "<title><p></title>",
        "<td>x",
        "<p",
        "<a>x</a>",
    ],
)
def test_nothing_is_marked_where_it_would_change_the_tree(page):
    assert kinds(page) == []


def test_elements_have_places_of_their_own():
    assert elements.place_of(m.packed("blockquote")) != 0
    assert elements.place_of(m.packed("blockquot")) == 0


@settings(max_examples=400, deadline=None)
@given(PAGES, st.booleans())
def test_the_copy_has_the_text_of_the_page(page, main_content):
    page = "<!doctype html><body>" + page
    _, copy = marked(page)
    assert unmarked(copy, main_content=main_content) == plain(page.encode(), main_content=main_content)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 9) | st.sampled_from("ab \n\t字\u00a0"), max_size=60))
def test_spans_of_any_marks_nest(items):
    numbers = np.array([1, 8, 10, 16, 20, 22, 12, 13, 11, 23], np.uint8)
    partners = np.array([-1] * 9 + [3], np.int32)
    text = "".join(chr(marks.PRIVATE + item) if isinstance(item, int) else item for item in items)
    found = unmark(np.frombuffer(text.encode(), np.uint8), numbers, partners, np.zeros(10, np.int64))
    size, spans = int(found.state[END]), int(found.state[SPANS])
    pairs = list(zip(found.starts[:spans].tolist(), found.ends[:spans].tolist(), strict=True))
    assert all(0 <= start <= end <= size for start, end in pairs)
    assert not any(a < c < b < d for a, b in pairs for c, d in pairs)
    assert "".join(found.out[:size].tobytes().decode().split()) == "".join(
        "".join(map(str, (i for i in items if isinstance(i, str)))).split()
    )
