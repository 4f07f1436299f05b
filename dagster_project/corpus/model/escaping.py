"""Text of documents on its way to a person: nothing in it may command a terminal or reorder a line."""

from __future__ import annotations

import unicodedata

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, formats such as bidi marks, surrogates, line separators


def visible(text: str) -> str:
    r"""The text with every control, format and separator character as an escape such as \x1b or \u202e."""
    return "".join(_escaped(character) if unicodedata.category(character) in HIDDEN else character for character in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
