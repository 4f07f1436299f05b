"""Source cards by format: what the registry says of a source, what was measured of it, and what nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dagster_project.corpus.catalog.languages import named
from dagster_project.corpus.catalog.measured import Entry
from dagster_project.corpus.model.escaping import encoded
from dagster_project.corpus.publishing.card_markdown import card_in_markdown
from dagster_project.corpus.publishing.card_wording import attention, groups, summary
from dagster_project.corpus.publishing.report import template
from dagster_project.corpus.publishing.reports import writer_of
from dagster_project.corpus.publishing.sentences import Command, command
from dagster_project.corpus.publishing.source_facts import source_facts

LISTED = 500  # rows of one table; the JSON card has all of them


def card(entry: Entry, format: str, command: Command = command) -> bytes:
    """The card of a source in md, html or json; the same bytes for the same record and versions. `command` says what a
    person may type next."""
    return writer_of(CARDS, format, "source cards")(source_facts(entry), command)


def page(facts: Mapping[str, Any], command: Command = command) -> bytes:
    """The card as one page in the report's look: no script, nothing loaded, every value escaped at one door."""
    text = template("card.html").render(
        facts=facts,
        attention=attention(facts, command),
        command=command,
        groups=groups(facts),
        summary=summary(facts),
        languages=list(_languages(facts)),
        LISTED=LISTED,
    )
    return f"{text}\n".encode()


def _languages(facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of the statistics with the name of each language and its most common license and domain."""
    for row in (facts["statistics"] or {"languages": ()})["languages"][:LISTED]:
        first = {name: next(iter(row[f"{name}s"].items()), None) for name in ("license", "domain")}
        yield {**row, "name": named(row["language"]), **first}


CARDS: Mapping[str, Callable[[Mapping[str, Any], Command], bytes]] = {
    "html": page,
    "json": lambda facts, command: encoded(dict(facts)),
    "md": card_in_markdown,
}
