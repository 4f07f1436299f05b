"""A duplicates report in Markdown: every value from data is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagster_project.corpus.publishing.duplicates_wording import (
    KINDS,
    attention,
    happenings,
    kinds_of,
    licenses,
    named,
    overlap,
    size_of,
    summary,
)
from dagster_project.corpus.publishing.markdown import shown, table, to_look_at
from dagster_project.corpus.publishing.sentences import Code

Facts = Mapping[str, Any]
STATUS = ("survivor", "suppressed", "rejected", "withdrawn")


def page_in_markdown(facts: Facts) -> bytes:
    """The report, in UTF-8."""
    return ("\n".join(_lines(facts)) + "\n").encode()


def _lines(facts: Facts) -> Iterator[str]:
    yield f"# Copies in {shown(facts['asked'])}\n"
    yield f"Version `{facts['id']}`\n"
    yield " ".join(map(shown, summary(facts)))
    yield from to_look_at(attention(facts))
    yield ""
    yield from (f"- {shown(item)}" for item in happenings(facts))
    for title, head, rows in _tables(facts):
        yield f"\n## {title}\n"
        yield from table(head, rows)


def _tables(facts: Facts) -> Iterator[tuple[str, Sequence[str], Sequence[Sequence[Any]]]]:
    sizes = [(size_of(row["from"]), row["families"], row["documents"]) for row in facts["sizes"]]
    yield "Sizes of families", ("members", "families", "documents"), sizes
    yield "Largest families", ("leader", "size", "copies", "sources", "begins"), [*map(_family, facts["largest"])]
    by_source = [(Code(name), *(row.get(status, 0) for status in STATUS)) for name, row in facts["by_source"].items()]
    yield "Sources", ("source", "survive", "suppressed", "rejected", "taken down"), by_source
    copies = [(kind, KINDS.get(kind, kind), count) for kind, count in facts["copies"].items()]
    yield "Copies by kind", ("kind", "what they share", "documents"), copies
    meeting = [
        (Code(source), Code(survivor), kinds_of(kinds), kinds.total())
        for (source, survivor), kinds in overlap(facts).items()
    ]
    yield "Who copies from whom", ("copies in", "survive in", "kinds", "documents"), meeting
    yield "Licenses that meet", ("survives under", "its copy stands under", "documents"), licenses(facts)
    alike = [(Code(row["one"]), Code(row["other"]), kinds_of(row["kinds"])) for row in facts["edges"]]
    yield "Pairs recorded as alike, kept or not", ("source", "and", "pairs"), alike
    layers = [(Code(row["partition"]), Code(row["id"]), row["documents"]) for row in facts["layers"]]
    yield "Layers", ("corpus", "version", "documents"), layers


def _family(family: Facts) -> Sequence[Any]:
    copies = kinds_of(family["kinds"]) or "none suppressed"
    return Code(family["leader"]), family["size"], copies, named(family["sources"]), family["first_line"]
