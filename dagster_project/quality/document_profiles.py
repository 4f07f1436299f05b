"""Profiles of the stages that describe the documents of one snapshot."""

from __future__ import annotations

from collections.abc import Mapping

from dagster_project.corpus.filtering.cascade import EMPTY
from dagster_project.corpus.model.documents import ORDINARY, SAME
from dagster_project.quality.counts import Counts, share

SELECTING = frozenset({"drawn", "quantile", "words"})  # of a rule that takes so many, and removes the others by design

Numbers = tuple[Mapping[str, float], Mapping[str, Mapping[str, float]]]  # the row, and the names behind a number
UNKNOWN = "unknown"  # the license class of NOASSERTION


def snapshots(counts: Counts) -> Numbers:
    dead = counts.by_name("dead_letters")
    records, documents = counts.number("records"), counts.number("documents")
    bad = {reason: number for reason, number in dead.items() if reason not in ORDINARY}
    numbers = {
        "rows": counts.rows,
        "records": records,
        "documents": documents,
        "uncovered_documents": documents - counts.rows,
        "unaccounted_records": records - documents - sum(dead.values()),
        "bad_record_share": share(sum(bad.values()), records),
        "repeated_record_share": share(dead.get(SAME, 0), records),
        "text_bytes": counts.number("text_bytes"),
    }
    return numbers, {"bad_record_share": bad, "unaccounted_records": dead}


def licensed(counts: Counts) -> Numbers:
    licenses, classes, kinds = (counts.by_name(name) for name in ("licenses", "classes", "kinds"))
    numbers = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "documents_without_license": counts.rows - sum(licenses.values()) + licenses.get("none", 0),
        "unclassified_documents": counts.rows - sum(classes.values()) + classes.get("none", 0),
        "licenses": len(licenses),
        "license_unknown_share": share(classes.get(UNKNOWN, 0), counts.rows),
        "without_evidence_share": share(kinds.get("none", 0), counts.rows),
    }
    return numbers, {"license_unknown_share": classes, "without_evidence_share": kinds}


def signals(counts: Counts) -> Numbers:
    """Each signal group is a version of its own; the numbers of the others are 0 there."""
    languages, histogram = counts.by_name("languages"), counts.by_name("words_histogram")
    tallies = [tally for tally in (languages, histogram, counts.by_name("schemes")) if tally]
    numbers = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "unmeasured_documents": sum(counts.rows - sum(tally.values()) for tally in tallies),
        "bytes": counts.number("bytes"),
        "characters": counts.number("characters"),
        "words": counts.number("words"),
        "wordless_share": share(histogram.get("-1", 0), counts.rows),
        "undetermined_language_share": share(languages.get("und", 0), counts.rows),
    }
    return numbers, {"undetermined_language_share": languages}


def statistics(counts: Counts) -> Numbers:
    """One row per language; what counts here are the documents that the rows speak of."""
    documents, languages, licenses = counts.number("documents"), counts.by_name("languages"), counts.by_name("licenses")
    dated = [sum(counts.by_name(date).values()) for date in ("published", "collected")]
    numbers = {
        "rows": counts.rows,
        "documents": documents,
        "uncovered_documents": int(counts.bounds.get("documents", 0)) - documents,
        "unbalanced_documents": sum(languages.values()) - documents,
        "documents_without_license": documents - sum(licenses.values()),
        "documents_without_dates": sum(abs(documents - number) for number in dated),
        "negative_counts": counts.number("negative_counts"),
        "text_bytes": counts.number("text_bytes"),
        "words": counts.number("words"),
        "undetermined_language_share": share(languages.get("und", 0), documents),
        "contrary_language_share": share(counts.number("disagreeing"), documents),
    }
    told = dict.fromkeys(("unbalanced_documents", "undetermined_language_share"), languages)
    return numbers, {**told, "documents_without_license": licenses}


def filtered(counts: Counts) -> Numbers:
    removed, fired = counts.column("removed"), counts.by_name("fired")
    rules = [rule["name"] for rule in counts.recipe.get("rules", ()) if rule.get("rule") != EMPTY]
    shares = {rule: share(number, counts.rows) for rule, number in removed.items()}
    selecting = {rule["name"] for rule in counts.recipe.get("rules", ()) if not SELECTING.isdisjoint(rule)}
    judged = {rule: removed for rule, removed in shares.items() if rule not in selecting}
    silent = {rule: 0.0 for rule in rules if not fired.get(rule)}
    allowed = counts.bounds.get("max_removed_by_rule", {})
    beyond = {rule: shares[rule] for rule, most in allowed.items() if shares.get(rule, 0.0) > most}
    matched = counts.column("lists", of="matched")
    unmatched = {rule: 0.0 for rule in rules if matched.get(rule) == 0}  # who was released may stand in other sources
    kept = counts.number("kept", "documents")
    held = sum(removed.get(rule["name"], 0) for rule in counts.recipe.get("rules", ()) if rule.get("quarantine"))
    unbalanced = kept + sum(removed.values()) - counts.rows or held - counts.number("quarantined", "documents")
    numbers = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "unbalanced_documents": unbalanced,
        "removed_share": share(sum(removed.values()), counts.rows),
        "largest_removed_share_by_rule": max(judged.values(), default=0.0),
        "rules_beyond_their_bound": len(beyond),
        "rules": len(rules),
        "rules_that_never_fired": len(silent),
        "lists_that_matched_nothing": len(unmatched),
        "kept_documents": kept,
        "kept_words": counts.number("kept", "words"),
    }
    by_rule = {"removed_share": shares, "largest_removed_share_by_rule": judged}
    silences = {"rules_that_never_fired": silent, "lists_that_matched_nothing": unmatched}
    by_rule["rules_beyond_their_bound"] = beyond
    return numbers, {**by_rule, **silences, "unbalanced_documents": removed}


def fingerprints(counts: Counts) -> Numbers:
    numbers = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "too_short_share": share(counts.number("too_short"), counts.rows),
    }
    return numbers, {}
