"""One automaton for all patterns finds what each of them finds alone, at the right bytes."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_project.corpus.signals.patterns import Pattern, Scanner, joined_texts, stands_alone


def spans(text, *patterns):
    return [(found.start, found.end, found.pattern.name) for found in Scanner(patterns).scan(text, 0, len(text))]


def test_places_are_bytes_and_a_group_is_the_value():
    text = "é key: abc; key: é".encode()
    assert spans(text, Pattern("key", "k", r"key: (\w+)")) == [(8, 11, "key")]


def test_only_the_stretch_is_searched():
    text = b"\0ab\0ab\0ab\0"
    (found,) = Scanner([Pattern("ab", "k", "ab")]).scan(text, 3, 7)
    assert (found.start, found.end) == (4, 6)


def test_what_is_refused_may_hold_another_value_unless_it_is_maximal():
    def accepts(value):
        return 2 * value.endswith(b"2")

    inner = Pattern("inner", "k", "[0-9]{2}", accepts, joints=None)
    assert spans(b"1122", inner) == [(1, 3, "inner")]
    assert spans(b"1122", Pattern("outer", "k", "[0-9]{2}", accepts, joints=None, maximal=True)) == [(2, 4, "outer")]


def test_less_than_the_match_can_be_the_value():
    assert spans(b"abcabc", Pattern("a", "k", "abc", lambda value: 2, joints=None)) == [(0, 2, "a"), (3, 5, "a")]


def test_unless():
    pattern = Pattern("n", "k", "[0-9]+", unless=r"no\. \z")
    assert spans(b"no. 12 or 34", pattern) == [(5, 6, "n"), (10, 12, "n")][1:]


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        *[("(12)", True), (" 12 ", True), ("a12 ", False), ("_12 ", False), (" 12a", False), (" 123", False)],
        *[
            ("3.12", False),
            ("x.12", True),
            (" 12.", True),
            (" 12.3", False),
            (" 12.x", True),
            ("é12é", True),
            ("3 12", True),
        ],
    ],
)
def test_stands_alone(text, alone):
    data = text.encode()
    start = data.index(b"12")
    assert stands_alone(data, start, start + 2, b".,") == alone


def test_joined_texts():
    data = np.frombuffer(b"abcd", np.uint8)
    assert joined_texts(data, np.array([0, 1, 1, 4])) == (b"\0a\0\0bcd\0", [1, 3, 4])
    assert joined_texts(data[:0], np.array([0])) == (b"\0", [])
