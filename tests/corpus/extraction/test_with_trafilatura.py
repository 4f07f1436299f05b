"""trafilatura's tree in our text and spans."""

import pytest

from dagster_project.corpus.extraction.main_content import extract
from dagster_project.corpus.extraction.pages import Extracted, Page
from dagster_project.corpus.model.structure import KINDS

SENTENCE = "A paragraph of text that is long enough to be kept by an extractor that looks at lengths of text. " * 2
PAGE = f"""<html><body><nav><a href=/>home</a></nav><article><h1>Title</h1><p>{SENTENCE}<a href='/x'>link</a></p>
<ul><li>one item<li>two items<ul><li>nested</ul></ul><table><tr><th>H<th>I<tr><td>a<td>b</table>
<pre><code>def f():\n    return 1</code></pre><blockquote><p>quoted</p></blockquote>
<h2>Sub</h2><p>{SENTENCE}</p></article>"""


def test_structure():
    found = extract(Page(PAGE.encode(), "http://example.org/"), "trafilatura")
    text = found.text.encode()
    names = list(KINDS)
    said = [
        (names[kind], text[start:end].decode(), value)
        for kind, start, end, value in zip(*found.structure[:3], found.structure.values, strict=True)
    ]
    assert found.text == (
        f"Title\n\n{SENTENCE}link\n\none item\ntwo items\nnested\n\nH\tI\na\tb\n\n"
        f"def f():\n    return 1\n\nquoted\n\nSub\n\n{SENTENCE.strip()}"
    )
    assert [span for span in said if span[0] != "paragraph"] == [
        ("heading", "Title", "1"),
        ("link", "link", "http://example.org/x"),
        ("list", "one item\ntwo items\nnested", "unordered"),
        ("item", "one item", None),
        ("item", "two items\nnested", None),
        ("list", "nested", "unordered"),
        ("item", "nested", None),
        ("table", "H\tI\na\tb", None),
        ("row", "H\tI", None),
        ("cell", "H", "header"),
        ("cell", "I", "header"),
        ("row", "a\tb", None),
        ("cell", "a", None),
        ("cell", "b", None),
        ("code", "def f():\n    return 1", None),
        ("quote", "quoted", None),
        ("heading", "Sub", "2"),
    ]
    assert found.boilerplate_characters == 4


@pytest.mark.parametrize("body", ["<div>" * 50_000 + SENTENCE, "x\x01\x0b" + SENTENCE, "<p>&#1;" + SENTENCE, ""])
def test_hostile_pages(body):
    found = extract(Page(body.encode()), "trafilatura")
    assert not isinstance(found, Extracted) or SENTENCE.split()[0] in found.text
