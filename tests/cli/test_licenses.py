"""licenses explain, list and audit: facts in JSON, the way out for what nobody knows, and exit codes."""

from __future__ import annotations

import pytest

from dagster_project.corpus.building import license_audit
from tests.cli.conftest import Program

HOSTILE = "MIT\x1b[31m\u202e<script>"


@pytest.fixture
def explain(make_program, tmp_path) -> Program:
    return make_program(tmp_path)


def test_an_expression_is_simplified_and_every_license_explained(explain):
    told = explain.json("licenses", "explain", "mit AND (GPL-2.0 OR Apache-2.0) AND MIT")
    assert told["expression"] == "(Apache-2.0 OR GPL-2.0-only) AND MIT"
    licenses = {item["id"]: item for item in told["licenses"]}
    assert sorted(licenses) == ["Apache-2.0", "GPL-2.0-only", "MIT"]
    assert (licenses["Apache-2.0"]["patents"], licenses["GPL-2.0-only"]["source"]) == ("yes", "yes")
    assert told["offers"] == ["Apache-2.0 AND MIT", "GPL-2.0-only AND MIT"]
    assert told["together"]["attribution"] == "yes"


def test_a_policy_makes_the_choice_of_an_or_and_tells_it(explain):
    chosen = explain.json("licenses", "explain", "MIT OR GPL-3.0-only", "--allow", "copyleft")["policy"]
    assert (chosen["license"], chosen["class"], chosen["rule"]) == ("GPL-3.0-only", "copyleft", "or-choice")
    assert [(offer["license"], offer["reason"]) for offer in chosen["offers"]] == [
        ("MIT", "class"),
        ("GPL-3.0-only", ""),
    ]
    refused = explain.json("licenses", "explain", "MIT OR GPL-3.0-only", "--allow", "public-domain")["policy"]
    assert (refused["admitted"], refused["reason"], refused["rule"]) == (False, "class", None)
    denied = explain.json("licenses", "explain", "MIT OR GPL-3.0-only", "--deny", "MIT")["policy"]
    assert denied["license"] == "GPL-3.0-only"
    assert (
        "policy: may enter, as GPL-3.0-only by or-choice"
        in explain("licenses", "explain", "MIT OR GPL-3.0-only", "--allow", "copyleft").stdout
    )


@pytest.mark.parametrize(
    ("text", "expression", "license_class", "said"),
    [
        ("LicenseRef-Ours", "LicenseRef-Ours", "unknown", "is not in the license table"),
        ("MIT WITH AdditionRef-Ours", "MIT WITH AdditionRef-Ours", "unknown", "may take permissions away"),
        ("Apache License 2.0", "Apache-2.0", "permissive", "as the license table has it"),
        ("BSD", "NOASSERTION", "unknown", "state the license of the source"),
        (HOSTILE, "NOASSERTION", "unknown", "state the license of the source"),
    ],
)
def test_what_nobody_knows_is_unknown_and_has_a_way_out(explain, text, expression, license_class, said):
    told = explain.json("licenses", "explain", text)
    assert (told["expression"], told["class"]) == (expression, license_class)
    assert said in told["licenses"][0]["why"]
    shown = explain("licenses", "explain", text).stdout
    assert said in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_exceptions_and_one_way_compatibility_are_told(explain):
    (java,) = explain.json("licenses", "explain", "GPL-2.0-with-classpath-exception")["licenses"]
    assert (java["id"], java["exception"]) == (
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "programs that link with it",
    )
    (alike,) = explain.json("licenses", "explain", "CC-BY-SA-4.0")["licenses"]
    assert alike["may_become"] == ["GPL-3.0", "LAL-1.3"]
    assert "CC-BY-SA-3.0" in alike["combines_with"]
    apart = explain.json("licenses", "explain", "CC-BY-SA-4.0 AND GPL-2.0-only")
    assert apart["conflicts"] == [["CC-BY-SA-4.0", "GPL-2.0"]]


def test_the_table_is_listed_whole_or_by_class(explain):
    whole = explain.json("licenses", "list")
    assert len(whole) == 430
    own = explain.json("licenses", "list", "--class", "use-restricted")
    assert {item["class"] for item in own} == {"use-restricted"}
    assert "LicenseRef-Llama-4" in {item["id"] for item in own}
    assert "LicenseRef-Llama-4" in explain("licenses", "list", "--class", "use-restricted").stdout
    assert "use one of public-domain" in explain("licenses", "list", "--class", "free", code=2).output


def test_an_audit_of_a_mix(built):
    found = built.json("licenses", "audit", "bedtime")
    assert {row["license"]: row["documents"] for row in found["licenses"]} == {"CC-BY-4.0": 1, "MIT": 1}
    attribution = next(item for item in found["obligations"] if item["duty"] == "attribution")
    assert (attribution["documents"], found["violations"]) == (2, [])
    shown = built("licenses", "audit", "bedtime").stdout
    assert "the mix keeps its license policy" in shown


def test_the_attribution_file_of_this_version_fulfills_its_duty(built, tmp_path):
    def is_fulfilled():
        found = built.json("licenses", "audit", "bedtime")
        return next(item["fulfilled"] for item in found["obligations"] if item["duty"] == "attribution")

    path = built.home / "reports" / "bedtime@dev" / "ATTRIBUTION.txt"
    built("report", "bedtime", "--format", "attribution", "--output", str(path))
    assert is_fulfilled() is True
    path.write_text(path.read_text().replace("version ", "version 0"))
    assert is_fulfilled() is False
    path.unlink()
    assert is_fulfilled() is False


def test_a_violation_fails(built, monkeypatch):
    monkeypatch.setattr(license_audit, "class_of", lambda said: "proprietary")
    found = built.json("licenses", "audit", "bedtime", code=1)
    assert {item["license"] for item in found["violations"]} == {"CC-BY-4.0", "MIT"}
    assert (
        "violation: class: 1 members stand under MIT, of class proprietary"
        in built("licenses", "audit", "bedtime", code=1).stdout
    )
