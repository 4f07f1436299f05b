"""C4's line filter with Python's string methods and regular expressions; sentences are counted by a function given."""

from __future__ import annotations

import re
from collections.abc import Callable

CITATION = re.compile(r"\[\d*]|\[edit]|\[citation needed]")
POLICY = ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"]
NO_DOCUMENT = ("lorem_ipsum", "curly_bracket")


def edit(text: str, sentences: Callable[[str], int], words: int = 3, longest: int = 1000, **off: bool) -> dict:
    """The edited text and the counts; the text as it was where the document is not edited."""
    counts: dict[str, int] = {}
    kept = []
    for raw in text.splitlines():
        line = raw.strip()
        if longest >= 0 and any(len(word) > longest for word in line.split()):
            reason = "lines_with_long_word"
        else:
            number = len(line.split())
            line = CITATION.sub("", line) if off.get("remove_citations", True) else line
            reason = _reason(line, number, words, off)
        if reason in NO_DOCUMENT:
            return {"text": text, reason: 1}
        counts[reason] = counts.get(reason, 0) + 1
        counts["words_before"] = counts.get("words_before", 0) + len(raw.split())
        if reason == "lines_kept":
            kept.append(line)
            counts["sentences_kept"] = counts.get("sentences_kept", 0) + sentences(line)
        else:
            counts["words_removed"] = counts.get("words_removed", 0) + len(raw.split())
    return {"text": "\n".join(kept).strip()} | {name: count for name, count in counts.items() if count}


def _reason(line: str, number: int, words: int, off: dict[str, bool]) -> str:
    lower = line.lower()
    if off.get("end_punctuation", True) and (not line.endswith((".", "?", "!", '"', "'")) or line.endswith("...")):
        return "lines_without_end"
    if number < words:
        return "lines_of_few_words"
    if off.get("lorem_ipsum", True) and "lorem ipsum" in lower:
        return "lorem_ipsum"
    if off.get("javascript", True) and "javascript" in lower:
        return "lines_with_javascript"
    if off.get("curly_bracket", True) and "{" in line:
        return "curly_bracket"
    if off.get("policy", True) and any(phrase in lower for phrase in POLICY):
        return "lines_with_policy"
    return "lines_kept"


def sentences_of(words: list[tuple[int, int]], line: str, ends: set[str], is_punctuation: Callable[[str], bool]) -> int:
    """The sentencizer over words given as spans; what lies between is a word, too, unless it is one space."""
    tokens, before = [], 0
    for start, end in [*words, (len(line), len(line))]:
        gap = line[before:start]
        if gap and (gap != " " or before == 0):
            tokens.append(gap)
        tokens += [line[start:end]] if start < end else []
        before = end
    count, has_ended = 1, False
    for token in tokens:
        if has_ended and token not in ends and not is_punctuation(token):
            count, has_ended = count + 1, False
        has_ended |= token in ends
    return count
