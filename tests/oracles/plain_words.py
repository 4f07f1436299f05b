"""Plain words with Python's own Unicode, character by character."""

import unicodedata

UNSPACED = ("THAI", "LAO", "KHMER", "MYANMAR", "TAI ", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA")
IDEOGRAPHS = ("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC", "TANGUT", "NUSHU", "KHITAN")


def plain_words(text: str) -> list[tuple[str, int, int]]:
    """Each word with the bytes of the text that it spans."""
    words: list[tuple[str, int, int]] = []
    open_word, at = False, 0
    for c in text:
        end = at + len(c.encode())
        if c.isspace():
            open_word = False
        elif not is_deleted(c):
            if open_word and not is_character(c):
                word, start, _ = words[-1]
                words[-1] = (word + fold(c), start, end)
            else:
                words.append((fold(c), at, end))
            open_word = not is_character(c)
        elif unicodedata.category(c) in ("Mn", "Me") and words and words[-1][2] == at:
            words[-1] = (*words[-1][:2], end)
        at = end
    return words


def is_deleted(c: str) -> bool:
    category = unicodedata.category(c)
    return category[0] in "PS" or category in ("Mn", "Me", "Cc", "Cf")


def is_character(c: str) -> bool:
    """A word by itself: a letter, mark or number of a script without spaces."""
    return unicodedata.category(c)[0] in "LMN" and unicodedata.name(c, "").startswith(UNSPACED + IDEOGRAPHS)


def fold(c: str) -> str:
    decomposed = unicodedata.normalize("NFD", c.lower().replace("ς", "σ"))
    return "".join(x for x in decomposed if unicodedata.category(x) != "Mn")


def has_letter(words: list[str]) -> bool:
    return any(unicodedata.category(c)[0] == "L" for word in words for c in word)
