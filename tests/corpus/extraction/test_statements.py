"""Values in their own words, and addresses made absolute."""

import pytest

from dagster_project.corpus.extraction.statements import VALUE_CHARACTERS, sort_statements, worded
from dagster_project.corpus.extraction.tags import Tag


def test_a_value_that_was_cut_cannot_be_taken_for_the_whole():
    assert worded("  CC  BY\n4.0 ") == "CC BY 4.0"
    assert worded("é" * VALUE_CHARACTERS) == "é" * VALUE_CHARACTERS
    for text in ("x" * 1001, "x" * 10**6, "MIT" + " " * 10**6 + "but not really"):
        assert worded(text)[-1] == "…"
        assert len(worded(text)) <= VALUE_CHARACTERS


def test_lone_surrogates_are_replaced():
    assert worded("a\ud800b") == "a?b"


@pytest.mark.parametrize(
    ("said", "base", "expected"),
    [
        ("https://a.example/x", "https://b.example/", "https://a.example/x"),
        ("/x", "https://b.example/y/z", "https://b.example/x"),
        ("../x", "https://b.example/y/z/", "https://b.example/y/x"),
        ("//a.example/x", "http://b.example/", "http://a.example/x"),
        ("//a.example/x", None, "https://a.example/x"),
        ("/x", None, "/x"),
        ("#license", "https://b.example/", "#license"),
        ("mailto:a@b.example", "https://b.example/", "mailto:a@b.example"),
        ("http://[x", "https://b.example/", "http://[x"),
        ("//[x", "https://b.example/", "//[x"),
        ("", "https://b.example/", ""),
    ],
)
def test_addresses(said, base, expected):
    assert sort_statements([], [], base).address(said) == expected


def test_metas_by_every_name_they_go_by():
    tags = [
        Tag("meta", {"name": "Robots", "content": "a"}),
        Tag("meta", {"name": "robots", "content": "b"}),
        Tag("meta", {"name": "x", "property": "og:x", "content": "c"}),
        Tag("meta", {"name": "y", "property": "y", "content": "d"}),
        Tag("meta", {"http-equiv": "Content-Language", "content": "e"}),
        Tag("meta", {"itemprop": "license", "content": "f"}),
        Tag("meta", {"name": "empty", "content": ""}),
        Tag("meta", {"charset": "utf-8"}),
    ]
    said = sort_statements(tags, [], None)
    assert said.metas == {"robots": ["a", "b"], "x": ["c"], "og:x": ["c"], "y": ["d"], "content-language": ["e"]}
    assert said.items == [("license", tags[5])]
