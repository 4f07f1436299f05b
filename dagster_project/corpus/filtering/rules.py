"""The rules a policy may name. A rule reads signals and gives one value per document; its limits come from the policy.

A new rule is one function and one line in RULES.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.filtering.listings import Listing, alone, look_up, parents, words
from dagster_project.corpus.filtering.lists import StoredList, load_entries
from dagster_project.corpus.filtering.statements import holding
from dagster_project.corpus.model.errors import Refused

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """What a rule reads, and the value that its limits judge.

    `choices` names the column that `any_of` is about, `statements` the list of tokens that `none_of` is about. With a
    `listing` the value comes from the list that the policy names.
    """

    reads: tuple[str, ...]
    value: Callable[[pa.Table], Values] | None = None
    choices: str = ""
    statements: str = ""
    listing: Listing | None = None


class Judged(NamedTuple):
    """One answer and one value per document; of a list also the documents of each entry that matched, by its hash."""

    keeps: NDArray[np.bool_]
    value: Values
    entries: Mapping[str, int]


def rule_named(name: str) -> Rule:
    if name not in RULES:
        raise Refused(f"{name!r} is not a rule: use one of {', '.join(sorted(RULES))}")
    return RULES[name]


def judge(rule: Rule, signals: pa.Table, limits: Mapping[str, Any], listed: StoredList | None = None) -> Judged:
    """Kept when min ≤ value ≤ max, when with `any_of` the choice is among them, and with `none_of` no statement is."""
    value, entries = _value(rule, signals, limits, listed)
    least, most = limits.get("min"), limits.get("max")
    if rule.listing and least is None and most is None:
        least, most = rule.listing.limits.get("min"), rule.listing.limits.get("max")
    if rule.statements:
        most = 0
    keeps = np.ones(len(value), bool)
    if least is not None:
        keeps &= value >= least
    if most is not None:
        keeps &= value <= most
    if limits.get("any_of"):
        chosen = pc.is_in(signals.column(rule.choices), pa.array(limits["any_of"], pa.string()))
        keeps &= chosen.to_numpy()
    return Judged(keeps, value, entries)


def _value(
    rule: Rule, signals: pa.Table, limits: Mapping[str, Any], listed: StoredList | None
) -> tuple[Values, Mapping[str, int]]:
    if rule.listing:
        if listed is None:
            raise Refused(f"rule {limits['rule']} has no list to look documents up in: name one")
        return look_up(rule.listing, signals, load_entries(listed))
    if rule.statements:
        return holding(signals.column(rule.statements), limits["none_of"]), {}
    assert rule.value is not None
    return rule.value(signals), {}


def count_of(column: str) -> Rule:
    """The signal itself."""
    return Rule((column,), lambda signals: _numbers(signals, column))


def ratio(part: str, whole: str) -> Rule:
    """One signal per another; 0 where there is nothing to divide by."""
    return Rule((part, whole), lambda signals: _ratio(_numbers(signals, part), _numbers(signals, whole)))


def listed(column: str, kind: str, keys: Callable[[str], tuple[str, ...]], **besides: Any) -> Rule:
    """Entries of a list of the policy that a document matches."""
    return Rule((column,), listing=Listing(column, kind, keys, **besides))


def _numbers(signals: pa.Table, column: str) -> Values:
    numbers: Values = signals.column(column).to_numpy().astype(np.float64)
    return numbers


def _ratio(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)


# Lists: with no limits of its own, a blocked document is removed when one entry matches, an allowed one when none does.
# Words as RefinedWeb has them (Penedo et al. 2023, appendix G.1): one hard word removes, and so do two soft ones.
# Gopher quality (Rae et al. 2021, appendix A), with the semantics of datatrove 0.10.1
RULES: dict[str, Rule] = {
    "content_words": count_of("content_words"),
    "mean_word_length": ratio("content_characters", "content_words"),
    "hash_share": ratio("hashes", "words"),
    "ellipsis_share": ratio("ellipses", "words"),
    "bullet_line_share": ratio("bullet_lines", "lines"),
    "ellipsis_line_share": ratio("ellipsis_lines", "lines"),
    "alphabetic_word_share": ratio("alphabetic_words", "words"),
    "stop_words": count_of("stop_words"),
    "characters": count_of("characters"),
    "language": Rule(
        ("language", "language_score"), lambda signals: _numbers(signals, "language_score") / 1000, choices="language"
    ),
    "blocked_domains": listed("host", "domains", parents),
    "blocked_hosts": listed("host", "hosts", alone),
    "blocked_urls": listed("url", "urls", alone),
    "blocked_url_words": listed("url", "words", words, counts=True),
    "soft_url_words": listed("url", "words", words, counts=True, limits={"max": 1.0}),
    "allowed_domains": listed("host", "domains", parents, limits={"min": 1.0}),
    "reserved": Rule(("reservations",), statements="reservations"),
}
