"""How states number people, by country, with the check digits that the numbers have.

A form that a check digit or its punctuation makes rare is found as it stands; one that is a bare row of digits only
behind its name. Each check is the issuing authority's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from dagster_project.corpus.signals.patterns import Pattern
from dagster_project.corpus.signals.personal_data import digits_of, passes_luhn, when

DNI_LETTERS = b"TRWAGMYFPDXBNJZSQVHLCKE"
HETU_LETTERS = b"0123456789ABCDEFHJKLMNPRSTUVWXY"
CURP_LETTERS = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
CODICE_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
PUBLISHED_SSNS = frozenset({b"078051120", b"219099999"})  # printed on a card sold in shops, and in a leaflet
# Verhoeff (1969): multiplication in the dihedral group of order ten, and its permutation
DIHEDRAL = [[(a + b) % 5 + 5 * (b > 4) if a < 5 else (a - b) % 5 + 5 * (b < 5) for b in range(10)] for a in range(10)]
VERHOEFF = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def weighted(digits: bytes, weights: Sequence[int]) -> int:
    """The sum of digits by their weights."""
    return sum((digit - 48) * weight for digit, weight in zip(digits, weights, strict=False))


def is_day(year: int, month: bytes, day: bytes) -> bool:
    try:
        date(year, int(month), int(day))
    except ValueError:
        return False
    return True


def is_ssn(value: bytes) -> bool:
    digits = digits_of(value)
    area = digits[:3]
    is_assigned = area not in (b"000", b"666") and area < b"900" and digits[3:5] != b"00" and digits[5:] != b"0000"
    return is_assigned and digits not in PUBLISHED_SSNS


def is_nino(value: bytes) -> bool:
    return value[:2] not in (b"BG", b"GB", b"NK", b"KN", b"TN", b"NT", b"ZZ")


def is_nir(value: bytes) -> bool:
    plain = value.replace(b" ", b"").replace(b"2A", b"19").replace(b"2B", b"18")
    return len(plain) == 15 and plain.isdigit() and 97 - int(plain[:13]) % 97 == int(plain[13:])


def is_dni(value: bytes) -> bool:
    """Spanish, of citizens and of foreigners, whose X, Y and Z stand for 0, 1 and 2."""
    plain = value.replace(b"-", b"")
    number = plain[:-1].translate(bytes.maketrans(b"XYZ", b"012"))
    return DNI_LETTERS[int(number) % 23] == plain[-1]


def is_codice_fiscale(value: bytes) -> bool:
    places = [byte - 48 if byte < 65 else byte - 65 for byte in value]
    total = sum(CODICE_ODD[place] for place in places[:15:2]) + sum(places[1:15:2])
    return total % 26 == places[15]


def is_steuer_id(value: bytes) -> bool:
    """ISO 7064 mod 11,10; of the first ten digits one stands there twice or three times, and the others once."""
    digits = digits_of(value)
    counts = sorted(Counter(digits[:10]).values(), reverse=True)
    product = 10
    for digit in digits[:10]:
        product = ((digit - 48 + product) % 10 or 10) * 2 % 11
    return counts[0] in (2, 3) and counts[1] == 1 and (11 - product) % 10 == digits[10] - 48


def is_bsn(value: bytes) -> bool:
    return weighted(digits_of(value), (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and digits_of(value) != b"0" * 9


def is_pesel(value: bytes) -> bool:
    return weighted(value, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0 and value != b"0" * 11


def is_personnummer(value: bytes) -> bool:
    """Swedish: a day of birth, or of coordination with 60 added, and a check digit over the last ten digits."""
    digits = digits_of(value)[-10:]
    day = int(digits[4:6])
    return is_day(2000, digits[2:4], b"%02d" % (day - 60 if day > 60 else day)) and passes_luhn(digits)


def is_hetu(value: bytes) -> bool:
    number = int(value[:6] + value[7:10])
    return is_day(2000, value[2:4], value[:2]) and HETU_LETTERS[number % 31] == value[10]


def is_fodselsnummer(value: bytes) -> bool:
    """Norwegian: a day of birth and two check digits."""
    digits = digits_of(value)
    first = weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    second = weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11
    return is_day(2000, digits[2:4], digits[:2]) and first == second == 0


def is_belgian(value: bytes) -> bool:
    """97 less the remainder by 97; those born since 2000 count with a 2 before."""
    digits = digits_of(value)
    return int(digits[9:]) in (97 - int(digits[:9]) % 97, 97 - int(b"2" + digits[:9]) % 97)


def is_cpf(value: bytes) -> bool:
    digits = digits_of(value)
    expected = [weighted(digits, range(size + 1, 1, -1)) * 10 % 11 % 10 for size in (9, 10)]
    return len(set(digits)) > 1 and expected == [digits[9] - 48, digits[10] - 48]


def is_aadhaar(value: bytes) -> bool:
    check = 0
    for place, digit in enumerate(reversed(digits_of(value))):
        number = digit - 48
        for _ in range(place % 8):
            number = VERHOEFF[number]
        check = DIHEDRAL[check][number]
    return check == 0


def is_resident_id(value: bytes) -> bool:
    """Chinese: a day of birth and a check digit, ISO 7064 mod 11-2."""
    check = b"10X98765432"[weighted(value, [2**place % 11 for place in range(17, 0, -1)]) % 11]
    return is_day(int(value[6:10]), value[10:12], value[12:14]) and check == value[17:].upper()[0]


def is_rrn(value: bytes) -> bool:
    """Korean: a day of birth; numbers since 2020 have no check digit."""
    return is_day(2000, value[2:4], value[4:6])


def is_curp(value: bytes) -> bool:
    """Mexican: a check digit by weights 18 to 2."""
    total = sum(CURP_LETTERS.index(chr(byte)) * weight for byte, weight in zip(value, range(18, 1, -1), strict=False))
    return (10 - total % 10) % 10 == value[17] - 48


def is_snils(value: bytes) -> bool:
    digits = digits_of(value)
    return weighted(digits, range(9, 0, -1)) % 101 % 100 == int(digits[9:])


def is_tfn(value: bytes) -> bool:
    return weighted(digits_of(value), (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def is_nif(value: bytes) -> bool:
    """Portuguese."""
    check = -weighted(value, range(9, 1, -1)) % 11
    return check % 10 == value[8] - 48


def is_kimlik(value: bytes) -> bool:
    """Turkish."""
    numbers = [byte - 48 for byte in value]
    tenth = (7 * sum(numbers[0:9:2]) - sum(numbers[1:8:2])) % 10
    return tenth == numbers[9] and sum(numbers[:10]) % 10 == numbers[10]


def has_luhn(value: bytes) -> bool:
    return passes_luhn(digits_of(value))


def _plain(name: str, expression: str, check: Callable[[bytes], bool]) -> Pattern:
    return Pattern(name, "national_id", rf"\b(?:{expression})\b", when(check))


def _named(name: str, labels: str, expression: str, check: Callable[[bytes], bool] = bool) -> Pattern:
    """A number found only behind one of its names, with at most a few words between."""
    return Pattern(name, "national_id", rf"(?:\b(?i:{labels}))\b[^0-9\n\x00]{{0,24}}\b({expression})\b", when(check))


NATIONAL_IDS = (
    _plain("us_ssn", r"[0-9]{3}-[0-9]{2}-[0-9]{4}", is_ssn),
    _plain("gb_nino", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]", is_nino),
    _plain("fr_nir", r"[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", is_nir),
    _plain("es_dni", r"(?:[0-9]{8}|[XYZ]-?[0-9]{7})-?[A-HJ-NP-TV-Z]", is_dni),
    _plain(
        "it_codice_fiscale",
        r"[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-7][0-9][A-Z][0-9]{3}[A-Z]",
        is_codice_fiscale,
    ),
    _named(
        "de_steuer_id",
        r"steuer-?id|idnr|steuerliche identifikationsnummer|steuer-?identifikationsnummer|tin",
        r"[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        is_steuer_id,
    ),
    _named("nl_bsn", r"bsn|burgerservicenummer|sofi-?nummer", r"[0-9]{4}[. ]?[0-9]{2}[. ]?[0-9]{3}", is_bsn),
    _named("pl_pesel", r"pesel", r"[0-9]{11}", is_pesel),
    _plain("se_personnummer", r"(?:19|20)?[0-9]{2}[01][0-9][0-9]{2}[-+][0-9]{4}", is_personnummer),
    _plain("fi_hetu", r"[0-3][0-9][01][0-9]{3}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]", is_hetu),
    _named("dk_cpr", r"cpr(?:-?nummer|-?nr\.?)?", r"[0-3][0-9][01][0-9]{3}-?[0-9]{4}"),
    _plain("no_fodselsnummer", r"[0-3][0-9][01][0-9]{3} ?[0-9]{5}", is_fodselsnummer),
    _plain("be_rijksregisternummer", r"[0-9]{2}\.[01][0-9]\.[0-3][0-9]-[0-9]{3}\.[0-9]{2}", is_belgian),
    _named("pt_nif", r"nif|contribuinte", r"[1-3][0-9]{8}", is_nif),
    _plain("br_cpf", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", is_cpf),
    _named("br_cpf_bare", r"cpf", r"[0-9]{11}", is_cpf),
    replace(
        _plain("in_aadhaar", r"[2-9][0-9]{3} [0-9]{4} [0-9]{4}|[2-9][0-9]{3}-[0-9]{4}-[0-9]{4}", is_aadhaar),
        joints="- ",  # four more digits behind it make it a card
    ),
    _named("in_pan", r"pan", r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]"),
    _plain("cn_resident_id", r"[1-9][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9Xx]", is_resident_id),
    _plain("kr_rrn", r"[0-9]{2}[01][0-9][0-3][0-9]-[0-9][0-9]{6}", is_rrn),
    _plain("mx_curp", r"[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[0-9A-Z][0-9]", is_curp),
    _plain("ru_snils", r"[0-9]{3}-[0-9]{3}-[0-9]{3} [0-9]{2}", is_snils),
    _named("ca_sin", r"sin|social insurance|nas", r"[1-79][0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3}", has_luhn),
    _named("au_tfn", r"tfn|tax file", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", is_tfn),
    _named("za_id", r"id(?: number)?|identity number", r"[0-9]{6} ?[0-9]{4} ?[01][0-9]{2}", has_luhn),
    _named("tr_kimlik", r"tc kimlik|t\.c\. kimlik|kimlik|tckn", r"[1-9][0-9]{10}", is_kimlik),
)
