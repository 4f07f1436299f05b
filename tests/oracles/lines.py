"""The counts of lines and paragraphs with Python's own string methods."""

import re
from collections import Counter

from tests.oracles.counts import TERMINAL_PUNCTUATION


def count(text: str) -> dict[str, int]:
    if not text:
        return {}
    return {**of_newlines(text), **of_ends(text), **of_splitlines(text), **of_repeats(text), **of_paragraphs(text)}


def of_newlines(text: str) -> dict[str, int]:
    lines = text.split("\n")
    blank_or_not = [line for line in lines if line]
    longest = sorted(map(len, lines), reverse=True)
    return {
        "newlines": text.count("\n"),
        "longest_newline_run": max(map(len, re.findall("\n+", text)), default=0),
        "nonempty_lines": len(blank_or_not),
        "longest_line": longest[0],
        "second_longest_line": longest[1] if len(longest) > 1 else 0,
        "third_longest_line": longest[2] if len(longest) > 2 else 0,
    }


def of_ends(text: str) -> dict[str, int]:
    lines = [line for line in text.split("\n") if line.strip()]
    stripped = [line.strip() for line in lines]
    return {
        "nonblank_lines": len(lines),
        "stripped_line_characters": sum(map(len, stripped)),
        "short_lines": sum(len(line) <= 30 for line in lines),
        "terminal_lines": sum(line.endswith(tuple(TERMINAL_PUNCTUATION)) for line in lines),
        "end_mark_lines": sum(line.endswith((".", "?", "!", '"', "'")) for line in stripped),
        "sentence_end_lines": sum(line.endswith((".", "!", "?", "”")) for line in stripped),
        "code_lines": sum(line.endswith((";", "{", "}")) for line in stripped),
        "uppercase_lines": sum(2 * sum(c.isupper() for c in line) > len(line) for line in stripped),
        "numeric_lines": sum(line.isdecimal() for line in stripped),
        "spaced_ellipsis_lines": sum(line.endswith(("...", ". . .", "…")) for line in stripped),
        "marked_lines": sum(line.startswith(("●", "•", "*", "-")) for line in stripped),
        "symbol_bullet_lines": sum(line.startswith(tuple("•‣▶◀◦■□▪▫–")) for line in stripped),
        "flush_bullet_lines": sum(line.startswith(("*", "-")) for line in lines),
        "flush_ellipsis_lines": sum(line.endswith("…") for line in lines),
    }


def of_splitlines(text: str) -> dict[str, int]:
    lines = text.splitlines()
    return {
        "bullet_lines": sum(line.lstrip().startswith(("•", "-")) for line in lines),
        "ellipsis_lines": sum(line.rstrip().endswith(("...", "…")) for line in lines),
    }


def duplicates(pieces: list[str]) -> tuple[int, int]:
    """Second and later occurrences, and their characters."""
    again = [piece for number, piece in enumerate(pieces) if piece in pieces[:number]]
    return len(again), sum(map(len, again))


def repeats(pieces: list[str]) -> tuple[int, int]:
    """All occurrences of what occurs more than once, and their characters."""
    again = {piece: count for piece, count in Counter(pieces).items() if count > 1}
    return sum(again.values()), sum(len(piece) * count for piece, count in again.items())


def of_repeats(text: str) -> dict[str, int]:
    lines, segments = text.split("\n"), re.split("\n+", text)
    stripped = repeats([line.strip() for line in lines if line.strip()])
    return {
        "segments": len(segments),
        "duplicate_segments": duplicates(segments)[0],
        "duplicate_segment_characters": duplicates(segments)[1],
        "duplicate_line_characters": duplicates([line for line in lines if line.strip()])[1],
        "repeated_lines": repeats(lines)[0],
        "repeated_segments": repeats(segments)[0],
        "repeated_line_characters": repeats(lines)[1],
        "repeated_stripped_lines": stripped[0],
        "repeated_stripped_line_characters": stripped[1],
    }


def of_paragraphs(text: str) -> dict[str, int]:
    paragraphs = [paragraph for paragraph in re.split("\n{2,}", text.strip()) if paragraph]
    stripped = [paragraph.strip() for paragraph in text.split("\n\n") if paragraph.strip()]
    return {
        "paragraphs": len(paragraphs),
        "duplicate_paragraphs": duplicates(paragraphs)[0],
        "duplicate_paragraph_characters": duplicates(paragraphs)[1],
        "stripped_paragraphs": len(stripped),
        "stripped_paragraph_characters": sum(map(len, stripped)),
        "repeated_stripped_paragraphs": repeats(stripped)[0],
        "repeated_stripped_paragraph_characters": repeats(stripped)[1],
    }
