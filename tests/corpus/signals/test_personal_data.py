"""E-mail, IP, IBAN and card numbers: what is somebody's is found, and what only looks like it is not."""

from __future__ import annotations

import pytest

from tests.corpus.signals.documents import found_in


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("write to jane.doe+list@mail.debian.org.", "jane.doe+list@mail.debian.org"),
        ("jane@debian.org", "jane@debian.org"),
        ("<JANE_DOE@Debian.ORG>", "JANE_DOE@Debian.ORG"),
        ("mailto:jane@uni-köln.de?subject=x", "jane@uni-köln.de"),
        ("jörg@debian.org", "jörg@debian.org"),
        ("请联系jane@debian.org。", "jane@debian.org"),
        ("иван@почта.рф", "иван@почта.рф"),
        ("@jane@mastodon.social", "jane@mastodon.social"),
        ("jane@a.xn--p1ai", "jane@a.xn--p1ai"),
    ],
)
def test_email(text, value):
    assert found_in(text) == [("email", value)]


@pytest.mark.parametrize(
    "text",
    [
        "jane@example.com",
        "jane@mail.example.org",
        "jane@host.test",
        "jane@localhost",
        "jane@host.localdomain",
        "icon@2x.png",
        "npm i lodash@4.17.21",
        "@param x.y",
        "a@b",
        "@@@@ @ a@",
        f"{'a' * 65}@debian.org",
        f"jane@{'a.' * 130}org",
    ],
)
def test_no_email(text):
    assert found_in(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ping 8.8.4.44 now", "8.8.4.44"),
        ("http://151.101.2.132:8080/x", "151.101.2.132"),
        ("route 128.138.243.0/24.", "128.138.243.0"),
        ("在128.138.209.10的", "128.138.209.10"),
    ],
)
def test_ipv4(text, value):
    assert found_in(text) == [("ipv4", value)]


@pytest.mark.parametrize(
    "text",
    [
        *[
            "999.1.1.1",
            "1.2.3.4.5",
            "11.22.33.44.55",
            "256.100.100.100",
            "1.2.3",
            "08.08.08.08",
            "a8.8.8.88",
            "8.8.8.88b",
        ],
        *["10.1.2.3", "127.0.0.1", "192.168.1.10", "172.31.0.1", "169.254.1.1", "100.64.0.1", "224.0.0.251"],
        *["192.0.2.44", "198.51.100.7", "203.0.113.255", "255.255.255.255", "0.0.0.0"],
        *["3.4.1.2 Installing", "version 12.34.56.78", "v12.34.56.78", "Section 12.34.56.78", "xlC.3.1.4.10"],
    ],
)
def test_no_ipv4(text):
    assert found_in(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("at 2a01:238:43ed:c300:10c3:bcf3:3266:da74.", "2a01:238:43ed:c300:10c3:bcf3:3266:da74"),
        ("[2001:4860:4860::8888]:443", "2001:4860:4860::8888"),
        ("2600:1901::/48", "2600:1901::"),
        ("2600::", "2600::"),
    ],
)
def test_ipv6(text, value):
    assert found_in(text) == [("ipv6", value)]


@pytest.mark.parametrize(
    "text",
    [
        *["2001:db8::1", "3fff::1", "fe80::1", "::1", "fc00::2", "ff02::fb", "2001:0:53aa:64c:0:0:0:1", "std::vector"],
        *["2001:4860", "2001:4860:4860::8888::1", "x2001:4860:4860::8888", "12:34:56", "2000:10:20", "a[2000:3000:2]"],
    ],
)
def test_no_ipv6(text):
    assert found_in(text) == []


@pytest.mark.parametrize(
    "value",
    [
        "DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000",
        "GB82 WEST 1234 5698 7654 32",
        "FR14 2004 1010 0505 0001 3M02 606",
        "NO93 8601 1117 947",
        "MT84MALT011000012345MTLCAST001S",
    ],
)
def test_iban(value):
    assert found_in(f"IBAN: {value} BIC COBADEFF") == [("iban", value)]


@pytest.mark.parametrize(
    "text",
    [
        *["DE89 3704 0044 0532 0130 01", "DE89 3704 0044 0532 0130", "XX89 3704 0044 0532 0130 00"],
        *["ADE89370400440532013000", "DE89370400440532013000A", "DE8937040044053201300"],
    ],
)
def test_no_iban(text):
    assert found_in(text) == []


@pytest.mark.parametrize(
    "value",
    [
        *["4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "5555-5555-5555-4444", "2223003122003222"],
        *["378282246310005", "3782 822463 10005", "6011111111111117", "30569309025904", "3530111333300000"],
        *["6200000000000005", "4222222222222"],
    ],
)
def test_card(value):
    assert found_in(f"Visa {value}, 12/27") == [("credit_card", value)]


@pytest.mark.parametrize(
    "text",
    [
        *["4111 1111 1111 1112", "4111-1111 1111-1111", "0000 0000 0000 0000", "1234567890123452", "41111111111111111"],
        *["0.4111111111111111", "a4111111111111111", "10.1234/4111111111111111", "9111111111111111"],
    ],
)
def test_no_card(text):
    assert found_in(text) == []


def test_a_card_behind_other_digits_is_found():
    assert found_in("5234 4111 1111 1111 1111") == [("credit_card", "4111 1111 1111 1111")]
