"""The line filter of C4 (Raffel et al. 2020, appendix of section 2.2), with the semantics of datatrove 0.10.1."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.citations import OPENING, citation_end, copy_without_citations
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.editing import Edits, Kept, keep_only
from dagster_project.corpus.kernels.phrases import KELVIN, find, phrase
from dagster_project.corpus.kernels.sentences import count_sentences
from dagster_project.corpus.kernels.texts import Bytes, Offsets, sealed
from dagster_project.corpus.kernels.line_bounds import count_words, has_longer_word, line_end, strip_end, strip_start
from dagster_project.corpus.kernels.words import Words, words_of

BRACE, PERIOD, LF = ord("{"), ord("."), 10
LOREM_IPSUM, JAVASCRIPT = phrase("lorem ipsum"), phrase("javascript")
TERMS, PRIVACY = phrase("terms of use"), phrase("privacy policy")
COOKIES = tuple(map(phrase, ("cookie policy", "uses cookies", "use of cookies", "use cookies")))
HINTS = tuple(tuple(piece.encode()) for piece in ("m ip", "vasc", "ooki", "y po", "f us"))
HAS_LOREM, HAS_SCRIPT, HAS_COOKIE, HAS_PRIVACY, HAS_TERMS, HAS_BRACE, HAS_NOTE = (1 << bit for bit in range(7))
PHRASES = HAS_LOREM | HAS_SCRIPT | HAS_COOKIE | HAS_PRIVACY | HAS_TERMS
KEPT, LONG_WORD, NO_END, FEW_WORDS, WITH_LOREM, WITH_SCRIPT, WITH_BRACE, WITH_POLICY = range(8)


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
    sentences: NDArray[np.int64]  # of the lines that stay


WORDS_BEFORE, WORDS_REMOVED, SENTENCES = 8, 9, 10


class Room(NamedTuple):
    """What the loops write: pieces as in Kept, lines whose text is not in the data, and where the next goes."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    breaks: NDArray[np.int64]
    text: NDArray[np.uint8]  # lines without their citations
    line_offsets: NDArray[np.int64]
    documents: NDArray[np.int64]  # of these lines
    state: NDArray[np.int64]


PIECES, PENDING, LINES, FIRST = range(4)  # FIRST: the number of pieces before this document


def edit_lines(data: Bytes, offsets: Offsets, words: Words, settings: Settings) -> tuple[Edits, dict[str, NDArray[np.int64]]]:
    """The edits that leave the kept lines, joined by newlines, and what was counted of each document."""
    most = len(data) // 2 + len(offsets)  # between two pieces or lines is a byte at least
    numbers = (np.empty(most, np.int64) for _ in range(3))
    text, lines = np.empty(len(data), np.uint8), np.zeros(most + 1, np.int64)
    room = Room(*numbers, text, lines, np.empty(most, np.int64), np.zeros(4, np.int64))
    table, firsts = np.zeros((len(offsets) - 1, len(Counts._fields)), np.int64), np.zeros_like(offsets)
    asked = Settings(*map(int, settings))
    _edit_lines(data, offsets, words, asked, table, firsts, room, u.characters())
    pieces, count = room.state[PIECES], room.state[LINES]
    if count:
        line_offsets = lines[: count + 1].copy()
        text = sealed(text[: line_offsets[-1]].copy())
        table[:, SENTENCES] += _sentences_apart(text, line_offsets, room.documents[:count], len(table))
    kept = Kept(firsts, room.starts[:pieces], room.ends[:pieces], room.breaks[:pieces], np.zeros(len(table), np.int64))
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
            _strip_pieces(data, offsets[i], room, tables)
        else:
            table[i] = 0
            table[i, reason] = 1
            room.state[LINES], room.state[PIECES] = lines, room.state[FIRST]
            _add_piece(0, offsets[i + 1] - offsets[i], room)
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
        asked = count_words(data, low, high, tables)
        reason, size = _judge_line(data, low, high, asked, found, settings, room, tables)
        if reason == WITH_LOREM or reason == WITH_BRACE:
            return reason
        row[reason] += 1
        row[WORDS_BEFORE] += asked
        first = word
        while word < last and words.starts[word] < following:
            word += 1
        if reason != KEPT:
            row[WORDS_REMOVED] += asked
        elif size < 0:
            row[SENTENCES] += count_sentences(data, low, high, words, first, word, tables)
            _keep_line(data, offsets[number], low, high, room, tables)
        else:
            _keep_without_citations(data, offsets[number], low, high, number, size, room, tables)
        at = following
    return KEPT


@bare
def _judge_line(data: Any, low: Any, high: Any, asked: Any, found: Any, settings: Any, room: Any, tables: Any) -> Any:
    """KEPT or why not; and the size of the line without its citations, which is then the next text, or -1."""
    if 0 <= settings.max_word_length < high - low and has_longer_word(data, low, high, settings.max_word_length, tables):
        return LONG_WORD, -1
    if found & HAS_NOTE and settings.remove_citations and _has(data, low, high, OPENING):
        start = room.line_offsets[room.state[LINES]]
        size = copy_without_citations(data, low, high, room.text, start, tables) - start
        if size < high - low:
            return _judge_text(room.text, start, start + size, asked, PHRASES, settings), size
    return _judge_text(data, low, high, asked, found & ~HAS_NOTE, settings), -1


@bare
def _judge_text(text: Any, low: Any, high: Any, asked: Any, found: Any, settings: Any) -> Any:
    if settings.end_punctuation and not _ends_well(text, low, high):
        return NO_END
    if asked < settings.min_line_words:
        return FEW_WORDS
    if found & PHRASES:
        found = hints(text, low, high)
    if not found:
        return KEPT
    if found & HAS_LOREM and settings.lorem_ipsum and _holds(text, low, high, LOREM_IPSUM):
        return WITH_LOREM
    if found & HAS_SCRIPT and settings.javascript and _holds(text, low, high, JAVASCRIPT):
        return WITH_SCRIPT
    if found & HAS_BRACE and settings.curly_bracket and _has(text, low, high, BRACE):
        return WITH_BRACE
    if settings.policy and _holds_policy(text, low, high, found):
        return WITH_POLICY
    return KEPT


@bare
def _ends_well(text: Any, low: Any, high: Any) -> Any:
    """Is the last character one of . ? ! " ' and are the last three not periods?"""
    if high == low:
        return False
    last = text[high - 1]
    if last == PERIOD:
        return not (high - low >= 3 and text[high - 2] == PERIOD and text[high - 3] == PERIOD)
    return last == ord("?") or last == ord("!") or last == ord('"') or last == ord("'")


@bare
def _holds(text: Any, low: Any, high: Any, sought: Any) -> Any:
    return find(text, low, high, sought)[0] < high


@bare
def _has(text: Any, low: Any, high: Any, byte: Any) -> Any:
    line, is_there = text[low:high], False
    for at in range(len(line)):
        is_there |= line[at] == byte
    return is_there


@bare
def _holds_policy(text: Any, low: Any, high: Any, found: Any) -> Any:
    if found & HAS_TERMS and _holds(text, low, high, TERMS):
        return True
    if found & HAS_PRIVACY and _holds(text, low, high, PRIVACY):
        return True
    if found & HAS_COOKIE:
        for sought in COOKIES:
            if _holds(text, low, high, sought):
                return True
    return False


@bare
def _keep_line(data: Any, base: Any, low: Any, high: Any, room: Any, tables: Any) -> Any:
    """What is kept begins and ends without white space, so newlines come after a first piece only."""
    if room.state[PIECES] > room.state[FIRST]:
        room.state[PENDING] += 1
    _keep_piece(data, base, low, high, room, tables)


@bare
def _keep_piece(data: Any, base: Any, low: Any, high: Any, room: Any, tables: Any) -> Any:
    """Keep data[low:high] of the document at `base`; a line after a kept line and one LF lengthens that piece."""
    last, state = room.state[PIECES] - 1, room.state
    if last < state[FIRST]:
        low = strip_start(data, low, high, tables)
    elif state[PENDING] == 1 and base + room.ends[last] + 1 == low and data[low - 1] == LF:
        room.ends[last], state[PENDING] = high - base, 0
        return
    if low < high:
        _add_piece(low - base, high - base, room)


@bare
def _add_piece(start: Any, end: Any, room: Any) -> Any:
    at = room.state[PIECES]
    room.starts[at], room.ends[at], room.breaks[at] = start, end, room.state[PENDING]
    room.state[PIECES], room.state[PENDING] = at + 1, 0


@bare
def _keep_without_citations(
    data: Any, base: Any, low: Any, high: Any, number: Any, size: Any, room: Any, tables: Any
) -> Any:
    """Keep a line whose text without citations is the next in the room, of so many bytes."""
    state, at = room.state, low
    line = state[LINES]
    room.line_offsets[line + 1], room.documents[line] = room.line_offsets[line] + size, number
    state[LINES] = line + 1
    state[PENDING] += state[PIECES] > state[FIRST]
    while at < high:
        after = citation_end(data, at, high, tables) if data[at] == OPENING else 0
        if after:
            if low < at:
                _keep_piece(data, base, low, at, room, tables)
            low = at = after
        else:
            at += 1
    if low < high:
        _keep_piece(data, base, low, high, room, tables)


@bare
def _strip_pieces(data: Any, base: Any, room: Any, tables: Any) -> Any:
    """Take the white space off the end of the last piece; off with it if it is nothing else."""
    state = room.state
    while state[PIECES] > state[FIRST]:
        last = state[PIECES] - 1
        start = base + room.starts[last]
        end = strip_end(data, start, base + room.ends[last], tables)
        if end > start:
            room.ends[last] = end - base
            break
        state[PIECES] = last


@bare
def hints(data: Any, start: Any, end: Any) -> Any:
    """Which phrases may be there, by four bytes of each: without a branch, so that it compiles to vector instructions."""
    size = max(end - start - 3, 0)
    one, two, three, four = (
        data[start : start + size],
        data[start + 1 : start + 1 + size],
        data[start + 2 : start + 2 + size],
        data[start + 3 : start + 3 + size],
    )
    lorem = script = cookie = privacy = terms = brace = note = False
    for i in range(size):
        a, b, c, d = one[i], two[i], three[i], four[i]
        brace |= a == BRACE
        note |= a == OPENING
        cookie |= (a == KELVIN[0]) & (b == KELVIN[1]) & (c == KELVIN[2])
        a, b, c, d = a | np.uint8(32), b | np.uint8(32), c | np.uint8(32), d | np.uint8(32)
        lorem |= _are(a, b, c, d, HINTS[0])
        script |= _are(a, b, c, d, HINTS[1])
        cookie |= _are(a, b, c, d, HINTS[2])
        privacy |= _are(a, b, c, d, HINTS[3])
        terms |= _are(a, b, c, d, HINTS[4])
    for i in range(start + size, end):
        brace |= data[i] == BRACE
        note |= data[i] == OPENING
    found = lorem * HAS_LOREM | script * HAS_SCRIPT | cookie * HAS_COOKIE | privacy * HAS_PRIVACY
    return found | terms * HAS_TERMS | brace * HAS_BRACE | note * HAS_NOTE


@bare
def _are(a: Any, b: Any, c: Any, d: Any, piece: Any) -> Any:
    return (a == piece[0]) & (b == piece[1]) & (c == piece[2]) & (d == piece[3])
