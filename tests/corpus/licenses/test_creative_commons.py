"""No element, version or port of a Creative Commons license is ever lost."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.licenses.creative_commons import by_address, by_name

ELEMENTS = ["by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd"]
HOST = "creativecommons.org"


@pytest.mark.parametrize(("elements", "version"), itertools.product(ELEMENTS, ["1.0", "2.0", "2.5", "3.0", "4.0"]))
def test_every_international_license_by_address_and_by_name(elements, version):
    expected = f"CC-{elements.upper()}-{version}"
    for address in (
        f"https://{HOST}/licenses/{elements}/{version}/",
        f"http://www.{HOST}/licenses/{elements}/{version}",
        f"https://{HOST}/licenses/{elements}/{version}/deed.de",
        f"https://{HOST}/licenses/{elements}/{version}/legalcode?x=1#y",
    ):
        assert by_address(address) == expected
    spaced = elements.replace("-", " ")
    for name in (f"CC {elements} {version}", f"cc-{elements}-{version}", f"CC {spaced} v{version}"):
        assert by_name(name) == (expected,)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("licenses/by-sa/2.0", "CC-BY-SA-2.0"),
        ("licenses/by/3.0/de/", "CC-BY-3.0-DE"),
        ("licenses/by-sa/2.0/uk/", "CC-BY-SA-2.0-UK"),
        ("licenses/by-sa/2.1/jp/", "CC-BY-SA-2.1-JP"),
        ("licenses/by/2.1/jp/", "LicenseRef-CC-BY-2.1-JP"),
        ("licenses/by-sa/3.0/fr/deed.fr", "LicenseRef-CC-BY-SA-3.0-FR"),
        ("licenses/by-nc-nd/3.0/igo/", "CC-BY-NC-ND-3.0-IGO"),
        ("licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0"),
        ("licenses/sa/1.0/", "CC-SA-1.0"),
        ("licenses/publicdomain/", "CC-PDDC"),
        ("publicdomain/zero/1.0/deed.en", "CC0-1.0"),
        ("publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("licenses/by/", None),
        ("licenses/by-sa/", None),
        ("licenses/by/9.0/", None),
        ("licenses/by/4.0/de/", None),  # 4.0 was never ported
        ("licenses/by/2.1/", None),  # 2.1 exists in ports only
        ("licenses/by-nd-sa/2.0/", None),
        ("licenses/by-by/2.0/", None),
        ("licenses/sampling+/1.0/", None),
        ("licenses/by/3.0/d3/", None),
        ("", None),
    ],
)
def test_addresses(address, expected):
    assert by_address(f"https://{HOST}/{address}") == expected


@pytest.mark.parametrize("text", ["https://example.org/licenses/by/4.0/", "http://[x", "by/4.0", "", "MIT"])
def test_other_addresses_are_not_ours(text):
    assert by_address(text) is None


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
        found = by_address(address)
        assert found is None or found.startswith(("CC", "LicenseRef-CC-"))
    by_name(f"cc {text} 4.0")
