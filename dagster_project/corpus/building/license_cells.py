"""The members of a mix counted by all that is said of their licenses: declared, concluded, effective, and in the mix.

One pass over the members, a shard of documents at a time; what is kept are counts of what differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.licenses.expressions import NOASSERTION
from dagster_project.corpus.licenses.readings import read
from dagster_project.corpus.licenses.rules import EDITED, OR_CHOICE
from dagster_project.corpus.lineage.walk import inputs_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.publishing.rows import joined
from dagster_project.corpus.publishing.subject import Member, Subject

EXAMPLES = 3  # documents of each kind
WANTED = {
    "licensed": ("license", "license_kind"),
    "deduplicated": ("license", "license_rule"),
    "text": ("edits",),
}
BY = ("license", "license_class", "licensed.license", "license_kind", "deduplicated.license", "license_rule", "edited")


class Cell(NamedTuple):
    """What members share: their source, and what is said of their license at each step."""

    source: str
    license: str  # in the mix
    license_class: str  # as the mix has it
    concluded: str
    kind: str | None  # of the evidence
    effective: str
    rule: str  # of the effective one
    is_edited: bool

    @property
    def rules(self) -> tuple[str, ...]:
        """All rules by which the license of these members came, the last one applied last."""
        chosen = (OR_CHOICE,) if self.license != self.effective else ()
        return (self.rule, *((EDITED,) if self.is_edited else ()), *chosen)


@dataclass
class Counted:
    """Members and their words; some of the documents."""

    documents: int = 0
    words: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, documents: int, words: int, examples: list[str]) -> None:
        self.documents += documents
        self.words += words
        self.examples = [*self.examples, *examples][:EXAMPLES]


def cells_of(subject: Subject) -> dict[Cell, Counted]:
    """Every cell with its members, sorted."""
    found: dict[Cell, Counted] = {}
    for member, table in joined(with_texts(subject), WANTED):
        for cell, documents, words, example in _cells(member, table):
            found.setdefault(cell, Counted()).add(documents, words, [example])
    return dict(sorted(found.items(), key=str))


def with_texts(subject: Subject) -> Subject:
    """The same with what says of each source how its texts were edited, and which of them are the same."""
    return replace(
        subject,
        members=[_with_texts(subject, member) for member in subject.members],
        replayed=[_with_texts(subject, member) for member in subject.replayed],
    )


def declared_of(member: Member) -> str:
    """What the registry declares of a source, as an expression; NOASSERTION where it cannot be read."""
    declared = str(member.tables["licensed"].identity.recipe.get("license") or "")
    return (read("registry", declared).expression if declared else None) or NOASSERTION


def _with_texts(subject: Subject, member: Member) -> Member:
    deduplicated = member.tables["deduplicated"]
    if "license_rule" not in dict(deduplicated.identity.schema):
        raise Refused(f"{member.corpus} was built before corpora kept the rules of licenses: build {subject.mix} again")
    (families,) = inputs_of(subject.store, deduplicated, "families")
    text = member.tables.get("passages", member.tables["filtered"])
    return replace(member, tables={**member.tables, "families": families, "text": text})


def _cells(member: Member, table: pa.Table) -> Iterator[tuple[Cell, int, int, str]]:
    edited = pc.greater(pc.fill_null(pc.list_value_length(table.column("edits")), 0), 0)
    rows = table.append_column("edited", edited).append_column("at", pa.array(np.arange(len(table))))
    grouped = rows.group_by(list(BY)).aggregate([([], "count_all"), ("words", "sum"), ("at", "min")])
    for row in grouped.to_pylist():  # its values stand in the order of the fields of a cell
        yield (
            Cell(member.key, *(row[name] for name in BY)),
            row["count_all"],
            row["words_sum"],
            table.column("doc_id")[row["at_min"]].as_py().hex(),
        )
