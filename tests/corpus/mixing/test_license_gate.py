"""Who enters, and the first reason of who does not."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from dagster_project.corpus.licenses.conclusions import KINDS
from dagster_project.corpus.mixing.license_gate import LicenseGate, level_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import LicensePolicy

MIT = ("MIT", "permissive", "file.spdx")
UNKNOWN = ("NOASSERTION", "unknown", None)
SHARE_ALIKE = ("CC-BY-SA-4.0", "share-alike", "html.rel-license")
NON_COMMERCIAL = ("CC-BY-NC-4.0", "non-commercial", "registry")
RESERVED = ("LicenseRef-Proprietary", "proprietary", "html.copyright")
PUBLIC = ("CC0-1.0", "public-domain", "package.license_field")
BOTH = ("BSD-3-Clause AND MIT", "permissive", "record.license")


def reasons(*rows: tuple[str, str, str | None], **policy: Any) -> list[str]:
    names = ("license", "license_class", "license_kind")
    shard = pa.table(
        {name: pa.array(column, pa.string()) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    )
    return list(LicenseGate(LicensePolicy(**policy)).reasons(shard))


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
