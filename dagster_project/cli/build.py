"""florilegium build: a partition and all that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.corpus.building.library import Built, Library
    from dagster_project.corpus.model.partitions import Partition


@click.command()
@click.argument("partition")
@click.option(
    "--repair", is_flag=True, help="Read every object of what stands, and make again what is missing or altered."
)
@click.option("--reason", default="", help="Why a version that is not `dev` may be published again.")
@click.option("--refill", is_flag=True, help="Where documents were taken down: make the mix anew, in another order.")
@verb
def build(session: Session, partition: str, reason: str, repair: bool, refill: bool) -> None:
    """Build PARTITION and first whatever it needs; what already stands is found, not rebuilt.

    PARTITION is the name of a mix, corpus or source, as `demo` or `demo@dev`, or one of stage/key as
    `signals/python-code@dev/language`. A mix is published, and its report written.
    `statistics/python-code` counts a snapshot by language: licenses, dates, domains. No mix needs it.
    """
    from dagster_project.cli.naming import to_build
    from dagster_project.cli.watching import watching
    from dagster_project.opening import opened, recipes_of

    wanted = to_build(recipes_of(session.settings), partition)
    with watching(session) as observer, opened(session.settings, observer, refill=refill) as library:
        built = [library.build(item, reason=reason, repair=repair) for item in wanted]
        reports = finish(library, built, session.settings.home)
    result = [summary(item, reports.get(item.partition, {})) for item in built]
    if session.json:
        session.show_json({"built": result, "steps": [step(item) for item in observer.built]})
    else:
        show(session, result, observer.built)


def finish(library: Library, built: Sequence[Built], home: Path) -> dict[Partition, dict[str, Path]]:
    """The catalog brought up to date, and the reports of mixes written."""
    from dagster_project.cli.reports import write_reports
    from dagster_project.corpus.lineage.upkeep import kept_up

    kept_up(library.store)
    mixes = [item.partition for item in built if item.partition.stage == "published"]
    return {partition: write_reports(library.store, partition, home) for partition in mixes}


def step(built: Built) -> dict[str, Any]:
    """One partition after a build, with the warnings of its audit."""
    reading = built.manifest.facts.get("reading")
    return {
        "partition": str(built.partition),
        "id": built.manifest.id,
        "number": built.ref.number,
        "rows": built.manifest.rows,
        "new": built.fresh,
        "seconds": round(built.seconds, 3),
        "warnings": [item.said for item in built.outcomes if not item.passed],
        **({"reading": reading} if reading and built.fresh else {}),
    }


def summary(built: Built, reports: dict[str, Path]) -> dict[str, Any]:
    """What was asked for, and its reports."""
    return {**step(built), "reports": {name: str(path) for name, path in reports.items()}}


def show(session: Session, result: Sequence[dict[str, Any]], steps: Sequence[Built]) -> None:
    """The result, below the warnings of what was built on the way to it."""
    asked = {item["partition"] for item in result}
    for built in steps:
        told = step(built)["warnings"] if built.fresh and str(built.partition) not in asked else []
        for line in [str(built.partition), *(f"  warning: {visible(item)}" for item in told)] if told else []:
            click.echo(line)
    for item in result:
        state = "new" if item["new"] else "already stood"
        click.echo(f"{item['partition']}  {item['id'][:12]}  {item['rows']:,} rows  {state}  {item['seconds']:.1f} s")
        if reading := item.get("reading"):
            read = (f"{name} {count['objects']:,} ({count['bytes']:,} bytes)" for name, count in reading.items())
            click.echo(f"  raw objects: {', '.join(read)}")
        for told in item["warnings"]:
            click.echo(f"  warning: {visible(told)}")
        if item["reports"]:
            click.echo(f"  report: {Path(item['reports']['html']).as_uri()}")
    if not any(built.fresh for built in steps):
        click.echo("nothing new: every version that this needs already stands")
