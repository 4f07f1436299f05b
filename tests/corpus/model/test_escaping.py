"""Text on its way to a person commands nothing and reorders nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model.escaping import HIDDEN, markdown, visible, web_address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcödé 漢字 עברית", "plain, ünïcödé 漢字 עברית"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\u202eb", r"a\u202eb"),
        ("two\nlines\r\u2028three\0", r"two\nlines\r\u2028three\x00"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_hidden_characters_become_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_hidden_is_left(text: str) -> None:
    assert not {unicodedata.category(character) for character in visible(text)} & HIDDEN


def test_a_limit_bounds_the_work() -> None:
    assert visible("x" * 10**6, 5) == "xxxx…"
    assert visible("xxxxx", 5) == "xxxxx"


def test_markdown_has_no_markup_of_its_own() -> None:
    assert markdown("a|b `c` <img> [x](y)\n# h") == r"a\|b \`c\` &lt;img&gt; \[x\](y)\\n\# h"


@pytest.mark.parametrize("address", ["https://example.org/a?b=c&d#e", "http://localhost:80/", "HTTPS://EXAMPLE.ORG"])
def test_web_addresses(address: str) -> None:
    assert web_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org",
        "https://",
        "https://user@example.org/",
        'https://example.org/"onmouseover="x',
        "https://example.org/\u202egpj.exe",
        "https://example.org/a b",
        "https://[::1",
        "https://example.org/" + "a" * 3000,
        "",
    ],
)
def test_what_never_becomes_a_link(address: str) -> None:
    assert web_address(address) is None
