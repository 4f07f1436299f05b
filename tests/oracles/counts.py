"""The counts of characters and words with Python's own string methods."""

import re
import statistics
import unicodedata

from tests.oracles.normalization import CONTROLS, MARKS

TERMINAL = """21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E 1735-1736
17D4-17D6 17D9-17DA 1803 1809 1944-1945 1AA8-1AAB 1B5A-1B5B 1B5E-1B5F 1B7D-1B7E 1C3B-1C3C 1C7E-1C7F 203C-203D 2047-2049
2E2E 2E3C 2E53-2E54 3002 A4FF A60E-A60F A6F3 A6F7 A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE52
FE56-FE57 FF01 FF0E FF1F FF61 10A56-10A57 10F55-10F59 10F86-10F89 11047-11048 110BE-110C1 11141-11143 111C5-111C6 111CD
111DE-111DF 11238-11239 1123B-1123C 112A9 1144B-1144C 115C2-115C3 115C9-115D7 11641-11642 1173C-1173E 11944 11946
11A42-11A43 11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44 16A6E-16A6F 16AF5 16B37-16B38 16B44 16E98 1BC9F 1DA88"""
PAIRS = [item.split("-") for item in TERMINAL.split()]
TERMINAL_PUNCTUATION = {chr(c) for p in PAIRS for c in range(int(p[0], 16), int(p[-1], 16) + 1)}
PUNCTUATION_SET = set(MARKS + CONTROLS) | TERMINAL_PUNCTUATION
STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
ADDRESS = re.compile(r"https?://(?:[a-zA-Z]|[0-9]|[$-_@.&+]|[!*\\(\\),]|(?:%[0-9a-fA-F][0-9a-fA-F]))+")


def count(text: str, words: list[str]) -> dict[str, int]:
    return {**of_characters(text), **of_words(text, words), **of_spaced_words(text)}


def of_characters(text: str) -> dict[str, int]:
    categories = [unicodedata.category(c) for c in text]
    return {
        "bytes": len(text.encode()),
        "characters": len(text),
        "whitespace": sum(c.isspace() for c in text),
        "letters": sum(c.isalpha() for c in text),
        "digits": sum(c.isdecimal() for c in text),
        "uppercase": sum(c.isupper() for c in text),
        "alphanumerics": sum(c.isalnum() for c in text),
        "punctuation": sum(c in PUNCTUATION_SET for c in text),
        "symbols": sum(category[0] == "S" for category in categories),
        "hashes": text.count("#"),
        "curly_brackets": sum(c in "{}" for c in text),
        "angle_brackets": sum(c in "<>" for c in text),
        "brackets": sum(c in "()[]{}" for c in text),
        "code_characters": sum(c in "{}[]()<>;=+*/\\|&^~$@_`" for c in text),
        "lines": len(text.splitlines()),
        "ellipses": text.count("...") + text.count("…"),
        "spaced_ellipses": text.count(". . ."),
        "address_characters": sum(map(len, ADDRESS.findall(text))),
        "lorem_ipsums": text.lower().count("lorem ipsum"),
        "javascript": text.lower().count("javascript"),
    }


def of_words(text: str, words: list[str]) -> dict[str, int]:
    content = [word for word in words if any(c not in PUNCTUATION_SET for c in word)]
    return {
        "words": len(words),
        "content_words": len(content),
        "content_characters": sum(map(len, content)),
        "longest_word": max(map(len, words), default=0),
        "alphabetic_words": sum(any(c.isalpha() for c in word) for word in words),
        "all_caps_words": sum(word.isupper() for word in words),
        "capitalized_words": sum(unicodedata.category(word[0]) in ("Lu", "Lt") for word in words),
        "numeric_words": sum(any(c.isdecimal() for c in word) and not any(c.isalpha() for c in word) for word in words),
        "stop_words": len(set(words) & STOP_WORDS),
        "stop_word_count": sum(word.lower() in STOP_WORDS for word in words),
        "sentences": sentences(text, words),
    }


def sentences(text: str, words: list[str]) -> int:
    """spaCy's sentencizer over words and whitespace tokens; a sentence of whitespace alone is none."""
    found, is_new, is_ending, at = 0, True, False, 0
    for word in words:
        start = text.index(word, at)
        if is_ending and text[at:start] not in ("", " "):
            is_new, is_ending = True, False
        is_mark = word in SENTENCE_MARKS
        if is_ending and not is_mark and not all(unicodedata.category(c)[0] == "P" for c in word):
            is_new, is_ending = True, False
        is_ending |= is_mark
        found, is_new, at = found + is_new, False, start + len(word)
    return found


# of TERMINAL_PUNCTUATION, those that spaCy 3.8 does not know
LATER = """61D 61E 837 839 83D 83E 17D4 17D5 17D6 17D9 17DA 1B7D 1B7E 2E53 2E54 10F55 10F56 10F57 10F58 10F59 10F86
10F87 10F88 10F89 11944 11946 11EF7 11EF8 11F43 11F44 16E98"""
SENTENCE_MARKS = TERMINAL_PUNCTUATION - {chr(int(code, 16)) for code in LATER.split()}


def of_spaced_words(text: str) -> dict[str, int]:
    words = text.split()
    lengths = [min(255, len(word)) for word in words]
    return {
        "spaced_words": len(words),
        "spaced_alphabetic_words": sum(any(c.isalpha() for c in word) for word in words),
        "spaced_stop_words": sum(word in STOP_WORDS for word in words),
        "spaced_stop_words_any_case": sum(word.lower() in STOP_WORDS for word in words),
        "spaced_lower_median": statistics.median_low(lengths) if words else 0,
        "spaced_upper_median": statistics.median_high(lengths) if words else 0,
        "spaced_symbol_words": sum("#" in word or "…" in word for word in words),
    }
