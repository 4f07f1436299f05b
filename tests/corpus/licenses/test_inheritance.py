"""What derived documents inherit: all their parents' licenses at once, the weakest evidence, and unknown if one is."""

from __future__ import annotations

import pytest

from dagster_project.corpus.licenses.conclusions import Conclusion, conclude, level_of
from dagster_project.corpus.licenses.inheritance import conclude_with_parents, is_laxer, kind_of_parent

SILENT = ("registry", "NOASSERTION")


def concluded(*evidence: tuple[str, str]) -> Conclusion:
    return conclude_with_parents({"kind": kind, "value": value} for kind, value in evidence)


@pytest.mark.parametrize(
    ("evidence", "expression", "kind"),
    [
        ([("parent.file", "MIT"), SILENT], "MIT", "parent.file"),
        ([("parent.file", "MIT"), ("parent.file", "MIT"), SILENT], "MIT", "parent.file"),
        ([("parent.file", "MIT"), ("parent.registry", "CC-BY-SA-4.0")], "CC-BY-SA-4.0 AND MIT", "parent.registry"),
        ([("parent.record", "MIT"), ("registry", "CC-BY-4.0")], "CC-BY-4.0 AND MIT", "parent.record"),
        ([("parent.record", "MIT"), ("record.license", "GPL-3.0-only")], "GPL-3.0-only AND MIT", "parent.record"),
        ([("parent.page", "MIT OR GPL-2.0-only"), SILENT], "GPL-2.0-only OR MIT", "parent.page"),
        ([("parent.page", "MIT OR GPL-2.0-only"), ("parent.page", "BSD-3-Clause")],
         "BSD-3-Clause AND (GPL-2.0-only OR MIT)", "parent.page"),
        ([("parent.page", "MIT OR GPL-2.0-only"), ("record.license", "MIT")], "MIT", "parent.page"),
        ([("parent.file", "MIT"), ("parent.unknown", "NOASSERTION"), SILENT], "NOASSERTION", None),
        ([("parent.unknown", "NOASSERTION"), ("record.license", "MIT"), SILENT], "NOASSERTION", None),
        ([("parent.file", "MIT"), ("record.license", "as we agreed"), SILENT], "NOASSERTION", None),
        ([("parent.file", "CC-BY-4.0"), ("parent.file", "NONE")], "NONE", "parent.file"),
    ],
)  # fmt: skip
def test_all_parents_bind_and_what_the_record_states(
    evidence: list[tuple[str, str]], expression: str, kind: str | None
) -> None:
    found = concluded(*evidence)
    assert (found.expression, found.kind) == (expression, kind)


def test_findings_name_what_is_unknown_and_what_is_laxer() -> None:
    assert concluded(("parent.unknown", "NOASSERTION"), ("parent.file", "MIT"), SILENT).findings == (
        "unknown: 1 of 2 parents",
    )
    laxer = concluded(("parent.file", "CC-BY-SA-4.0"), ("record.license", "CC0-1.0"), SILENT)
    assert laxer.expression == "CC-BY-SA-4.0 AND CC0-1.0"
    assert laxer.findings == ("laxer than a parent: CC0-1.0, and it has CC-BY-SA-4.0",)
    assert concluded(("parent.file", "MIT"), ("record.license", "CC-BY-SA-4.0"), SILENT).findings == ()


@pytest.mark.parametrize(
    ("own", "parent", "expected"),
    [
        ("CC0-1.0", "CC-BY-4.0", True),
        ("MIT", "Apache-2.0", False),
        ("CC-BY-4.0", "CC-BY-SA-4.0", True),
        ("CC-BY-NC-SA-4.0", "CC-BY-4.0", False),
        ("CC-BY-4.0", "CC-BY-NC-4.0", True),
        ("CC-BY-SA-4.0", "CC0-1.0", False),
        ("GPL-3.0-only", "CC-BY-SA-4.0", False),  # whose changed works may take its terms
        ("CC-BY-SA-4.0", "GPL-3.0-only", True),
        ("CC-BY-SA-4.0", "CC-BY-SA-3.0", False),
        ("CC-BY-SA-3.0", "CC-BY-SA-4.0", True),
    ],
)
def test_laxer_is_to_permit_more_or_to_ask_less(own: str, parent: str, expected: bool) -> None:
    assert is_laxer(own, parent) is expected


def test_more_licenses_than_an_expression_holds_leave_the_child_unknown() -> None:
    found = concluded(*[("parent.file", f"LicenseRef-{number}") for number in range(2000)])
    assert (found.expression, found.kind) == ("NOASSERTION", None)
    assert found.findings == ("too many licenses: 2000 of parents",)


@pytest.mark.parametrize(("kind", "level"), [("file.spdx", "file"), ("html.meta", "page"), ("registry", "registry")])
def test_evidence_keeps_its_level_through_generations(kind: str, level: str) -> None:
    child = concluded((kind_of_parent("MIT", kind), "MIT"), SILENT)
    grandchild = concluded((kind_of_parent(child.expression, child.kind), "MIT"), SILENT)
    assert level_of(child.kind) == level_of(grandchild.kind) == level
    assert kind_of_parent("NOASSERTION", None) == kind_of_parent("NOASSERTION", kind) == "parent.unknown"


def test_without_parents_nothing_changes() -> None:
    evidence = [("record.license", "MIT"), ("registry", "CC-BY-4.0")]
    assert concluded(*evidence) == conclude({"kind": kind, "value": value} for kind, value in evidence)
