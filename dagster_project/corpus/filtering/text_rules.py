"""Rules about characters, words, lines and paragraphs: the published ones by their names, and plain ones.

Where the published tools cut words each in its own way, these are the words of `kernels/words.py`, except for dolma's
and DCLM's, which are what stands between whitespace. RedPajama-V2's numbers per line (rps_lines_*) are what they come
to for the whole document; its stop words are Gopher's eight; its text is not put in lower case or stripped of
punctuation first. DCLM and dolma count all occurrences of a repeated line, datatrove the second and later ones.
"""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from dagster_project.corpus.filtering.rule import Rule, Values, count_of, numbers, ratio
from dagster_project.corpus.kernels.scripts import SCRIPTS

Sum = dict[str, int]  # columns, and how often each is added


def shares(parts: Sum, wholes: Sum, title: str, *, rest: bool = False) -> Rule:
    """One sum of signals per another, and with `rest` what is left of 1; 0 where there is nothing to divide by."""

    def value(signals: pa.Table) -> Values:
        whole = _sum(signals, wholes)
        share = np.divide(_sum(signals, parts), whole, out=np.zeros_like(whole), where=whole != 0)
        return np.where(whole != 0, 1 - share, 0.0) if rest else share

    reads = tuple(name for name in dict.fromkeys([*parts, *wholes]) if name != ONE)
    return Rule(reads, value, title=title)


def scaled(column: str, factor: float, title: str) -> Rule:
    """A signal in another unit."""
    return Rule((column,), lambda signals: numbers(signals, column) * factor, title=title)


def flesch(base: float, per_sentence: float, per_word: float, title: str) -> Rule:
    """base + per_sentence · words / sentences + per_word · syllables / words, of words with a letter."""

    def value(signals: pa.Table) -> Values:
        words, sentences, syllables = (numbers(signals, name) for name in FLESCH)
        known = (words > 0) & (sentences > 0)
        words, sentences = np.where(known, words, 1.0), np.where(known, sentences, 1.0)
        return np.where(known, base + per_sentence * words / sentences + per_word * syllables / words, 0.0)

    return Rule(FLESCH, value, title=title)


def _sum(signals: pa.Table, columns: Sum) -> Values:
    total = np.zeros(signals.num_rows)
    for column, times in columns.items():
        total += times * (np.ones(signals.num_rows) if column == ONE else numbers(signals, column))
    return total


ONE = "1"
FLESCH = ("alphabetic_words", "sentences", "syllables")
INK = {"characters": 1, "whitespace": -1}  # what is not whitespace
WITHOUT_NEWLINES = {"characters": 1, "newlines": -1}
LF_LINES = {"newlines": 1, ONE: 1}
SYMBOLS = {"hashes": 1, "ellipses": 1}

TEXT_RULES: dict[str, Rule] = {
    # Gopher quality (Rae et al. 2021, appendix A), with the semantics of datatrove 0.10.1
    "content_words": count_of("content_words", "words with more than punctuation"),
    "mean_word_length": ratio("content_characters", "content_words", "characters of a word, on average"),
    "hash_share": ratio("hashes", "words", '"#" per word'),
    "ellipsis_share": ratio("ellipses", "words", "ellipses per word"),
    "bullet_line_share": ratio("bullet_lines", "lines", "lines that begin with a bullet"),
    "ellipsis_line_share": ratio("ellipsis_lines", "lines", "lines that end in an ellipsis"),
    "alphabetic_word_share": ratio("alphabetic_words", "words", "words with a letter"),
    "stop_words": count_of("stop_words", "different English stop words of eight"),
    # Gopher repetition, with the semantics of datatrove 0.10.1
    "dup_para_frac": ratio("duplicate_paragraphs", "paragraphs", "paragraphs that occurred before"),
    "dup_para_char_frac": ratio("duplicate_paragraph_characters", "characters", "characters in such paragraphs"),
    "dup_line_frac": ratio("duplicate_segments", "segments", "lines that occurred before"),
    "dup_line_char_frac": ratio("duplicate_segment_characters", "characters", "characters in such lines"),
    # FineWeb quality (Penedo et al. 2024), with the semantics of datatrove 0.10.1
    "line_punct_ratio": ratio("terminal_lines", "nonblank_lines", "lines that end in terminal punctuation"),
    "short_line_ratio": ratio("short_lines", "nonblank_lines", "lines of at most 30 characters"),
    "char_dup_ratio": shares(
        {"duplicate_line_characters": 1}, WITHOUT_NEWLINES, "characters in lines that occurred before"
    ),
    "list_ratio": ratio("newlines", "words", "line ends per word"),
    # C4 (mC4's paragraph filter: at least three lines, the third longest of at least 200 characters)
    "third_longest_line": count_of("third_longest_line", "characters of the third longest line"),
    # dolma's Gopher tagger (1.2.1)
    "dolma_words": count_of("spaced_words", "words between whitespace"),
    "dolma_median_word_length": shares(
        {"spaced_lower_median": 1, "spaced_upper_median": 1}, {ONE: 2}, "median characters of a word"
    ),
    "dolma_symbol_share": ratio("spaced_symbol_words", "spaced_words", 'words with "#" or "…"'),
    "dolma_alphabetic_word_share": ratio("spaced_alphabetic_words", "spaced_words", "words with a letter"),
    "dolma_required_words": count_of("spaced_stop_words", "English stop words, with repeats"),
    "dolma_bullet_line_share": shares({"flush_bullet_lines": 1}, LF_LINES, 'lines that begin with "*" or "-"'),
    "dolma_ellipsis_line_share": shares({"flush_ellipsis_lines": 1}, LF_LINES, 'lines that end in "…"'),
    "dolma_dup_line_frac": shares({"repeated_lines": 1}, LF_LINES, "lines that occur twice, empty ones too"),
    "dolma_v2_dup_line_frac": ratio("repeated_segments", "segments", "lines that occur twice"),
    "dolma_dup_line_char_frac": shares({"repeated_line_characters": 1}, INK, "characters in lines that occur twice"),
    # DCLM's RefinedWeb recipe (361714b)
    "dclm_mean_word_length": shares(INK, {"spaced_words": 1}, "characters of a word between whitespace"),
    "dclm_symbol_share": shares(
        {**SYMBOLS, "spaced_ellipses": 1}, {"spaced_words": 1}, '"#" and ellipses per word between whitespace'
    ),
    "dclm_no_letter_word_share": shares(
        {"spaced_alphabetic_words": 1}, {"spaced_words": 1}, "words without a letter", rest=True
    ),
    "dclm_stop_words": count_of("spaced_stop_words_any_case", "English stop words, with repeats, in any case"),
    "dclm_bullet_line_share": ratio("marked_lines", "nonblank_lines", "lines that begin with a bullet"),
    "dclm_ellipsis_line_share": ratio("spaced_ellipsis_lines", "nonblank_lines", "lines that end in an ellipsis"),
    "dclm_dup_line_frac": ratio("repeated_stripped_lines", "nonblank_lines", "lines that occur twice"),
    "dclm_dup_line_char_frac": ratio(
        "repeated_stripped_line_characters", "stripped_line_characters", "characters in such lines"
    ),
    "dclm_dup_para_frac": ratio("repeated_stripped_paragraphs", "stripped_paragraphs", "paragraphs that occur twice"),
    "dclm_dup_para_char_frac": ratio(
        "repeated_stripped_paragraph_characters", "stripped_paragraph_characters", "characters in such paragraphs"
    ),
    "longest_newline_run": count_of("longest_newline_run", "line ends in a row, at most"),
    # RedPajama-V2 (Weber et al. 2024)
    "rps_doc_word_count": count_of("content_words", "words with more than punctuation"),
    "rps_doc_mean_word_length": ratio("content_characters", "content_words", "characters of a word, on average"),
    "rps_doc_frac_unique_words": ratio("unique_words", "words", "different words"),
    "rps_doc_unigram_entropy": scaled("word_entropy", math.log(2) / 1000, "entropy of words, in nats"),
    "rps_doc_num_sentences": count_of("sentences", "sentences"),
    "rps_doc_symbol_to_word_ratio": shares(SYMBOLS, {"words": 1}, '"#" and ellipses per word'),
    "rps_doc_frac_all_caps_words": ratio("all_caps_words", "words", "words in upper case"),
    "rps_doc_frac_no_alph_words": shares({"alphabetic_words": 1}, {"words": 1}, "words without a letter", rest=True),
    "rps_doc_frac_lines_end_with_ellipsis": ratio("ellipsis_lines", "lines", "lines that end in an ellipsis"),
    "rps_doc_stop_word_fraction": ratio("stop_word_count", "words", "English stop words of eight"),
    "rps_doc_curly_bracket": ratio("curly_brackets", "characters", "curly brackets"),
    "rps_doc_lorem_ipsum": ratio("lorem_ipsums", "characters", '"lorem ipsum" per character'),
    "rps_lines_ending_with_terminal_punctution_mark": ratio("sentence_end_lines", "lines", "lines that end in . ! ? ”"),
    "rps_lines_javascript_counts": ratio("javascript", "lines", '"javascript" per line'),
    "rps_lines_numerical_chars_fraction": ratio("digits", "characters", "digits"),
    "rps_lines_start_with_bulletpoint": ratio("symbol_bullet_lines", "lines", "lines that begin with a bullet"),
    "rps_lines_uppercase_letter_fraction": ratio("uppercase", "characters", "upper-case letters"),
    # NeMo Curator's, with plain names
    "address_share": ratio("address_characters", "characters", "characters of web addresses"),
    "bracket_share": ratio("brackets", "characters", "brackets"),
    "no_end_mark_line_share": shares(
        {"end_mark_lines": 1}, {"nonblank_lines": 1}, "lines that end without . ? ! or a quote", rest=True
    ),
    "longest_word": count_of("longest_word", "characters of the longest word"),
    # plain ones
    "bytes": count_of("bytes", "bytes"),
    "characters": count_of("characters", "characters"),
    "words": count_of("words", "words, punctuation included"),
    "lines": count_of("lines", "lines"),
    "nonblank_lines": count_of("nonblank_lines", "lines that are not blank"),
    "sentences": count_of("sentences", "sentences"),
    "letter_share": ratio("letters", "characters", "letters"),
    "digit_share": ratio("digits", "characters", "digits"),
    "alphanumeric_share": ratio("alphanumerics", "characters", "letters and numbers"),
    "uppercase_share": ratio("uppercase", "characters", "upper-case letters"),
    "symbol_share": ratio("symbols", "characters", "symbols"),
    "punctuation_share": ratio("punctuation", "characters", "punctuation"),
    "whitespace_share": ratio("whitespace", "characters", "whitespace"),
    "capitalized_word_share": ratio("capitalized_words", "words", "words with a capital"),
    "numeric_word_share": ratio("numeric_words", "words", "words with digits and no letter"),
    "code_share": ratio("code_characters", "characters", "characters that code is rich in"),
    "angle_bracket_share": ratio("angle_brackets", "characters", "angle brackets"),
    "code_line_share": ratio("code_lines", "nonblank_lines", "lines that end in ; { }"),
    "uppercase_line_share": ratio("uppercase_lines", "nonblank_lines", "lines that are mostly upper case"),
    "numeric_line_share": ratio("numeric_lines", "nonblank_lines", "lines of digits"),
    "longest_line": count_of("longest_line", "characters of the longest line"),
    "mean_line_length": shares(WITHOUT_NEWLINES, LF_LINES, "characters of a line, on average"),
    # of the `texture` group
    "unique_word_ratio": ratio("unique_words", "words", "different words"),
    "word_entropy": scaled("word_entropy", 1 / 1000, "entropy of words, in bits"),
    "character_entropy": scaled("character_entropy", 1 / 1000, "entropy of characters, in bits"),
    "compression_ratio": ratio("compressed_bytes", "bytes", "what compression leaves of the bytes"),
    "reading_ease": flesch(206.835, -1.015, -84.6, "Flesch's reading ease"),
    "reading_grade": flesch(-15.59, 0.39, 11.8, "Flesch and Kincaid's grade"),
    **{f"script_{script}_share": ratio(f"{script}_letters", "letters", f"letters in {script}") for script in SCRIPTS},
}
