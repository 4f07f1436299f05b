"""Rules about what a model says of a document: the step of the policy names the artifact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from dagster_project.corpus.filtering.rule import Rule, Values, count_of, numbers

MILLIONTHS, THOUSANDTHS = 1e6, 1e3
LARGEST = 700.0  # nats: the exponential of more is no number


def _score(signals: pa.Table) -> Values:
    return numbers(signals, "score") / MILLIONTHS


def _perplexity(signals: pa.Table) -> Values:
    """exp of the mean cost of a word, in nats; not a number, which meets no limit, where there is no word."""
    words = numbers(signals, "scored_words")
    costs = -numbers(signals, "log_prob") / THOUSANDTHS
    mean = np.divide(costs, words, out=np.full(len(words), np.nan), where=words > 0)
    perplexity: Values = np.exp(np.minimum(mean, LARGEST))
    return perplexity


SCORE_RULES: dict[str, Rule] = {
    "score": Rule(("score",), _score, title="score", takes="model"),
    "perplexity": Rule(("log_prob", "scored_words"), _perplexity, title="perplexity", takes="model"),
    "perplexity_bucket": Rule(
        ("log_prob", "perplexity_bucket", "scored_words"),
        _perplexity,
        choices="perplexity_bucket",
        title="perplexity",
        takes="model",
    ),
    "tokens": replace(count_of("tokens", "tokens"), takes="model"),
}
