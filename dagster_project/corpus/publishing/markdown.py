"""The summary of a mix in Markdown, for a terminal or a repository: every value from data is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dagster_project.corpus.model.escaping import markdown
from dagster_project.corpus.publishing.sentences import Code, Sentence
from dagster_project.corpus.publishing.wording import attention, field, percent, size, summary

VALUE_CHARS = 300
PLAIN = re.compile(r"[\w@+./:=\[\], -]{1,300}", re.ASCII)  # code that ends neither its marks nor a cell
LICENSE = ("license", "class", "commercial_use", "derivatives", "attribution", "documents", "words")
BENCHMARK = ("benchmark", "status", "items", "too_short", "untold", "items_hit", "excluded")
VERSION = ("partition", "id", "rows")
LISTED = 100  # rows of one table


def page_in_markdown(facts: Mapping[str, Any]) -> bytes:
    """The page, in UTF-8."""
    return ("\n".join(_lines(facts)) + "\n").encode()


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    mix = facts["mix"]
    yield f"# Provenance of {_cell(mix['key'])}"
    yield f"\nVersion `{mix['id']}`\n"
    yield " ".join(map(_cell, summary(facts)))
    yield from to_look_at(attention(facts))
    for title, head, rows in _tables(facts):
        yield f"\n## {title}\n"
        yield from table(head, rows)


def to_look_at(said: Sequence[str | Sentence]) -> Iterator[str]:
    """What needs a person, if anything does."""
    if said:
        yield "\n**For a person to look at**\n"
        yield from (f"- {shown(item)}" for item in said)


def _tables(facts: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str], list[Sequence[Any]]]]:
    yield "Sources", ("source", "title", "records", "documents", "entries", "words", "of words"), _sources(facts)
    yield (
        "Licenses",
        ("license", "class", "commercial use", "derivatives", "attribution", "entries", "words"),
        [tuple(row[name] for name in LICENSE) for row in facts["licenses"]],
    )
    yield (
        "What was removed, and why",
        ("from", "to", "reason", "documents"),
        [
            (step["from"], step["to"], loss["reason"], loss["documents"])
            for step in facts["funnel"]["steps"]
            for loss in step["losses"]
        ],
    )
    yield "Funnel", ("stage", "documents"), [(row["stage"], row["documents"]) for row in facts["funnel"]["stages"]]
    yield (
        "Kept out by the license policy",
        ("license", "class", "component", "documents"),
        [(row["license"], row["class"], row["component"], row["documents"]) for row in facts["gate"]["excluded"]],
    )
    yield (
        "Benchmarks that it must not repeat",
        ("benchmark", "status", "items", "too short", "untold", "items hit", "documents kept out"),
        [tuple(row[name] for name in BENCHMARK) for row in facts["benchmarks"]],
    )
    yield (
        "Findings",
        ("source", "kind", "documents", "for example"),
        [(row["source"], row["kind"], row["documents"], row["examples"][0]["doc_id"]) for row in facts["findings"]],
    )
    yield "Missing", ("source", "fact"), [(row["source"], field(row["field"])) for row in facts["missing"]]
    yield "Versions", VERSION, [tuple(row[name] for name in VERSION) for row in facts["versions"]]
    yield (
        "Files",
        ("format", "name", "sha256", "rows", "size"),
        [(row["format"], row["name"], row["sha256"], row["rows"], size(row["size_bytes"])) for row in facts["exports"]],
    )


def _sources(facts: Mapping[str, Any]) -> list[Sequence[Any]]:
    shares = {row["name"]: row["share"] for row in facts["composition"]["source"]}
    return [
        (
            source["source"],
            source["title"],
            source["records"],
            source["documents"],
            source["in_mix"]["documents"],
            source["in_mix"]["words"],
            percent(shares.get(source["source"], 0.0)),
        )
        for source in facts["sources"]
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """A table; columns of numbers stand to the right. One without rows says so."""
    if not rows:
        yield "None."
        return
    yield _row(head)
    yield _row("---:" if isinstance(value, int) else "---" for value in rows[0])
    yield from (_row(map(_cell, row)) for row in rows[:LISTED])
    if len(rows) > LISTED:
        yield f"\n{len(rows) - LISTED:,} more in the JSON report."


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else shown(value)


def shown(value: Any) -> str:
    """A value or a sentence, escaped; what is code stands in backticks where nothing in it could end them."""
    if isinstance(value, Sentence):
        return "".join(map(shown, value))
    if isinstance(value, Code) and PLAIN.fullmatch(value):
        return f"`{value}`"
    return markdown(str(value), VALUE_CHARS)
