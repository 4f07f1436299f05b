"""Structure exactly, on pages made by hand; laws on any page; agreement with resiliparse on real ones."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.extraction.encodings import decode
from dagster_project.corpus.extraction.main_content import extract
from dagster_project.corpus.extraction.marking import mark_page
from dagster_project.corpus.extraction.pages import (
    NO_CONTENT,
    NOT_TEXT,
    PAGE_BYTES,
    PAGE_TAGS,
    PAGE_TOO_LONG,
    Extracted,
    Page,
)
from dagster_project.corpus.model.structure import KINDS, structure_of
from tests.oracles.markup import plain, unmarked

URL = "http://example.org/d/page.html"
WARCS = sorted(Path("/work/shared/data/warc").glob("*.warc.gz"))


def extracted(html, **options):
    page = f"<!doctype html><html><body><main><div><div>{html}</div></div></main></body></html>"
    found = extract(Page(page.encode(), URL), **options)
    assert isinstance(found, Extracted), found
    return found


def spans(found):
    names, text = list(KINDS), found.text.encode()
    rows = zip(*(column.tolist() for column in found.structure[:3]), found.structure.values, strict=True)
    return [(names[kind], text[start:end].decode(), value) for kind, start, end, value in rows]


CASES = {
    "headings and paragraphs": (
        "<h1>One</h1>loose <b>text</b><h3>Three</h3><p>first<p>second<br>line</p>",
        "One\n\nloose text\n\nThree\n\nfirst\n\nsecond\nline",
        [
            ("heading", "One", "1"),
            ("paragraph", "loose text", None),
            ("heading", "Three", "3"),
            ("paragraph", "first", None),
            ("paragraph", "second\nline", None),
        ],
    ),
    "a blank line ends a paragraph": (
        "<h2>h</h2>a<br>b<br><br>c<br>d",
        "h\n\na\nb\n\nc\nd",
        [("heading", "h", "2"), ("paragraph", "a\nb", None), ("paragraph", "c\nd", None)],
    ),
    "nested lists": (
        "<ul><li>one<li>two<ol><li>deep</ol><li>three</ul>after",
        "one\ntwo\ndeep\nthree\n\nafter",
        [
            ("list", "one\ntwo\ndeep\nthree", "unordered"),
            ("item", "one", None),
            ("item", "two\ndeep", None),
            ("list", "deep", "ordered"),
            ("item", "deep", None),
            ("item", "three", None),
            ("paragraph", "after", None),
        ],
    ),
    "tables": (
        "<table><caption>Cap</caption><thead><tr><th>H<th>I</thead><tr><td>a<td><p>b<tr><td><td>c</table>after",
        "Cap\nH\tI\na\tb\n\tc\n\nafter",
        [
            ("table", "Cap\nH\tI\na\tb\n\tc", None),
            ("caption", "Cap", None),
            ("row", "H\tI", None),
            ("cell", "H", "header"),
            ("cell", "I", "header"),
            ("row", "a\tb", None),
            ("cell", "a", None),
            ("paragraph", "b", None),
            ("cell", "b", None),
            ("row", "c", None),
            ("cell", "c", None),
            ("paragraph", "after", None),
        ],
    ),
    "code": (
        '<pre class="language-Python">\n\n  def f():\n      return  1 \n\n</pre><p>is <code>a</code></p>'
        "<div class='highlight-rust notranslate'><div class=highlight><pre>fn</pre></div></div>"
        "<pre><code class='lang-js'>x <b>y</b></code></pre>",
        "  def f():\n      return  1\n\nis a\n\nfn\n\nx y",
        [
            ("code", "  def f():\n      return  1", "python"),
            ("paragraph", "is a", None),
            ("code", "a", None),
            ("code", "fn", "rust"),
            ("code", "x y", "js"),
        ],
    ),
    "quotes": (
        "<blockquote>said<p>again</blockquote>",
        "said\n\nagain",
        [("quote", "said\n\nagain", None), ("paragraph", "said", None), ("paragraph", "again", None)],
    ),
    "formulas": (
        "<p>a <math alttext='x&lt;y'><mi>x</mi></math> b <math><semantics><mi>z</mi><annotation "
        "encoding='application/x-tex'>z^2</annotation></semantics></math> c <math><mi>q</mi></math> d "
        "<script type='math/tex'>i<j & k</script> e <span class='math'>\\(m\\)</span> f <span class=math>n</span></p>",
        "a x<y b z^2 c q d i<j & k e \\(m\\) f n",
        [
            ("paragraph", "a x<y b z^2 c q d i<j & k e \\(m\\) f n", None),
            ("math", "x<y", "tex"),
            ("math", "z^2", "tex"),
            ("math", "q", "mathml"),
            ("math", "i<j & k", "tex"),
            ("math", "\\(m\\)", "tex"),
        ],
    ),
    "links and images": (
        "<p><a href='../x?a=1&amp;b=2'>up</a> <a href='javascript:void(0)'>no</a> <a id=here>here</a> "
        "<img src=i.png alt='a \"picture\"'> and <img src=j.png></p>",
        'up no here a "picture" and',
        [
            ("paragraph", 'up no here a "picture" and', None),
            ("link", "up", "http://example.org/x?a=1&b=2"),
            ("image", 'a "picture"', "http://example.org/d/i.png"),
            ("image", "", "http://example.org/d/j.png"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_structure(name):
    html, text, expected = CASES[name]
    found = extracted(html)
    assert found.text == text
    assert spans(found) == expected


def test_base_decides_where_links_go():
    assert spans(extracted("<base href='/other/'><a href=x>y</a>"))[-1] == ("link", "y", "http://example.org/other/x")


def test_what_looks_like_a_mark_stays_what_it_is():
    forged = "\U000f0000 &#xF0001; &#983042 \U00100000\U000f0000 &#x10FFFD;"
    found = extracted(f"<p>{forged}</p><p><img src=x alt='\U000f0003 &#xF0004;'></p>")
    assert found.text == ("\U000f0000 \U000f0001 \U000f0002 \U00100000\U000f0000 \U0010fffd\n\n\U000f0003 \U000f0004")
    assert [kind for kind, _, _ in spans(found)] == ["paragraph", "paragraph", "image"]


def test_many_marks_and_many_forged():
    found = extracted("<ul>" + "<li>\U000f0001" * 70_000 + "</ul>")
    assert found.text.count("\U000f0001") == 70_000
    assert (
        found.structure.kinds.tolist()
        == structure_of([(kind, 0, 1, None) for kind in ("list",)]).kinds.tolist()
        + [list(KINDS).index("item")] * 70_000
    )


def test_a_text_of_one_character_is_no_icon():
    assert extracted("<p>a<b>b</b>—<i>字</i>&mdash;<b>\ue000</b><b>&para;</b>c</p>").text == "ab—字—c"


def test_an_anchor_that_closes_itself_makes_no_link_of_the_rest():
    assert spans(extracted("<p><a id=x />text <a href=y>z</a></p>")) == [
        ("paragraph", "text z", None),
        ("link", "z", "http://example.org/d/y"),
    ]


def test_boilerplate_is_what_a_reader_sees_and_the_text_has_not():
    html = "<nav>ab &amp; c</nav><p>text</p><script>no</script><p hidden>no</p><!-- no -->"
    html += "<div style='display: none'>no</div>"
    found = extracted(html)
    assert (found.text, found.boilerplate_characters) == ("text", 4)


def test_what_the_page_says_of_itself():
    page = b"<html lang=de><title>A &amp; B</title><link rel=license href=http://creativecommons.org/licenses/by-sa/3.0/de/><p>x"
    found = extract(Page(page, URL))
    assert (found.title, found.language) == ("A & B", "de")
    assert "by-sa/3.0/de" in found.license_evidence[0]["value"]
    assert found.metadata["encoding_from"] == "detected"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", NO_CONTENT),
        (b"<script>x</script><p>&nbsp;</p>", NO_CONTENT),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, NOT_TEXT),
        (b"x" * (PAGE_BYTES + 1), PAGE_TOO_LONG),
        (b"<p>x" * (PAGE_TAGS + 1), PAGE_TOO_LONG),
    ],
)
def test_pages_that_give_nothing(body, reason):
    assert extract(Page(body)).reason == reason


HOSTILE = {
    "deep": "<div>" * 100_000 + "x",
    "deep formatting": "<b>" * 100_000 + "x",
    "formatting in every block": "".join(f"<p><font color={i}>x" for i in range(5_000)),
    "attributes": "<p " + "".join(f"a{i} " for i in range(200_000)) + ">x",
    "tables": "<table><tr><td>" * 20_000 + "x",
    "unclosed comments": "x" + "<!--" * 100_000,
    "unclosed formulas": "x" + "<math>" * 50_000,
    "unclosed scripts": "x" + "<script><!--" * 50_000,
    "references": "&" * 100_000,
    "angles": "<" * 100_000,
    "links": "<a href=x>x" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(60)
def test_hostile_pages(name):
    found = extract(Page(b"<body>" + HOSTILE[name].encode()))
    assert isinstance(found, Extracted)
    assert "".join(found.text.split())[:1] in "x&<"


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 390 + "<a href=x>y</a>" * 100_000,
        "<p>x<div>" * 100_000,
        "".join(f"<html a{i}=1>" for i in range(100_000)) + "x",
        "<noscript>" + "".join(f"<body a{i}=1>" for i in range(100_000)) + "</noscript>x",
    ],
    ids=["links in blocks", "blocks in paragraphs", "attributes of html", "attributes of body"],
)
def test_pages_that_cost_a_parser_the_square_of_their_size(page):
    mark_page(b"<p>")  # compiles
    started = time.process_time()
    assert isinstance(extract(Page(page.encode())), Extracted)
    assert time.process_time() - started < 10


def test_the_first_body_keeps_its_attributes():
    found = mark_page(b"<html lang=en><body class=a><p>x</p><body class=b><html lang=de>")
    assert found.marked.count(b"class=a") == found.marked.count(b"lang=en") == 1
    assert found.marked.count(b"<body") == 2
    assert b"class=b" not in found.marked
    assert b"lang=de" not in found.marked


def assert_lawful(found):
    size = len(found.text.encode())
    assert "\0" not in found.text
    pairs = [*zip(found.structure.starts.tolist(), found.structure.ends.tolist(), strict=True)]
    assert all(0 <= start <= end <= size for start, end in pairs)
    assert pairs == sorted(pairs, key=lambda pair: (pair[0], -pair[1]))
    assert not any(a < c < b < d for a, b in pairs for c, d in pairs)
    for start, end in pairs:
        found.text.encode()[start:end].decode()


PIECES = [
    *"<p> </p> <div> </div> <ul> <li> </ul> <ol> <table> <tr> <td> <th> </table> <caption>".split(),
    *("<pre>", "</pre>", "<code>", "</code>"),
    *("<a href=x>", "</a>", "<img src=y>", "<img src=y alt='z z'>", "<h2>", "</h2>", "<blockquote>", "</blockquote>"),
    *(
        "<math>",
        "</math>",
        "<span class=math>",
        "</span>",
        "<svg>",
        "</svg>",
        "<dl>",
        "<dt>",
        "<dd>",
        "<br>",
        "<!-- x -->",
    ),
    *(
        "\\(x\\)",
        "字",
        "a b",
        " ",
        "\n",
        "\u00a0",
        "\U000f0001",
        "&#xF0005;",
        "&nbsp;",
        "<",
        "&",
        "\0",
        "</tr>",
        "</td>",
    ),
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=50).map("".join), st.booleans())
def test_any_markup(html, has_main):
    found = extract(Page((("<main><div>" if has_main else "") + html).encode(), URL))
    if isinstance(found, Extracted):
        assert_lawful(found)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([None, "text/html; charset=shift_jis", "text/html; charset=utf-8"]))
def test_any_bytes(body, said):
    found = extract(Page(body, None, [("Content-Type", said)] if said else []))
    if isinstance(found, Extracted):
        assert_lawful(found)


@pytest.mark.parametrize("path", WARCS[:1] + WARCS[2:], ids=lambda path: path.name)
def test_marks_change_nothing_on_real_pages(path):
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    pages = 0
    with path.open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            if "html" in (record.http_content_type or ""):
                body = record.reader.read()
                pages += 1
                source = mark_page(decode(body).page)
                assert unmarked(source.marked, main_content=True) == plain(body, main_content=True)
    assert pages
