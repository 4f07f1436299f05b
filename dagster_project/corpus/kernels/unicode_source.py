"""Where `unicode.npz` comes from: `python -m dagster_project.corpus.kernels.unicode_source` writes it anew.

Run by hand, with spaCy installed, when the project adopts another Unicode version; a new table is a new code version of
every stage that reads it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from dagster_project.corpus.kernels import unicode as u

# datatrove 0.10.1, utils/text.py; the ranges are algorithms.md section 1
PUNCTUATION = frozenset(
    "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"
    + "".join(map(chr, [*range(9), *range(11, 32), *range(127, 160)]))
)
TERMINAL = """21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E 1735-1736
17D4-17D6 17D9-17DA 1803 1809 1944-1945 1AA8-1AAB 1B5A-1B5B 1B5E-1B5F 1B7D-1B7E 1C3B-1C3C 1C7E-1C7F 203C-203D 2047-2049
2E2E 2E3C 2E53-2E54 3002 A4FF A60E-A60F A6F3 A6F7 A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE52
FE56-FE57 FF01 FF0E FF1F FF61 10A56-10A57 10F55-10F59 10F86-10F89 11047-11048 110BE-110C1 11141-11143 111C5-111C6 111CD
111DE-111DF 11238-11239 1123B-1123C 112A9 1144B-1144C 115C2-115C3 115C9-115D7 11641-11642 1173C-1173E 11944 11946
11A42-11A43 11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44 16A6E-16A6F 16AF5 16B37-16B38 16B44 16E98 1BC9F 1DA88"""
SEPARATORS = frozenset(".,،٫⎖⎗⎘")
GROUPS = {
    u.IDEOGRAPH: ("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC", "TANGUT", "NUSHU", "KHITAN"),
    u.HIRAGANA: ("HIRAGANA",),
    u.KATAKANA: ("KATAKANA", "HALFWIDTH KATAKANA"),
    u.UNSPACED: ("THAI", "LAO", "KHMER", "MYANMAR", "TAI "),
}
CODE_POINTS = 0x110000


def ranges(text: str) -> frozenset[str]:
    """Characters of a list of hexadecimal code points and ranges."""
    pairs = [item.split("-") for item in text.split()]
    return frozenset(chr(c) for pair in pairs for c in range(int(pair[0], 16), int(pair[-1], 16) + 1))


def flags() -> dict[int, Callable[[str], object]]:
    """The bit of each property, and the question that sets it."""
    tokenizer, punctuation_set = spacy_tokenizer(), PUNCTUATION | ranges(TERMINAL)
    cased = {c for c in map(chr, range(CODE_POINTS)) if f"{c}Σ".lower()[-1] == "ς"}
    return {
        u.SPACE: str.isspace,
        u.ALPHABETIC: str.isalpha,
        u.DIGIT: str.isdecimal,
        u.UPPER: str.isupper,
        u.PUNCTUATION: PUNCTUATION.__contains__,
        u.PUNCTUATION_SET: punctuation_set.__contains__,
        u.LINE_BREAK: lambda c: len(f"a{c}a".splitlines()) == 2,
        u.CASED: cased.__contains__,
        # the two properties that decide a final sigma are not in `unicodedata`, but lower() shows them
        u.IGNORABLE: lambda c: c not in cased and f"A{c}Σ".lower()[-1] == "ς",
        u.SEPARATOR: SEPARATORS.__contains__,
        u.PREFIX: lambda c: tokenizer.find_prefix(c) > 0,
        u.SUFFIX: lambda c: tokenizer.find_suffix("a" + c) > 0,
        u.INFIX: lambda c: len(tokenizer.find_infix(f"†{c}†")) > 0,
        u.ALPHA: re.compile(f"[{import_module('spacy.lang.char_classes').ALPHA}]").match,
        u.CURRENCY: lambda c: not c.isalpha() and tokenizer.find_suffix("0" + c) > tokenizer.find_suffix("a" + c),
        u.REORDERS: lambda c: any(map(unicodedata.combining, fold(c))),
    }


def spacy_tokenizer() -> Any:
    """The English tokenizer that datatrove's MinHash splits normalized text with."""
    return import_module("spacy").blank("en").tokenizer


def properties(questions: dict[int, Callable[[str], object]], c: str) -> int:
    """The 32 bits of one character; layout in `unicode.py`."""
    category = u.CATEGORIES.index(unicodedata.category(c))
    bits = sum(bit for bit, asks in questions.items() if asks(c))
    return category | group(c) << u.GROUP_SHIFT | bits | unicodedata.combining(c) << u.COMBINING_SHIFT


def group(c: str) -> int:
    """Which script without spaces a letter, mark or number belongs to, by its name; 0 is none."""
    name = unicodedata.name(c, "") if unicodedata.category(c)[0] in "LMN" else ""
    return next((number for number, prefixes in GROUPS.items() if name.startswith(prefixes)), 0)


def fold(c: str) -> str:
    """Lower case, canonical decomposition, nonspacing marks dropped."""
    return "".join(x for x in unicodedata.normalize("NFD", c.lower()) if unicodedata.category(x) != "Mn")


def folds() -> tuple[list[int], list[str]]:
    """For each code point the number of its fold (0: itself), and the folds. Hangul is computed by the kernel."""
    numbers: dict[str, int] = {"": u.DROPPED}
    index = []
    for c in map(chr, range(CODE_POINTS)):
        folded = c if 0xD800 <= ord(c) < 0xE000 or u.HANGUL_FIRST <= ord(c) <= u.HANGUL_LAST else fold(c)
        index.append(0 if folded == c else numbers.setdefault(folded, len(numbers) + 1))
    return index, ["", *numbers]


def two_stage(values: Iterable[int], dtype: Any) -> tuple[Any, Any]:
    """Pages of 128 code points, each different page once: value = second[first[c >> 7] * 128 + c % 128]."""
    pages, first = np.unique(np.fromiter(values, dtype).reshape(-1, u.PAGE), axis=0, return_inverse=True)
    return first.reshape(-1).astype(np.uint16), pages.reshape(-1)


def exceptions() -> tuple[Any, Any]:
    """Words that spaCy splits (or, once, keeps) whole, and units it cuts from a digit, as keys and what to do."""
    units, orth = import_module("spacy.lang.char_classes").UNITS, import_module("spacy.symbols").ORTH
    entries = {}
    for word, tokens in spacy_tokenizer().rules.items():
        parts = [token[orth] for token in tokens]
        if simple(word) and (len(parts) > 1 or word == "‘s"):
            cuts = [*np.cumsum([len(part) for part in parts])[:-1], 0, 0]
            entries[word] = u.SPECIAL | int(cuts[0]) | int(cuts[1]) << u.SECOND_CUT_SHIFT
    entries |= {unit: u.UNIT for unit in units.split("|") if simple(unit)}
    keys = [np.frombuffer(word.encode().ljust(16, b"\0"), "<u8") for word in sorted(entries)]
    return np.array(keys, np.uint64), np.array([entries[word] for word in sorted(entries)], np.int32)


def simple(word: str) -> bool:
    """Can this word stand in normalized text?"""
    return bool(word) and not any(c.isspace() or c.isdecimal() or c in PUNCTUATION or fold(c) != c for c in word)


def arrays() -> dict[str, Any]:
    """Everything that `unicode.npz` holds."""
    questions = flags()
    pages, values = two_stage((properties(questions, c) for c in map(chr, range(CODE_POINTS))), np.uint32)
    index, sequences = folds()
    fold_pages, fold_index = two_stage(index, np.uint16)
    encoded = [sequence.encode() for sequence in sequences]
    keys, actions = exceptions()
    return {
        "pages": pages,
        "properties": values,
        "fold_pages": fold_pages,
        "fold_index": fold_index,
        "fold_offsets": np.cumsum([0, *map(len, encoded)]).astype(np.int32),
        "fold_bytes": np.frombuffer(b"".join(encoded), np.uint8),
        "exception_keys": keys,
        "exception_actions": actions,
        "versions": np.array([unicodedata.unidata_version, sys.modules["spacy"].__version__]),
    }


if __name__ == "__main__":
    np.savez_compressed(Path(__file__).with_name("unicode.npz"), **arrays())
