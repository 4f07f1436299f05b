"""Phrases that are counted: files of them, and where they stand in texts.

A file is UTF-8 with a phrase on each line, or a name, a tab and its other spellings, tab by tab. Empty lines and those
that begin with "#" say nothing. Texts and spellings are compared in lower case, each character by itself, whatever
whitespace stands between words; `kernels/phrase_matches.py` says where a word ends. Occurrences of one phrase do not
overlap: the first counts, of its spellings the longest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.engine.blocks import blocks
from dagster_project.corpus.kernels.phrase_matches import DOCUMENT, FIRST, LAST, PHRASE, Phrases, matches, phrases_of
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.errors import Refused

MOST = 1_000_000  # spellings of one list
LONGEST = 1000  # characters of one of them
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class PhraseList:
    """Names of phrases, each with its spellings, the name itself among them."""

    names: tuple[str, ...]
    spellings: tuple[tuple[str, ...], ...]

    def __add__(self, other: PhraseList) -> PhraseList:
        return PhraseList(self.names + other.names, self.spellings + other.spellings)


class Mentions(NamedTuple):
    """Occurrences in the order of where they begin; int64[n] each. `firsts` and `lasts`: words of the text before the
    occurrence, and up to its end."""

    rows: Numbers
    phrases: Numbers
    firsts: Numbers
    lasts: Numbers


def phrases_in(body: bytes, file: str) -> PhraseList:
    """The phrases of a file, in its order; one that holds none, or says one twice, is refused with its line."""
    try:
        lines = body.decode().removeprefix("\ufeff").split("\n")
    except UnicodeDecodeError as error:
        raise Refused(f"{file} is not UTF-8 at byte {error.start}: write it in UTF-8") from None
    names: dict[str, int] = {}
    spellings = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            said = [" ".join(part.split()) for part in line.split("\t")]
            _check(said, names, f"{file} line {number}")
            names[said[0]] = number
            spellings.append(tuple(dict.fromkeys(filter(None, said))))
    if not names:
        raise Refused(f"{file} holds no phrase: write one on each line")
    if (total := sum(map(len, spellings))) > MOST:
        raise Refused(f"{file} holds {total:,} spellings, more than {MOST:,}: split it")
    return PhraseList(tuple(names), tuple(spellings))


def mentions(texts: Any, phrases: PhraseList) -> Mentions:
    """Where the phrases stand in an array of strings."""
    found = matches(*buffers(pc.utf8_lower(texts)), tree_of(phrases), len(phrases.names))
    return Mentions(*(found[:, column] for column in (DOCUMENT, PHRASE, FIRST, LAST)))


def mentions_by_block(documents: pa.Table, phrases: PhraseList) -> Iterator[Mentions]:
    """The same of the column `text`, as the column `edits` leaves it if there is one, in some megabytes at a time."""
    before = 0
    for block in blocks(documents):
        found = mentions(block.documents.column("text"), phrases)
        yield found._replace(rows=found.rows + before)
        before += block.documents.num_rows


@lru_cache(maxsize=2)
def tree_of(phrases: PhraseList) -> Phrases:
    """What the kernel looks for, made once per process."""
    spelled = sorted({(text, number) for number, said in enumerate(phrases.spellings) for text in said})
    lowered = pc.utf8_lower(pa.array([text for text, _ in spelled], pa.large_string()))
    return phrases_of(*buffers(lowered), np.array([number for _, number in spelled], np.int32))


def _check(said: list[str], names: dict[str, int], place: str) -> None:
    if not said[0]:
        raise Refused(f"{place}: begins with a tab: write the name before it")
    if said[0] in names:
        raise Refused(f"{place}: names {said[0][:80]!r} again, as line {names[said[0]]} does: leave one of them out")
    if any(len(part) > LONGEST for part in said):
        raise Refused(f"{place}: is longer than {LONGEST} characters: a phrase is a few words")
