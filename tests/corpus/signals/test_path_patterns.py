"""Path patterns of RFC 9309: the examples of its section 2.2.3, percent-encoding, and no blow-up."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.signals.path_patterns import pattern, spell


@pytest.mark.parametrize(
    ("said", "path", "matches"),
    [
        ("/", "/anything", True),
        ("/fish", "/fish.html", True),
        ("/fish", "/catfish", False),
        ("/fish", "/Fish", False),
        ("/fish/", "/fish", False),
        ("/fish*", "/fishheads/yummy.html", True),
        ("/*.php", "/folder/filename.php?parameters", True),
        ("/*.php", "/windows.PHP", False),
        ("/*.php$", "/filename.php", True),
        ("/*.php$", "/filename.php?parameters", False),
        ("/fish*.php", "/fishheads/catfish.php?x", True),
        ("/this/path/exactly$", "/this/path/exactly", True),
        ("/this/path/exactly$", "/this/path/exactly/", False),
        ("/this/*/exactly", "/this/path/exactly", True),
        ("*.txt", "/a/b.txt", True),
        ("*", "/", True),
        ("fish", "/fish", False),
        ("/a$b", "/a$b", True),
        ("/path/foo-%24", "/path/foo-$", False),  # reserved characters stay as they are written
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar", True),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%e3%83%84", "/foo/bar/ツ", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("/a%2Fb", "/a/b", False),
        ("/*a*a$", "/a", False),
        ("/ab*b$", "/ab", False),
        ("/**a", "/bca", True),
    ],
)
def test_patterns(said: str, path: str, matches: bool) -> None:
    assert pattern(said).matches(spell(path)) is matches


LETTERS = st.text("ab/*$", min_size=1, max_size=8)


@given(LETTERS, st.text("ab/$", max_size=8))
def test_matching_is_what_the_regular_expression_says(said: str, path: str) -> None:
    body = ".*".join(map(re.escape, said.removesuffix("$").split("*"))) + (r"\Z" if said.endswith("$") else "")
    assert pattern(said).matches(path) is bool(re.match(body, path))


@given(st.text())
def test_spelling_again_changes_nothing(said: str) -> None:
    assert spell(spell(said)) == spell(said)


def test_many_asterisks_take_no_time() -> None:
    hostile, path = pattern("/" + "*a" * 100_000 + "$"), spell("/" + "a" * 2_000 + "b")
    begun = time.perf_counter()
    assert not hostile.matches(path)
    assert time.perf_counter() - begun < 1
