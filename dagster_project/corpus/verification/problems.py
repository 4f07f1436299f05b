"""What verification finds: problems as sentences that name the object and never a word of a document, and what was
looked at."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from dagster_project.corpus.model.errors import FlorilegiumError, MissingObject, StoreError
from dagster_project.corpus.model.escaping import visible

LONGEST = 200  # characters of a value that a problem tells
AS_WRITTEN = "as it was written"
OBJECT = re.compile(r"data/\S+\.[a-z0-9.]*[a-z0-9]")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is not as it should be. `what` of the object `path`, in a version of `partition`."""

    path: str
    partition: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.path} of {self.partition}: {self.what} should be {self.expected} and is {self.found}"


@dataclass
class Counts:
    """What was looked at in one stage, or of its raw objects."""

    versions: int = 0
    objects: int = 0
    bytes: int = 0
    rows: int = 0
    sampled: int = 0  # rows made again from what they were made of
    not_made: int = 0  # rows of the sample that were not: by other code than today's, or decided with an earlier layer
    erased: int = 0  # rows whose text was erased, which nothing can be made of again
    problems: int = 0


@dataclass
class Raw:
    """What became of the raw objects that were read: the same bytes, others, or out of reach."""

    same: int = 0
    changed: list[str] = field(default_factory=list)
    out_of_reach: int = 0


@dataclass
class Report:
    """All that verification of one version found."""

    partition: str
    id: str
    seed: int = 0
    sample: int | None = None  # documents; None: all
    quick: bool = False
    seconds: float = 0.0
    stages: dict[str, Counts] = field(default_factory=dict)
    raw: Raw = field(default_factory=Raw)
    problems: list[Problem] = field(default_factory=list)
    _known: set[Problem] = field(default_factory=set)

    @property
    def bytes(self) -> int:
        return sum(counts.bytes for counts in self.stages.values())

    @property
    def megabytes_per_second(self) -> float:
        return round(self.bytes / 1e6 / self.seconds, 1) if self.seconds else 0.0

    def of(self, stage: str) -> Counts:
        return self.stages.setdefault(stage, Counts())

    def add(self, stage: str, problems: Iterable[Problem]) -> None:
        """Problems of a stage, each once."""
        new = dict.fromkeys(item for item in problems if item not in self._known)
        self._known.update(new)
        self.problems += new
        self.of(stage).problems += len(new)

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        plain = {name: value for name, value in asdict(self).items() if not name.startswith("_")}
        return {
            **plain,
            "bytes": self.bytes,
            "megabytes_per_second": self.megabytes_per_second,
            "problems": [{**asdict(item), "sentence": str(item)} for item in self.problems],
        }


def is_echo(problem: Problem, damaged: set[str]) -> bool:
    """Whether a problem only says that another object, whose damage is told, could not be read."""
    named = {*OBJECT.findall(problem.found)} - {problem.path}
    return problem.expected == AS_WRITTEN and bool(named & damaged)


def told(value: Any) -> str:
    """A value in a sentence: short, and nothing in it that commands a terminal."""
    said = "nothing" if value is None else value.hex() if isinstance(value, bytes) else str(value)
    return visible(said, LONGEST)


@contextlib.contextmanager
def noting(problems: list[Problem], path: str, partition: str, what: str = "its content") -> Iterator[None]:
    """What reading a damaged object raises is a problem of that object, whatever it is; a store that fails is not. Of
    what libraries say only the kind is told, for it may hold what they met."""
    try:
        yield
    except MissingObject as error:
        is_itself = path in str(error)
        problems.append(
            Problem(path, partition, "the object", "there", "gone")
            if is_itself
            else Problem(path, partition, what, AS_WRITTEN, told(error))
        )
    except StoreError:
        raise
    except FlorilegiumError as error:
        problems.append(Problem(path, partition, what, AS_WRITTEN, told(str(error).partition(" (")[0])))
    except Exception as error:
        problems.append(Problem(path, partition, what, AS_WRITTEN, f"unreadable ({type(error).__name__})"))
