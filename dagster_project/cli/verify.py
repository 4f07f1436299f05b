"""florilegium verify: whether a version, and all that it was made from, still is what was written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.corpus.verification.problems import Report
    from dagster_project.corpus.verification.survey import Progress

ALL = "all"
NAMED = 5  # raw objects that changed
COLUMNS = ("stage", "versions", "objects", "bytes", "rows", "made again", "not made", "erased", "problems")


class Sample(click.ParamType[Any]):
    """How many documents, or all."""

    name = "n"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Any:
        if value == ALL:
            return None
        if not str(value).isascii() or not str(value).isdigit():
            self.fail(f"{value!r} is no number of documents: say one, or {ALL}", param, context)
        return int(value)


@click.command()
@click.argument("partition")
@click.option("--version", "digits", metavar="ID", default="", help="The first digits of its id. [default: the newest]")
@click.option(
    "--sample", type=Sample(), metavar="N", default=200, help="Make N documents again, or all. [default: 200]"
)
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Which of them. [default: by the id of the version]")
@click.option("--quick", is_flag=True, help="Sizes and ids alone: nothing is read but records.")
@verb
def verify(session: Session, partition: str, digits: str, sample: int | None, seed: int | None, quick: bool) -> None:
    """Read everything at and below PARTITION, and tell every byte, count or conclusion that is not what it should be.

    PARTITION is a mix, a corpus or a source by name, or any stage/key[#id]. Every manifest, publication and object is
    hashed, every count counted, every export compared with its rows; of a sample of documents ids, signals, verdicts,
    licenses, edges between copies, edits and tokens are made again. Ends with 1 where anything is wrong.
    """
    from dagster_project.cli.diff import named
    from dagster_project.corpus.verification.verify import verify as verified
    from dagster_project.opening import opened_engine, opened_store

    if digits and "#" in partition:
        raise PartitionError(f"{partition} has #… and --version {digits}: give one of them")
    with opened_store(session.settings) as store, opened_engine(session.settings) as engine:
        found, version = named(store, f"{partition}#{digits}" if digits else partition)
        with _watching(session) as progress:
            report = verified(store, engine, found, version, sample=sample, seed=seed, quick=quick, progress=progress)
    if session.json:
        session.show_json(report.as_data())
    else:
        _show(session, report)
    if report.problems:
        click.get_current_context().exit(1)


@contextlib.contextmanager
def _watching(session: Session) -> Iterator[Progress]:
    """A bar for each kind of what is looked at; nothing where nobody watches."""
    if session.quiet or session.logs_json or not session.err.is_terminal:
        from dagster_project.corpus.verification.survey import no_progress

        yield no_progress
        return
    from rich.progress import Progress as Bars

    with Bars(console=session.err) as bars:
        tasks: dict[str, Any] = {}

        def progressed(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield progressed


def _show(session: Session, report: Report) -> None:
    from dagster_project.cli.tables import table

    rows = [
        [stage, item.versions, item.objects, item.bytes, item.rows, item.sampled, item.not_made, item.erased,
         item.problems]
        for stage, item in report.stages.items()
    ]  # fmt: skip
    total = ["all", *(sum(column) for column in zip(*(row[1:] for row in rows), strict=True))]
    session.out.print(table(f"{report.partition}#{report.id[:12]}", COLUMNS, rows, total))
    for problem in report.problems:
        click.echo(visible(str(problem)))
    raw = report.raw
    if not report.quick:
        click.echo(f"raw objects: {raw.same:,} as they were, {len(raw.changed):,} changed since, "
                   f"{raw.out_of_reach:,} out of reach")  # fmt: skip
        for uri in raw.changed[:NAMED]:
            click.echo(f"  changed since: {visible(uri, 300)}")
    count = len(report.problems)
    said = f"{count:,} problem{'s' if count > 1 else ''}" if count else "nothing is wrong"
    drawn = ALL if report.sample is None else f"{report.sample:,} by seed {report.seed}"
    how = "sizes and ids alone" if report.quick else f"documents made again: {drawn}"
    click.echo(f"{said}; {how}; {report.bytes:,} bytes in {report.seconds:.1f} s, {report.megabytes_per_second} MB/s")
