"""What the registry fields of a source must mean beyond their types: addresses, codes, days, schedules, and agreement.

Whether a license is an SPDX expression and a format exists is not known here; building/loose_ends.py asks those rooms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.model.recipes import CollectionRecipe, Columns, SourceRecipe

Complaint = str | None

LONGEST_ADDRESS, LONGEST_MAIL = 2000, 320
NOT_IN_ADDRESSES = frozenset(' <>"\\^`{|}')
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
COUNTRY = re.compile(r"[A-Z]{2}")
LANGUAGE = re.compile(  # RFC 5646 section 2.1, without the irregular tags of old
    r"([a-z]{2,3}(-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"
    r"(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(-[a-wyz0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)
LONGEST_LANGUAGE = 80
QUESTIONS = frozenset({"question", "prompt", "instruction", "query"})  # columns that have an answer beside them
# formats that are no tree of files below one address, and formats in which there is no page to extract from
NOT_TREES = frozenset({"jsonl", "parquet", "warc", "wet", "python-manual", "python-readmes", "python-code"})
OF_RECORDS = ("jsonl", "parquet")  # formats that have columns
NOT_PAGES = frozenset({*NOT_TREES - {"warc"}, "markdown", "text", "rst"})

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
CRON: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("weekday", 0, 7, WEEKDAYS),
)
CRON_TERM = re.compile(r"(?:(\*)|([0-9a-z]{1,3})(?:-([0-9a-z]{1,3}))?)(?:/([0-9]{1,3}))?")
LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def web(value: str) -> Complaint:
    """An http or https address, or nothing."""
    return None if not value or _is_web(value) else f"{_shown(value)} is no address; use https://…"


def contact(value: str) -> Complaint:
    """An address or a mailbox, or nothing."""
    good = not value or _is_web(value) or _is_mail(value)
    return None if good else f"{_shown(value)} is neither an address nor a mailbox; use https://… or name@host"


def base(value: str) -> Complaint:
    """An address to which the path of a file can be put."""
    if complaint := web(value):
        return complaint
    good = not value or (value.endswith("/") and not urlsplit(value).query and not urlsplit(value).fragment)
    return None if good else f"{_shown(value)} does not end in /, and paths are put behind it; write the / at its end"


def country(value: str) -> Complaint:
    """The shape of an ISO 3166-1 alpha-2 code, or nothing."""
    return None if not value or COUNTRY.fullmatch(value) else f"{_shown(value)} is no country; use two capitals, as DE"


def language_tags(values: Sequence[str]) -> Complaint:
    """The shape of BCP 47 tags, each once whatever its case."""
    bad = [value for value in values if len(value) > LONGEST_LANGUAGE or not LANGUAGE.fullmatch(value)]
    folded = [value.lower() for value in values]
    again = dict.fromkeys(value for at, value in enumerate(values) if folded[at] in folded[:at] and value not in bad)
    said = []
    if bad:
        said.append(f"{', '.join(map(_shown, bad))} is no language tag; use BCP 47 codes such as de, pt-BR, zh-Hant")
    if again:
        said.append(f"{', '.join(again)} stands here twice; say each once")
    return "; ".join(said) or None


def day(value: str) -> Complaint:
    """A day of the calendar, or nothing."""
    return None if not value or _is_day(value) else f"{_shown(value)} is no day of the calendar; use YYYY-MM-DD"


def schedule(value: str) -> Complaint:
    """A cron expression of five fields that some day meets, or nothing."""
    if not value:
        return None
    parts = value.lower().split()
    if len(parts) != len(CRON):
        return f'{_shown(value)} is no schedule; use the five fields of cron, as "0 4 * * 1" for Mondays at four'
    found = []
    for part, (name, least, most, names) in zip(parts, CRON, strict=True):
        values = _cron_values(part, least, most, names)
        if values is None:
            return f"{_shown(part)} is no {name} of a schedule; use *, or numbers from {least} to {most} with , - /"
        found.append(values)
    if all(min(found[2]) > LONGEST_MONTHS[month - 1] for month in found[3]):
        return f"{_shown(value)} never comes, for those months are shorter; choose an earlier day"
    return None


def period(collection: CollectionRecipe) -> Iterator[tuple[str, str]]:
    """A collection begins before it ends."""
    if collection.start and collection.end and collection.start > collection.end:
        yield "start", f"{collection.start} comes after end {collection.end}; swap them"


def agreement(source: SourceRecipe) -> Iterator[tuple[str, str]]:
    """What the fields of one source must not say against each other."""
    if source.license != "NOASSERTION" and not source.license_evidence.strip():
        yield "license_evidence", f"is missing; say where {_shown(source.license)} is stated, or leave the license out"
    if source.access in ("licensed", "private") and source.redistribution == "yes":
        yield "redistribution", f"cannot be yes where access is {source.access}; correct one of the two"
    if source.base_url and source.format in NOT_TREES:
        yield "base_url", f"is for trees of files, and {source.format} is none; leave it out"
    if source.extractor != "resiliparse" and source.format in NOT_PAGES:
        yield "extractor", f"is for pages of HTML, and {source.format} has none; leave it out"
    yield from _derivation(source)


def _derivation(source: SourceRecipe) -> Iterator[tuple[str, str]]:
    """Parents are named by a column, and looked up in sources."""
    if source.derived_from and not source.columns.parents:
        yield "columns.parents", "is missing; say which column holds the parents, as derived_from has some"
    if source.columns.parents and not source.derived_from:
        yield "derived_from", "is missing; name the sources that hold what columns.parents says"
    if source.derived_from and source.format not in OF_RECORDS:
        yield (
            "derived_from",
            f"is for {' and '.join(OF_RECORDS)}, which have columns, and {source.format} has none",
        )


def columns_agreement(columns: Columns) -> Iterator[tuple[str, str]]:
    """A text is read from one column or from turns, and every turn stands in a column of its own."""
    if columns.text in QUESTIONS:
        yield "text", f"takes {columns.text} without its answer; name both in turns, each with its role"
    if columns.turns and columns.text != "text":
        yield "text", f"names {_shown(columns.text)} beside turns, which are the text; leave one of the two out"
    names = [turn.column for turn in columns.turns]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"turns[{index}].column", f"{_shown(name)} stands in this list already; name each column once"


FIELDS: Mapping[tuple[type, str], Callable[[Any], Complaint]] = MappingProxyType(
    {
        (SourceRecipe, "base_url"): base,
        (SourceRecipe, "schedule"): schedule,
        (SourceRecipe, "homepage"): web,
        (SourceRecipe, "contact"): contact,
        (SourceRecipe, "opt_out"): contact,
        (SourceRecipe, "country"): country,
        (SourceRecipe, "languages"): language_tags,
        (SourceRecipe, "license_verified_on"): day,
        (CollectionRecipe, "start"): day,
        (CollectionRecipe, "end"): day,
    }
)


def _is_web(value: str) -> bool:
    if len(value) > LONGEST_ADDRESS or visible(value) != value or any(_breaks(character) for character in value):
        return False
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        return False


def _breaks(character: str) -> bool:
    return character in NOT_IN_ADDRESSES or character.isspace()


def _is_mail(value: str) -> bool:
    name, at, host = value.partition("@")
    plain = len(value) <= LONGEST_MAIL and visible(value) == value and not any(map(_breaks, value))
    return plain and bool(name and at) and "@" not in host and len(host.split(".")) > 1 and all(host.split("."))


def _is_day(value: str) -> bool:
    try:
        return bool(DAY.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False


def _cron_values(part: str, least: int, most: int, names: Sequence[str]) -> list[int] | None:
    """Every value that one field of a schedule means; None when it means nothing."""
    found: list[int] = []
    for term in part.split(","):
        match = CRON_TERM.fullmatch(term)
        if match is None or match[4] == "0" * len(match[4] or "-"):
            return None
        first = least if match[1] else _number(match[2], least, names)
        last = most if match[1] or (match[4] and not match[3]) else _number(match[3] or match[2], least, names)
        if first is None or last is None or not least <= first <= last <= most:
            return None
        found += range(first, last + 1, int(match[4] or 1))
    return found


def _number(word: str, least: int, names: Sequence[str]) -> int | None:
    return int(word) if word.isdigit() else names.index(word) + least if word in names else None


def _shown(value: str) -> str:
    return repr(value if len(value) <= 60 else f"{value[:60]}…")
