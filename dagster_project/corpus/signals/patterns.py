"""What a pattern is, and how many of them are looked for at once in many texts, by RE2: in time linear in the text.

A stretch of text is first shown to all patterns together, as one automaton; only those that occur in it are searched
for their places. What an expression finds is then checked by plain code: digits, lengths, what stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import re2

from dagster_project.corpus.kernels.texts import Bytes, Offsets

MEMORY = 64 << 20  # bytes that the automaton of all patterns may take
BEFORE = 40  # bytes before a value in which a word can say that it is something else
WORD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"


@dataclass(frozen=True)
class Pattern:
    """One form in which a kind of value is written. `expression` is RE2's, over UTF-8; a group in it is the value."""

    name: str
    kind: str
    expression: str
    accepts: Callable[[bytes], int] = len  # how many of the first bytes are the value, 0 for none
    joints: str | None = ".,-/:"  # between digits they make one number of two; None: it need not stand alone
    maximal: bool = False  # what is refused holds no other value, so the search goes on behind it
    unless: str = ""  # an expression that ends right before a value which is something else


class Found(NamedTuple):
    """Where a pattern holds: bytes of the text that was searched."""

    start: int
    end: int
    pattern: Pattern


class Scanner:
    """Patterns ready to be looked for; made once per process."""

    def __init__(self, patterns: Sequence[Pattern]):
        self.patterns = tuple(patterns)

    @cached_property
    def together(self) -> Any:
        options = _options()
        options.max_mem = MEMORY
        together = re2.Set.SearchSet(options)
        for pattern in self.patterns:
            together.Add(pattern.expression)
        together.Compile()
        return together

    @cached_property
    def expressions(self) -> tuple[tuple[Any, Any], ...]:
        def compiled(expression: str) -> Any:
            return re2.compile(expression, _options()) if expression else None

        return tuple((compiled(item.expression), compiled(item.unless)) for item in self.patterns)

    def scan(self, text: bytes, start: int, end: int) -> Iterator[Found]:
        """Every place of every pattern in text[start:end], which other text may surround; two may overlap."""
        for index in sorted(self.together.Match(text[start:end]) or ()):
            yield from self._places(index, text, start, end)

    def _places(self, index: int, text: bytes, start: int, end: int) -> Iterator[Found]:
        pattern, (expression, unless) = self.patterns[index], self.expressions[index]
        group = min(1, expression.groups)
        while match := expression.search(text, start, end):
            first, last = match.span(group)
            size = pattern.accepts(text[first:last])
            if (
                size
                and (pattern.joints is None or stands_alone(text, first, first + size, pattern.joints.encode()))
                and not (unless and unless.search(text[max(0, first - BEFORE) : first].rpartition(b"\0")[2]))
            ):
                yield Found(first, first + size, pattern)
                start = first + size
            else:
                start = match.end() if pattern.maximal else match.start() + 1


def joined_texts(data: Bytes, offsets: Offsets) -> tuple[bytes, list[int]]:
    """The texts with a NUL, which no pattern holds, before, between and after them; and where each begins."""
    view, places = data.data, offsets.tolist()
    texts = (view[start:end] for start, end in pairwise(places))
    return b"\0".join([b"", *texts, b""]), [place + number for number, place in enumerate(places[:-1], 1)]


def stands_alone(text: bytes, start: int, end: int, joints: bytes) -> bool:
    """No letter, digit or "_" beside text[start:end], and no joint with a digit behind it, as in 1.2.3.4.5."""
    before, after = text[max(0, start - 2) : start][::-1], text[end : end + 2]
    return not _goes_on(before, joints) and not _goes_on(after, joints)


def _goes_on(beside: bytes, joints: bytes) -> bool:
    """Whether a value goes on in the two bytes beside it, the nearest first."""
    return beside[:1] in WORD or (beside[:1] in joints and beside[1:].isdigit()) if beside else False


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options
