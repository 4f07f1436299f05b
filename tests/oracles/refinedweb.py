"""DCLM's line edits of RefinedWeb, one pass after the other, with Python's string methods and regular expressions."""

from __future__ import annotations

import re
from collections.abc import Callable

COUNTER = re.compile(
    r"^\W*\d(?:,|\.|\d)*(?:k|m|b)?\s+(?:likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes|"
    r"downloads|views|followers)\W*$"
)
ASCII_CASE = {ord(c): f"[{c}{c.upper()}]" for c in "abcdefghijklmnopqrstuvwxyz"}  # re.I folds more than ASCII
CART = re.compile(r"\s?" + "items in cart".translate(ASCII_CASE))
MORE = re.compile(r"\s?" + "read more".translate(ASCII_CASE) + r"...$")
SIGN_IN = re.compile("^" + "sign-in".translate(ASCII_CASE) + r"\s?")


def edit(
    text: str,
    uppercase: float = 0.5,
    numeric: float = 0.999999,
    counters: bool = True,
    words: int = 2,
    phrases: bool = True,
    short: int = 10,
) -> str:
    text = _keep(text, lambda line: _share(line, str.isupper) <= uppercase).strip()
    text = _keep(text, lambda line: _share(line, str.isdigit) <= numeric).strip()
    if counters:
        text = _keep(text, lambda line: not COUNTER.search(line.lower())).strip()
    text = _keep(text, lambda line: not line or len(line.split()) >= words)
    for pattern in (CART, MORE, SIGN_IN) if phrases else ():
        lines = [(line, pattern.sub("", line) if len(line.split()) <= short else line) for line in text.split("\n")]
        kept = [after for line, after in lines if len(line.split()) > short or not (line and not after.strip())]
        text = "\n".join(kept).strip()
    return text


def words_of(text: str) -> int:
    """Words between white space that begin with a letter or a number."""
    return sum(word[0].isalnum() for word in text.split())


def _keep(text: str, stays: Callable[[str], bool]) -> str:
    return "\n".join(line for line in text.split("\n") if stays(line))


def _share(line: str, is_it: Callable[[str], bool]) -> float:
    return sum(map(is_it, line)) / len(line) if line else 0.0
