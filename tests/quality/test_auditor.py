"""The auditor on hand-made manifests: every check of every suite holds for good counts, and can fail for bad ones."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.filtering.cascade import EMPTY
from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.manifests import File, Identity, Manifest
from dagster_project.corpus.model.outcomes import Outcome
from dagster_project.quality.auditor import GreatExpectationsAuditor
from dagster_project.quality.profiles import OFFENDERS, STAGES
from dagster_project.quality.suites import load_suites, suites_directory

AUDITOR = GreatExpectationsAuditor()
RULES = [{"name": "short", "rule": "words"}, {"name": "long", "rule": "words"}]
BY = {"documents": 100, "words": 900}
GOOD: dict[str, dict[str, Any]] = {
    "snapshots": {
        "profile": {
            "records": 104,
            "documents": 100,
            "dead_letters": {"not JSON": 2, "repeated record": 2},
            "text_bytes": 9000,
        },
        "bounds": {"max_bad_records": 0.05},
    },
    "licensed": {
        "profile": {
            "licenses": {"MIT": 90, "NOASSERTION": 10},
            "classes": {"permissive": 90, "unknown": 10},
            "kinds": {"file": 100},
        },
    },
    "signals": {"profile": {"bytes": 9000, "characters": 8900, "words": 900, "words_histogram": {"-1": 1, "4": 99}}},
    "filtered": {
        "profile": {
            "kept": {"documents": 80, "words": 700},
            "removed": {"short": {"documents": 15, "words": 100}, "long": {"documents": 5, "words": 100}},
            "fired": {"short": 15, "long": 5},
            "lists": {"short": {"entries": 1000, "matched": 3}},
        },
        "recipe": {"rules": RULES},
        "bounds": {"documents": 100, "max_removed": 0.25, "max_removed_by_rule": {"short": 0.2}},
    },
    "statistics": {
        "rows": 2,
        "profile": {
            **{"documents": 100, "text_bytes": 9000, "words": 900, "disagreeing": 5, "negative_counts": 0},
            "languages": {"en": 95, "und": 5},
            "licenses": {"MIT": 90, "NOASSERTION": 10},
            "published": {"declared": 60, "unknown": 40},
            "collected": {"unknown": 100},
        },
    },
    "fingerprints": {"profile": {"too_short": 3}},
    "families": {"profile": {"families": 10, "in_families": 25, "families_over_limit": 0, "family_sizes": {"1": 10}}},
    "deduplicated": {
        "profile": {
            "status": {"survivor": 70, "suppressed": 10, "rejected": 20},
            "by_source": {"a@1": {"survivor": 60, "suppressed": 10}, "b@1": {"survivor": 10, "rejected": 20}},
            "copies": {"exact": 6, "near": 4},
            "licenses": {"MIT": 70},
            "license_classes": {"permissive": 70},
            "with_findings": 1,
            "stored": {"survivor": 70, "suppressed": 10, "rejected": 20},
            "proved": 10,
            "families_with_many_survivors": 0,
        },
        "bounds": {"documents": 100, "max_removed": 0.5, "min_survivors": 10},
    },
    "passages": {
        "profile": {
            "status": {"survivor": 70, "suppressed": 10, "rejected": 20},
            "bytes": 10_000,
            "repeated_bytes": 2000,
            "cut_bytes": 1000,
            "by_source": {"a@1": {"status": {"survivor": 70}, "bytes": 10_000, "cut_bytes": 1000}},
            "parallels": {"before": {"parallel": 50, "lines": 500}, "after": {"parallel": 45, "lines": 480}},
        },
        "bounds": {"documents": 100, "survivors": 70, "max_cut": 0.5, "max_parallel_loss": 0.2},
    },
    "weights": {
        "profile": {
            "survivors": {"documents": 70, "words": 700},
            "effective": {"documents": 40_000, "words": 300_000},
            "unmeasured": 2,
            "weights": {"400": 50, "1000": 20},
        },
        "bounds": {"documents": 100, "survivors": 70},
    },
    "mixed": {
        "profile": {
            "words": 900,
            "repeats": 4,
            "by_component": {"all": BY},
            "by_source": {"a@1": BY},
            "by_license": {"MIT": BY},
            "by_license_class": {"permissive": BY},
            "asked": {"all": {"words": 900}},
            "excluded_by_license": {"all": {"GPL-3.0-only": 7}},
            "contaminated_members": 0,
            "contaminated": {"evals@1/quiz": {"members": 0, "items": {}}},
        },
        "recipe": {"budget": {"words": 950, "documents": None}, "clean_of": ["evals@1"]},
        "bounds": {},
    },
    "published": {
        "profile": {"words": 900, "text_bytes": 9000},
        "facts": {"exports": {"parquet": {"shards": [{"rows": 100}]}}},
    },
    "artifacts": {
        "profile": {"examples": {"hq": {"train": 45, "held-out": 5}, "cc": {"train": 45, "held-out": 5}}},
        "facts": {
            "artifact": {
                "model": {"files": [{"name": "m.bin", "size_bytes": 9000}]},
                "metrics": {"roc_auc": 0.9},
                "loading": {"factory": ""},
            }
        },
        "bounds": {},
    },
}
# (stage, check): what to plant in the good manifest so that this check fails, by dotted path
BAD: dict[tuple[str, str], dict[str, Any]] = {
    ("snapshots", "every_document_is_stored"): {"rows": 99},
    ("snapshots", "every_record_is_accounted_for"): {"profile.records": 105},
    ("snapshots", "few_bad_records"): {"profile.dead_letters": {"not JSON": 9}},
    ("snapshots", "there_are_documents"): {"profile.documents": 0},
    ("snapshots", "few_repeated_records"): {"profile.dead_letters": {"repeated record": 30}},
    ("snapshots", "shards_are_bounded"): {"size_bytes": (1 << 30) + 1},
    ("snapshots", "no_shard_is_empty"): {"shards": (100, 0)},
    ("snapshots", "documents_have_text"): {"profile.text_bytes": 0},
    ("licensed", "every_document_is_covered"): {"bounds.documents": 101},
    ("licensed", "every_document_has_a_conclusion"): {"profile.licenses": {"MIT": 99, "none": 1}},
    ("licensed", "every_license_has_a_class"): {"profile.classes": {"permissive": 99}},
    ("licensed", "few_unknown_licenses"): {"profile.classes": {"unknown": 100}},
    ("licensed", "most_conclusions_have_evidence"): {"profile.kinds": {"none": 100}},
    ("signals", "every_document_is_covered"): {"rows": 101},
    ("signals", "every_document_is_measured"): {"profile.words_histogram": {"4": 99}},
    ("signals", "characters_take_bytes"): {"profile.characters": 9001},
    ("signals", "words_take_characters"): {"profile.words": 9000},
    ("signals", "few_documents_without_words"): {"profile.words_histogram": {"-1": 50, "4": 50}},
    ("signals", "few_undetermined_languages"): {"profile.languages": {"und": 99, "en": 1}},
    ("filtered", "every_document_is_covered"): {"bounds.documents": 99},
    ("filtered", "kept_and_removed_add_up"): {"profile.kept.documents": 81},
    ("filtered", "removed_share_within_bound"): {"bounds.max_removed": 0.19},
    ("filtered", "every_rule_keeps_its_bound"): {"bounds.max_removed_by_rule": {"short": 0.1}},
    ("filtered", "no_rule_removes_most"): {"profile.removed.short.documents": 51},
    ("filtered", "every_rule_matched_something"): {"profile.fired.long": 0},
    ("filtered", "every_list_matched_something"): {"profile.lists": {"short": {"entries": 1000, "matched": 0}}},
    ("filtered", "the_policy_has_rules"): {"recipe.rules": []},
    ("statistics", "every_document_is_covered"): {"bounds.documents": 101},
    ("statistics", "languages_add_up"): {"profile.languages": {"en": 99}},
    ("statistics", "every_document_has_a_license"): {"profile.licenses": {"MIT": 99}},
    ("statistics", "every_document_has_its_dates"): {"profile.published": {"exact": 99}},
    ("statistics", "no_negative_counts"): {"profile.negative_counts": 1},
    ("statistics", "words_take_bytes"): {"profile.words": 9001},
    ("statistics", "few_undetermined_languages"): {"profile.languages": {"en": 79, "und": 21}},
    ("statistics", "declared_languages_agree"): {"profile.disagreeing": 21},
    ("fingerprints", "every_document_is_covered"): {"bounds.documents": 99},
    ("fingerprints", "few_documents_too_short"): {"profile.too_short": 60},
    ("families", "every_document_is_covered"): {"bounds.documents": 99},
    ("families", "families_have_members"): {"profile.in_families": 19},
    ("families", "members_are_documents"): {"profile.in_families": 101},
    ("families", "no_family_over_limit"): {"profile.families_over_limit": 1},
    ("families", "few_chained_members"): {"profile.distant": 3},
    ("families", "few_hot_buckets"): {"profile.hot_buckets": 1},
    ("families", "few_bridges"): {"profile.bridges": 1},
    ("families", "most_documents_are_not_copies"): {"profile.in_families": 95},
    ("deduplicated", "every_document_is_covered"): {"bounds.documents": 99},
    ("deduplicated", "statuses_add_up"): {"profile.stored": {"survivor": 70, "suppressed": 10, "lost": 20}},
    ("deduplicated", "sources_add_up"): {"profile.by_source": {"a@1": {"survivor": 70}}},
    ("deduplicated", "every_copy_has_its_survivor"): {"profile.proved": 9},
    ("deduplicated", "a_family_has_one_survivor"): {"profile.families_with_many_survivors": 1},
    ("deduplicated", "every_copy_has_a_kind"): {"profile.copies": {"exact": 6}},
    ("deduplicated", "every_survivor_has_a_license"): {"profile.licenses": {"MIT": 69}},
    ("deduplicated", "suppressed_share_within_bound"): {"profile.by_source.a@1": {"survivor": 1, "suppressed": 69}},
    ("deduplicated", "every_source_keeps_enough"): {"bounds.min_survivors": 11},
    ("deduplicated", "there_are_survivors"): {"profile.status": {"rejected": 100}},
    ("deduplicated", "every_source_survives"): {"profile.by_source.b@1": {"rejected": 30}},
    ("deduplicated", "few_linked_copies"): {"profile.copies": {"exact": 7, "linked": 3}},
    ("deduplicated", "few_unknown_licenses"): {"profile.license_classes": {"unknown": 70}},
    ("deduplicated", "few_license_findings"): {"profile.with_findings": 8},
    ("passages", "every_document_is_covered"): {"bounds.documents": 99},
    ("passages", "survivors_add_up"): {"bounds.survivors": 71},
    ("passages", "cut_share_within_bound"): {"profile.by_source.a@1": {"bytes": 10_000, "cut_bytes": 5001}},
    ("passages", "lists_stay_whole"): {"profile.parallels.after.parallel": 30},
    ("passages", "there_are_survivors"): {"profile.status": {"rejected": 100}},
    ("passages", "no_document_is_emptied"): {"profile.status": {"survivor": 69, "emptied": 1, "rejected": 30}},
    ("passages", "few_repetitions"): {"profile.repeated_bytes": 5001},
    ("weights", "every_document_is_covered"): {"bounds.documents": 99},
    ("weights", "survivors_add_up"): {"bounds.survivors": 69},
    ("weights", "every_survivor_has_a_weight"): {"profile.weights": {"400": 50, "1000": 19}},
    ("weights", "no_weight_is_nothing"): {"profile.weights": {"0": 50, "1000": 20}},
    ("weights", "few_unmeasured_survivors"): {"profile.unmeasured": 8},
    ("weights", "weights_leave_a_corpus"): {"profile.effective.documents": 6_999},
    ("mixed", "there_are_members"): {"rows": 0},
    ("mixed", "components_add_up"): {"profile.by_component.all.documents": 99},
    ("mixed", "words_add_up"): {"profile.by_component.all.words": 899},
    ("mixed", "every_member_has_a_source"): {"profile.by_source": {}},
    ("mixed", "every_member_has_a_license"): {"profile.by_license": {"MIT": {"documents": 99}, "": {"documents": 1}}},
    ("mixed", "every_component_gives_something"): {"profile.asked.other": {"words": 5}},
    ("mixed", "the_budget_is_filled"): {"recipe.budget.words": 5000},
    ("mixed", "no_unknown_licenses"): {"profile.by_license_class": {"unknown": BY}},
    ("mixed", "few_excluded_by_license"): {"profile.excluded_by_license.all.LGPL": 200},
    ("mixed", "few_repeats"): {"profile.repeats": 51},
    ("mixed", "clean_of_benchmarks"): {"profile.contaminated_members": 1},
    ("mixed", "every_benchmark_is_answered"): {"profile.contaminated": {}},
    ("published", "clean_of_benchmarks"): {"profile.contaminated_documents": 1},
    ("published", "every_benchmark_is_answered"): {"bounds.clean_of": ["evals@1"]},
    ("published", "every_document_is_covered"): {"bounds.documents": 99},
    ("published", "every_format_is_complete"): {"facts.exports.jsonl": {"shards": [{"rows": 60}, {"rows": 39}]}},
    ("published", "there_is_a_format"): {"facts.exports": {}},
    ("published", "words_take_bytes"): {"profile.words": 9001},
    ("published", "there_is_text"): {"profile.text_bytes": 0},
    ("artifacts", "the_model_is_kept"): {"facts.artifact.model": None},
    ("artifacts", "every_example_has_its_fate"): {"rows": 101},
    ("artifacts", "better_than_chance"): {"facts.artifact.metrics.roc_auc": 0.4},
    ("artifacts", "most_items_are_looked_for"): {
        "facts.artifact.benchmarks": {"quiz": {"items": 9, "too_short": 4, "untold": 1}}
    },
    ("artifacts", "no_cluster_is_empty"): {"facts.artifact.clusters": [{"cluster": 0, "documents": 0}]},
    ("artifacts", "no_example_in_both_classes"): {"profile.examples.hq.contradictory": 1},
}


def planted(stage: str, changes: Mapping[str, Any]) -> tuple[Manifest, dict[str, Any]]:
    """The good manifest of a stage with something planted in it, and its bounds."""
    parts: dict[str, Any] = {
        "rows": 100,
        "recipe": {},
        "facts": {},
        "bounds": {"documents": 100},
        **copy.deepcopy(GOOD[stage]),
    }
    for path, value in changes.items():
        *way, last = path.split(".") if "@" not in path else ["profile", "by_source", path.rpartition(".")[2]]
        place = parts
        for name in way:
            place = place.setdefault(name, {})
        place[last] = value
    identity = Identity(stage, (), parts["recipe"], "1", (), "0" * 64)
    shards = parts.get("shards", (parts["rows"],))
    files = tuple(File("data/x", "0" * 64, parts.get("size_bytes", 1), rows) for rows in shards)
    return Manifest(identity, (), files, parts["profile"], parts["facts"]), parts["bounds"]


def judged(stage: str, changes: Mapping[str, Any] | None = None) -> dict[str, Outcome]:
    return {outcome.check: outcome for outcome in AUDITOR.audit(*planted(stage, changes or {}))}


@pytest.mark.parametrize("stage", STAGES)
def test_good_counts_pass_every_check_in_the_order_of_the_suite(stage: str) -> None:
    outcomes = judged(stage)
    assert [check for check, outcome in outcomes.items() if not outcome.passed] == []
    assert list(outcomes) == [item.check for item in load_suites()[stage].expectations]
    canonical([outcome.observed for outcome in outcomes.values()])  # plain JSON, as it is recorded


@pytest.mark.parametrize(("stage", "check"), BAD, ids="-".join)
def test_a_planted_fault_fails_its_check_and_is_told(stage: str, check: str) -> None:
    outcome = judged(stage, BAD[stage, check])[check]
    assert outcome.passed is False
    assert " But " in outcome.description
    assert all(
        name in outcome.description
        for name in outcome.observed
        if name not in ("offenders", *GOOD[stage].get("bounds", ()))
    )


def test_every_expectation_has_a_planted_fault() -> None:
    assert set(BAD) == {(stage, item.check) for stage, suite in load_suites().items() for item in suite.expectations}


@pytest.mark.parametrize("stage", STAGES)
def test_a_manifest_without_counts_does_not_pass(stage: str) -> None:
    manifest, bounds = planted(stage, {"profile": {}})
    outcomes = AUDITOR.audit(manifest, bounds)
    if stage not in ("signals", "fingerprints", "families"):  # whose counts describe, and promise nothing
        assert any(not outcome.passed and outcome.severity == "error" for outcome in outcomes)


def test_critical_is_an_error_and_a_warning_is_one() -> None:
    outcomes = judged("filtered")
    assert outcomes["kept_and_removed_add_up"].severity == "error"
    assert outcomes["every_rule_matched_something"].severity == "warning"


def test_offenders_are_named_with_numbers_worst_first() -> None:
    outcome = judged("filtered", {"bounds.max_removed": 0.1})["removed_share_within_bound"]
    assert outcome.observed == {"removed_share": 0.2, "max_removed": 0.1, "offenders": {"short": 0.15, "long": 0.05}}
    assert list(outcome.observed["offenders"]) == ["short", "long"]
    silent = judged("filtered", {"profile.fired.long": 0})["every_rule_matched_something"]
    assert silent.observed["offenders"] == {"long": 0.0}


def test_the_rule_that_nobody_wrote_need_not_fire() -> None:
    """`empty_after_edits` ends every cascade with edits, by its own name or marked by its view."""
    for name in (EMPTY, f"{EMPTY}[edited]"):
        written = {"recipe.rules": [*RULES, {"name": name, "rule": EMPTY}], f"profile.fired.{name}": 0}
        outcomes = judged("filtered", written)
        assert outcomes["every_rule_matched_something"].passed
        silent = judged("filtered", {**written, "profile.fired.long": 0})["every_rule_matched_something"]
        assert silent.observed["offenders"] == {"long": 0.0}
    named_alike = {"recipe.rules": [{"name": EMPTY, "rule": "words"}], f"profile.fired.{EMPTY}": 0}
    assert not judged("filtered", named_alike)["every_rule_matched_something"].passed


def test_a_rule_that_takes_so_many_may_remove_most() -> None:
    removed = {"profile.removed.short.documents": 51}
    assert not judged("filtered", removed)["no_rule_removes_most"].passed
    for how in ({"quantile": 0.1}, {"words": 9}, {"drawn": {"documents": 1, "seed": 1}}):
        rules = [{**rule, **(how if rule["name"] == "short" else {})} for rule in RULES]
        assert judged("filtered", {**removed, "recipe.rules": rules})["no_rule_removes_most"].passed


def test_offenders_are_bounded() -> None:
    licenses = {f"LicenseRef-{number}": number for number in range(500)}
    outcome = judged("mixed", {"profile.excluded_by_license.all": licenses})["few_excluded_by_license"]
    assert len(outcome.observed["offenders"]) == OFFENDERS
    assert max(outcome.observed["offenders"].values()) == 499


def test_a_bound_that_nobody_gave_fails_and_says_so() -> None:
    manifest, _ = planted("filtered", {})
    outcomes = {outcome.check: outcome for outcome in AUDITOR.audit(manifest, {"documents": 100})}
    assert not outcomes["removed_share_within_bound"].passed
    assert "nobody said what max_removed is" in outcomes["removed_share_within_bound"].description
    assert outcomes["kept_and_removed_add_up"].passed


def test_an_expectation_that_raises_fails_with_its_sentence(tmp_path: Path) -> None:
    suite = (suites_directory() / "fingerprints.json").read_text()
    crossed = '"min_value": 200, "max_value": {"$PARAMETER": "documents"}'  # there are 100
    (tmp_path / "fingerprints.json").write_text(suite.replace('"max_value": 0.5', crossed))
    outcomes = GreatExpectationsAuditor(tmp_path).audit(*planted("fingerprints", {}))
    assert [outcome.passed for outcome in outcomes] == [True, False]
    assert "could not be judged" in outcomes[1].description


def test_a_stage_without_a_suite_is_judged_by_nothing() -> None:
    manifest = Manifest(Identity("thoughts", (), {}, "1", (), "0" * 64), (), ())
    assert AUDITOR.audit(manifest, {}) == ()
    assert AUDITOR.suite_digest("thoughts") != AUDITOR.suite_digest("mixed")
