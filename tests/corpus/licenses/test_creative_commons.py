"""No element, version or port of a Creative Commons license is ever lost."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.licenses.creative_commons import by_address, by_name, is_overview

ELEMENTS = ["by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd"]
HOST = "creativecommons.org"
LINES = Path(__file__).with_name("addresses.tsv").read_text(encoding="utf-8").splitlines()
ADDRESSES = [(line.split("\t")[0], tuple(line.split("\t")[1:])) for line in LINES if not line.startswith("#")]


@pytest.mark.parametrize(("elements", "version"), itertools.product(ELEMENTS, ["1.0", "2.0", "2.5", "3.0", "4.0"]))
def test_every_international_license_by_address_and_by_name(elements, version):
    expected = f"CC-{elements.upper()}-{version}"
    for address in (
        f"https://{HOST}/licenses/{elements}/{version}/",
        f"http://www.{HOST}/licenses/{elements}/{version}",
        f"https://{HOST}/licenses/{elements}/{version}/deed.de",
        f"https://{HOST}/licenses/{elements}/{version}/legalcode?x=1#y",
    ):
        assert by_address(address) == (expected,)
    spaced = elements.replace("-", " ")
    for name in (f"CC {elements} {version}", f"cc-{elements}-{version}", f"CC {spaced} v{version}"):
        assert by_name(name) == (expected,)


@pytest.mark.parametrize(("address", "expected"), ADDRESSES, ids=lambda value: str(value)[:80])
def test_addresses(address, expected):
    assert by_address(address) == expected


def test_the_overview_of_all_licenses_names_none():
    for address in (f"https://{HOST}/licenses/", f"{HOST}/licences", f"http://www.{HOST}/publicdomain/"):
        assert is_overview(address)
    assert not any(is_overview(address) for address, licenses in ADDRESSES if licenses)


@pytest.mark.parametrize(
    "text", ["https://example.org/licenses/by/4.0/", "http://[x", "by/4.0", "", "MIT", "/" * 10**6]
)
def test_other_addresses_are_not_ours(text):
    assert by_address(text) == ()
    assert not is_overview(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Creative Commons Attribution-ShareAlike 4.0 International", ("CC-BY-SA-4.0",)),
        ("Creative Commons Attribution Share Alike 3.0 Unported License", ("CC-BY-SA-3.0",)),
        (
            "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International Public License",
            ("CC-BY-NC-ND-4.0",),
        ),
        ("Creative Commons Attribution Non Commercial No Derivs 3.0", ("CC-BY-NC-ND-3.0",)),
        ("Creative Commons Attribution 4.0 International (CC BY 4.0)", ("CC-BY-4.0",)),
        ("Creative Commons Attribution 4.0 International (CC BY-SA 4.0)", ()),
        ("CC BY-NC-SA 3.0 IGO", ("CC-BY-NC-SA-3.0-IGO",)),
        ("CC BY-SA 3.0 DE", ("CC-BY-SA-3.0-DE",)),
        ("CC BY-SA 3.0 FR", ("LicenseRef-CC-BY-SA-3.0-FR",)),
        ("CC BY-SA 2.0 DE", ("LicenseRef-CC-BY-SA-2.0-DE",)),
        ("CC BY-SA 2.5 Scotland", ("LicenseRef-CC-BY-SA-2.5-SCOTLAND",)),
        ("CC BY-SA 3.0 XX", ()),
        ("cc-by-sa", ("CC-BY-SA-1.0", "CC-BY-SA-2.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0")),
        ("CC BY 4.0 and more", ()),
        ("CC", ()),
        ("Attribution 4.0", ()),
        ("cc " + "by " * 10_000, ()),
        ("cc by " + "(" * 10_000 + ")" * 10_000, ()),
    ],
    ids=lambda value: str(value)[:60],
)
def test_names(name, expected):
    assert by_name(name) == expected


@settings(deadline=None)  # the first call reads tables and imports
@given(st.text(max_size=40))
def test_any_path_is_survived(text):
    for address in (
        f"https://{HOST}/{text}",
        f"https://{HOST}/licenses/{text}/4.0/",
        f"https://{HOST}/licenses/by/3.0/{text}",
    ):
        assert all(found.startswith(("CC", "LicenseRef-CC-")) for found in by_address(address))
    by_name(f"cc {text} 4.0")


SHARE_ALIKE = st.sampled_from(["by-sa", "by-nc-sa", "BY-SA", "sa-by"])
JUNK = st.text("/.-_ %20deabcfr,)?#", max_size=12)


@settings(deadline=None)
@given(
    SHARE_ALIKE, st.sampled_from(["1.0", "2.0", "2.5", "3.0", "4.0"]), JUNK, st.sampled_from(["licenses", "licences"])
)
def test_whatever_follows_share_alike_is_never_lost(elements, version, junk, folder):
    found = by_address(f"http://{HOST}/{folder}/{elements}/{version}/{junk}")
    assert all("SA" in license_id.split("-") and version in license_id for license_id in found)
