"""Numbers of persons: the published examples of each are found, and one digit off they are not."""

from __future__ import annotations

import pytest

from dagster_project.corpus.signals.national_ids import NATIONAL_IDS
from tests.corpus.signals.documents import found_in

VALID = [  # name, what stands before, and a number
    ("us_ssn", "", "536-22-8726"),
    ("gb_nino", "", "AB 12 34 56 C"),
    ("gb_nino", "", "AB123456C"),
    ("fr_nir", "", "2 55 08 14 168 025 38"),
    ("es_dni", "", "12345678Z"),
    ("es_dni", "", "X-1234567-L"),
    ("it_codice_fiscale", "", "RSSMRA85T10A562S"),
    ("de_steuer_id", "Steuer-ID: ", "86095742719"),
    ("de_steuer_id", "IdNr ", "47 036 892 816"),
    ("nl_bsn", "BSN ", "111222333"),
    ("pl_pesel", "PESEL: ", "44051401359"),
    ("se_personnummer", "", "811218-9876"),
    ("se_personnummer", "", "19811218-9876"),
    ("fi_hetu", "", "131052-308T"),
    ("dk_cpr", "CPR-nummer ", "070761-4286"),
    ("no_fodselsnummer", "", "15108695088"),
    ("be_rijksregisternummer", "", "85.07.30-033.28"),
    ("pt_nif", "NIF ", "123456789"),
    ("br_cpf", "", "390.533.447-05"),
    ("br_cpf_bare", "CPF ", "39053344705"),
    ("in_aadhaar", "", "2341 2341 2346"),
    ("in_pan", "PAN: ", "ABCPE1234F"),
    ("cn_resident_id", "", "11010519491231002X"),
    ("kr_rrn", "", "971013-9019902"),
    ("mx_curp", "", "BOXW310820HNERXN09"),
    ("ru_snils", "", "112-233-445 95"),
    ("ca_sin", "SIN ", "123-456-782"),
    ("au_tfn", "TFN ", "123 456 782"),
    ("za_id", "ID number ", "7503305044089"),
    ("tr_kimlik", "TC Kimlik No: ", "17291716060"),
]
CHECKED = sorted({name for name, _, _ in VALID} - {"us_ssn", "gb_nino", "dk_cpr", "in_pan", "kr_rrn"})


@pytest.mark.parametrize(("name", "before", "value"), VALID)
def test_examples(name, before, value):
    assert found_in(f"{before}{value}.") == [(name, value)]
    for beside in ("0", "x", "-1"):
        assert (name, value) not in found_in(f"{before}{value}{beside}")


def test_every_pattern_has_an_example():
    assert {name for name, _, _ in VALID} == {pattern.name for pattern in NATIONAL_IDS}


@pytest.mark.parametrize("name", CHECKED)
def test_one_wrong_digit_is_noticed(name):
    """A check digit notices nearly every single wrong digit; how many pass is counted over all of them."""
    _, before, value = next(item for item in VALID if item[0] == name)
    pattern = next(pattern for pattern in NATIONAL_IDS if pattern.name == name)
    places = [place for place, character in enumerate(value) if character.isdigit()]
    wrong = [value[:place] + d + value[place + 1 :] for place in places for d in "0123456789" if d != value[place]]
    passed = [other for other in wrong if (name, other) in found_in(before + other)]
    assert len(passed) <= 0.2 * len(wrong), passed
    assert pattern.accepts(value.encode()) == len(value)


@pytest.mark.parametrize(
    "text",
    [
        *["078-05-1120", "219-09-9999", "000-12-3456", "666-12-3456", "900-12-3456", "536-00-8726", "536-22-0000"],
        *["QQ123456C", "GB123456A", "AB123456E", "000.000.000-00", "111222333", "44051401359", "86095742719"],
        *["811318-9876", "811232-9876", "11010519491331002X", "971313-9019902", "070761-4286", "123456782"],
        "4539 1488 0343 6466",
    ],
)
def test_none(text):
    assert found_in(text) == []
