"""The line filter of C4 (Raffel et al. 2020, appendix of section 2.2), with the semantics of datatrove 0.10.1."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.c4_judging import (
    HAS_NOTE,
    KEPT,
    LONG_WORD,
    PHRASES,
    WITH_BRACE,
    WITH_LOREM,
    has_byte,
    hints,
    judge_text,
)
from dagster_project.corpus.kernels.c4_pieces import (
    FIRST,
    LINES,
    PENDING,
    PIECES,
    Room,
    add_piece,
    keep_line,
    keep_without_citations,
    strip_pieces,
)
from dagster_project.corpus.kernels.citations import OPENING, copy_without_citations
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.editing import Edits, Kept, keep_only
from dagster_project.corpus.kernels.line_bounds import count_words, has_longer_word, line_end, strip_end, strip_start
from dagster_project.corpus.kernels.sentences import count_sentences
from dagster_project.corpus.kernels.texts import Bytes, Offsets, sealed
from dagster_project.corpus.kernels.words import Words, words_of


class Settings(NamedTuple):
    """What is asked of a line, with the values of datatrove; -1 asks nothing."""

    min_line_words: int = 3
    max_word_length: int = 1000
    remove_citations: bool = True
    end_punctuation: bool = True
    lorem_ipsum: bool = True
    javascript: bool = True
    curly_bracket: bool = True
    policy: bool = True


class Counts(NamedTuple):
    """int64[n] each, as columns of a table; words stand between white space.

    A document with lorem ipsum or a curly bracket is left as it is, and nothing else is counted of it.
    """

    lines_kept: NDArray[np.int64]
    lines_with_long_word: NDArray[np.int64]
    lines_without_end: NDArray[np.int64]
    lines_of_few_words: NDArray[np.int64]
    lorem_ipsum: NDArray[np.int64]  # 1 where a line that nothing else removed before holds it
    lines_with_javascript: NDArray[np.int64]
    curly_bracket: NDArray[np.int64]
    lines_with_policy: NDArray[np.int64]
    words_before: NDArray[np.int64]
    words_removed: NDArray[np.int64]  # with their lines
    sentences_kept: NDArray[np.int64]  # of the lines that stay, each for itself


WORDS_BEFORE, WORDS_REMOVED, SENTENCES = 8, 9, 10


def edit_lines(
    data: Bytes, offsets: Offsets, words: Words, settings: Settings
) -> tuple[Edits, dict[str, NDArray[np.int64]]]:
    """The edits that leave the kept lines, joined by newlines, and what was counted of each document."""
    most = len(data) // 2 + len(offsets)  # between two pieces or lines is a byte at least
    starts, ends, breaks, documents = (np.empty(most, np.int64) for _ in range(4))
    text, lines = np.empty(len(data), np.uint8), np.zeros(most + 1, np.int64)
    room = Room(starts, ends, breaks, text, lines, documents, np.zeros(4, np.int64))
    table, firsts = np.zeros((len(offsets) - 1, len(Counts._fields)), np.int64), np.zeros_like(offsets)
    asked = Settings._make(map(int, settings))
    _edit_lines(data, offsets, words, asked, table, firsts, room, u.characters())
    pieces, count = room.state[PIECES], room.state[LINES]
    if count:
        line_offsets = lines[: count + 1].copy()
        text = sealed(text[: line_offsets[-1]].copy())
        table[:, SENTENCES] += _sentences_apart(text, line_offsets, documents[:count], len(table))
    kept = Kept(firsts, starts[:pieces], ends[:pieces], breaks[:pieces], np.zeros(len(table), np.int64))
    return keep_only(data, offsets, kept), Counts(*np.ascontiguousarray(table.T))._asdict()


def _sentences_apart(text: Bytes, offsets: Offsets, documents: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The sentences of lines that are no part of the data, by document."""
    sentences = _count_each(text, offsets, words_of(text, offsets), u.characters())
    return np.bincount(documents, sentences, size).astype(np.int64)


@compiled
def _count_each(data: Any, offsets: Any, words: Any, tables: Any) -> Any:
    sentences = np.empty(len(offsets) - 1, np.int64)
    for i in range(len(sentences)):
        first, last = words.firsts[i], words.firsts[i + 1]
        sentences[i] = count_sentences(data, offsets[i], offsets[i + 1], words, first, last, tables)
    return sentences


@bare
def _edit_lines(
    data: Any, offsets: Any, words: Any, settings: Any, table: Any, firsts: Any, room: Any, tables: Any
) -> Any:
    for i in range(len(offsets) - 1):
        lines = room.state[LINES]
        room.state[FIRST] = room.state[PIECES]
        room.state[PENDING] = 0
        reason = _edit_document(data, offsets, i, words, settings, table[i], room, tables)
        if reason == KEPT:
            strip_pieces(data, offsets[i], room, tables)
        else:
            table[i] = 0
            table[i, reason] = 1
            room.state[LINES], room.state[PIECES], room.state[PENDING] = lines, room.state[FIRST], 0
            add_piece(0, offsets[i + 1] - offsets[i], room)
        firsts[i + 1] = room.state[PIECES]


@bare
def _edit_document(
    data: Any, offsets: Any, number: Any, words: Any, settings: Any, row: Any, room: Any, tables: Any
) -> Any:
    """Judge every line; KEPT, or why the whole document is not edited."""
    at, end, word, last = offsets[number], offsets[number + 1], words.firsts[number], words.firsts[number + 1]
    found = hints(data, at, end)
    while at < end:
        stop, following = line_end(data, at, end, tables)
        low = strip_start(data, at, stop, tables)
        high = strip_end(data, low, stop, tables)
        spaced = count_words(data, low, high, tables)
        reason, size = _judge_line(data, low, high, spaced, found, settings, room, tables)
        if reason in (WITH_LOREM, WITH_BRACE):
            return reason
        row[reason] += 1
        row[WORDS_BEFORE] += spaced
        first = word
        while word < last and words.starts[word] < following:
            word += 1
        if reason != KEPT:
            row[WORDS_REMOVED] += spaced
        elif size < 0:
            row[SENTENCES] += count_sentences(data, low, high, words, first, word, tables)
            keep_line(data, offsets[number], low, high, room, tables)
        else:
            keep_without_citations(data, offsets[number], low, high, number, size, room, tables)
        at = following
    return KEPT


@bare
def _judge_line(data: Any, low: Any, high: Any, spaced: Any, found: Any, settings: Any, room: Any, tables: Any) -> Any:
    """KEPT or why not; and the size of the line without its citations, which is then the next text, or -1."""
    if 0 <= settings.max_word_length < high - low and has_longer_word(
        data, low, high, settings.max_word_length, tables
    ):
        return LONG_WORD, -1
    if found & HAS_NOTE and settings.remove_citations and has_byte(data, low, high, OPENING):
        start = room.line_offsets[room.state[LINES]]
        size = copy_without_citations(data, low, high, room.text, start, tables) - start
        if size < high - low:
            return judge_text(room.text, start, start + size, spaced, PHRASES, settings), size
    return judge_text(data, low, high, spaced, found & ~HAS_NOTE, settings), -1
