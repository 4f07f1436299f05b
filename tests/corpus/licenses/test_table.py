"""Every row of the table, against what its identifier says and against the categories of an independent index."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from license_expression import get_license_index

from dagster_project.corpus.licenses.expressions import conjunction, parse
from dagster_project.corpus.licenses.table import choose, class_of, strictness, table, terms_of
from dagster_project.corpus.model.errors import Refused

ROWS = list(table().terms.values())
EXPECTED = yaml.safe_load(Path(__file__).with_name("expected_terms.yaml").read_text(encoding="utf-8"))
GROUPS = {license_id: group for group, ids in EXPECTED.pop("share_alike").items() for license_id in ids}
LIMITED = set(EXPECTED.pop("field_of_use"))
PATENTS = {license_id: word for word, ids in EXPECTED.pop("patents").items() for license_id in ids}
TERMS = [
    (license_id, license_class, *terms.split())
    for license_class, rows in EXPECTED.items()
    for terms, ids in rows.items()
    for license_id in ids
]
CATEGORIES = {row.get("spdx_license_key"): row["category"] for row in get_license_index()}
ALLOWED = {
    "Public Domain": {"public-domain"},
    "Permissive": {"permissive", "public-domain"},
    "Copyleft Limited": {"weak-copyleft", "share-alike", "copyleft"},
    "Copyleft": {"share-alike", "copyleft"},
    "Source-available": {"non-commercial", "no-derivatives", "use-restricted"},
    "Free Restricted": {"use-restricted"},
}
# where we read a license otherwise than that index does
OTHERWISE = {
    "JSON": "use-restricted",  # "Good, not Evil"
    "OFL-1.0": "weak-copyleft",
    "OFL-1.1": "weak-copyleft",
    "MS-PL": "weak-copyleft",  # source code stays under it
    "CECILL-C": "weak-copyleft",
    "Vim": "weak-copyleft",
    "ErlPL-1.1": "weak-copyleft",  # made of MPL-1.0
    "NCGL-UK-2.0": "non-commercial",
    **{f"LPPL-{version}": "weak-copyleft" for version in ("1.0", "1.1", "1.2", "1.3a", "1.3c")},
    **{f"OFL-{version}{names}": "weak-copyleft" for version in ("1.0", "1.1") for names in ("-RFN", "-no-RFN")},
}
IDS = st.sampled_from([row.id for row in ROWS if row.id not in ("NOASSERTION", "NONE")])


@pytest.mark.parametrize("expected", TERMS, ids=lambda expected: expected[0])
def test_terms_written_out_by_hand(expected):
    terms = terms_of(expected[0])
    duties = (terms.attribution, terms.notice, terms.source)
    assert (terms.id, terms.license_class, terms.commercial_use, terms.derivatives, *duties) == expected
    assert terms.patents == PATENTS.get(terms.id, "unknown")
    assert terms.share_alike == GROUPS.get(terms.id)
    assert (terms.field_of_use is not None) == (terms.id in LIMITED)


def test_every_row_is_written_out_by_hand():
    assert sorted(terms[0] for terms in TERMS) == sorted(row.id for row in ROWS)
    assert set(GROUPS) | LIMITED | set(PATENTS) <= {row.id for row in ROWS}


@pytest.mark.parametrize(
    ("port", "like"),
    [
        ("LicenseRef-CC-BY-2.1-JP", "CC-BY-2.0"),
        ("LicenseRef-CC-BY-SA-2.0-DE", "CC-BY-SA-2.0"),
        ("LicenseRef-CC-BY-SA-2.5-SCOTLAND", "CC-BY-SA-2.5"),
        ("LicenseRef-CC-BY-NC-2.1-ES", "CC-BY-NC-2.0"),
        ("LicenseRef-CC-BY-NC-SA-2.1-AU", "CC-BY-NC-SA-2.0"),
        ("LicenseRef-CC-BY-NC-ND-2.5-IT", "CC-BY-NC-ND-2.5"),
        ("LicenseRef-CC-BY-ND-3.0-FR", "CC-BY-ND-3.0"),
        ("LicenseRef-CC-BY-SA-1.0-NL", "CC-BY-SA-1.0"),
    ],
)
def test_a_port_has_the_terms_of_its_family_and_an_address_of_its_own(port, like):
    terms, family = terms_of(port), terms_of(like)
    assert (terms.id, terms.license_class, terms.share_alike) == (port, family.license_class, family.share_alike)
    for name in ("commercial_use", "derivatives", "attribution", "notice", "source", "patents"):
        assert getattr(terms, name) == getattr(family, name)
    _, version, place = port.removeprefix("LicenseRef-CC").rsplit("-", 2)
    assert terms.name.endswith(f" {version} {place}")
    assert terms.url.endswith(f"/{version}/{place.lower()}/")


def test_the_name_and_address_of_a_port_in_full():
    terms = terms_of("LicenseRef-CC-BY-SA-2.0-DE")
    assert terms.name == "Creative Commons Attribution-ShareAlike 2.0 DE"
    assert terms.url == "https://creativecommons.org/licenses/by-sa/2.0/de/"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_row(row):
    assert parse(row.id) == row.id
    assert terms_of(row.id) == row
    assert row.name
    assert row.url is None or row.url.startswith("https://")
    if row.id in CATEGORIES:
        expected = {OTHERWISE[row.id]} if row.id in OTHERWISE else ALLOWED[CATEGORIES[row.id]]
        assert row.license_class in expected
    if row.license_class in ("share-alike", "copyleft"):
        assert row.share_alike
    if row.license_class in ("public-domain", "permissive"):
        assert (row.commercial_use, row.derivatives, row.share_alike, row.field_of_use) == ("yes", "yes", None, None)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.id.startswith("CC-") and row.id[3] in "BS"], ids=lambda row: row.id
)
def test_creative_commons_rows_say_what_their_elements_say(row):
    elements = set(row.id.split("-"))
    assert row.commercial_use == ("no" if "NC" in elements else "yes")
    assert row.derivatives == ("no" if "ND" in elements else "yes")
    assert row.attribution == ("yes" if "BY" in elements else "no")
    assert (row.share_alike is not None) == ("SA" in elements)
    expected = [("ND", "no-derivatives"), ("NC", "non-commercial"), ("SA", "share-alike"), ("BY", "permissive")]
    assert row.license_class == next(name for element, name in expected if element in elements)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.id.startswith(("GPL-", "AGPL-", "LGPL-", "GFDL-"))], ids=lambda r: r.id
)
def test_gnu_rows(row):
    assert row.license_class == ("weak-copyleft" if row.id.startswith("LGPL") else "copyleft")
    assert row.share_alike.startswith(row.id.partition("-")[0])


def test_rows_are_distinct_and_every_group_is_used():
    assert len(ROWS) == len({row.id for row in ROWS}) == 430
    groups = {row.share_alike for row in ROWS}
    assert set(table().file_level) <= groups
    assert {group for pair in table().combines for group in pair} <= groups
    assert {group for one, others in table().becomes.items() for group in (one, *others)} <= groups
    assert not any(one in others for one, others in table().becomes.items())
    assert all(len(pair) == 2 for pair in table().combines)


def test_classes_are_in_the_documented_order():
    assert table().classes == (
        "public-domain", "permissive", "weak-copyleft", "share-alike", "copyleft",
        "non-commercial", "no-derivatives", "use-restricted", "proprietary", "unknown",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", "permissive"),
        ("CC-BY-SA-2.0", "share-alike"),
        ("CC-BY-NC-SA-4.0", "non-commercial"),
        ("CC-BY-NC-ND-4.0", "no-derivatives"),
        ("CC0-1.0", "public-domain"),
        ("LicenseRef-Gemma", "use-restricted"),
        ("LicenseRef-CC-BY-SA-3.0-FR", "share-alike"),
        ("LicenseRef-CC-BY-NC-3.0-FR", "non-commercial"),
        ("LicenseRef-CC-BY-2.1-JP", "permissive"),
        ("LicenseRef-CC-BY-SA-2.0-DE", "share-alike"),
        ("LicenseRef-CC-BY-NC-ND-2.5-IT", "no-derivatives"),
        ("LicenseRef-CC-BY-9.0-DE", "unknown"),
        ("LicenseRef-CC-XX-2.0-DE", "unknown"),
        ("LicenseRef-scancode-public-domain", "public-domain"),
        ("LicenseRef-Nobody-Knows", "unknown"),
        ("Aladdin", "unknown"),
        ("NOASSERTION", "unknown"),
        ("NONE", "proprietary"),
        ("MIT AND GPL-3.0-only", "copyleft"),
        ("MIT OR GPL-3.0-only", "permissive"),
        ("MIT AND LicenseRef-Nobody-Knows", "unknown"),
        ("MIT OR LicenseRef-Nobody-Knows", "permissive"),
        ("(MIT OR GPL-3.0-only) AND CC-BY-SA-4.0", "share-alike"),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", "copyleft"),
        ("Apache-2.0 WITH LLVM-exception", "permissive"),
        ("MPL-1.1+", "weak-copyleft"),
    ],
)
def test_class_of(expression, expected):
    assert class_of(expression) == expected


def test_unknown_terms_are_unknown_in_everything():
    terms = terms_of("LicenseRef-X")
    assert (terms.commercial_use, terms.derivatives, terms.attribution) == ("unknown",) * 3


def test_every_exception_of_spdx_is_in_the_table():
    known = {exception(row["spdx_license_key"]) for row in get_license_index() if row["is_exception"]} - {None}
    assert known == {name for name in known if name.lower() in table().exceptions}
    assert len(known) == len(table().exceptions) == 78


def exception(name):
    try:
        return parse(f"MIT WITH {name}").removeprefix("MIT WITH ")
    except Refused:
        return None


def test_an_exception_leaves_the_terms_as_they_are_and_one_that_nobody_knows_does_not():
    plain, excepted = terms_of("GPL-2.0-only"), terms_of("GPL-2.0-only WITH Classpath-exception-2.0")
    assert replace(excepted, id=plain.id) == plain
    assert class_of("MIT WITH AdditionRef-Commons-Clause") == "unknown"
    assert terms_of("MIT WITH AdditionRef-Commons-Clause").commercial_use == "unknown"


def test_addresses():
    addresses = {name: terms_of(name).url for name in ("MIT", "CC-BY-NC-ND-1.0", "CC-BY-SA-3.0-IGO", "CC0-1.0", "NONE")}
    assert addresses == {
        "MIT": "https://spdx.org/licenses/MIT.html",
        "CC-BY-NC-ND-1.0": "https://creativecommons.org/licenses/by-nd-nc/1.0/",  # its elements stood in another order
        "CC-BY-SA-3.0-IGO": "https://creativecommons.org/licenses/by-sa/3.0/igo/",
        "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
        "NONE": "https://spdx.github.io/spdx-spec/",
    }
    assert terms_of("LicenseRef-Public-Domain").url is None


def test_the_text_of_an_exception_is_kept():
    assert terms_of("Apache-2.0 WITH LLVM-exception").id == "Apache-2.0 WITH LLVM-exception"


def test_choices_are_recorded():
    assert choose("MIT").notes == ()
    choice = choose("GPL-2.0-only OR MIT")
    assert (choice.expression, choice.notes) == ("MIT", ("chose MIT of GPL-2.0-only OR MIT",))
    assert choose("Apache-2.0 OR MIT").expression == "Apache-2.0"  # a tie: the alphabet
    assert choose("(ISC AND MIT) OR Zlib").expression == "Zlib"  # a tie: the fewer
    assert choose("(MIT OR GPL-2.0-only) AND ISC").expression == "ISC AND MIT"


@settings(deadline=None)  # the first call reads tables and imports
@given(st.lists(IDS, min_size=1, max_size=4), IDS)
def test_and_never_loosens_or_never_tightens(ids, extra):
    before = conjunction(ids)
    assert strictness(class_of(conjunction([before, extra]))) >= strictness(class_of(before))
    assert strictness(class_of(f"({before}) OR {extra}")) <= strictness(class_of(before))
    assert strictness(class_of(before)) == max(strictness(terms_of(license_id).license_class) for license_id in ids)
