"""Maximal spans by looking everywhere: of each place of a text how far any document goes on with it."""

from __future__ import annotations

from collections.abc import Sequence

Span = tuple[int, int]


def maximal_spans(text: str, documents: Sequence[str], least: int) -> set[Span]:
    """(start, end) in characters of every span of at least so many that a document holds and no longer one has."""
    found = set()
    for start in range(len(text)):
        end = start
        while end < len(text) and any(text[start : end + 1] in document for document in documents):
            end += 1
        if end - start >= least:
            found.add((start, end))
    return {span for span in found if not any(_is_within(span, other) for other in found)}


def _is_within(span: Span, other: Span) -> bool:
    return span != other and other[0] <= span[0] and span[1] <= other[1]
