"""Texts that break loops: many scripts, joints, line ends, marks, emoji, NUL, nothing."""

import unicodedata

from hypothesis import strategies as st

from dagster_project.corpus.kernels import unicode as u

PIECES = [
    *["", " ", "  ", "\n", "\r\n", "\r", "\x0b", "\x1c", "\x85", "\u2028", "\t", "\0", "\ufeff", "\u200d", "\u00ad"],
    *[".", "..", "...", "....", "…", ",", "'", "’", "‘", "-", "•", "#", "_", "'s", "n't", ";", "`", "\u037e", "\u1fef"],
    *["the", "be", "to", "The", "and", "don't", "dont", "cannot", "id", "im", "I", "A", "e.g", "U.K.", "thereve"],
    *["0", "12", "1,234.5", "1.2.3", "10km", "3m²", "5€", "€5", "1|2|3", "٣٫٤", "１２", "²", "½", "10KB", "⎖", "،"],
    *["Σ", "ΑΣ", "ΑΣΑ", "Α'Σ'", "ΌΣΟΣ", "İ", "ß", "ẞ", "é", "e\u0301", "\u0301", "\u302e", "\u1b44", "\u0f39", "ǅ"],
    *["漢字", "々", "〇", "ひらがな", "カタカナー", "ｶﾅ", "한국어", "각", "ไทย", "ລາວ", "မြန်", "हिन्दी", "বাংলা", "தமிழ்"],
    *[
        "русский",
        "ή",
        "עִבְרִית",
        "العربية",
        "አማርኛ",
        "ქართული",
        "≠",
        "a≠b",
        "0≠x",
        "a≠0",
        "≮",
        "x≯y",
        "†≠†",
        "a≠",
        "👩\u200d💻",
        "🇿🇼",
        "❤\ufe0f",
        "├──┤",
        "©",
        "°C",
        "→",
    ],
    *["\U0001d15e", "\U0001d160", "\u0ccb", "\u09cb", "\u2126", "\u212a", "𝒳", "\U0010ffff"],
]


def is_settled(c: str) -> bool:
    """Has the interpreter the same character as the tables? Later Unicode versions assign what was free."""
    bits = int(u.property_bits(u.tables(), ord(c)))
    return u.CATEGORIES[bits & u.CATEGORY] == unicodedata.category(c)


CHARACTERS = st.characters(exclude_categories=["Cs"]).filter(is_settled)
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), CHARACTERS), max_size=30).map("".join)
CORPORA = st.lists(TEXTS, min_size=1, max_size=6)
