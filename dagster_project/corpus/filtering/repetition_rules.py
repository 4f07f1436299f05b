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

REPETITION_RULES: dict[str, Rule] = {
    **{f"top_{n}_gram": ratio(f"top_{n}_gram", "characters") for n in TOP},
    **{f"duplicated_{n}_n_grams": ratio(f"duplicated_{n}_n_grams", "characters") for n in DUPLICATED},
    **{f"dclm_top_{n}_gram": ratio(f"dclm_top_{n}_gram", WORDS) for n in TOP},
    **{f"dclm_duplicated_{n}_n_grams": ratio(f"dclm_duplicated_{n}_n_grams", WORDS) for n in DUPLICATED},
    **{f"rps_doc_frac_chars_top_{n}gram": ratio(f"rps_top_{n}gram", WORDS) for n in TOP},
    **{f"rps_doc_frac_chars_dupe_{n}grams": ratio(f"dclm_duplicated_{n}_n_grams", WORDS) for n in DUPLICATED},
    **{f"dolma_top_{n}_gram": ratio(f"dolma_top_{n}_gram", WORDS) for n in TOP},
    **{
        f"dolma_duplicated_{n}_n_grams": ratio(f"dolma_duplicated_{n}_n_grams", f"dolma_{n}_n_grams")
        for n in DUPLICATED
    },
}
