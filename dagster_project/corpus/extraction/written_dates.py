"""Dates as people and programs write them, read only where they can be read in one way.

Without a time zone a moment is read as UTC; a month or a year as its first day, and that is told. Written as numbers,
the year must come first: 01/02/2020 has two readings, and therefore none here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

LONGEST = 80  # characters that a date may be written in
FIRST_YEAR = 1000  # programs that know no date write the year 1, and some write the epoch


class Read(NamedTuple):
    """A moment, and what had to be supplied to reach it."""

    at: int  # seconds since 1970, UTC
    supplied: str = ""  # or "first of the month", "first of the year"


_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        1,
    )
    for name in names
}
_HTTP = re.compile(
    r"[A-Z][a-z]{2}, (\d\d) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d\d):(\d\d):(\d\d) GMT",
    re.ASCII,
)
_NUMBERS = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})(?:\2(\d{1,2}))?)?(?![\d/.-])", re.ASCII)
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?,? +)?"
_DAY_FIRST = re.compile(_WEEKDAY + r"(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -](\d{4}|\d\d(?= \d\d:))(?!\d)")
_MONTH_FIRST = re.compile(_WEEKDAY + r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(?!\d)")
_ASCTIME = re.compile(r"[a-z]{3} ([a-z]{3})  ?(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})")
_CLOCK = re.compile(r",?[ t]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)? ?(z|gmt|utc|ut|[+-]\d\d:?\d\d)?", re.ASCII)


def read_date(text: str) -> Read | None:
    """ISO 8601 full and partial, year first with slashes or periods, the dates of HTTP, English names of months."""
    text = text.strip()
    return _read(text) if 4 <= len(text) <= LONGEST else None


@lru_cache(maxsize=1024)  # a page says the same date in several places
def _read(text: str) -> Read | None:
    if match := _HTTP.fullmatch(text):
        month = _MONTHS[match[2].lower()]
        return _moment_of(int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6]))
    if not text[:4].isdecimal():
        return _with_month_name(text.lower())
    try:
        return _moment(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return _year_first(text.lower())


def read_numbers(year: str, month: str | None, day: str | None) -> Read | None:
    """A day of the calendar from its digits; of less than a day the first."""
    supplied = "" if day else "first of the month" if month else "first of the year"
    return _calendar(int(year), int(month or 1), int(day or 1), "", supplied)


def _year_first(text: str) -> Read | None:
    match = _NUMBERS.match(text)
    if match is None:
        return None
    rest = text[match.end() :]
    if not match[4] and rest:
        return None
    if not rest:
        return read_numbers(match[1], match[3], match[4])
    return _calendar(int(match[1]), int(match[3]), int(match[4]), rest, "") if rest[0] in "t ," else None


def _with_month_name(text: str) -> Read | None:
    if match := _DAY_FIRST.match(text):
        day, name, year, rest = match[1], match[2], match[3], text[match.end() :]
    elif match := _MONTH_FIRST.match(text):
        name, day, year, rest = match[1], match[2], match[3], text[match.end() :]
    elif match := _ASCTIME.fullmatch(text):
        name, day, rest, year = match[1], match[2], f" {match[3]}", match[4]
    else:
        return None
    if (month := _MONTHS.get(name)) is None or rest[:1].isalnum():
        return None
    return _calendar(_full_year(year), month, int(day), rest, "")


def _full_year(year: str) -> int:
    """Two digits, as RFC 850 wrote them, are of the years from 1970 to 2069."""
    return int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 70 else 2000)


def _calendar(year: int, month: int, day: int, rest: str, supplied: str) -> Read | None:
    """A day with the time in `rest`; where that is written in another way, such as "10 am PST", the day alone."""
    clock = _CLOCK.fullmatch(rest)
    if clock is None:
        return _moment_of(year, month, day, supplied=supplied)
    offset = _offset(clock[4] or "")
    return _moment_of(year, month, day, int(clock[1]), int(clock[2]), int(clock[3] or 0), offset=offset)


def _moment_of(
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    *,
    offset: timedelta | None = None,
    supplied: str = "",
) -> Read | None:
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return _moment(moment - offset if offset else moment, supplied)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta:
    if zone[:1] not in ("+", "-"):
        return timedelta()
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return offset if zone[0] == "+" else -offset


def _moment(moment: datetime, supplied: str = "") -> Read | None:
    if moment.year < FIRST_YEAR:
        return None
    at = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _SECOND
    return Read(at, supplied) if at else None
