"""How many sentences a line has, as spaCy's rule-based sentencizer splits it."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.line_bounds import strip_end
from dagster_project.corpus.kernels.words import AFTER_BREAK, PUNCTUATION, SENTENCE_END


@bare
def count_sentences(data: Any, start: Any, end: Any, words: Any, first: Any, last: Any, tables: Any) -> Any:
    """Sentences of the line data[start:end], whose words are first to last; at least one.

    After a mark that ends a sentence, the next word that is no punctuation begins one, and so does white space other
    than a single space, which spaCy takes for a word.
    """
    sentences, has_ended = 1, False
    for k in range(first, last):
        flags = words.flags[k]
        if has_ended and (flags & AFTER_BREAK or not flags & (SENTENCE_END | PUNCTUATION)):
            sentences, has_ended = sentences + 1, False
        has_ended |= flags & SENTENCE_END != 0
    if has_ended:
        begin = strip_end(data, start, end, tables)
        sentences += end - begin > 1 or (end > begin and data[begin] != ord(" "))
    return sentences
