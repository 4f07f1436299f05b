"""florilegium gc, fsck, replicate: the care of a store."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.corpus.keeping.replicas import Replica
    from dagster_project.corpus.keeping.sweeping import Garbage
    from dagster_project.settings import Settings

UNIT_SECONDS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
NAMED = 20  # unknown objects that a person is told of


class Age(click.ParamType[float]):
    """Hours, days or weeks, as seconds."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"([0-9]{1,5})([hdw])", value)
        if not found:
            self.fail(f"{value!r} is no age: say 12h, 7d or 4w", param, context)
        return float(int(found[1]) * UNIT_SECONDS[found[2]])


@click.command()
@click.option("--grace", type=Age(), default="7d", show_default=True, help="Leave what is younger; at least 1h.")
@click.option(
    "--unpublished", type=Age(), help="Also what builds older than this made and nobody published. [default: never]"
)
@click.option("--delete", is_flag=True, help="Delete it. [default: only tell]")
@verb
def gc(session: Session, grace: float, unpublished: float | None, delete: bool) -> None:
    """Tell what of the store nothing reaches, and delete it on request.

    Reached is whatever a publication or the record of a build names, and all that these stand on. What people put on
    record, and objects that are unknown, are never deleted. Builds may run meanwhile. Ends with 1 where a record is
    damaged.
    """
    from dagster_project.corpus.keeping.sweeping import collect
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        found = collect(store, grace_seconds=grace, unpublished_seconds=unpublished, delete=delete)
    if session.json:
        session.show_json(found.as_data())
    else:
        _show_garbage(session, found)
    if found.damaged:
        click.get_current_context().exit(1)


def _show_garbage(session: Session, found: Garbage) -> None:
    from dagster_project.cli.tables import table

    rows = [
        [kind, item.kept, item.kept_bytes, item.young, item.young_bytes, item.unreachable, item.unreachable_bytes]
        for kind, item in found.kinds.items()
        if item.kept or item.young or item.unreachable
    ]
    total = ["all", *(sum(column) for column in zip(*(row[1:] for row in rows), strict=True))]
    last = "deleted" if found.sweep else "unreachable"
    columns = ("kind", "kept", "bytes", "young", "bytes", last, "bytes")
    session.out.print(table(found.location, columns, rows, total if rows else ()))
    for said in found.damaged:
        click.echo(f"damaged: {visible(said, 300)}")
    for path in found.unknown[:NAMED]:
        click.echo(f"unknown, and left: {visible(path, 300)}")
    if len(found.unknown) > NAMED:
        click.echo(f"and {len(found.unknown) - NAMED:,} more that are unknown")
    what = f"{found.unreachable:,} objects, {found.unreachable_bytes:,} bytes"
    if found.unfinished:
        what += f", and {found.unfinished:,} that were never written to the end"
    if found.sweep:
        click.echo(f"deleted {what}; sweep {found.sweep}, {found.seconds:.1f} s")
    elif found.unreachable or found.unfinished:
        click.echo(f"unreachable: {what}; nothing was deleted: repeat with --delete")
    else:
        click.echo("nothing is unreachable")


@click.command()
@verb
def fsck(session: Session) -> None:
    """Read every record of the store and tell what does not agree; no text is read.

    Publications are in sequence and name versions that are there, manifests are as they were written, their inputs are
    there and their objects in their sizes, builds and replacements lead somewhere, and no object is unknown. `verify`
    reads all below one version. Ends with 1 where anything is wrong.
    """
    from dagster_project.corpus.keeping.checking import check
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        found = check(store)
    if session.json:
        session.show_json(found.as_data())
    else:
        looked = ", ".join(f"{count:,} {kind}" for kind, count in found.objects.items() if count)
        for problem in found.problems:
            click.echo(visible(str(problem)))
        count = len(found.problems)
        said = f"{count:,} problem{'s' if count > 1 else ''}" if count else "nothing is wrong"
        click.echo(f"{said} in {found.location}; {looked or 'no object'}; {found.seconds:.1f} s")
    if found.problems:
        click.get_current_context().exit(1)


@click.command()
@click.argument("partition")
@click.argument("destination", required=False)
@click.option("--from", "origin", metavar="STORE", help="Bring it from there to this store instead.")
@click.option("--endpoint", metavar="URL", help="The server of the other store. [default: that of this one]")
@verb
def replicate(
    session: Session, partition: str, destination: str | None, origin: str | None, endpoint: str | None
) -> None:
    """Bring a version of PARTITION and all that it was made from to DESTINATION: s3://bucket/prefix or a directory.

    Ids stay. What is there already is not copied again, takedowns and erasures go first, and nothing is to be seen over
    there before all of it is. Repeat it after a takedown here: what was erased here goes over there.
    """
    from dagster_project.cli.diff import named
    from dagster_project.corpus.keeping.replicas import replicate as replicated
    from dagster_project.opening import opened_store

    if (destination is None) == (origin is None):
        raise click.UsageError("say where to: a DESTINATION, or --from another store into this one")
    other = _other(session.settings, str(destination or origin), endpoint)
    to_there = destination is not None
    with (
        opened_store(session.settings, writing=not to_there) as own,
        opened_store(other, writing=to_there) as store,
    ):
        source, target = (own, store) if destination else (store, own)
        found, version = named(source, partition)
        with _watching(session) as progress:
            done = replicated(source, target, found, version, progress)
    if session.json:
        session.show_json(done.as_data())
    else:
        _show_replica(done)


def _other(settings: Settings, place: str, endpoint: str | None) -> Settings:
    """The settings of the other store: a place that is no URL is a directory."""
    from dataclasses import replace

    where = place if "://" in place else Path(place).expanduser().absolute().as_uri()
    return replace(settings, store=where, endpoint=endpoint or settings.endpoint)


@contextlib.contextmanager
def _watching(session: Session) -> Iterator[Callable[[int, int], None]]:
    """A bar of bytes; nothing where nobody watches."""
    if session.quiet or not session.err.is_terminal:
        from dagster_project.corpus.keeping.replicas import no_progress

        yield no_progress
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=session.err) as bar:
        task = bar.add_task("copied")
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _show_replica(done: Replica) -> None:
    there, where = done.objects - done.copied, visible(done.destination)
    click.echo(f"{done.partition}#{done.id[:12]} stands in {where}, with all that it was made from:")
    click.echo(f"  {done.versions:,} versions, {done.publications:,} publications new there; {done.seconds:.1f} s")
    click.echo(f"  {done.copied:,} objects copied, {done.copied_bytes:,} bytes; {there:,} were there")
    if done.requests or done.erased or done.statements:
        new = f"{done.requests:,} takedown requests and {done.statements:,} statements new there"
        click.echo(f"  {new}, {done.erased:,} objects erased there")


@click.command()
@click.argument("catalog")
@click.argument("partitions", nargs=-1)
@click.option("--warehouse", metavar="URL", help="Where the catalog keeps what it writes, such as file:///… or s3://…")
@click.option("--namespace", default="florilegium", show_default=True, help="Of the tables.")
@click.option("--table", "name", default="", help="The name of the table. [default: that of the partition]")
@verb
def iceberg(
    session: Session, catalog: str, partitions: tuple[str, ...], warehouse: str | None, namespace: str, name: str
) -> None:
    """Register PARTITIONS, or all that are published, as tables of an Iceberg CATALOG; no file is copied.

    CATALOG is an address (sqlite:///…, postgresql://…, http://…) or a name in pyiceberg's configuration. Each version
    becomes a snapshot of the table of its partition; repeated, it adds nothing. Needs florilegium[iceberg].
    """
    from dagster_project.cli.diff import named
    from dagster_project.corpus.keeping.iceberg import catalog_at, register
    from dagster_project.corpus.storage.refs import load_manifest, published, resolve
    from dagster_project.opening import opened_store
    from dagster_project.stores import iceberg_properties

    if name and len(partitions) != 1:
        raise click.UsageError("--table names the table of one partition: say which")
    with opened_store(session.settings) as store:
        properties = {**iceberg_properties(store), **({"warehouse": warehouse} if warehouse else {})}
        opened = catalog_at(catalog, properties)
        chosen = [named(store, text) for text in partitions]
        chosen = chosen or [(item, resolve(store, item)) for item in published(store)]
        told = [
            register(store, opened, item, load_manifest(store, version), namespace=namespace, name=name)
            for item, version in chosen
        ]
    if session.json:
        session.show_json([item.as_data() for item in told])
        return
    from dagster_project.cli.tables import table

    rows = [
        [
            item.partition,
            item.table,
            item.files,
            item.rows,
            ", ".join(item.hidden),
            "new" if item.fresh else "as before",
        ]
        for item in told
    ]
    session.out.print(table("Iceberg", ("partition", "table", "files", "rows", "columns left out", "snapshot"), rows))
