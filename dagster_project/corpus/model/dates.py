"""Dates with evidence: what says when a text was collected or published, and how far that can be trusted.

Nothing is guessed: a date without evidence is null, and its confidence `unknown`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import pyarrow as pa

MOMENT = pa.timestamp("s", tz="UTC")
DATE_EVIDENCE = pa.struct(
    [
        ("date", pa.string()),  # collected or published
        ("at", MOMENT),
        ("confidence", pa.string()),
        ("kind", pa.string()),
        ("value", pa.string()),  # the words it was read from
    ]
)
Which = Literal["collected", "published"]

# By kind of evidence: the confidence class; among equals the kind that stands first here decides.
#   exact     recorded by a machine while it happened
#   declared  stated by the publisher as just this date
#   inferred  stated for another purpose, such as an address or the file's last change
#   assumed   true of the source as a whole
KINDS: dict[str, str] = {
    "warc-date": "exact",
    "column": "declared",
    "json-ld": "declared",
    "meta": "declared",
    "time": "inferred",
    "url": "inferred",
    "http.last-modified": "inferred",
    "registry": "assumed",
}
CONFIDENCE = ("exact", "declared", "inferred", "assumed", "unknown")  # strongest first
DAY = 86_400
LAST = 4_102_444_799  # 2099-12-31: what claims to be later is a mistake
_RANKS = {kind: (CONFIDENCE.index(confidence), place) for place, (kind, confidence) in enumerate(KINDS.items())}


def seconds_of(moments: pa.Array | pa.ChunkedArray) -> list[int | None]:
    """A column of MOMENT as seconds since the epoch; a datetime does not reach as far."""
    seconds: list[int | None] = moments.cast(MOMENT).cast(pa.int64()).to_pylist()
    return seconds


class Conclusion(NamedTuple):
    """A date as far as it is known."""

    at: int | None  # seconds since the epoch, UTC
    confidence: str  # one of CONFIDENCE


class Dated(NamedTuple):
    """One piece of evidence for a date."""

    date: Which
    at: int  # seconds since the epoch, UTC
    kind: str  # one of KINDS
    value: str

    def row(self) -> dict[str, str | int]:
        """A value of type DATE_EVIDENCE."""
        return {**self._asdict(), "confidence": KINDS[self.kind]}


UNKNOWN = Conclusion(None, "unknown")


def conclude(evidence: Sequence[Dated]) -> tuple[Conclusion, Conclusion]:
    """When something was collected and published, each by its strongest evidence; of equal ones the earliest.

    What claims to have been published after it was collected (but for a day, for clocks and time zones) is no evidence.
    """
    collected = _strongest(item for item in evidence if item.date == "collected")
    latest = LAST if collected.at is None else collected.at + DAY
    return collected, _strongest(item for item in evidence if item.date == "published" and item.at <= latest)


def strongest_first(evidence: Iterable[Dated]) -> list[Dated]:
    """Evidence in the order in which it is stored."""
    return sorted(evidence, key=lambda item: (item.date, *_RANKS[item.kind], item.at, item.value))


def _strongest(evidence: Iterable[Dated]) -> Conclusion:
    said = [(*_RANKS[item.kind], item.at, item.kind) for item in evidence]
    if not said:
        return UNKNOWN
    _, _, at, kind = min(said)
    return Conclusion(at, KINDS[kind])
