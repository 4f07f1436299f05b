"""Suites: what good data looks like, as JSON in Great Expectations' own format, checked when it is read.

Files are edited by hand, so a refusal names the file, the line and the check, and what would be allowed. Nothing here
imports Great Expectations, whose import takes seconds: the Dagster shell needs only names and severities.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import Problem, RecipeError
from dagster_project.corpus.model.outcomes import Severity
from dagster_project.quality.profiles import STAGES
from dagster_project.quality.suite_rules import complaints_of, complaints_of_suite

SEVERITIES: Mapping[str, Severity] = {"critical": "error", "warning": "warning", "info": "warning"}
PACKAGE = Path(__file__).parent.parent
# of valid JSON: where objects and lists begin and end, and the names in objects; other strings are passed over
STRING = r'"(?:[^"\\]|\\.)*"'
TOKEN = re.compile(rf"(?P<name>{STRING})(?=\s*:)|{STRING}|(?P<begin>[\[{{])|(?P<end>[\]}}])")


@dataclass(frozen=True)
class Expectation:
    """One expectation of a suite, by the name of its check."""

    check: str
    severity: Severity
    description: str
    data: Mapping[str, Any]  # as the file has it

    @property
    def columns(self) -> tuple[str, ...]:
        named = (value for name, value in self.data["kwargs"].items() if name.startswith("column"))
        return tuple(column for value in named for column in (value if isinstance(value, list) else [value]))

    @property
    def parameters(self) -> tuple[str, ...]:
        values = self.data["kwargs"].values()
        return tuple(value["$PARAMETER"] for value in values if isinstance(value, Mapping))


@dataclass(frozen=True)
class Suite:
    """The expectations of one stage."""

    stage: str
    expectations: tuple[Expectation, ...]
    file: Path = field(default=Path(), compare=False)

    @cached_property
    def digest(self) -> str:
        """A hash of what the suite says, whatever the spacing of its file."""
        return digest([self.stage, [expectation.data for expectation in self.expectations]])


def suites_directory() -> Path:
    """`expectations/` of the checkout, else the copy that travels in the wheel."""
    checkout = PACKAGE.parent / "expectations"
    return checkout if (PACKAGE.parent / "pyproject.toml").is_file() else PACKAGE / "_data" / "expectations"


def checked_directory(directory: Path | None) -> Path | None:
    """A directory of one's own suites: of any stage, and of nothing else."""
    if directory is None:
        return None
    if not directory.is_dir():
        raise _refused(directory, 1, "is no directory; make it, with a suite such as filtered.json in it")
    strange = [path for path in sorted(directory.glob("*.json")) if path.stem not in STAGES]
    if strange:
        problems = [Problem(str(path), 1, "", f"is the suite of no stage; use one of {_named()}") for path in strange]
        raise RecipeError(problems)
    return directory


def load_suites(directory: Path | None = None) -> dict[str, Suite]:
    """The suite of every stage; RecipeError with every problem of every file at once."""
    found: dict[str, Suite] = {}
    problems: list[Problem] = []
    own = checked_directory(directory)
    for stage in STAGES:
        try:
            found[stage] = load_suite(own, stage)
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError(problems)
    return found


def load_suite(directory: Path | None, stage: str) -> Suite:
    """The suite of one stage: `<stage>.json` of a directory of one's own, else the packaged one."""
    own = directory / f"{stage}.json" if directory else None
    file = own if own and (own.exists() or own.is_symlink()) else suites_directory() / f"{stage}.json"
    text, data = _parsed(file)
    problems = [Problem(str(file), 1, "", complaint) for complaint in complaints_of_suite(data, stage)]
    if not problems:
        for number, item in enumerate(data["expectations"]):
            name = _check_of(item) or f"expectations[{number}]"
            problems += [Problem(str(file), _line(text, name), name, said) for said in complaints_of(item, stage)]
        problems += [Problem(str(file), _line(text, name, -1), name, said) for name, said in _repeated(data)]
    if problems:
        raise RecipeError(problems)
    return Suite(stage, tuple(_expectation(item) for item in data["expectations"]), file)


def _named() -> str:
    return ", ".join(f"{stage}.json" for stage in STAGES)


def _parsed(file: Path) -> tuple[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        data = json.loads(text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise _refused(file, 1, f"cannot be read ({reason}); every stage has a suite") from None
    except (UnicodeDecodeError, RecursionError):
        raise _refused(file, 1, "is not JSON in UTF-8") from None
    except json.JSONDecodeError as error:
        raise _refused(file, error.lineno, f"is not JSON: {error.msg.lower()}") from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise _refused(file, 1, "holds a number that is too long") from None
    for name, line in repeated_names(text):
        raise _refused(file, line, f"says {name!r} twice in one place; the last would win unseen")
    return text, data


def repeated_names(text: str) -> Iterator[tuple[str, int]]:
    """Names that an object of valid JSON has said before, each with its line."""
    said: list[set[str]] = []  # by the objects and lists that are open
    for token in TOKEN.finditer(text):
        if token.lastgroup == "begin":
            said.append(set())
        elif token.lastgroup == "end":
            said.pop()
        elif token.lastgroup == "name":
            name = json.loads(token["name"])
            if name in said[-1]:
                yield name, text.count("\n", 0, token.start()) + 1
            said[-1].add(name)


def _refused(file: Path, line: int, message: str) -> RecipeError:
    return RecipeError([Problem(str(file), line, "", message)])


def _expectation(item: Mapping[str, Any]) -> Expectation:
    severity = SEVERITIES[item.get("severity", "critical")]
    return Expectation(item["meta"]["check"], severity, item["meta"]["description"], item)


def _repeated(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = [_check_of(item) for item in data["expectations"]]
    again = dict.fromkeys(name for number, name in enumerate(names) if name and name in names[:number])
    return [(name, "is the name of two checks; give each its own") for name in again]


def _check_of(item: Any) -> str:
    meta = item.get("meta") if isinstance(item, Mapping) else None
    name = meta.get("check") if isinstance(meta, Mapping) else None
    return name if isinstance(name, str) else ""


def _line(text: str, check: str, which: int = 0) -> int:
    found = list(re.finditer(rf'"check"\s*:\s*"{re.escape(check)}"', text))
    return text.count("\n", 0, found[which].start()) + 1 if found else 1
