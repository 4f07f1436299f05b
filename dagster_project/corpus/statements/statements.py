"""Statements on the store: `statements/<version id>/0000000N.json` is the N-th that was made on a version.

The conditional PUT of the next number is the moment at which one counts. Nothing is ever struck: who lifts a hold makes
another statement.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import records
from dagster_project.corpus.storage.stores import Store

Kind = Literal["withdrawn", "restored", "retired", "held", "released", "attested"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PREFIX = "statements/"
LONGEST = 4_000  # characters of what somebody says


@dataclass(frozen=True)
class Signature:
    """A detached ed25519 signature over the canonical JSON of a statement without it, and the key that verifies it, in
    hexadecimal digits."""

    key: str
    value: str
    algorithm: str = "ed25519"


@dataclass(frozen=True)
class Statement:
    """What somebody says of a version. `partition` is the name under which the version was meant."""

    kind: Kind
    version: str
    partition: str
    said: str = ""
    name: str = ""  # who says it
    role: str = ""
    date: str = ""  # YYYY-MM-DD
    entries: tuple[str, ...] = ()  # of the takedown register, for which it was withdrawn
    signature: Signature | None = None

    @property
    def signed(self) -> bytes:
        """The bytes that a signature covers."""
        return canonical({name: value for name, value in asdict(self).items() if name != "signature"})


def today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")


def make_statement(store: Store, statement: Statement) -> Statement:
    """Put a statement on record, with the day where it has none."""
    statement = checked(statement)
    records.append(store, f"{PREFIX}{statement.version}/", lambda _: asdict(statement))
    return statement


def checked(statement: Statement) -> Statement:
    """The statement with its day; Refused, in one sentence, for what nobody says."""
    if statement.kind not in KINDS:
        raise Refused(f"{statement.kind!r} is no kind of statement: use one of {', '.join(KINDS)}")
    if statement.kind in ("held", "released", "attested") and not (statement.name.strip() and statement.said.strip()):
        raise Refused("a statement needs somebody who makes it and what they say: give --as NAME and --statement TEXT")
    if max(len(statement.said), len(statement.name), len(statement.role)) > LONGEST:
        raise Refused(f"a statement of more than {LONGEST:,} characters is a document: say where it lies")
    return statement if statement.date else replace(statement, date=today())


def restore(store: Store, partition: Partition, version: str, removing: Collection[str]) -> None:
    """Say that a version stands again, where entries for which it was withdrawn no longer remove anything."""
    if lifted := sorted(withdrawn_for(statements_of(store, version)) - {*removing}):
        make_statement(store, Statement("restored", version, str(partition), entries=tuple(lifted)))


def statements_of(store: Store, version: str) -> list[Statement]:
    """All statements on a version, oldest first. IntegrityError for one that was made on another."""
    found = list[Statement]()
    for entry, record in records.series(store, f"{PREFIX}{version}/"):
        found.append(statement_of(record))
        if found[-1].version != version:
            raise IntegrityError(f"{entry.path} was said of another version: it was altered; restore it")
    return found


def statement_of(record: dict[str, Any]) -> Statement:
    """A statement as it was recorded."""
    told = {name: record[name] for name in Statement.__dataclass_fields__}
    signature = told["signature"]
    return Statement(
        **{**told, "entries": tuple(told["entries"]), "signature": Signature(**signature) if signature else None}
    )


def ended(statements: Sequence[Statement]) -> Statement | None:
    """By which statement a version is withdrawn or retired: it can still be proved, and is exported no more. Of those
    that withdrew it the first is told, with the entries for which it was not restored."""
    retired = next((item for item in statements if item.kind == "retired"), None)
    entries = withdrawn_for(statements)
    withdrawn = next((item for item in statements if item.kind == "withdrawn" and entries & {*item.entries}), None)
    return replace(withdrawn, entries=tuple(sorted(entries))) if withdrawn else retired


def held(store: Store) -> dict[str, list[Statement]]:
    """The versions of a store that somebody holds, with the holds."""
    found = {version: holds(statements_of(store, version)) for version in _named(store)}
    return {version: standing for version, standing in found.items() if standing}


def _named(store: Store) -> list[str]:
    """The versions of which anything is said."""
    return sorted({entry.path.removeprefix(PREFIX).partition("/")[0] for entry in store.list(PREFIX)})


def endings(store: Store) -> dict[str, Kind]:
    """The versions of a store that are withdrawn or retired, with which of these."""
    found = {version: ended(statements_of(store, version)) for version in _named(store)}
    return {version: end.kind for version, end in found.items() if end}


def withdrawn_for(statements: Sequence[Statement]) -> set[str]:
    """The entries for which a version is withdrawn: one that no longer removes restores it."""
    entries = set[str]()
    for item in statements:
        if item.kind == "withdrawn":
            entries |= {*item.entries}
        elif item.kind == "restored":
            entries -= {*item.entries}
    return entries


def holds(statements: Sequence[Statement]) -> list[Statement]:
    """The holds that nobody released: a release lifts those of the same name before it."""
    standing: list[Statement] = []
    for item in statements:
        if item.kind == "held":
            standing.append(item)
        elif item.kind == "released":
            standing = [held for held in standing if held.name != item.name]
    return standing
