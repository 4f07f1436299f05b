"""Audits as tables for people: every name and phrase in them is data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.cli.session import Session

Facts = Mapping[str, Any]
STAGES = ("snapshots", "kept", "survivors", "selected", "licensed", "in_mix")
BAR = 40  # characters of the longest


def show_ages(session: Session, told: Facts) -> None:
    """Medians by source, the histogram of all, dates that cannot be, warnings."""
    from dagster_project.cli.tables import table

    _head(told)
    click.echo(f"target: {told['target'] or 'none, for no date is known'}")
    rows = [
        [found["source"], date, found[date]["median"]["words"], found[date]["gap_days"], _share(found[date])]
        for found in told["sources"]
        for date in ("published", "collected")
    ]
    columns = ["source", "date", "median of the words", "days to the target", "words without date"]
    session.out.print(table("Ages", columns, rows))
    periods = told["sources"][0]["published"]["periods"]
    most = max((row["words"] for row in periods), default=1) or 1
    rows = [
        [
            row["period"],
            row["documents"],
            row["members"],
            row["words"],
            "█" * round(BAR * row["words"] / most),
            _by(row),
        ]
        for row in periods
    ]
    columns = ["published", "documents", "members", "words", "", "words by confidence"]
    session.out.print(table("By date of publication", columns, rows))
    rows = [
        [row["what"], "not asked" if row["documents"] is None else row["documents"]] for row in told["anachronisms"]
    ]
    rows.append(["published after the target", told["after_target"]])
    session.out.print(table("Dates that cannot be, or should not", ["what", "documents"], rows))
    for item in told["warnings"]:
        click.echo(visible(f"warning: {item['about']}: {item['said']}"))


def show_support(session: Session, told: Facts, size: int) -> None:
    """Sums by step, the histogram, the phrases with least support, warnings."""
    from dagster_project.cli.tables import table

    _head(told)
    rows = [
        [name.replace("_", " "), told["stages"][name]["phrases"], told["stages"][name]["documents"]] for name in STAGES
    ]
    session.out.print(table("Support by stage", ["stage", "phrases", "documents"], rows))
    removed = [
        [row[name] for name in ("step", "reason", "phrases", "documents", "occurrences")] for row in told["removed"]
    ]
    removed += [["exported", f"{name} by edits", "", told["edits"][name], ""] for name in ("lost", "gained")]
    session.out.print(table("Removed", ["step", "reason", "phrases", "documents", "occurrences"], removed))
    most = max((row["phrases"] for row in told["histogram"]), default=1) or 1
    rows = [
        [_range(row["from"], row["to"]), row["phrases"], "█" * round(BAR * row["phrases"] / most)]
        for row in told["histogram"]
    ]
    session.out.print(table("Phrases by documents in the mix", ["documents", "phrases", ""], rows))
    columns = ("phrase", *STAGES, "members", "occurrences")
    least = sorted(told["phrases"], key=lambda row: (row["in_mix"], row["members"], row["phrase"]))[:size]
    rows = [[row[name] for name in columns] for row in least]
    if size:
        session.out.print(table("Least support", [name.replace("_", " ") for name in columns], rows))
    for item in told["warnings"]:
        names = ", ".join(item["examples"])
        click.echo(visible(f"warning: {item['phrases']:,} phrases {item['said']}: {names}", 400))


def show_together(session: Session, told: Facts, size: int) -> None:
    """The pairs that meet most, and the agreement with the reference."""
    from dagster_project.cli.tables import table

    _head(told)
    place = "one document" if told["window"] is None else f"{told['window']:,} words"
    pairs = sorted(told["pairs"], key=lambda row: (-row["documents"], row["term"], row["with"]))[:size]
    columns = ("term", "with", "documents", "members", "pmi", "odds_ratio")
    rows = [[row[name] for name in columns] for row in pairs]
    title = f"Together within {place}, of {told['documents']:,} documents"
    session.out.print(table(title, [name.replace("_", " ") for name in columns], rows))
    if (found := told["agreement"]) is not None:
        ranked = ("term", "compared", "tau_documents", "tau_pmi", "same_first")
        rows = [[row[name] for name in ranked] for row in found["terms"]]
        session.out.print(table("Ranks, against the reference", [name.replace("_", " ") for name in ranked], rows))
        click.echo(f"mean tau {found['mean_tau']}; {found['same_first']} of {len(found['terms'])} have the same first")


def show_split(session: Session, told: Facts) -> None:
    """How many were drawn, why others were not, licenses, and the files."""
    from dagster_project.cli.tables import table

    _head(told)
    rows = [[size, counts["members"], counts["non_members"]] for size, counts in told["drawn"].items()]
    session.out.print(table("Drawn", ["words", "members", "non-members"], rows))
    sides = (("members", "members"), ("non_members", "non-members"))
    rows = [[said, why, count] for side, said in sides for why, count in told["not_drawn"][side].items()]
    session.out.print(table("Not drawn", ["side", "reason", "documents"], rows))
    rows = [[said, name, count] for side, said in sides for name, count in told["licenses"][side].items()]
    session.out.print(table("Licenses, by the policy of the mix", ["side", "license", "documents"], rows))
    for warned in told["warnings"]:
        click.echo(f"warning: {warned}")
    for path in told["files"]:
        click.echo(visible(path))


def _head(told: Facts) -> None:
    click.echo(visible(f"{told['mix']}  {told['version'][:12]}"))


def _share(found: Facts) -> str:
    return f"{found['unknown']['words']:.1%}"


def _by(row: Facts) -> str:
    return ", ".join(f"{name} {words:,}" for name, words in row["by_confidence"].items())


def _range(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,}-{last:,}"
