"""How long records of a store can be neither deleted nor overwritten by anyone who may write: S3's object lock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LOCK = re.compile(r"(governance|compliance):([1-9][0-9]{0,4})d")
LOCKED = ("manifests/", "refs/")  # never data/: text must stay erasable


@dataclass(frozen=True)
class Retention:
    """`governance` can be lifted by who holds that right, `compliance` by nobody."""

    mode: str
    days: int

    @property
    def until(self) -> datetime:
        """The end of the retention of what is written now."""
        return datetime.now(UTC) + timedelta(days=self.days)


def parse_retention(text: str) -> Retention | None:
    """Read `governance:30d` or `compliance:365d`; None of anything else."""
    found = LOCK.fullmatch(text)
    return Retention(found[1], int(found[2])) if found else None


def is_locked(path: str) -> bool:
    """Whether an object is a record that a lock keeps."""
    return path.startswith(LOCKED)
