"""Rules about benchmarks: how much of their items a document repeats. The step of the policy names the artifact.

Words, n-grams and templates are ours (`contamination/index.py`); the limits of others, as far as they are such a rule:

- GPT-3 (Brown et al. 2020, appendix C) takes out every 13-gram and drops the document at the eleventh:
  `{rule: contaminated_ngrams, max: 10}`. Others drop it at the first: `{rule: contaminated_items, max: 0}`.
- marin counts a hit from half of the 13-grams on, decon from .815 of a question, weighted by how rare its 5-grams are:
  `{rule: contaminated_share, below: 0.5}` or `below: 0.815`, here of the n-grams of the item, all of one weight.
- `contaminated_words` bounds how much of benchmarks a document may quote, whatever the items.
"""

from __future__ import annotations

import pyarrow as pa

from dagster_project.corpus.filtering.rule import Rule, Values, numbers

MILLIONTHS = 1e6


def of_benchmarks(column: str, title: str, unit: float = 1.0) -> Rule:
    """A signal by the benchmarks that a step names."""

    def value(signals: pa.Table) -> Values:
        return numbers(signals, column) / unit

    return Rule((column,), value, title=title, takes="model")


CONTAMINATION_RULES: dict[str, Rule] = {
    "contaminated_items": of_benchmarks("contaminated_items", "items of benchmarks that it repeats"),
    "contaminated_ngrams": of_benchmarks("contaminated_ngrams", "n-grams of benchmarks that it repeats"),
    "contaminated_words": of_benchmarks("contaminated_words", "words that repeat benchmarks"),
    "contaminated_share": of_benchmarks(
        "largest_overlap",
        "largest share of an item of benchmarks that it repeats",
        MILLIONTHS,
    ),
}
