"""florilegium checks: what is expected of versions, how they were judged, and Data Docs of that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb

if TYPE_CHECKING:
    from dagster_project.corpus.building.judging import Judgement
    from dagster_project.corpus.model.partitions import Partition
    from dagster_project.corpus.storage.stores import Store

FAILED = 1
OF_MIXES = ("mixed", "published")


@click.group(name="checks")
def checks_group() -> None:
    """Data-quality expectations: suites, judgements of versions, and Data Docs."""


@checks_group.command()
@click.argument("partition", required=False)
@click.option("--all", "every", is_flag=True, help="The newest version of every partition.")
@click.option("--failed", is_flag=True, help="Only what did not pass.")
@verb
def show(session: Session, partition: str | None, every: bool, failed: bool) -> None:
    """Judge what stands of PARTITION by the suites as they are now: once, then it is on record. Nothing is rebuilt.

    PARTITION is a mix by name, or stage/key[#id]; of signals all groups. Ends with 1 when a check failed whose severity
    is critical.
    """
    from dagster_project.corpus.building.judging import judged_again
    from dagster_project.quality.auditor import GreatExpectationsAuditor
    from dagster_project.stores import opened_store

    if (partition is None) != every:
        raise click.UsageError("name a partition, or say --all")
    auditor = GreatExpectationsAuditor(session.settings.expectations)
    with opened_store(session.settings) as store:
        asked = _everything(store) if partition is None else _named(store, partition)
        found = [judged_again(store, auditor, place, version) for place, version in asked]
    if session.json:
        session.show_json([_plain(item, failed) for item in found])
    else:
        _show(session, found, failed, every)
    if any(item.failed for item in found):
        click.get_current_context().exit(FAILED)


@checks_group.command()
@click.option(
    "--to",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="[default: checks below --home]",
)
@verb
def docs(session: Session, directory: Path | None) -> None:
    """Write Data Docs of the newest version of every partition: pages that load nothing, and Great Expectations' JSON.

    `florilegium up` serves the same pages at /checks of the provenance pages.
    """
    from dagster_project.quality.auditor import GreatExpectationsAuditor
    from dagster_project.quality.data_docs import write_site
    from dagster_project.stores import opened_store

    place = directory or session.settings.home / "checks"
    with opened_store(session.settings) as store:
        told = write_site(store, GreatExpectationsAuditor(session.settings.expectations), place)
    if session.json:
        session.show_json(told)
        return
    click.echo(f"{told['index']}: {told['partitions']:,} partitions, {len(told['failed']):,} with failed checks")


@checks_group.command()
@click.argument("stage", required=False)
@verb
def suites(session: Session, stage: str | None) -> None:
    """Read every suite, or that of STAGE: what is expected, and from which file. Mistakes are told with their lines."""
    from dagster_project.cli.tables import table
    from dagster_project.corpus.model.errors import Refused
    from dagster_project.quality.expected import expected
    from dagster_project.quality.suites import load_suites

    found = load_suites(session.settings.expectations)
    if stage is not None and stage not in found:
        raise Refused(f"{stage!r} has no suite: use one of {', '.join(found)}")
    chosen = {name: suite for name, suite in found.items() if stage in (None, name)}
    if session.json:
        told = {
            name: {"file": str(suite.file), "expectations": [dict(item.data) for item in suite.expectations]}
            for name, suite in chosen.items()
        }
        session.show_json(told)
        return
    for name, suite in chosen.items():
        rows = [[item.check, item.severity, expected(item), item.description] for item in suite.expectations]
        session.out.print(table(f"{name}: {suite.file}", ["check", "severity", "expected", "description"], rows))


def _everything(store: Store) -> list[tuple[Partition, str | None]]:
    from dagster_project.corpus.storage import refs
    from dagster_project.quality.profiles import STAGES

    return [(partition, None) for partition in refs.published(store) if partition.stage in STAGES]


def _named(store: Store, text: str) -> list[tuple[Partition, str | None]]:
    """A mix by name means the mix and its publication; a key of signals means all that is published of its groups."""
    from dagster_project.cli.naming import published_mix
    from dagster_project.corpus.model.partitions import Partition, parse
    from dagster_project.corpus.storage import refs

    if "/" not in text:
        mix, version = published_mix(store, text)
        if version:
            return [(mix, version)]
        places = [Partition(stage, mix.key) for stage in OF_MIXES]
        return [(place, None) for place in places if refs.latest(store, place)]
    place, version = parse(text)
    parts = [] if place.part or version else list(refs.published(store, f"{place.stage}/{place.key}"))
    return [(part, None) for part in parts] or [(place, version)]


def _plain(found: Judgement, failed: bool) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "partition": str(found.partition),
        "version": found.ref.id,
        "passed": not found.failed,
        "bounds": dict(found.bounds),
        "checks": [asdict(item) for item in found.outcomes if not (failed and item.passed)],
    }


def _show(session: Session, found: list[Judgement], failed: bool, every: bool) -> None:
    from dagster_project.cli.tables import table

    if every:
        rows = [
            [str(item.partition), item.ref.id[:12], len(item.outcomes), len(item.failed), len(item.warned)]
            for item in found
            if not failed or item.failed or item.warned
        ]
        session.out.print(table("Checks", ["partition", "version", "checks", "failed", "warnings"], rows))
        return
    for item in found:
        rows = [
            [outcome.check, _word(outcome.passed, outcome.severity), _said(outcome)]
            for outcome in item.outcomes
            if not (failed and outcome.passed)
        ]
        session.out.print(table(f"{item.partition}#{item.ref.id[:12]}", ["check", "outcome", "what it says"], rows))


def _word(passed: bool, severity: str) -> str:
    return "passed" if passed else "failed" if severity == "error" else "warned"


def _said(outcome: Any) -> str:
    return outcome.description if outcome.passed else str(outcome.said).partition(": ")[2]
