"""Suites: those of the repository are sound, and a slip of the hand is refused with file, line and check."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model.errors import RecipeError
from dagster_project.quality import suites
from dagster_project.quality.profiles import STAGES
from dagster_project.quality.suites import load_suite, load_suites, repeated_names, suites_directory

SUM = "expect_multicolumn_sum_to_equal"
GOOD: dict[str, Any] = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "removed_share", "max_value": {"$PARAMETER": "max_removed"}},
    "severity": "critical",
    "meta": {"check": "removed_share_within_bound", "description": "Not too much is removed."},
}


def written(directory: Path, *expectations: Any, **suite: Any) -> Path:
    data = {"name": "filtered", "expectations": list(expectations), **suite}
    (directory / "filtered.json").write_text(json.dumps(data, indent=2))
    return directory


def changed(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def test_every_stage_has_a_suite() -> None:
    found = load_suites()
    assert tuple(found) == STAGES
    assert {path.stem for path in suites_directory().glob("*.json")} == set(STAGES)
    assert all(suite.expectations for suite in found.values())


def test_what_no_peer_checks_is_always_checked() -> None:
    checks = {stage: {item.check for item in suite.expectations} for stage, suite in load_suites().items()}
    no_side_tables = {"snapshots", "mixed", "artifacts"}
    assert all("every_document_is_covered" in checks[stage] for stage in checks.keys() - no_side_tables)
    assert {"removed_share_within_bound", "every_rule_matched_something"} <= checks["filtered"]
    assert {"suppressed_share_within_bound", "every_survivor_has_a_license"} <= checks["deduplicated"]
    assert "kept_and_removed_add_up" in checks["filtered"]
    assert "statuses_add_up" in checks["deduplicated"]
    assert "every_member_has_a_license" in checks["mixed"]
    assert "every_record_is_accounted_for" in checks["snapshots"]


def test_a_good_suite_is_read(tmp_path: Path) -> None:
    (expectation,) = load_suite(written(tmp_path, GOOD), "filtered").expectations
    assert (expectation.check, expectation.severity) == ("removed_share_within_bound", "error")
    assert expectation.columns == ("removed_share",)
    assert expectation.parameters == ("max_removed",)


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        (changed(type="expect_colum_values_to_be_between"), "use one of expect_column_values_to_be_between"),
        (changed(kwargs={"column": "removed_shar", "max_value": 1}), "use one of removed_share, rows"),
        (changed(kwargs={"column": "rows", "max_value": {"$PARAMETER": "max_remove"}}), "documents, max_removed"),
        (changed(kwargs={"column": "removed_share", "max_value": "1"}), "max_value '1' is not a number"),
        (changed(kwargs={"column": "removed_share", "max_value": True}), "is not a number"),
        (changed(kwargs={"column": "removed_share"}), "give min_value or max_value"),
        (changed(kwargs={"column": ["removed_share"], "max_value": 1}), "is unknown in filtered"),
        (changed(kwargs={"column": "removed_share", "max": 1, "max_value": 1}), "'max' is no argument"),
        (changed(kwargs=3), "has no kwargs"),
        (changed(severity="fatal"), "use one of critical, warning, info"),
        (changed(meta={"check": "Not A Name", "description": "x"}), "cannot name a check"),
        (changed(meta={"check": "x", "description": " "}), "has no description"),
        (changed(meta=None), "has no meta"),
        (changed(kwarg={}), "'kwarg' is no field"),
        ("expect", "is not an expectation"),
    ],
)
def test_a_slip_is_refused_with_what_is_allowed(tmp_path: Path, slip: Any, told: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        load_suite(written(tmp_path, slip), "filtered")
    assert str(tmp_path / "filtered.json") in str(refusal.value)
    assert told in str(refusal.value)


def test_two_checks_of_one_name_are_refused_at_the_second(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as refusal:
        load_suite(written(tmp_path, GOOD, GOOD), "filtered")
    (problem,) = refusal.value.problems
    text = (tmp_path / "filtered.json").read_text().splitlines()
    assert problem.field == "removed_share_within_bound"
    assert "removed_share_within_bound" in text[problem.line - 1]
    assert problem.line > len(text) / 2


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    written(tmp_path, changed(severity="fatal"), changed(kwargs=3))
    (tmp_path / "mixed.json").write_text("{")
    with pytest.raises(RecipeError) as refusal:
        load_suites(tmp_path)
    files = [Path(problem.file).stem for problem in refusal.value.problems]
    assert list(dict.fromkeys(files)) == ["filtered", "mixed"]
    assert len(files) > 2


def test_suites_of_ones_own_stand_in_for_the_packaged_ones_of_their_stages(tmp_path: Path) -> None:
    own, packaged = load_suites(written(tmp_path, GOOD)), load_suites()
    assert {stage for stage in STAGES if own[stage] != packaged[stage]} == {"filtered"}
    assert own["filtered"].file == tmp_path / "filtered.json"
    assert own["mixed"].file == suites_directory() / "mixed.json"


def test_a_directory_that_is_none_and_a_suite_of_no_stage_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="is no directory; make it"):
        load_suites(tmp_path / "expectation")
    (tmp_path / "mixes.json").write_text("{}")
    with pytest.raises(RecipeError, match=r"mixes\.json:1: is the suite of no stage; use one of snapshots\.json"):
        load_suites(tmp_path)


def test_a_bound_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    text = json.dumps({"name": "filtered", "expectations": [GOOD]}, indent=2)
    (tmp_path / "filtered.json").write_text(text.replace('"severity"', '"severity": "warning",\n"severity"'))
    (line,) = (number for number, said in enumerate(text.splitlines(), 1) if '"severity"' in said)
    with pytest.raises(RecipeError, match=rf":{line + 1}: says 'severity' twice"):
        load_suite(tmp_path, "filtered")


NAMES = st.sampled_from(["a", "b", 'c"', "d: {", "\\", "[", "é\n"])
VALUES = st.recursive(NAMES | st.none(), lambda inner: st.lists(inner) | st.lists(st.tuples(NAMES, inner)).map(tuple))


@given(VALUES)
def test_names_that_are_given_twice_are_found_as_they_are_read(value: Any) -> None:
    """What json hands over object by object says the same; here each name has a line of its own."""
    given_twice: list[str] = []

    def twice(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        given_twice.extend(name for number, name in enumerate(names) if name in names[:number])

    text = spelled(value)
    json.loads(text, object_pairs_hook=twice)
    found = list(repeated_names(text))
    assert sorted(name for name, _ in found) == sorted(given_twice)
    assert all(text.splitlines()[line - 1].startswith(json.dumps(name)) for name, line in found)


def spelled(value: Any) -> str:
    """JSON of strings, lists, and objects as tuples of pairs, with every name at the beginning of a line."""
    if isinstance(value, tuple):
        return "{" + ",".join(f"\n{json.dumps(name)} : {spelled(inner)}" for name, inner in value) + "}"
    return f"[{', '.join(map(spelled, value))}]" if isinstance(value, list) else json.dumps(value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{\n  oops", ":2: is not JSON"),
        ("[]", "is not a suite"),
        ('{"name": "mixed", "expectations": []}', "has the name 'mixed'"),
    ],
)
def test_a_file_that_is_no_suite_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "filtered.json").write_text(text)
    with pytest.raises(RecipeError) as refusal:
        load_suite(tmp_path, "filtered")
    assert told in str(refusal.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "filtered.json").write_bytes(b'{"name": "\xff"}')
    with pytest.raises(RecipeError, match="is not JSON in UTF-8"):
        load_suite(tmp_path, "filtered")


def test_the_digest_hears_words_and_not_spaces(tmp_path: Path) -> None:
    first = load_suite(written(tmp_path, GOOD), "filtered").digest
    (tmp_path / "filtered.json").write_text(json.dumps({"name": "filtered", "expectations": [GOOD]}, indent=7))
    assert load_suite(tmp_path, "filtered").digest == first
    assert load_suite(written(tmp_path, changed(severity="warning")), "filtered").digest != first


def test_an_installed_wheel_finds_its_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suites, "PACKAGE", tmp_path / "site-packages" / "dagster_project")
    assert suites_directory() == tmp_path / "site-packages" / "dagster_project" / "_data" / "expectations"


def test_reading_suites_imports_no_great_expectations() -> None:
    program = (
        "import sys; from dagster_project.quality.suites import load_suites; import dagster_project.quality.auditor;"
        "load_suites(); sys.exit(bool({'great_expectations', 'dagster', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": ["expect"]}, "is unknown; use one of"),
        ({"type": {}}, "is unknown; use one of"),
        ({"kwargs": {"column": "rows", "max_value": 10**400}}, "is not a number"),
        ({"kwargs": {"column": "rows", "min_value": 3, "max_value": 1}}, "min_value 3 is above max_value 1; swap them"),
        ({"type": SUM, "kwargs": {"column_list": ["rows"], "sum_total": 1}}, "column_list is not a list of two"),
        ({"type": SUM, "kwargs": {"column_list": "rows", "sum_total": 1}}, "column_list is not a list of two"),
    ],
)
def test_what_great_expectations_would_choke_on_is_refused_before(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        load_suite(written(tmp_path, changed(**changes)), "filtered")


def test_a_number_that_python_does_not_read_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, changed(kwargs={"column": "rows", "max_value": 77_777})) / "filtered.json"
    path.write_text(path.read_text().replace("77777", "7" * 5000))
    with pytest.raises(RecipeError, match="a number that is too long"):
        load_suite(tmp_path, "filtered")


def test_a_link_to_a_suite_that_is_gone_is_not_taken_for_no_suite(tmp_path: Path) -> None:
    (tmp_path / "filtered.json").symlink_to(tmp_path / "gone.json")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_suite(tmp_path, "filtered")
