"""How e-mail addresses, IP addresses, IBANs and payment cards are written, and what of it is somebody's.

What a standard keeps free for examples is nobody's and not found: the domains of RFC 2606 and 6761, the networks of
RFC 5737, 3849 and 9637. Of IP addresses only those are found that the whole Internet can reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network

from publicsuffixlist import PublicSuffixList

from dagster_project.corpus.signals.patterns import Pattern

LETTER = r"\p{Latin}\p{Greek}\p{Cyrillic}"
LONGEST_LOCAL_PART, LONGEST_EMAIL = 64, 254  # characters; RFC 5321, and erratum 1690 of RFC 3696
EXAMPLE_DOMAINS = ("example.com", "example.net", "example.org")  # top-level ones are not in the public suffix list
# IANA's registries of special purpose: all that is not one host of the Internet, multicast too
SPECIAL_IPV4 = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
        ),
    )
)
GLOBAL_IPV6 = IPv6Network("2000::/3")
SPECIAL_IPV6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
# SWIFT's registry: country and length
IBAN_LENGTHS: Mapping[str, int] = {
    country: int(length)
    for country, length in (
        item.split(":")
        for item in (
            "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BI:27 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22 "
            "DJ:27 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FK:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 "
            "HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 "
            "MD:24 ME:22 MK:19 MN:20 MR:27 MT:31 MU:30 NI:28 NL:18 NO:15 OM:23 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 "
            "RS:22 RU:33 SA:24 SC:31 SD:18 SE:24 SI:19 SK:24 SM:27 SO:23 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 "
            "VG:24 XK:20 YE:30"
        ).split()
    )
}
# First digits of the issuers that there are, and how many digits a number of theirs has
CARD_ISSUERS: tuple[tuple[range, int, tuple[int, ...]], ...] = (
    (range(4, 5), 1, (13, 16, 19)),  # Visa
    (range(51, 56), 2, (16,)),  # Mastercard
    (range(2221, 2721), 4, (16,)),
    *[(range(first, first + 1), 2, (15,)) for first in (34, 37)],  # American Express
    *[(range(first, first + 1), 4, (16, 17, 18, 19)) for first in (5018, 5020, 5038, 5893, 6304, 6759)],  # Maestro
    (range(6761, 6764), 4, (16, 17, 18, 19)),
    *[(found, size, (16, 19)) for found, size in ((range(6011, 6012), 4), (range(644, 650), 3), (range(65, 66), 2))],
    (range(300, 306), 3, (14, 16, 19)),  # Diners Club
    *[(range(first, first + 1), 2, (14, 16, 19)) for first in (36, 38, 39)],
    (range(3528, 3590), 4, (16, 19)),  # JCB
    (range(62, 63), 2, (16, 17, 18, 19)),  # UnionPay
)


def when(check: Callable[[bytes], bool]) -> Callable[[bytes], int]:
    """What a check accepts, it accepts as a whole."""
    return lambda value: len(value) if check(value) else 0


def digits_of(value: bytes) -> bytes:
    """The ASCII digits among the bytes."""
    return bytes(byte for byte in value if 48 <= byte <= 57)


def passes_luhn(digits: bytes) -> bool:
    """The check digit of ISO/IEC 7812-1."""
    doubled = [(2 * (digit - 48) - 9 * (digit > 52)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digit - 48 for digit in digits[-1::-2])) % 10 == 0


def is_email(value: bytes) -> bool:
    """At a domain below a public suffix, and at none that is reserved for examples."""
    local, _, domain = value.decode().rpartition("@")
    domain = domain.lower()
    return (
        len(local) <= LONGEST_LOCAL_PART
        and len(local) + 1 + len(domain) <= LONGEST_EMAIL
        and not any(domain == reserved or domain.endswith(f".{reserved}") for reserved in EXAMPLE_DOMAINS)
        and _is_public(".".join(domain.split(".")[-2:]))
    )


@lru_cache(maxsize=1 << 12)
def _is_public(last_labels: str) -> bool:
    return _suffixes().publicsuffix(last_labels) is not None


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def is_public_ipv4(value: bytes) -> bool:
    """One host of the Internet. Four one-digit numbers are none: they number sections and versions."""
    if not len("1.2.3.44") <= len(value) <= len("111.222.333.444"):
        return False
    try:
        address = IPv4Address(value.decode())
    except AddressValueError:
        return False
    return not any(address in network for network in SPECIAL_IPV4)


def is_public_ipv6(value: bytes) -> bool:
    """One host of the Internet."""
    try:
        address = IPv6Address(value.decode())
    except AddressValueError:
        return False
    return address in GLOBAL_IPV6 and not any(address in network for network in SPECIAL_IPV6)


def is_iban(value: bytes) -> bool:
    """Remainder 1 by 97 (ISO 7064 mod 97-10), once the first four characters stand at the end."""
    plain = value.replace(b" ", b"").decode()
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def is_card(value: bytes) -> bool:
    """The length and first digits of an issuer, one separator throughout, and a right check digit."""
    digits = digits_of(value)
    return (
        len({byte for byte in value if byte in b" -"}) <= 1
        and any(len(digits) in lengths and int(digits[:size]) in first for first, size, lengths in CARD_ISSUERS)
        and passes_luhn(digits)
    )


def _iban_expression() -> str:
    """Every country's form, in one piece or in groups of four."""
    by_length: dict[int, list[str]] = {}
    for country, length in IBAN_LENGTHS.items():
        by_length.setdefault(length, []).append(country)
    forms = []
    for length, countries in sorted(by_length.items()):
        groups, rest = divmod(length - 4, 4)
        last = f" ?[0-9A-Z]{{{rest}}}" if rest else ""
        forms.append(rf"(?:{'|'.join(countries)})[0-9]{{2}}(?: ?[0-9A-Z]{{4}}){{{groups}}}{last}")
    return rf"\b(?:{'|'.join(forms)})\b"


NUMBERED = r"(?i:\b(?:version|release|ver|rev|build|section|chapter|oid|v)|§)[ .:=]{0,3}\z|[A-Za-z]\.\z"
PERSONAL_DATA = (
    Pattern(
        "email",
        "email",
        rf"[{LETTER}0-9_][{LETTER}0-9_.%+'~-]*@(?:[{LETTER}0-9](?:[{LETTER}0-9-]*[{LETTER}0-9])?\.)+"
        rf"(?:xn--[0-9a-z-]*[0-9a-z]|[{LETTER}]{{2,}})",
        when(is_email),
        joints=None,
        maximal=True,
    ),
    Pattern("iban", "iban", _iban_expression(), when(is_iban)),
    Pattern(
        "credit_card",
        "credit_card",
        r"\b(?:[2-6][0-9]{12,18}|[2-6][0-9]{3}(?:[ -][0-9]{4}){3}(?:[ -][0-9]{3})?|"
        r"3[0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5})\b",
        when(is_card),
    ),
    Pattern(
        "ipv6",
        "ipv6",
        r"\b[23][0-9A-Fa-f]{3}:(?:[0-9A-Fa-f:.]*(?:[0-9A-Fa-f]|::)|:)",
        when(is_public_ipv6),
        joints=".:",
        maximal=True,
    ),
    Pattern(
        "ipv4",
        "ipv4",
        r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3,}\b",
        when(is_public_ipv4),
        joints=".",
        maximal=True,
        unless=NUMBERED,
    ),
)
