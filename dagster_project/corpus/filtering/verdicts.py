"""A policy applied: an ordered cascade over the signals, where the first rule that fails names the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.engine.tables import Column, map_shards
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.filtering.lists import NamedList, StoredList, find_list, load_entries, store_list
from dagster_project.corpus.filtering.rule import Judged, judge
from dagster_project.corpus.filtering.rules import rule_named
from dagster_project.corpus.filtering.statements import unknown_statements
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.recipes import PolicyRecipe, RuleRecipe

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
    for rule in policy.rules:
        for complaint in complaints(rule):
            raise Refused(f"policy {policy.name}: rule {rule.rule} {complaint}")
    return tuple(sorted({column for rule in policy.rules for column in rule_named(rule.rule).reads} | {"words"}))


def complaints(rule: RuleRecipe) -> Iterator[str]:
    """What a rule of a policy says that its rule has no use for, and what it does not say and should."""
    known = rule_named(rule.rule)
    if rule.any_of and not known.choices:
        yield "has no choices, so any_of means nothing: use min or max"
    if rule.none_of and not known.statements:
        yield "is not about statements, so none_of means nothing: use min or max"
    if known.statements and not rule.none_of:
        yield "needs none_of, the statements that it honors: name some, or any"
    if known.statements and (rule.min is not None or rule.max is not None):
        yield "is not about a number, so min and max mean nothing: use none_of"
    if unknown := unknown_statements(rule.none_of):
        yield f"honors {', '.join(unknown)}, which nobody says"
    if rule.list and not known.listing:
        yield "looks nothing up, so list means nothing: use min or max"
    if known.listing and not rule.list:
        yield "needs list, the file that holds its entries: name one"


def find_lists(policy: PolicyRecipe) -> tuple[NamedList, ...]:
    """The lists that a policy names."""
    return tuple(
        find_list(rule.rule, listing.kind, Path(rule.list).expanduser())
        for rule in policy.rules
        if (listing := rule_named(rule.rule).listing)
    )


def recipe_of(policy: PolicyRecipe, lists: Sequence[NamedList] = ()) -> dict[str, Any]:
    """What of a policy decides verdicts: a list by its content, and never by its place."""
    content = {found.rule: {"list": f"sha256:{found.sha256}"} for found in lists}
    return {"rules": [{**asdict(rule), **content.get(rule.rule, {})} for rule in policy.rules]}


def filter_documents(
    work: Work, snapshot: Manifest, signals: Sequence[Column], lists: Sequence[NamedList] = ()
) -> Manifest:
    """One verdict for every document of a snapshot, from its signals alone."""
    stored = {found.rule: store_list(work.store, found, work.access) for found in lists}
    sizes = {rule: len(load_entries(found).hashes) for rule, found in stored.items()}  # bad entries are refused here
    manifest = map_shards(work, snapshot.files, partial(verdicts, lists=stored), signals)
    if not lists:
        return manifest
    profile = dict(manifest.profile)
    matched = profile.pop("entries", {})
    profile["lists"] = {rule: {"entries": size, "matched": len(matched.get(rule, {}))} for rule, size in sizes.items()}
    kept = {found.rule: {"from": str(found.path), **asdict(stored[found.rule].file)} for found in lists}
    return replace(manifest, profile=profile, facts={**manifest.facts, "lists": kept})


def verdicts(
    signals: pa.Table, policy: Mapping[str, Any], lists: Mapping[str, StoredList] | None = None
) -> tuple[pa.Table, dict[str, Any]]:
    """The verdicts of a policy (as data), how many documents and words each rule removed, and which entries of its
    list matched."""
    rows = signals.num_rows
    first = np.full(rows, -1)
    value = np.full(rows, np.nan)
    fired: dict[str, int] = {}
    entries: dict[str, Mapping[str, int]] = {}
    for index, limits in enumerate(policy["rules"]):
        name = limits["rule"]
        judged: Judged = judge(rule_named(name), signals, limits, (lists or {}).get(name))
        fails = ~judged.keeps
        fired[name] = fired.get(name, 0) + int(fails.sum())
        if name in (lists or {}):
            entries[name] = judged.entries
        new = fails & (first < 0)
        first[new], value[new] = index, judged.value[new]
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
    return table, _counted(policy, first, words, fired) | ({"entries": entries} if entries else {})


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
