"""Explanations: every license of the table, what nobody knows, and what combines with what."""

from __future__ import annotations

import pytest

from dagster_project.corpus.licenses.explaining import explained, license_told
from dagster_project.corpus.licenses.table import table


def test_every_license_of_the_table_is_told_as_it_stands_there() -> None:
    for terms in table().terms.values():
        told = license_told(terms.id)
        assert (told["class"], told["commercial_use"], told["url"]) == (
            terms.license_class,
            terms.commercial_use,
            terms.url,
        )
        assert (told["why"] == "as the license table has it") == (terms.id not in ("NONE", "NOASSERTION"))


def test_what_combines_does_so_both_ways_and_what_becomes_does_not() -> None:
    told = {
        terms.share_alike: license_told(terms.id) for terms in table().terms.values() if terms.share_alike is not None
    }
    for group, found in told.items():
        assert all(group in told[other]["combines_with"] for other in found["combines_with"])
        assert found["is_file_level"] == (group in table().file_level)
    assert "GPL-3.0" in told["CC-BY-SA-4.0"]["may_become"]
    assert told["GPL-3.0"]["may_become"] == []
    assert {"AGPL-3.0", "CC-BY-SA-4.0", "EUPL-1.2"} <= set(told["GPL-3.0"]["combines_with"])


@pytest.mark.parametrize(
    ("text", "read_by", "expression", "refused"),
    [
        ("mit and apache-2.0", "spdx", "Apache-2.0 AND MIT", False),
        ("The MIT License", "alias", "MIT", True),
        ("https://creativecommons.org/licenses/by/4.0/", "creative commons", "CC-BY-4.0", True),
        ("GPL", "ambiguous", "NOASSERTION", True),
        ("as we agreed", "unmapped", "NOASSERTION", True),
        ("", "unmapped", "NOASSERTION", True),
        ("M" * 10_000, "unmapped", "NOASSERTION", True),
    ],
)
def test_a_text_is_read_as_an_expression_or_else_as_evidence(
    text: str, read_by: str, expression: str, refused: bool
) -> None:
    told = explained(text)
    assert (told["read_by"], told["expression"], told["refused"] is not None) == (read_by, expression, refused)


def test_ports_and_exceptions_say_what_they_rest_on() -> None:
    assert license_told("LicenseRef-CC-BY-SA-2.0-DE")["why"] == "a port has the terms of its version"
    excepted = license_told("GPL-3.0-only WITH GCC-exception-3.1")
    assert (excepted["exception"], excepted["share_alike"]) == ("output of a tool", "GPL-3.0")
    assert license_told("MIT WITH AdditionRef-Ours")["exception"] == "unknown"
