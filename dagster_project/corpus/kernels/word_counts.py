"""What is counted of words, from what `words` already knows of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels import words as w
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.stop_words import ANY_CASE, EXACT, STOP_WORDS

NOT_BEGINNING = w.SENTENCE_END | w.PUNCTUATION
LENGTHS = 256  # of spaced words that are told apart; longer ones are as long as the last


@bare
def count_words(characters: Any, flags: Any, stops: Any, row: Any) -> Any:
    """Write the counts from `words` to `sentences`: characters int32, flags uint8 and stops uint16 of each word."""
    row[0] = len(flags)
    content = content_characters = longest = alphabetic = caps = capitalized = numeric = 0
    for i in range(len(flags)):
        size: Any = np.int64(characters[i])
        is_content: Any = np.int64(flags[i] & w.CONTENT != 0)
        content += is_content
        content_characters += size * is_content
        longest = max(longest, size)
        alphabetic += flags[i] & w.ALPHABETIC != 0
        caps += flags[i] & w.LETTERS_ALL_UPPER != 0
        capitalized += flags[i] & w.CAPITALIZED != 0
        numeric += flags[i] & w.NUMERIC != 0
    row[1], row[2], row[3], row[4] = content, content_characters, longest, alphabetic
    row[5], row[6], row[7] = caps, capitalized, numeric
    row[8], row[9] = _count_stops(stops)
    row[10] = count_sentences(flags)


@bare
def _count_stops(stops: Any) -> Any:
    """Different ones in lower case, and all in any case."""
    found: Any = np.uint16(0)
    count = different = 0
    for i in range(len(stops)):
        found = np.uint16(found | stops[i])
        count += stops[i] >= ANY_CASE
    for number in range(len(STOP_WORDS)):
        different += found >> number & 1
    return different, count


@bare
def count_sentences(flags: Any) -> Any:
    """Sentences of spaCy 3.8's sentencizer, those of nothing but whitespace left out: one ends after a mark, before a
    word or a whitespace token (any whitespace but one space) that is not punctuation."""
    sentences, is_ending = np.int64(len(flags) > 0), False
    for i in range(len(flags)):
        is_new = is_ending and (flags[i] & w.AFTER_BREAK != 0 or flags[i] & NOT_BEGINNING == 0)
        sentences += is_new
        is_ending = flags[i] & w.SENTENCE_END != 0 or (is_ending and not is_new)
    return sentences


@bare
def count_spaced_words(sizes: Any, flags: Any, stops: Any, joined: Any, histogram: Any, row: Any) -> Any:
    """Write the counts from `spaced_words` to `spaced_upper_median`; histogram is zero before and after.

    Words as str.split finds them: between two words stands nothing but whitespace, so these are words of `words` that
    stand close. `joined` says of each, and of the end, if it follows the word before it so.
    """
    count = alphabetic = exact = any_case = size = 0
    is_alphabetic = False
    for i in range(len(flags)):
        size += sizes[i]
        is_alphabetic |= flags[i] & w.ALPHABETIC != 0
        is_last = not joined[i + 1]
        is_one = is_last and not joined[i]
        count += is_last
        alphabetic += is_last and is_alphabetic
        any_case += is_one and stops[i] >= ANY_CASE
        exact += is_one and stops[i] & EXACT != 0
        histogram[min(size, len(histogram) - 1)] += is_last
        size *= not is_last
        is_alphabetic &= not is_last
    row[0], row[1], row[2], row[3] = count, alphabetic, exact, any_case
    row[4], row[5] = _take(histogram, (count + 1) // 2), _take(histogram, count // 2 + 1)
    histogram[:] = 0


@bare
def _take(histogram: Any, number: Any) -> Any:
    """The number-th least length, or 0 where there are not so many."""
    seen = 0
    for size in range(len(histogram)):
        seen += histogram[size]
        if seen >= number:
            return size
    return 0
