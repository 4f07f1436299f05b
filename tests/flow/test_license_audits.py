"""An audit of a mix on two layers: every step of a license, conflicts with both evidences, and violations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building import license_audit, license_conflicts
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.license_audit import audit_licenses
from dagster_project.corpus.licenses.table import class_of
from dagster_project.corpus.lineage.trace import trace
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import library, prose, write_jsonl
from tests.corpus.deduplication.test_layers import rows_of, write

MIX = Partition("mixed", "both@dev")
NEAR = "\nAnd one more sentence to be found."
BREAKS = "\n\n\n\n\n"
OLD = {  # name → text, license
    "plain": (prose(1, 240), "MIT"),
    "choice": (prose(2), "MIT OR GPL-2.0-only"),
    "alike": (prose(3), "CC-BY-SA-4.0"),
    "copyleft": (prose(4), "GPL-2.0-only"),
    "twin": (prose(5), "MIT"),
    "twin-too": (prose(5), "ISC"),
    "silent": (prose(6), ""),
    "edited": (prose(7) + BREAKS + prose(70), "CC-BY-ND-4.0"),
    "whole": (prose(8), "CC-BY-ND-4.0"),
}
NEW = {
    "later": (prose(1, 240), "GPL-3.0-only"),  # the text of an earlier document
    "near": (prose(1, 240) + NEAR, "CC-BY-4.0"),
    "refused": (prose(9), "CC-BY-NC-4.0"),
}
ALLOW = "[permissive, share-alike, copyleft, no-derivatives]"
RECIPES = {
    "policies/plain.yaml": "name: plain\nmax_removed: 1.0\nrules:\n  - {rule: content_words, min: 2}\n"
    "  - {edit: newlines, settings: {most: 2}}\n",
    "corpora/old.yaml": "name: old\nmax_removed: 1.0\nmembers: [{source: old, policy: plain}]\n",
    "corpora/both.yaml": "name: both\nmax_removed: 1.0\nbase: old\nmembers: [{source: new, policy: plain}]\n",
    "mixes/both.yaml": "name: both\nseed: 1\nbudget: {documents: 8}\nlicenses: {allow: ALLOW}\n"
    "components: [{name: all, corpus: both, max_epochs: 1}]\n",
}


def built(folder: Path, **changes: str) -> Library:
    for name, texts in {"old": OLD, "new": NEW}.items():
        rows = [{"id": key, "text": text, "license": license} for key, (text, license) in texts.items()]
        location = str(write_jsonl(folder / f"{name}.jsonl", rows))
        write(
            folder / f"r/sources/{name}.yaml",
            f"name: {name}\nformat: jsonl\nlocation: {location!r}\nlicense: CC-BY-4.0\n"
            "license_evidence: signed off by the tests\ncolumns: {text: text, key: id, license: license}\n",
        )
    for name, text in RECIPES.items():
        write(folder / "r" / name, changes.get(name, text).replace("ALLOW", ALLOW))
    found = library(MemoryStore(), folder / "r")
    found.build(MIX)
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return built(tmp_path_factory.mktemp("audited"))


@pytest.fixture(scope="module")
def ids(both: Library) -> dict[str, str]:
    rows = {**rows_of(both, "deduplicated", "old", "old"), **rows_of(both, "deduplicated", "both", "new")}
    return {name: row["doc_id"].hex() for name, row in rows.items()}


@pytest.fixture(scope="module")
def found(both: Library) -> dict[str, Any]:
    return audit_licenses(both.store, MIX, has_attribution=True)


def counts(rows: list[dict[str, Any]], *names: str) -> dict[Any, int]:
    return {tuple(row[name] for name in names): row["documents"] for row in rows}


def test_members_are_counted_by_license_class_evidence_and_rule(found: dict[str, Any]) -> None:
    assert counts(found["licenses"], "license") == {
        ("MIT",): 2,
        ("CC-BY-ND-4.0",): 2,
        ("CC-BY-SA-4.0",): 1,
        ("CC-BY-4.0",): 1,
        ("GPL-2.0-only",): 1,
        ("ISC AND MIT",): 1,
    }
    assert counts(found["classes"], "class") == {
        ("permissive",): 4, ("no-derivatives",): 2, ("share-alike",): 1, ("copyleft",): 1,
    }  # fmt: skip
    assert counts(found["evidence"], "kind", "level") == {("record.license", "record"): 7, ("registry", "registry"): 1}
    assert found["rules"] == {
        "concluded:creative commons": 4,
        "concluded:spdx": 3,
        "edited": 1,
        "exact-copies": 1,
        "or-choice": 1,
    }
    assert sum(row["words"] for row in found["licenses"]) == found["words"]


def test_where_declared_concluded_and_effective_differ(found: dict[str, Any], ids: dict[str, str]) -> None:
    declared = counts(found["disagreements"]["declared_concluded"], "declared", "concluded")
    assert (declared["CC-BY-4.0", "MIT"], declared["CC-BY-4.0", "GPL-2.0-only OR MIT"]) == (1, 1)
    assert ("CC-BY-4.0", "CC-BY-4.0") not in declared
    (united,) = found["disagreements"]["concluded_effective"]
    assert (united["effective"], united["documents"]) == ("ISC AND MIT", 1)
    assert set(united["examples"]) <= {ids["twin"], ids["twin-too"]}
    (chosen,) = found["choices"]
    assert (chosen["offered"], chosen["chosen"], chosen["examples"]) == ("GPL-2.0-only OR MIT", "MIT", [ids["choice"]])


def test_the_same_text_under_two_licenses_has_both_evidences(found: dict[str, Any], ids: dict[str, str]) -> None:
    within, across = found["conflicts"]["same_text"]
    assert (within["license"], within["other"], within["texts"]) == ("ISC", "MIT", 1)
    assert (across["license"], across["other"], across["texts"]) == ("MIT", "GPL-3.0-only", 1)
    assert {within["examples"][0][side]["doc_id"] for side in ("member", "copy")} == {ids["twin"], ids["twin-too"]}
    (example,) = across["examples"]
    assert {name: example["member"][name] for name in ("doc_id", "source", "license", "kind", "value")} == {
        "doc_id": ids["plain"],
        "source": "old@dev",
        "license": "MIT",
        "kind": "record.license",
        "value": "MIT",
    }
    assert (example["copy"]["doc_id"], example["copy"]["source"]) == (ids["later"], "new@dev")
    assert (example["copy"]["license"], example["copy"]["kind"]) == ("GPL-3.0-only", "record.license")


def test_the_license_of_an_earlier_layer_stays_and_the_later_row_tells(both: Library) -> None:
    before, after = rows_of(both, "deduplicated", "old", "old"), rows_of(both, "deduplicated", "both", "new")
    assert before["plain"]["license"] == "MIT"
    assert before["plain"]["license_findings"] == ["evidence disagrees: registry=CC-BY-4.0"]
    assert "the copy of an earlier layer keeps its license: MIT" in after["later"]["license_findings"]
    assert "near copies stand under other licenses: CC-BY-4.0" in after["later"]["license_findings"]
    assert (after["near"]["license"], after["near"]["license_rule"]) == ("CC-BY-4.0", "concluded:creative commons")
    assert "near copies stand under other licenses: GPL-3.0-only" in after["near"]["license_findings"]


def test_share_alike_that_cannot_become_one_work_names_both_sides(found: dict[str, Any], ids: dict[str, str]) -> None:
    (apart,) = found["conflicts"]["share_alike"]
    assert apart["groups"] == ["CC-BY-SA-4.0", "GPL-2.0"]
    assert [[(row["license"], row["kind"], row["examples"]) for row in side] for side in apart["sides"]] == [
        [("CC-BY-SA-4.0", "record.license", [ids["alike"]])],
        [("GPL-2.0-only", "record.license", [ids["copyleft"]])],
    ]


def test_an_edited_text_that_may_not_be_changed_is_told(found: dict[str, Any], ids: dict[str, str]) -> None:
    (edited,) = found["edited"]
    assert (edited["license"], edited["documents"], edited["examples"]) == ("CC-BY-ND-4.0", 1, [ids["edited"]])


def test_obligations_flags_and_what_was_kept_out(found: dict[str, Any]) -> None:
    duties = {item["duty"]: item for item in found["obligations"]}
    assert duties["attribution"]["documents"] == found["documents"] == 8
    assert duties["attribution"]["fulfilled"] is True
    assert duties["share-alike"]["licenses"] == ["CC-BY-SA-4.0", "GPL-2.0-only"]
    assert (duties["source"]["documents"], duties["source"]["fulfilled"]) == (1, None)
    assert "non-commercial" not in duties
    assert duties["no-derivatives"]["licenses"] == ["CC-BY-ND-4.0"]
    assert ("old@dev", "copies disagree") in {(flag["source"], flag["finding"]) for flag in found["flags"]}
    assert found["kept_out"] == {
        "reasons": {"all": {"class": 1}},
        "licenses": {"all": {"CC-BY-NC-4.0": 1}},
    }
    assert found["violations"] == []


def test_a_license_that_the_table_reads_otherwise_today_is_a_violation(
    both: Library, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        license_audit, "class_of", lambda said: "use-restricted" if said == "CC-BY-SA-4.0" else class_of(said)
    )
    (violation,) = audit_licenses(both.store, MIX)["violations"]
    assert (violation["about"], violation["license"], violation["examples"]) == (
        "class",
        "CC-BY-SA-4.0",
        [ids["alike"]],
    )


def test_records_on_disk_tell_the_same(both: Library, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(license_conflicts, "MEMORY_BYTES", 0)
    assert sorted(audit_licenses(both.store, MIX)["conflicts"]["same_text"], key=str) == sorted(
        found["conflicts"]["same_text"], key=str
    )


def test_a_trace_tells_the_rule_of_each_step(both: Library, ids: dict[str, str]) -> None:
    told = {name: trace(both.store, MIX, bytes.fromhex(ids[name]))["license"] for name in ("choice", "edited", "plain")}
    assert told["plain"]["concluded"]["rule"].startswith("concluded:")
    assert told["plain"]["in_mix"] == [{"expression": "MIT", "class": "permissive", "rules": []}]
    assert told["choice"]["effective"][0]["expression"] == "GPL-2.0-only OR MIT"
    assert told["choice"]["in_mix"] == [{"expression": "MIT", "class": "permissive", "rules": ["or-choice"]}]
    assert told["edited"]["in_mix"][0]["rules"] == ["edited"]
    twins = [trace(both.store, MIX, bytes.fromhex(ids[name]))["license"] for name in ("twin", "twin-too")]
    assert {item["effective"][0]["rule"] for item in twins} == {"exact-copies"}


def test_what_a_policy_refuses_beside_each_other_is_refused_and_where_it_stands_a_violation(
    both: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = RECIPES["mixes/both.yaml"].replace("ALLOW}", "ALLOW, share_alike: refuse}")
    with pytest.raises(Refused, match=r"CC-BY-SA-4\.0 and GPL-2\.0"):
        built(tmp_path, **{"mixes/both.yaml": mix})
    policy = license_audit.policy_of
    monkeypatch.setattr(license_audit, "policy_of", lambda subject: replace(policy(subject), share_alike="refuse"))
    (violation,) = audit_licenses(both.store, MIX)["violations"]
    assert (violation["about"], violation["groups"]) == ("share_alike", ["CC-BY-SA-4.0", "GPL-2.0"])
