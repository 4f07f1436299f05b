"""Duplicates reports by format: families, survivors, and who copies from whom. The facts come as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dagster_project.corpus.model.escaping import encoded
from dagster_project.corpus.publishing.duplicates_markdown import STATUS, page_in_markdown
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
from dagster_project.corpus.publishing.report import template
from dagster_project.corpus.publishing.reports import writer_of
from dagster_project.corpus.publishing.sentences import Command, command

Facts = Mapping[str, Any]
LISTED = 500  # rows of one table; the JSON report has all of them
HEAT = 60  # percent of the color of the darkest cell
Writer = Callable[[Facts, Command], bytes]


def duplicates_report(facts: Facts, format: str, command: Command = command) -> bytes:
    """The report in html, json or md; the same bytes for the same facts. `command` says what a person may type next."""
    return writer_of(DUPLICATES_REPORTS, format, "duplicates reports")(facts, command)


def page(facts: Facts, command: Command = command) -> bytes:
    """One page in the look of the other reports: no script, nothing loaded, every value escaped at one door."""
    text = template("duplicates.html").render(
        facts=facts,
        summary=summary(facts),
        attention=attention(facts),
        happenings=happenings(facts),
        bins=bins(facts["sizes"]),
        matrix=matrix(facts),
        copies=[{"name": f"{kind}: {KINDS.get(kind, kind)}", "documents": n} for kind, n in facts["copies"].items()],
        licenses=licenses(facts),
        command=command,
        kinds_of=kinds_of,
        named=named,
        STATUS=STATUS,
        LISTED=LISTED,
    )
    return f"{text}\n".encode()


def bins(sizes: Sequence[Facts]) -> list[dict[str, Any]]:
    """Families by powers of two, up to the largest; gaps stay."""
    found = {row["from"]: row for row in sizes}
    powers = [2**number for number in range(1, max(found, default=1).bit_length())]
    return [{"name": size_of(least), "families": 0, "documents": 0, **found.get(least, {})} for least in powers]


def matrix(facts: Facts) -> list[dict[str, Any]]:
    """Every source, and how many of its copies survive in each of them; the darkest cell is the largest."""
    found, sources = overlap(facts), list(facts["by_source"])
    largest = max((kinds.total() for kinds in found.values()), default=1)

    def cell(source: str, other: str) -> dict[str, Any]:
        kinds = found.get((source, other), Counter())
        return {
            "source": other,
            "documents": kinds.total(),
            "kinds": kinds_of(kinds),
            "heat": round(HEAT * kinds.total() / largest),
        }

    return [
        {"number": number, "source": source, "cells": [cell(source, other) for other in sources]}
        for number, source in enumerate(sources, 1)
    ]


DUPLICATES_REPORTS: Mapping[str, Writer] = {
    "html": page,
    "json": lambda facts, command: encoded(dict(facts)),
    "md": lambda facts, command: page_in_markdown(facts),
}
