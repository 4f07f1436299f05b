"""The rules a policy may name. A rule reads signals and gives one value per document; its limits come from the policy.

A new rule is one function and one line in RULES.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.model.errors import Refused

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """What a rule reads, and the value that its limits judge. `choices` names the column that `any_of` is about."""

    reads: tuple[str, ...]
    value: Callable[[pa.Table], Values]
    choices: str = ""


def rule_named(name: str) -> Rule:
    if name not in RULES:
        raise Refused(f"{name!r} is not a rule: use one of {', '.join(sorted(RULES))}")
    return RULES[name]


def judge(rule: Rule, signals: pa.Table, limits: Mapping[str, Any]) -> tuple[NDArray[np.bool_], Values]:
    """(keeps, value) per document: kept when min ≤ value ≤ max and, with `any_of`, when the choice is among them."""
    value = rule.value(signals)
    keeps = np.ones(len(value), bool)
    if limits.get("min") is not None:
        keeps &= value >= limits["min"]
    if limits.get("max") is not None:
        keeps &= value <= limits["max"]
    if limits.get("any_of"):
        chosen = pc.is_in(signals.column(rule.choices), pa.array(limits["any_of"], pa.string()))
        keeps &= chosen.to_numpy()
    return keeps, value


def count_of(column: str) -> Rule:
    """The signal itself."""
    return Rule((column,), lambda signals: _numbers(signals, column))


def ratio(part: str, whole: str) -> Rule:
    """One signal per another; 0 where there is nothing to divide by."""
    return Rule((part, whole), lambda signals: _ratio(_numbers(signals, part), _numbers(signals, whole)))


def _numbers(signals: pa.Table, column: str) -> Values:
    numbers: Values = signals.column(column).to_numpy().astype(np.float64)
    return numbers


def _ratio(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)


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
}
