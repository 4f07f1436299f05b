"""The tables say what Python says, for every character that the interpreter knows as they do."""

import sys
import unicodedata

import numpy as np
import pytest

from dagster_project.corpus.kernels import unicode as u
from tests.corpus.kernels.strategies import is_settled
from tests.oracles.counts import PUNCTUATION_SET

QUESTIONS = {
    "SPACE": str.isspace,
    "ALPHABETIC": str.isalpha,
    "DIGIT": str.isdecimal,
    "UPPER": str.isupper,
    "PUNCTUATION_SET": PUNCTUATION_SET.__contains__,
    "LINE_BREAK": lambda c: len(f"a{c}a".splitlines()) == 2,
}
SETTLED = [c for c in map(chr, range(sys.maxunicode + 1)) if is_settled(c)]


def table(name):
    pages, properties = u.tables().pages, u.tables().properties
    codes = np.array([ord(c) for c in SETTLED])
    return properties[pages[codes >> u.PAGE_SHIFT].astype(int) * u.PAGE + (codes & u.PAGE_MASK)] & getattr(u, name) != 0


@pytest.mark.parametrize("name", QUESTIONS)
def test_properties(name):
    wrong = [hex(ord(c)) for c, has in zip(SETTLED, table(name), strict=True) if has != QUESTIONS[name](c)]
    assert wrong == []


def test_the_interpreter_knows_most_of_it():
    assert len(SETTLED) > 0x110000 * 0.98


def test_combining_classes():
    marks = [c for c in SETTLED if unicodedata.combining(c)]
    assert [int(u.property_bits(u.tables(), ord(c))) >> u.COMBINING_SHIFT for c in marks] == [
        *map(unicodedata.combining, marks)
    ]


def test_versions_are_recorded():
    unicode, spacy = u.versions()
    assert unicode.split(".")[0].isdecimal()
    assert spacy.split(".")[0].isdecimal()


@pytest.mark.parametrize("c", ["\0", "a", "\x7f", "\x80", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff"])
def test_decode_agrees_with_python(c):
    data = np.frombuffer(c.encode(), np.uint8)
    assert u.decode(data, 0, len(data)) == (ord(c), len(data))


@pytest.mark.parametrize(
    "broken",
    [b"\x80", b"\xc0\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xf5\x80\x80\x80", b"\xf4\xbf\xbf\xbf", b"\xff"],
)
def test_broken_bytes_are_replaced_one_by_one(broken):
    data = np.frombuffer(broken, np.uint8)
    assert u.decode(data, 0, len(data)) == (u.REPLACEMENT, 1)
