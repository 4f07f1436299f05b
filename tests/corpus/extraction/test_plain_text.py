"""Bytes become text only by what they say of themselves, and blank lines make paragraphs."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.extraction import plain_text
from dagster_project.corpus.extraction.plain_text import Lines, NotText, decode, paragraphs, read_plain_text


def pieces(text: str) -> list[str]:
    found, body = paragraphs(text.encode()), text.encode()
    return [body[start:end].decode() for start, end in zip(found.starts, found.ends, strict=True)]


def test_blank_lines_part_paragraphs_and_white_space_around_is_left_out():
    assert pieces(" \n  Ü one\nstill one  \n \t\n\n\ntwo\r\n\r\nthree\n") == ["Ü one\nstill one", "two", "three"]
    assert pieces("") == pieces(" \n\n ") == []


@given(st.text(alphabet="ab é\n\t\r", max_size=60))
def test_paragraphs_are_what_a_slow_reader_finds(text: str):
    slow = [piece.strip(" \t\r\n\f\v") for piece in re.split(r"\n(?:[ \t\r\f\v]*\n)+", text)]
    assert pieces(text) == [piece for piece in slow if piece]


def test_a_text_of_nothing_but_paragraphs_gets_no_structure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(plain_text, "MOST_SPANS", 3)
    assert len(paragraphs(b"a\n\nb\n\nc").kinds) == 3
    assert len(paragraphs(b"a\n\nb\n\nc\n\nd\n\ne").kinds) == 0


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"\xef\xbb\xbfa", "a"),
        (b"\xff\xfea\0", "a"),
        (b"\xfe\xff\0a", "a"),
        (b"\xff\xfe\0\0a\0\0\0", "a"),
        ("é\x1b[1mbold\b\f".encode(), "é\x1b[1mbold\b\f"),
        (b"a" * 100 + b"\0", "a" * 100 + "\0"),
    ],
)
def test_text_is_decoded_by_its_mark(body: bytes, text: str):
    assert decode(body) == text


@pytest.mark.parametrize(
    ("body", "is_binary"),
    [(b"\0", True), (b"\x80" * 9, False), (b"\x80\0\1\2", True), (b"\xff\xfe\0\xd8", False), (b"\xff\xfe\1\0", True)],
)
def test_what_is_no_text_says_whether_it_is_something_else(body: bytes, is_binary: bool):
    found = decode(body)
    assert isinstance(found, NotText)
    assert found.is_binary is is_binary
    assert "byte" in found.detail


@given(st.text(alphabet="ab é漢\n\r", max_size=40))
def test_lines_know_their_bytes(text: str):
    lines = Lines(text)
    assert lines.texts == (re.split(r"\r\n?|\n", text)[: len(lines.texts)])
    for number, line in enumerate(lines.texts):
        start = lines.byte(number, 0)
        assert text.encode()[start : start + len(line.encode())].decode() == line


def test_the_head_may_hold_tags_and_the_rest_not():
    assert len(read_plain_text("x" * 10_000).comments) == 4_096
    assert np.array_equal(read_plain_text("a\n\nb").structure.starts, [0, 3])
