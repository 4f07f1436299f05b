"""Loss reports by format: what filters removed, and what that did to their sources. The facts come as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dagster_project.corpus.model.escaping import encoded
from dagster_project.corpus.publishing.losses_markdown import page_in_markdown
from dagster_project.corpus.publishing.losses_wording import (
    attention,
    by_language,
    drift,
    fallen,
    limits_of,
    program,
    summary,
    value_of,
)
from dagster_project.corpus.publishing.report import template
from dagster_project.corpus.publishing.reports import writer_of
from dagster_project.corpus.publishing.sentences import Command, command

Facts = Mapping[str, Any]
CHARTED = 30  # rows of one chart, the last of an order; the JSON report has all of them
LISTED = 500
WHEN = ("before", "after")


def loss_report(facts: Facts, format: str, command: Command = command) -> bytes:
    """The report in html, json or md; the same bytes for the same facts. `command` says what a person may type next."""
    return writer_of(LOSS_REPORTS, format, "loss reports")(facts, command)


def page(facts: Facts, command: Command = command) -> bytes:
    """One page in the look of the other reports: no script, nothing loaded, every value escaped at one door."""
    text = template("losses.html").render(
        facts=facts,
        members=[_member(member) for member in facts["members"]],
        together=[_charted(item) for item in facts["distributions"]],
        summary=summary(facts),
        attention=attention(facts, command),
        command=command,
        drift=drift,
        fallen=fallen,
        limits_of=limits_of,
        LISTED=LISTED,
    )
    return f"{text}\n".encode()


def _member(member: Facts) -> dict[str, Any]:
    """What the page shows of the verdicts of one source."""
    return {
        **member,
        "funnel": list(funnel(member)),
        "program": program(member),
        "matrix": matrix(member["overlap"]),
        "by_language": by_language(member),
        "distributions": [_charted(item) for item in member["distributions"]],
    }


def funnel(member: Facts) -> Iterator[dict[str, Any]]:
    """Documents that stand after each rule that removed some, from all of them to those kept."""
    standing = whole = member["documents"]["documents"]
    yield {"name": "documents", "documents": whole, "removed": None, "width": "100.00"}
    for rule in member["rules"]:
        if removed := rule["removed"]["documents"]:
            standing -= removed
            width = f"{100 * standing / whole:.2f}" if standing else ""
            yield {"name": rule["rule"], "documents": standing, "removed": rule["removed"], "width": width}


def matrix(overlap: Facts) -> list[dict[str, Any]]:
    """Every rule that failed a document, and how many of its documents fail each of the others."""
    counts = overlap["documents"]
    fired = [number for number, row in enumerate(counts) if row[number]]
    return [
        {
            "number": place,
            "rule": overlap["rules"][number],
            "cells": [_cell(counts[number][other], counts[number][number], number == other) for other in fired],
        }
        for place, number in enumerate(fired, 1)
    ]


def _cell(documents: int, own: int, is_own: bool) -> dict[str, Any]:
    return {"documents": documents, "share": documents / own, "heat": round(60 * documents / own), "is_own": is_own}


def _charted(item: Facts) -> dict[str, Any]:
    """A distribution as a chart of two bars per row, in percent of the longest; all others together have no bar."""
    rows = [row for row in item["rows"][-CHARTED:] if row["kind"] != "others" or row["before"]["documents"]]
    longest = max((row[f"share_{when}"] for row in rows if row["kind"] != "others" for when in WHEN), default=0) or 1
    charted = [
        {
            **row,
            "name": value_of(item["trait"], row),
            **{f"{when}_width": _width(row, row[f"share_{when}"] / longest) for when in WHEN},
        }
        for row in rows
    ]
    return {**item, "charted": charted, "earlier": len(item["rows"][:-CHARTED])}


def _width(row: Facts, part: float) -> str:
    """The length of a bar in percent; nothing has none."""
    return f"{100 * part:.2f}" if part and row["kind"] != "others" else ""


LOSS_REPORTS: Mapping[str, Callable[[Facts, Command], bytes]] = {
    "html": page,
    "json": lambda facts, command: encoded(dict(facts)),
    "md": page_in_markdown,
}
