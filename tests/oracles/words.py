"""Tokens by walking over one letter per character that says what kind it is."""

import unicodedata

IDEOGRAPHS = ("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC", "TANGUT", "NUSHU", "KHITAN")
UNSPACED = ("THAI", "LAO", "KHMER", "MYANMAR", "TAI ")


def tokens(text: str) -> list[str]:
    """The tokens that `words.py` defines."""
    found, at = [], 0
    while at < len(text):
        if kind(text[at]) == "s":
            at += 1
            continue
        end = token_end(text, at)
        found.append(text[at:end])
        at = end
    return found


def token_end(text: str, at: int) -> int:
    """Where the token that begins at `at` ends."""
    at = past_marks(text, at)
    if at == len(text) or kind(text[at]) == "s":
        return at
    base = kind(text[at])
    if base == "I":
        return past_marks(text, at + 1)
    if base in "HKT":
        while at < len(text) and kind(text[at]) in (base, "m"):
            at += 1
        return at
    if base in "LN_":
        return spaced_end(text, at)
    first = text[at]
    while at < len(text) and text[at] == first:
        at += 1
    return past_marks(text, at)


def spaced_end(text: str, at: int) -> int:
    """A word of a script with spaces, joints included."""
    last = ""
    while at < len(text):
        here, following = kind(text[at]), kind(text[at + 1]) if at + 1 < len(text) else ""
        joins = (last == following == "N" and here in ".,'") or (last == following == "L" and here in ".'")
        if here not in "LN_m" and not joins:
            break
        last = here if here in "LN_" else last
        at += 1
    return at


def past_marks(text: str, at: int) -> int:
    while at < len(text) and kind(text[at]) == "m":
        at += 1
    return at


def kind(c: str) -> str:
    """One letter for what matters of a character."""
    category, name = unicodedata.category(c), unicodedata.name(c, "")
    if c.isspace():
        return "s"
    if category[0] == "M" or category == "Cf":
        return "m"
    if category[0] in "LN":
        groups = {"I": IDEOGRAPHS, "H": ("HIRAGANA",), "K": ("KATAKANA", "HALFWIDTH KATAKANA"), "T": UNSPACED}
        return next((group for group, prefixes in groups.items() if name.startswith(prefixes)), category[0])
    return {".": ".", ",": ",", "'": "'", "’": "'"}.get(c, "_" if category == "Pc" else "o")
