"""Every refusal the platform can make. One sentence each: what was refused, the values, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster_project.corpus.model.outcomes import Outcome


class FlorilegiumError(Exception):
    """The base of all refusals and failures a user can meet; its text is the whole message."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one recipe file, at a line a person can open."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class RecipeError(FlorilegiumError):
    """Recipes that cannot be used, with every problem of every file at once."""

    def __init__(self, problems: Sequence[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))

    def __reduce__(self) -> tuple[type[RecipeError], tuple[Sequence[Problem]]]:
        return type(self), (self.problems,)


class PartitionError(FlorilegiumError):
    """A partition key that cannot name a partition, or a partition that does not exist."""


class StoreError(FlorilegiumError):
    """The object store cannot be reached, refuses the credentials, is full, or lacks an object."""


class MissingObject(StoreError):
    """An object that should be in the store is not there."""


class Erased(FlorilegiumError):
    """An object that a takedown erased, in whose place nothing stands."""


class IntegrityError(FlorilegiumError):
    """Bytes that are not what their record says, or a side table that does not cover its documents."""


class SourceError(FlorilegiumError):
    """A source whose raw objects cannot be listed or opened at all."""


class Refused(FlorilegiumError):
    """A build that would break a promise: too many bad records, more asked than exists, a bound version rebuilt."""


class Moved(FlorilegiumError):
    """Somebody else published to the same partition first; resolve again and rebuild."""


class EngineError(FlorilegiumError):
    """Workers that died more often than a retry can mend."""


class AuditFailed(FlorilegiumError):
    """Expectations that did not hold, so nothing was published."""

    def __init__(self, partition: str, outcomes: Sequence[Outcome]):
        self.partition, self.outcomes = partition, tuple(outcomes)
        failed = [item for item in outcomes if not item.passed and item.severity == "error"]
        failures = [item.said for item in failed]
        super().__init__(f"nothing was published to {partition}: {'; '.join(failures)}")

    def __reduce__(self) -> tuple[type[AuditFailed], tuple[str, Sequence[Outcome]]]:
        return type(self), (self.partition, self.outcomes)
