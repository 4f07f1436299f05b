"""Moments as records and files state them, in whichever form, as seconds since the epoch."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
DIGITS = re.compile("[0-9]{8,19}", re.ASCII)
OFFSET = re.compile(r" ([+-][0-9]{2}:?[0-9]{2})$")
FORMS = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}  # also that of Common Crawl
EARLIEST, LATEST = 10**8, 10**11  # seconds: 1973 to 5138, so that a thousandth of one is never taken for one


def seconds(value: Any) -> int | None:
    """Seconds since the epoch, rounded down; None for what is no moment, and outside the years 1 to 9999 in UTC.

    Read are ISO 8601 (without an offset as UTC), YYYYMMDD, YYYYMMDDhhmmss, and numbers of seconds, milliseconds,
    microseconds or nanoseconds since the epoch, whose ranges from 1973 on do not overlap.
    """
    if isinstance(value, str):
        text = value.strip()
        return _of_digits(text) if text.isdecimal() else _of_iso(text)
    if type(value) is int:
        return _of_digits(str(value)) if 10**7 <= value < 10**20 else None
    return _since_epoch(value) if type(value) is float and math.isfinite(value) else None


def _of_iso(text: str) -> int | None:
    """ISO 8601, also with a space before the offset, as the front matter of pages and the date of git have it."""
    try:
        return _of_moment(datetime.fromisoformat(text))
    except ValueError:
        spelled = OFFSET.sub(r"\1", text.removesuffix(" UTC"))
    return None if spelled == text else _of_iso(spelled)


def _of_digits(text: str) -> int | None:
    if not DIGITS.fullmatch(text):
        return None
    if len(text) in FORMS:
        try:
            return _of_moment(datetime.strptime(text, FORMS[len(text)]))
        except ValueError:
            return None
    return _since_epoch(int(text))


def _of_moment(moment: datetime) -> int | None:
    found = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // SECOND
    return found if FIRST_SECOND <= found <= LAST_SECOND else None


def _since_epoch(value: float) -> int | None:
    """A count of seconds, or of thousandths, millionths or billionths of one."""
    units = (unit for unit in (1, 10**3, 10**6, 10**9) if EARLIEST * unit <= value < LATEST * unit)
    return next((int(value // unit) for unit in units), None)
