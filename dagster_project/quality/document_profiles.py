"""Profiles of the stages that have one row per document of one snapshot."""

from __future__ import annotations

from collections.abc import Mapping

from dagster_project.quality.counts import Counts, share

Numbers = tuple[Mapping[str, float], Mapping[str, Mapping[str, float]]]  # the row, and the names behind a number
REPEATED = "repeated record"  # a dead letter that says nothing bad about the input
UNKNOWN = "unknown"  # the license class of NOASSERTION


def snapshots(counts: Counts) -> Numbers:
    dead = counts.by_name("dead_letters")
    records, documents = counts.number("records"), counts.number("documents")
    bad = {reason: number for reason, number in dead.items() if reason != REPEATED}
    numbers = {
        "rows": counts.rows,
        "records": records,
        "documents": documents,
        "uncovered_documents": documents - counts.rows,
        "unaccounted_records": records - documents - sum(dead.values()),
        "bad_record_share": share(sum(bad.values()), records),
        "repeated_record_share": share(dead.get(REPEATED, 0), records),
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
    tallies = [tally for tally in (languages, histogram) if tally]
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


def filtered(counts: Counts) -> Numbers:
    removed, fired = counts.column("removed"), counts.by_name("fired")
    rules = [rule["rule"] for rule in counts.recipe.get("rules", ())]
    shares = {rule: share(number, counts.rows) for rule, number in removed.items()}
    silent = {rule: 0.0 for rule in rules if not fired.get(rule)}
    kept = counts.number("kept", "documents")
    numbers = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "unbalanced_documents": kept + sum(removed.values()) - counts.rows,
        "removed_share": share(sum(removed.values()), counts.rows),
        "largest_removed_share_by_rule": max(shares.values(), default=0.0),
        "rules": len(rules),
        "rules_that_never_fired": len(silent),
        "kept_documents": kept,
        "kept_words": counts.number("kept", "words"),
    }
    by_rule = {"removed_share": shares, "largest_removed_share_by_rule": shares}
    return numbers, {**by_rule, "unbalanced_documents": removed, "rules_that_never_fired": silent}


def fingerprints(counts: Counts) -> Numbers:
    numbers = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "too_short_share": share(counts.number("too_short"), counts.rows),
    }
    return numbers, {}
