"""florilegium fetch, seen: exports as files in a folder, and which samples a run saw at its steps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import PATHS, Session, verb
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    import pyarrow as pa

    from dagster_project.corpus.loading.fetching import Fetched
    from dagster_project.corpus.model.manifests import Manifest
    from dagster_project.corpus.model.partitions import Partition
    from dagster_project.corpus.storage.stores import Store

COLUMNS = ("step", "rank", "index", "doc_id", "copy", "phase", "component", "shard", "row", "offset", "length")
BATCH_ROWS = 1024  # that are Python objects at a time
SHOWN = 20  # samples, unless --json asks for all
FORMAT = "parquet"
ORDER = "order"  # the folder of the order manifest, beside the files of the export


class Steps(click.ParamType[range]):
    """Steps of a run: `7`, or `7:9` for 7 and 8."""

    name = "steps"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> range:
        if isinstance(value, range):
            return value
        first, sign, stop = value.partition(":")
        if not all(part.isascii() and part.isdigit() for part in (first, *([stop] if sign else []))):
            self.fail(f"{value!r} names no steps: use A, or A:B for A up to and without B", param, context)
        steps = range(int(first), int(stop) if sign else int(first) + 1)
        if steps.start > steps.stop:
            self.fail(f"{value!r} ends before it begins: use A:B with A up to and without B", param, context)
        return steps


@click.command()
@click.argument("mix")
@click.option("--steps", type=Steps(), required=True, metavar="A:B", help="From step A up to, and without, step B.")
@click.option("--ranks", type=click.IntRange(1), default=1, show_default=True, help="Processes that trained together.")
@click.option("--batch", type=click.IntRange(1), default=1, show_default=True, help="Samples per rank and step.")
@click.option("--start", type=click.IntRange(0), default=0, help="Sample at which that run began. [default: 0]")
@verb
def seen(session: Session, mix: str, steps: range, ranks: int, batch: int, start: int) -> None:
    """Which samples every rank of a run saw between two of its steps: document, copy, phase, and where each lies.

    MIX is name@version, or name@version#digits for one exact version of its publication. Steps count from 0, from where
    the run began. People see the first samples, --json tells all.
    """
    from dagster_project.corpus.loading.exports import order_of
    from dagster_project.corpus.loading.order import Run, Share
    from dagster_project.corpus.loading.seen import seen as samples_seen
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        partition, manifest = _published(store, mix)
        order = order_of(manifest)
        run = Run(order.total, start, Share(ranks=ranks, batch=batch))
        tables = samples_seen(store, order, run, steps.start, steps.stop)
        asked = {"steps": [steps.start, steps.stop], "ranks": ranks, "batch": batch, "start": start}
        if session.json:
            _echo_rows({"mix": str(partition), "version": manifest.id, **asked}, _rows(tables))
        else:
            _show_rows(session, f"{partition}#{manifest.id[:12]}", _rows(tables))


@click.command()
@click.argument("mix")
@click.option("--format", "format_", default=FORMAT, show_default=True, help="One of those that it was published in.")
@click.option("--to", "folder", type=PATHS, required=True, metavar="DIR", help="Where the files go.")
@click.option("--order", is_flag=True, help="Also the order manifest, in DIR/order: what every sample is.")
@verb
def fetch(session: Session, mix: str, format_: str, folder: Path, order: bool) -> None:
    """Copy an export of MIX into a folder, under the names by which the readers of its format find the files.

    Every file is checked against its hash. What is in the folder already, whole, is kept, so the command goes on where
    it was stopped.
    """
    from dagster_project.cli.watching import watching
    from dagster_project.corpus.loading.fetching import fetch as fetched
    from dagster_project.corpus.loading.fetching import files_of, order_files
    from dagster_project.corpus.statements.refusing import refuse_ended
    from dagster_project.opening import opened_store

    with watching(session) as observer, opened_store(session.settings) as store:
        partition, manifest = _published(store, mix)
        refuse_ended(store, partition, manifest.id)
        wanted = [(folder, files_of(manifest, format_)), *([(folder / ORDER, order_files(manifest))] if order else [])]
        total = sum(len(files) for _, files in wanted)
        observer.started(partition)
        found = []
        for place, files in wanted:
            for item in fetched(store, files, place):
                found.append(item)
                observer.progressed(partition, len(found), total)
    if session.json:
        told = {"mix": str(partition), "version": manifest.id, "format": format_, "directory": str(folder.absolute())}
        session.show_json({**told, "files": [_file(item) for item in found]})
    else:
        kept, size = sum(item.kept for item in found), sum(item.file.size_bytes for item in found)
        said = f"{len(found):,} files, {size:,} bytes, {kept:,} of them there before: {folder}"
        click.echo(visible(said))


def _published(store: Store, text: str) -> tuple[Partition, Manifest]:
    """A publication as people name it; a name alone means what it means to other commands."""
    from dagster_project.cli.naming import published_mix
    from dagster_project.corpus.loading.publications import publication

    return publication(store, text if {"/", "#"} & {*text} else published_mix(store, text)[0].key)


def _rows(tables: Iterable[pa.Table]) -> Iterator[dict[str, Any]]:
    for table in tables:
        for batch in table.select(COLUMNS).to_batches(max_chunksize=BATCH_ROWS):
            for row in batch.to_pylist():
                yield {**row, "doc_id": row["doc_id"].hex()}


def _echo_rows(head: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object, a line for each sample, of which there may be more than memory holds."""
    click.echo(json.dumps(head)[:-1] + ', "samples": [', nl=False)
    for number, row in enumerate(rows):
        click.echo(f"{',' if number else ''}\n{json.dumps(row)}", nl=False)
    click.echo("\n]}")


def _show_rows(session: Session, title: str, rows: Iterator[Mapping[str, Any]]) -> None:
    from itertools import islice

    from dagster_project.cli.tables import table

    shown = [[row[name] for name in COLUMNS] for row in islice(rows, SHOWN)]
    session.out.print(table(title, COLUMNS, shown))
    if more := sum(1 for _ in rows):
        click.echo(f"and {more:,} more: --json tells all")


def _file(item: Fetched) -> dict[str, Any]:
    told = {"name": item.name, "size_bytes": item.file.size_bytes, "sha256": item.file.sha256}
    return {**told, "kept": item.kept}
