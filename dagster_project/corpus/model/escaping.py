"""Text of documents on its way to a person: nothing in it may command a terminal, reorder a line or become markup."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, formats such as bidi marks, surrogates, line separators

_WEB = re.compile(
    r"https?://[^\s\"'<>\\^`{|}@]{1,2000}", re.IGNORECASE
)  # @ would let a link show a host it does not open
_MARKUP = re.compile(r"([\\`*_{}\[\]#|~$!])")


def visible(text: str, limit: int | None = None) -> str:
    r"""The text with every control, format and separator character as an escape such as \x1b or \u202e.

    With a limit, at most so many characters of the text, the last of them an ellipsis when it was longer.
    """
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _escaped(character) if unicodedata.category(character) in HIDDEN else character for character in text
    )


def markdown(text: str, limit: int | None = None) -> str:
    """The same in Markdown that shows the text and nothing else: no markup, HTML or table cell of its own."""
    return _MARKUP.sub(r"\\\1", html.escape(visible(text, limit), quote=False))


def encoded(value: Any, indent: int | None = 2) -> bytes:
    """JSON in ASCII without < > &: nothing in it commands a terminal, and it may stand inside a page."""
    text = json.dumps(value, indent=indent, sort_keys=True, allow_nan=False)
    for character in "<>&\x7f":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode() + b"\n"


def web_address(text: str) -> str | None:
    """The text when it is a web address that may become a link, else None."""
    if not _WEB.fullmatch(text) or visible(text) != text:
        return None
    try:
        return text if urlsplit(text).hostname else None
    except ValueError:
        return None


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
