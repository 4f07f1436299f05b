"""Every entry of every alias table, and what each kind of place is held to."""

import re
from pathlib import Path

import pytest
import yaml

from dagster_project.corpus.licenses.expressions import parse
from dagster_project.corpus.licenses.readings import (
    NOTICES,
    WEB,
    Reading,
    address,
    aliases,
    ambiguous,
    normal,
    phrases,
    read,
)

TEXTS = aliases()["texts"]
EXPECTED = yaml.safe_load(Path(__file__).with_name("expected_readings.yaml").read_text(encoding="utf-8"))
FAMILIES = EXPECTED["ambiguous"]
WEB_KINDS = (*WEB, *NOTICES)
GNU = re.compile(r"\b(?:[al]?gpl|gfdl)|gnu (?:general|lesser|affero|free)")


def written(table, before=""):
    """(what is written, what it means) of a table of expected_readings.yaml."""
    return [(before + text, expression) for expression, texts in EXPECTED[table].items() for text in texts]


@pytest.mark.parametrize(("text", "expression"), written("texts"))
def test_texts_written_out_by_hand(text, expression):
    assert read("record.license", text) == Reading("alias", expression)


@pytest.mark.parametrize(("text", "expression"), written("addresses"))
def test_addresses_written_out_by_hand(text, expression):
    assert read("html.rel-license", text) == Reading("address", expression)


@pytest.mark.parametrize(("text", "expression"), written("first_lines"))
def test_first_lines_written_out_by_hand(text, expression):
    lines = "\n".join(text.split(" / "))
    assert read("package.license_field", f"{lines}\n\nand so on\n") == Reading("first line", expression)


CLASSIFIERS = [
    *written("classifiers", "License :: "),
    *written("osi_classifiers", "License :: OSI Approved :: "),
]


@pytest.mark.parametrize(("text", "expression"), CLASSIFIERS)
def test_classifiers_written_out_by_hand(text, expression):
    assert read("package.classifier", text) == Reading("classifier", expression)


@pytest.mark.parametrize("family", FAMILIES)
def test_families_written_out_by_hand(family):
    means = tuple(FAMILIES[family]["means"])
    expected = Reading("ambiguous" if means else "silent", None, means)
    assert {read("record.license", text) for text in FAMILIES[family]["named"]} == {expected}
    names = EXPECTED["ambiguous_classifiers"].get(family, [])
    assert {read("package.classifier", f"License :: {name}") for name in names} <= {expected}


def test_every_entry_is_written_out_by_hand():
    named = [normal(text) for family in FAMILIES.values() for text in family["named"]]
    families = [f"License :: {name}" for names in EXPECTED["ambiguous_classifiers"].values() for name in names]
    lines = [" / ".join(map(normal, text.split(" / "))) for text, _ in written("first_lines")]
    assert set(aliases()["texts"]) <= {normal(text) for text, _ in written("texts")}
    assert set(aliases()["addresses"]) <= {address(text) for text, _ in written("addresses")}
    assert set(aliases()["first_lines"]) <= set(lines)
    assert set(aliases()["classifiers"]) == {text for text, _ in CLASSIFIERS}
    assert set(ambiguous("ambiguous")) == set(named)
    assert set(ambiguous("ambiguous_classifiers")) == set(families)


RESERVED = Reading("notice", "LicenseRef-All-Rights-Reserved")
NOTICE_READINGS = {"reserving": RESERVED, "open": Reading("silent"), "unread": Reading("unmapped")}


@pytest.mark.parametrize("kind", WEB_KINDS)
@pytest.mark.parametrize("said", NOTICE_READINGS)
def test_notices(kind, said):
    assert {read(kind, text) for text in EXPECTED["notices"][said]} == {NOTICE_READINGS[said]}


@pytest.mark.parametrize(("name", "said"), [("reserving", "reserving"), ("leaving", "open"), ("licensing", "unread")])
def test_every_phrase_stands_in_a_notice(name, said):
    notices = [normal(text) for text in EXPECTED["notices"][said]]
    assert [phrase for phrase in phrases()[name] if not any(phrase in notice for notice in notices)] == []
    assert [phrase for phrase in phrases()[name] if normal(phrase) != phrase.strip()] == []


@pytest.mark.parametrize("kind", NOTICES)
@pytest.mark.parametrize("holder", ["MIT", "W3C", "Apache", "Boost", "Python Software Foundation", "BSD", "ISC"])
def test_the_holder_of_a_copyright_is_no_license(kind, holder):
    assert read(kind, holder).expression is None
    assert read(kind, holder).candidates in ((), ambiguous("ambiguous").get(holder.lower()))


CC_BY = "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize("kind", WEB_KINDS)
def test_a_license_that_a_sentence_mentions_is_only_a_candidate(kind):
    text = f"This article is distributed under the Creative Commons Attribution License ({CC_BY})."
    assert read(kind, text) == Reading("ambiguous", None, ("CC-BY-4.0",))
    both = f"{text} Figures: http://creativecommons.org/licenses/by-sa/3.0/de/"
    assert read(kind, both) == Reading("ambiguous", None, ("CC-BY-4.0", "CC-BY-SA-3.0-DE"))
    assert read(kind, f"© Acme. All rights reserved, but for {CC_BY}") == RESERVED
    assert read(kind, CC_BY) == Reading("creative commons", "CC-BY-4.0")


@pytest.mark.parametrize(("text", "expression"), TEXTS.items())
def test_text(text, expression):
    assert normal(text) == text
    assert parse(expression) == expression
    for kind in ("package.license_field", "record.license", "registry"):
        assert read(kind, text) == Reading("alias", expression)
        assert read(kind, f"  {text.upper()}.\n") == Reading("alias", expression)


@pytest.mark.parametrize(("text", "expression"), TEXTS.items())
def test_the_version_and_family_of_a_text_are_those_of_its_license(text, expression):
    for version in re.findall(r"\d\.\d", text):
        assert version in expression or expression.startswith("LicenseRef-")
    for clauses in re.findall(r"([023])[ -]clause", text):
        assert expression == ("0BSD" if clauses == "0" else f"BSD-{clauses}-Clause")
    if GNU.search(text):
        later = "+" in text or "or later" in text
        family = "AGPL" if "agpl" in text or "affero" in text else "LGPL" if "lgpl" in text or "lesser" in text else "G"
        assert expression.startswith(family)
        assert expression.endswith("-or-later" if later else "-only")
        assert re.search(r"\d", text)[0] == re.search(r"\d", expression)[0]
    if "apache" in text:
        assert expression.startswith("Apache-")
    if "mit" in re.split(r"[^a-z]+", text):
        assert expression in ("MIT", "MIT-0")


@pytest.mark.parametrize(("text", "candidates"), ambiguous("ambiguous").items())
def test_ambiguous_text_never_concludes(text, candidates):
    assert normal(text) == text
    reading = read("package.license_field", text)
    assert reading == Reading("ambiguous" if candidates else "silent", None, candidates)
    assert len(candidates) != 1 or text == "openrail"
    assert [parse(candidate) for candidate in candidates] == list(candidates)


def test_no_key_is_in_two_tables():
    assert not set(TEXTS) & set(ambiguous("ambiguous"))
    assert not set(aliases()["classifiers"]) & set(ambiguous("ambiguous_classifiers"))


@pytest.mark.parametrize(("key", "expression"), aliases()["addresses"].items())
def test_address(key, expression):
    assert parse(expression) == expression
    for written in (f"https://{key}", f"http://www.{key}/", f"https://{key.upper()}.html", f"https://{key}#top"):
        assert address(written) == key
        assert read("record.license", written) == Reading("address", expression)
    last = re.findall(r"\d+", key)
    assert expression.startswith("LicenseRef-") or all(digit in expression for number in last for digit in number)


@pytest.mark.parametrize(("key", "expression"), aliases()["first_lines"].items())
def test_first_lines(key, expression):
    assert parse(expression) == expression
    text = (
        "\n\n".join(f"      {line.upper()}" for line in key.split(" / "))
        + "\n\nPermission is hereby granted\nAND SO ON"
    )
    assert read("package.license_field", text) == Reading("first line", expression)
    numbers = re.findall(r"version (\d(?:\.\d)?)| v (\d\.\d)|^(\d)-clause|bsd (\d)-|(\d\.\d) int", key)
    assert all(number in expression for found in numbers for number in found if number)


@pytest.mark.parametrize(("classifier", "expression"), aliases()["classifiers"].items())
def test_classifier(classifier, expression):
    assert classifier.startswith("License :: ")
    assert parse(expression) == expression
    assert read("package.classifier", classifier) == Reading("classifier", expression)
    assert read("package.license_field", classifier) == Reading("classifier", expression)
    for version in re.findall(r"\d\.\d", classifier):
        assert version in expression
    if "GNU" in classifier:
        assert expression.endswith("-or-later" if "or later" in classifier else "-only")
    short = re.search(r"\(([A-Za-z0-9]+(?:-[A-Za-z0-9.]+)*)\)$", classifier)
    if short and parse_or_none(short[1]):
        assert parse_or_none(short[1]) == expression


@pytest.mark.parametrize(("classifier", "candidates"), ambiguous("ambiguous_classifiers").items())
def test_ambiguous_classifier_never_concludes(classifier, candidates):
    assert read("package.classifier", classifier) == Reading("ambiguous" if candidates else "silent", None, candidates)
    assert len(candidates) != 1


@pytest.mark.parametrize(
    ("kind", "value", "expression"),
    [
        ("package.license_field", "The MIT License (MIT)", "MIT"),
        ("package.license_field", "3-Clause BSD License", "BSD-3-Clause"),
        ("package.license_field", "New BSD", "BSD-3-Clause"),
        ("package.license_field", "Apache License, Version 2.0", "Apache-2.0"),
        ("package.license_field", "Apache Software License", "Apache-2.0"),
        ("package.license_field", "PSF", "PSF-2.0"),
        ("package.license_field", "GPLv3+", "GPL-3.0-or-later"),
        ("package.license_field", "LGPL-2.1+", "LGPL-2.1-or-later"),
        ("package.license_field", "MPL-2.0 AND MIT", "MIT AND MPL-2.0"),
        ("package.license_field", "BSD", None),
        ("package.license_field", "MIT/BSD", None),
        ("package.license_field", "Dual License", None),
        ("package.license_field", "MIT License Copyright (c) 2020 Somebody", None),
        ("package.license_field", "Copyright (c) 2020 Somebody\nMIT License", None),
        ("record.license", "CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("record.license", "cc-by-4.0", "CC-BY-4.0"),
        ("record.license", "gpl-3.0", "GPL-3.0-only"),
        ("record.license", "https://creativecommons.org/licenses/by-sa/2.0", "CC-BY-SA-2.0"),
        ("record.license", "https://creativecommons.org/licenses/by/3.0/at/", "CC-BY-3.0-AT"),
        ("record.license", "cc-by-sa", None),
        ("record.license", "none", None),
        ("registry", "CC0-1.0", "CC0-1.0"),
        ("file.spdx", "SPDX-License-Identifier: Apache-2.0 OR MIT */", "Apache-2.0 OR MIT"),
        ("file.spdx", "MIT", "MIT"),
        ("file.spdx", "MIT License", None),
        ("package.license_expression", "mit", "MIT"),
        ("package.license_expression", "MIT License", None),
        ("package.classifier", "MIT", None),
        ("package.classifier", "License :: Other/Proprietary License", "LicenseRef-Proprietary"),
        ("package.classifier", "License :: OSI Approved :: BSD License", None),
        ("package.classifier", "License :: OSI Approved :: GNU General Public License (GPL)", None),
    ],
)
def test_meaning(kind, value, expression):
    assert read(kind, value).expression == expression


def parse_or_none(text):
    reading = read("file.spdx", text)
    return reading.expression
