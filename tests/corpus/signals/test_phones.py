"""Telephone numbers as they are written, and the many numbers that are none."""

from __future__ import annotations

import pytest

from dagster_project.corpus.signals.phones import PHONES
from tests.corpus.signals.documents import found_in


@pytest.mark.parametrize(
    ("text", "pattern", "value"),
    [
        ("call +49 89 3207395!", "international", "+49 89 3207395"),
        ("+44 (0)20 7946 1234", "international", "+44 (0)20 7946 1234"),
        ("+1 (212) 867-5309", "international", "+1 (212) 867-5309"),
        ("+12128675309", "international", "+12128675309"),
        ("+81-3-1234-5678", "international", "+81-3-1234-5678"),
        ("+49 89 3207395 20141231 7", "international", "+49 89 3207395"),
        ("FAX 215-386-7999.", "labelled", "215-386-7999"),
        ("Tel.: 089/3207395", "labelled", "089/3207395"),
        ("Telefon 0171 1234567", "labelled", "0171 1234567"),
        ("móvil: 612 345 678", "labelled", "612 345 678"),
        ("电话：010-12345678", "labelled", "010-12345678"),
        ("手机13812345678", "labelled", "13812345678"),
        ("телефон 123-45-67", "labelled", "123-45-67"),
        ("phone number is 867-5309", "labelled", "867-5309"),
        ("(212) 867-5309", "us", "(212) 867-5309"),
        ("1-800-867-5309", "us", "1-800-867-5309"),
        ("212.867.5309", "us", "212.867.5309"),
        ("ring 020 7123 4567 or", "gb", "020 7123 4567"),
        ("01234 567890", "gb", "01234 567890"),
        ("01 23 45 67 89", "fr", "01 23 45 67 89"),
        ("(030) 123 4567", "gb", "(030) 123 4567"),  # Germany's form too
        ("(0171) 1234567", "de", "(0171) 1234567"),
        ("0171/1234567", "de", "0171/1234567"),
        ("(11) 91234-5678", "br", "(11) 91234-5678"),
        ("03-1234-5678", "jp", "03-1234-5678"),
        ("010-1234-5678", "gb", "010-1234-5678"),  # Korea's form too,
        ("138 1234 5678", "cn", "138 1234 5678"),
        ("8 (495) 123-45-67", "ru", "8 (495) 123-45-67"),
    ],
)
def test_phone(text, pattern, value):
    assert found_in(text) == [(f"phone_{pattern}", value)]


@pytest.mark.parametrize(
    "text",
    [
        *["2128675309", "212 867 5309", "1,234,567,890", "2014-05-06 12:33:44", "192.168.001.001", "01/02/2003"],
        *["ISBN 978-0-306-40615-7", "ISBN: 212-867-5309", "doi 212-867-5309", "#212-867-5309", "$212-867-5309"],
        *["version 212.867.5309", "212-867-5309-1234", "1-212-867-53091", "3.212.867.5309", "x212-867-5309"],
        *["(212) 555-0123", "+1 212 555 0199", "Tel: 212-555-0100", "911-867-5309", "212-411-5309"],
        *["020 7946 0123", "01632 960123", "+44 1632 960123", "+44 7700 900123"],
        *["+210 123 456 789", "+1 123 456 7890", "+123", "++49893207395", "70 00 05 00 00 00 00", "02 01 02 01 02 01"],
        *["Tel Aviv 1948 1967", "telephone 12345", "tel 1234567890123456", "phone: 12 34"],
    ],
)
def test_no_phone(text):
    assert found_in(text) == []


def test_every_pattern_has_an_example():
    (examples,) = [mark for mark in test_phone.pytestmark if mark.name == "parametrize"]
    assert {f"phone_{name}" for _, name, _ in examples.args[1]} == {pattern.name for pattern in PHONES}
