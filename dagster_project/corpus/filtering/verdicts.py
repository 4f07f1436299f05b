"""A policy applied: an ordered cascade over the signals, where the first rule that fails names the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.engine.tables import Column, map_shards
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.filtering.rules import judge, rule_named
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.recipes import PolicyRecipe

CODE_VERSION = "1"
EDIT = pa.struct([("start", pa.int64()), ("end", pa.int64()), ("text", pa.string())])
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("keep", pa.bool_(), nullable=False),
        pa.field("rule", pa.string()),  # the first that failed; null when kept
        pa.field("value", pa.float64()),  # what it judged
        pa.field("edits", pa.list_(EDIT), nullable=False),  # spans to replace at export; the stored text stays
    ]
)


def signals_read(policy: PolicyRecipe) -> tuple[str, ...]:
    """Every signal that a policy needs, and `words`, by which removals are weighed."""
    named = {column for rule in policy.rules for column in rule_named(rule.rule).reads}
    for rule in policy.rules:
        if rule.any_of and not rule_named(rule.rule).choices:
            raise Refused(
                f"policy {policy.name}: rule {rule.rule} has no choices, so any_of means nothing: use min or max"
            )
    return tuple(sorted(named | {"words"}))


def filter_documents(work: Work, snapshot: Manifest, signals: Sequence[Column]) -> Manifest:
    """One verdict for every document of a snapshot, from its signals alone."""
    return map_shards(work, snapshot.files, verdicts, signals)


def verdicts(signals: pa.Table, policy: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    """The verdicts of a policy (as data), and how many documents and words each rule removed."""
    rows = signals.num_rows
    first = np.full(rows, -1)
    value = np.full(rows, np.nan)
    fired: dict[str, int] = {}
    for index, limits in enumerate(policy["rules"]):
        keeps, judged = judge(rule_named(limits["rule"]), signals, limits)
        fails = ~keeps
        fired[limits["rule"]] = fired.get(limits["rule"], 0) + int(fails.sum())
        new = fails & (first < 0)
        first[new], value[new] = index, judged[new]
    keep = first < 0
    names = pa.array([limits["rule"] for limits in policy["rules"]], pa.string())
    table = pa.table(
        [
            signals.column("doc_id"),
            pa.array(keep),
            names.take(pa.array(first, mask=keep)),
            pa.array(value, mask=keep),
            pa.array([[]] * rows, pa.list_(EDIT)),
        ],
        schema=SCHEMA,
    )
    words = signals.column("words").to_numpy()
    return table, _counted(policy, first, words, fired)


def _counted(
    policy: Mapping[str, Any], first: np.ndarray[Any, Any], words: np.ndarray[Any, Any], fired: Mapping[str, int]
) -> dict[str, Any]:
    """Documents and words kept, removed by each rule as the first to fail, and failed by each rule at all."""
    removed: dict[str, dict[str, int]] = {limits["rule"]: {"documents": 0, "words": 0} for limits in policy["rules"]}
    for index, limits in enumerate(policy["rules"]):
        mine = first == index
        removed[limits["rule"]]["documents"] += int(mine.sum())
        removed[limits["rule"]]["words"] += int(words[mine].sum())
    keep = first < 0
    return {
        "kept": {"documents": int(keep.sum()), "words": int(words[keep].sum())},
        "removed": removed,
        "fired": dict(fired),
    }
