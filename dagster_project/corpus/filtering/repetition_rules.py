"""Rules about repeated n-grams of words: Gopher's (Rae et al. 2021, table A1), as four published rule sets read them.

datatrove's `top_*` and `duplicated_*` are about all words, and divide by the characters of the whole text. The others
are about the words that begin with a letter or number, as they are written, and divide by the characters of these;
dolma's duplicates by those of all n-grams. RedPajama-V2's own words are in lower case and lose their punctuation, and
dolma's own words are what stands between whitespace.
"""

from __future__ import annotations

from dagster_project.corpus.filtering.rule import Rule, ratio

TOP, DUPLICATED = range(2, 5), range(5, 11)
WORDS = "word_characters"


def top(rule: str, signal: str, whole: str) -> dict[str, Rule]:
    """The rules on the most frequent n-grams; `{n}` stands for n."""
    title = "share of characters in the most frequent {n} words in a row"
    return {rule.format(n=n): ratio(signal.format(n=n), whole, title.format(n=n)) for n in TOP}


def duplicated(rule: str, signal: str, whole: str) -> dict[str, Rule]:
    """The rules on repeated n-grams; `{n}` stands for n."""
    title = "share of characters in {n} words in a row that come again"
    return {rule.format(n=n): ratio(signal.format(n=n), whole.format(n=n), title.format(n=n)) for n in DUPLICATED}


REPETITION_RULES: dict[str, Rule] = {
    **top("top_{n}_gram", "top_{n}_gram", "characters"),
    **duplicated("duplicated_{n}_n_grams", "duplicated_{n}_n_grams", "characters"),
    **top("dclm_top_{n}_gram", "dclm_top_{n}_gram", WORDS),
    **duplicated("dclm_duplicated_{n}_n_grams", "dclm_duplicated_{n}_n_grams", WORDS),
    **top("rps_doc_frac_chars_top_{n}gram", "rps_top_{n}gram", WORDS),
    **duplicated("rps_doc_frac_chars_dupe_{n}grams", "dclm_duplicated_{n}_n_grams", WORDS),
    **top("dolma_top_{n}_gram", "dolma_top_{n}_gram", WORDS),
    **duplicated("dolma_duplicated_{n}_n_grams", "dolma_duplicated_{n}_n_grams", "dolma_{n}_n_grams"),
}
