"""How telephone numbers are written: internationally (E.164), as countries group their own, or behind a label.

Conservative: a bare row of digits is a number of something else. Numbers that regulators keep free for fiction are
nobody's: 555-0100 to 555-0199 in North America, Ofcom's ranges in the United Kingdom.
"""

from __future__ import annotations

from collections.abc import Callable

import re2

from dagster_project.corpus.signals.patterns import Pattern
from dagster_project.corpus.signals.personal_data import digits_of, when

SHORTEST, LONGEST = 7, 15  # digits; 15 is E.164's limit
SHORTEST_INTERNATIONAL = 9  # with the calling code: only a few small countries have less
# ITU's list of assigned calling codes, E.164.D
CALLING_CODES = frozenset(
    (
        "1 7 20 27 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 "
        "239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 "
        "267 268 269 290 291 297 298 299 30 31 32 33 34 36 39 350 351 352 353 354 355 356 357 358 359 370 371 372 373 "
        "374 375 376 377 378 380 381 382 383 385 386 387 389 40 41 43 44 45 46 47 48 49 420 421 423 51 52 53 54 55 56 "
        "57 58 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 60 61 62 63 64 65 66 "
        "670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 81 82 84 86 850 "
        "852 853 855 856 870 878 880 881 882 883 886 888 90 91 92 93 94 95 98 960 961 962 963 964 965 966 967 968 970 "
        "971 972 973 974 975 976 977 979 992 993 994 995 996 998"
    ).split()
)
# Labels that begin with an ASCII letter and stand alone, and those of other scripts
LABELS = (
    "phone|telephone|tel|mobile|cell|fax|telefax|whatsapp|téléphone|téléfax|tél|portable|telefon|fon|handy|mobil|"
    "mobiltelefon|teléfono|telefono|telefone|móvil|celular|cellulare|telefoon|mobiel|tlf|mob|puh|puhelin"
)
OTHER_LABELS = (
    "тел|телефон|факс|τηλ|电话|電話|手机|手機|传真|傳真|联系方式|携帯|전화|팩스|휴대폰|โทร|फ़ोन|मोबाइल|هاتف|جوال|טלפון"
)
LABEL = (
    rf"(?i:\b(?:{LABELS})|{OTHER_LABELS})\.?(?:[ \t]{{0,3}}(?i:(?:number|num|no|nr|is)\b|n°)\.?){{0,2}}"
    r"[ \t]{0,3}[:.=：]?[ \t]{0,3}"
)
# Words before a number that is no telephone number
OTHER_NUMBER = (
    r"(?i:\b(?:isbn|issn|ismn|isni|orcid|doi|oclc|pmid|arxiv|rfc|version|release|bug|issue|ticket|order|serial|invoice|"
    r"account|part|model|patent|id)\b[^\n]{0,12}|#|\$|€|£|¥)\z"
)
_GROUPS = re2.compile(r"[0-9]+\)?")
_NORTH_AMERICA = re2.compile(r"1?([2-9][0-8][0-9])([2-9][0-9]{2})([0-9]{4})")
_FICTION_UK = re2.compile(
    r"(?:44|0)(?:1134960|1144960|1154960|1164960|1174960|1184960|1214960|1314960|1414960|1514960|1614960|2079460|"
    r"1914980|2890180|2920180|1632960|7700900|8081570|9098790|3069990)[0-9]{3}"
)


def longest(check: Callable[[bytes], bool]) -> Callable[[bytes], int]:
    """As many groups of digits from the first on as make one number: what stands behind may be another."""

    def accepts(value: bytes) -> int:
        ends = (group.end() for group in _GROUPS.finditer(value))
        return next((end for end in sorted(ends, reverse=True) if check(value[:end])), 0)

    return accepts


def is_international(value: bytes) -> bool:
    """An assigned calling code, and as many digits as its numbers have."""
    number = digits_of(value.replace(b"(0)", b"")).decode()
    if not SHORTEST_INTERNATIONAL <= len(number) <= LONGEST or _FICTION_UK.fullmatch(number):
        return False
    if number.startswith("1"):
        return is_north_american(value)
    return any(number[:size] in CALLING_CODES for size in (1, 2, 3))


def is_north_american(value: bytes) -> bool:
    """Area code and exchange as the numbering plan allows them, and not kept for fiction."""
    found = _NORTH_AMERICA.fullmatch(digits_of(value).decode())
    if not found:
        return False
    area, exchange, line = found.groups()
    is_service = area[1:] == "11" or exchange[1:] == "11"
    return not is_service and not (exchange == "555" and line.startswith("01"))


def is_british(value: bytes) -> bool:
    """As long as British numbers are, and not kept for fiction."""
    number = digits_of(value).decode()
    return len(number) in (10, 11) and not _FICTION_UK.fullmatch(number)


def is_japanese(value: bytes) -> bool:
    return len(digits_of(value)) in (10, 11)


def is_plausible(value: bytes) -> bool:
    """What stands behind a label: neither too short nor too long, and kept for no fiction."""
    number = digits_of(value).decode()
    if not SHORTEST <= len(number) <= LONGEST or _FICTION_UK.fullmatch(number):
        return False
    return not _NORTH_AMERICA.fullmatch(number) or is_north_american(value)


def _national(country: str, expression: str, joints: str = ".,-/:") -> Pattern:
    check = {"us": when(is_north_american), "gb": when(is_british), "jp": when(is_japanese)}.get(country, len)
    return Pattern(f"phone_{country}", "phone", expression, check, joints, unless=OTHER_NUMBER)


PHONES = (
    Pattern(
        "phone_international",
        "phone",
        r"\+[1-9](?:[ .\-/()]{0,3}[0-9]){8,14}\b",
        longest(is_international),
        unless=r"\+\z",
    ),
    Pattern("phone_labelled", "phone", rf"{LABEL}([+(]{{0,2}}[0-9][0-9 ()./\-]{{5,20}}[0-9])", longest(is_plausible)),
    _national(
        "us",
        r"(?:\b1[ .-])?(?:\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .-]|"
        r"\b[2-9][0-9]{2}(?:-[2-9][0-9]{2}-|\.[2-9][0-9]{2}\.))[0-9]{4}\b",
    ),
    _national("gb", r"(?:\(0[1237][0-9]{1,4}\)|\b0[1237][0-9]{1,4})[ -](?:[0-9]{3,4}[ -][0-9]{3,4}|[0-9]{6})\b"),
    _national(
        "fr", r"\b0[1-9](?:(?: [0-9]{2}){4}|(?:\.[0-9]{2}){4}|(?:-[0-9]{2}){4})\b", joints=" .,-/:"
    ),  # bytes too stand in pairs
    _national("de", r"(?:\(0[1-9][0-9]{1,4}\) ?|\b0[1-9][0-9]{1,4} ?/ ?)[0-9]{3,4}(?:[ -]?[0-9]{2,5}){1,2}\b"),
    _national("br", r"\([1-9][0-9]\) ?(?:9[ .]?[0-9]{4}|[2-5][0-9]{3})[ .-][0-9]{4}\b"),
    _national("jp", r"(?:\(0[1-9][0-9]{0,3}\)[0-9]{1,4}|\b0[1-9][0-9]{0,3}-[0-9]{1,4})-[0-9]{4}\b"),
    _national("cn", r"\b(?:1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}|0[1-9][0-9]{1,2}-[0-9]{7,8})\b"),
    _national("ru", r"\b8 ?\([3-9][0-9]{2}\) ?[0-9]{3}-?[0-9]{2}-?[0-9]{2}\b"),
)
