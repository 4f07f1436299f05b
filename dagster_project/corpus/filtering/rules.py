"""The rules a policy may name: each reads signals and gives one value per document.

A new rule is one function and one line in RULES.
"""

from __future__ import annotations

import numpy as np

from dagster_project.corpus.filtering.contamination_rules import CONTAMINATION_RULES
from dagster_project.corpus.filtering.edit_rules import EDIT_RULES
from dagster_project.corpus.filtering.listings import alone, parents, words
from dagster_project.corpus.filtering.privacy_rules import PRIVACY_RULES
from dagster_project.corpus.filtering.repetition_rules import REPETITION_RULES
from dagster_project.corpus.filtering.rule import Rule, listed, numbers
from dagster_project.corpus.filtering.score_rules import SCORE_RULES
from dagster_project.corpus.filtering.text_rules import TEXT_RULES
from dagster_project.corpus.model.errors import Refused


def rule_named(name: str) -> Rule:
    if name not in RULES:
        raise Refused(f"{name!r} is not a rule: use one of {', '.join(sorted(RULES))}")
    return RULES[name]


# Lists: with no limits of its own, a blocked document is removed when one entry matches, an allowed one when none does.
# Words as RefinedWeb has them (Penedo et al. 2023, appendix G.1): one hard word removes, and so do two soft ones.
RULES: dict[str, Rule] = {
    **TEXT_RULES,
    **REPETITION_RULES,
    **EDIT_RULES,
    **PRIVACY_RULES,
    **SCORE_RULES,
    **CONTAMINATION_RULES,
    "language": Rule(
        ("language", "language_score"),
        lambda signals: numbers(signals, "language_score") / 1000,
        choices="language",
        title="identified language and its score",
    ),
    "blocked_domains": listed(
        "host", "domains", parents, title="whether its host, or a domain above it, stands in a list; it must not"
    ),
    "blocked_hosts": listed("host", "hosts", alone, title="whether its host stands in a list; it must not"),
    "blocked_urls": listed("url", "urls", alone, title="whether its address stands in a list; it must not"),
    "blocked_url_words": listed(
        "url", "words", words, title="words of its address that stand in a list; none may", counts=True
    ),
    "soft_url_words": listed(
        "url",
        "words",
        words,
        title="words of its address that stand in a list; one may",
        counts=True,
        limits={"max": 1.0},
    ),
    "allowed_domains": listed(
        "host",
        "domains",
        parents,
        title="whether its host, or a domain above it, stands in a list; it must",
        limits={"min": 1.0},
    ),
    "language_profile": Rule(
        ("language", "language_score"),
        lambda signals: numbers(signals, "language_score") / 1000,
        choices="language",
        title="identified language, which must have a profile",
    ),
    "drawn": Rule((), lambda signals: np.zeros(signals.num_rows), title="drawn at random"),  # all are worth the same
    "reserved": Rule(
        ("reservations",), statements="reservations", title="statements of reservation that the policy honors"
    ),
}
