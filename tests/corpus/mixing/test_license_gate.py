"""Who enters, and the first reason of who does not."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from dagster_project.corpus.licenses.conclusions import KINDS
from dagster_project.corpus.mixing.license_gate import OFFERED, REASON, LicenseGate, level_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import LicensePolicy

MIT = ("MIT", "permissive", "file.spdx")
UNKNOWN = ("NOASSERTION", "unknown", None)
SHARE_ALIKE = ("CC-BY-SA-4.0", "share-alike", "html.rel-license")
NON_COMMERCIAL = ("CC-BY-NC-4.0", "non-commercial", "registry")
RESERVED = ("LicenseRef-Proprietary", "proprietary", "html.copyright")
PUBLIC = ("CC0-1.0", "public-domain", "package.license_field")
BOTH = ("BSD-3-Clause AND MIT", "permissive", "record.license")


chosen: list[tuple[str, str]] = []  # by the last call


def reasons(*rows: tuple[str, str, str | None], **policy: Any) -> list[str]:
    names = ("license", "license_class", "license_kind")
    shard = pa.table(
        {name: pa.array(column, pa.string()) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    )
    decided = LicenseGate(LicensePolicy(**policy)).decided(shard)
    chosen.clear()
    chosen.extend(zip(*(decided.column(name).to_pylist() for name in ("license", "license_class")), strict=True))
    assert decided.column(OFFERED).equals(shard.column("license"))
    found: list[str] = decided.column(REASON).to_pylist()
    return found


def test_by_default_all_enter_but_the_unknown_and_the_proprietary() -> None:
    rows = (MIT, UNKNOWN, SHARE_ALIKE, NON_COMMERCIAL, RESERVED, PUBLIC)
    assert reasons(*rows) == ["", "class", "", "", "class", ""]


def test_classes_and_expressions_are_allowed_side_by_side() -> None:
    rows = (MIT, SHARE_ALIKE, PUBLIC, BOTH, NON_COMMERCIAL)
    assert reasons(*rows, allow=("public-domain", "CC-BY-SA-4.0")) == ["class", "", "", "class", "class"]
    assert reasons(*rows, allow=("MIT", "BSD-3-Clause")) == ["", "class", "class", "", "class"]
    assert reasons(UNKNOWN, allow=("NOASSERTION",)) == [""]


def test_denied_comes_before_everything() -> None:
    assert reasons(MIT, PUBLIC, RESERVED, deny=("MIT", "LicenseRef-Proprietary")) == ["denied", "", "denied"]


def test_who_must_keep_a_denied_license_is_denied_and_who_may_choose_is_not() -> None:
    copyleft = ("GPL-3.0-only AND MIT", "copyleft", "file.spdx")
    either = ("GPL-3.0-only OR MIT", "permissive", "file.spdx")
    assert reasons(copyleft, either, BOTH, deny=("GPL-3.0-only",)) == ["denied", "", ""]


def test_a_denied_license_is_denied_with_every_exception() -> None:
    classpath = ("GPL-2.0-only WITH Classpath-exception-2.0", "copyleft", "file.spdx")
    plain, linked = ("GPL-2.0-only", "copyleft", "file.spdx"), ("GPL-2.0-only WITH GCC-exception-2.0", "copyleft", None)
    assert reasons(classpath, plain, linked, deny=("GPL-2.0-only",)) == ["denied"] * 3
    assert reasons(classpath, plain, linked, deny=(classpath[0],)) == ["denied", "", ""]
    assert reasons(("GPL-2.0-or-later", "copyleft", None), deny=("GPL-2.0-only",)) == [""]


def test_expressions_are_compared_by_what_they_bind_to() -> None:
    """In any order, with more beside them, and simplified."""
    both = ("Apache-2.0 AND MIT", "permissive", "file.spdx")
    more = ("Apache-2.0 AND BSD-3-Clause AND MIT", "permissive", "file.spdx")
    apache = ("Apache-2.0", "permissive", "file.spdx")
    rows = (both, more, apache, MIT)
    assert reasons(*rows, deny=("MIT AND Apache-2.0",)) == ["denied", "denied", "", ""]
    assert reasons(*rows, deny=("(MIT AND Apache-2.0) OR (MIT AND Apache-2.0)",)) == ["denied", "denied", "", ""]
    assert reasons(*rows, allow=("MIT AND Apache-2.0",)) == ["", "class", "class", "class"]
    assert reasons(*rows, allow=("Apache-2.0 AND MIT", "BSD-3-Clause")) == ["", "", "class", "class"]
    assert reasons(*rows, allow=("MIT OR Apache-2.0",)) == ["", "class", "", ""]


def test_what_may_be_chosen_is_chosen_after_the_policy_was_asked() -> None:
    """The least strict that may enter; with what it was chosen from, where none may."""
    either = ("GPL-3.0-only OR MIT", "permissive", "file.spdx")
    assert (reasons(either), chosen) == ([""], [("MIT", "permissive")])
    assert (reasons(either, deny=("GPL-3.0-only",)), chosen) == ([""], [("MIT", "permissive")])
    assert (reasons(either, deny=("MIT",)), chosen) == ([""], [("GPL-3.0-only", "copyleft")])
    assert (reasons(either, allow=("copyleft",)), chosen) == ([""], [("GPL-3.0-only", "copyleft")])
    refused = reasons(either, deny=("MIT", "GPL-3.0-only"))
    assert (refused, chosen) == (["denied"], [("GPL-3.0-only OR MIT", "permissive")])
    assert (reasons(either, deny=("GPL-3.0-only OR MIT",)), chosen[0][0]) == (["denied"], either[0])
    duty = ("CC-BY-SA-4.0 OR CC0-1.0", "public-domain", None)
    assert (reasons(duty, deny=("CC0-1.0",), accept=("attribution",)), chosen[0][0]) == (["denied"], duty[0])
    assert (reasons(duty, deny=("CC0-1.0",)), chosen) == ([""], [("CC-BY-SA-4.0", "share-alike")])


def test_a_choice_that_only_holds_of_the_whole_is_found() -> None:
    """A of (A OR C) AND B is the least strict part, and A AND B is denied."""
    whole = ("(BSD-3-Clause OR MPL-2.0) AND MIT", "permissive", None)
    assert (reasons(whole, deny=("BSD-3-Clause AND MIT",)), chosen[0][0]) == ([""], "MIT AND MPL-2.0")


def test_evidence_must_stand_as_near_as_is_asked_for() -> None:
    rows = (MIT, BOTH, SHARE_ALIKE, NON_COMMERCIAL, ("MIT", "permissive", None))
    assert reasons(*rows, evidence="registry") == ["", "", "", "", "evidence"]
    assert reasons(*rows, evidence="page") == ["", "", "", "evidence", "evidence"]
    assert reasons(*rows, evidence="record") == ["", "", "evidence", "evidence", "evidence"]
    assert reasons(*rows, evidence="file") == ["", "evidence", "evidence", "evidence", "evidence"]
    assert {level_of(kind) for kind in KINDS} == {"file", "record", "page", "registry"}


def test_duties_must_be_accepted_once_any_is_named() -> None:
    rows = (PUBLIC, MIT, SHARE_ALIKE, NON_COMMERCIAL)
    assert reasons(*rows) == ["", "", "", ""]
    assert reasons(*rows, accept=("attribution",)) == ["", "", "share-alike", "non-commercial"]
    assert reasons(*rows, accept=("non-commercial",)) == ["", "attribution", "attribution", "attribution"]
    unknown = ("LicenseRef-Odd", "unknown", "file.license")
    assert reasons(unknown, allow=("unknown",), accept=("attribution",)) == ["non-commercial"]


@pytest.mark.parametrize("words", [("permisive",), ("MIT", "no such (thing")])
def test_what_is_neither_class_nor_expression_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match=r"neither a license class nor an SPDX expression; classes are public-domain"):
        LicenseGate(LicensePolicy(allow=words))
