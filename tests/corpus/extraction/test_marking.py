"""Addresses of links are made absolute as the WHATWG says, also by the short way that most of them take."""

from __future__ import annotations

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.extraction.marking import resolve

BASES = [
    "http://a.test",
    "https://a.test/b/c.html?q=1#z",
    "https://a.test/b/../d/",
    "http://a.test:80/x;y?/z#",
    "mailto:x@y.test",
]


@given(st.text("ab0._-#", min_size=1, max_size=12), st.sampled_from(BASES[:-1]))
def test_simple_targets_are_joined_as_the_parser_joins_them(target: str, base: str) -> None:
    assert resolve(target, base) == ada_url.join_url(base, target)


@pytest.mark.parametrize("target", ["javascript:alert(1)", "DATA:text/html,x", ""])
def test_what_is_no_address_is_none(target: str) -> None:
    assert resolve(target, BASES[0]) is None


def test_a_base_that_has_no_folders_joins_nothing() -> None:
    assert resolve("a.html", BASES[-1]) is None
