"""florilegium stats: what versions took to make, over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.partitions import STAGES

if TYPE_CHECKING:
    from dagster_project.corpus.model.partitions import Partition
    from dagster_project.corpus.storage.refs import Ref
    from dagster_project.corpus.storage.stores import Store

COLUMNS = ["rows", "MB in", "MB out", "seconds", "CPU s", "MB/s", "trend", "peak MB", "worker MB", "workers"]
MB = 1e6


@click.command()
@click.argument("what", metavar="[PARTITION|STAGE]", required=False)
@verb
def stats(session: Session, what: str | None) -> None:
    """What every publication of PARTITION took, or of all partitions of a STAGE; without either, of every stage in all.

    Bytes are stored ones: of the inputs, raw files included, and of the shards that came out. MB/s are of the inputs,
    and the trend compares them with the median of what the partition did before. Peaks are of resident memory: of the
    process that drives, and of the largest worker. What was found and not made has no speed.
    """
    from dagster_project.cli.naming import in_store
    from dagster_project.cli.tables import table
    from dagster_project.corpus.storage import refs
    from dagster_project.stores import opened_store

    with opened_store(session.settings) as store:
        if what and what not in STAGES:
            partitions = [in_store(store, what)]
            refs.resolve(store, partitions[0])
        else:
            partitions = list(refs.published(store, what or ""))
        found = [row for partition in partitions for row in costs_of(store, partition)]
    told = found if what else by_stage(found)
    if session.json:
        session.show_json(told)
    elif what:
        heads = ["partition", "number", "version", *COLUMNS]
        rows = [[row["partition"], row["number"], row["version"][:12], *shown(row)] for row in told]
        session.out.print(table(f"Costs of {what}", heads, rows, figures=COLUMNS))
    else:
        rows = [[row["stage"], row["versions"], *shown(row)] for row in told]
        session.out.print(table("Costs by stage", ["stage", "versions", *COLUMNS], rows, figures=COLUMNS))


def costs_of(store: Store, partition: Partition) -> Iterator[dict[str, Any]]:
    """One row for every publication, oldest first. What its run did not record is None."""
    from dagster_project.corpus.storage.refs import history

    before: list[float] = []
    for ref in history(store, partition):
        row = cost_of(store, partition, ref)
        speed = row["mb_per_second"]
        row["trend"] = round(speed / median(before) - 1, 3) if speed and before else None
        before += [speed] if speed else []
        yield row


def cost_of(store: Store, partition: Partition, ref: Ref) -> dict[str, Any]:
    from dagster_project.corpus.model.errors import FlorilegiumError
    from dagster_project.corpus.storage.refs import load_manifest

    try:
        rows = load_manifest(store, ref.id).rows
    except FlorilegiumError:
        rows = None  # erased, or collected: what it took is still known
    names = ("seconds", "cpu_seconds", "bytes_in", "bytes_out", "driver_peak_bytes", "worker_peak_bytes", "workers")
    took = {name: ref.run.get(name) for name in ("made", "tasks", *names)}
    named = {"partition": str(partition), "stage": partition.stage, "number": ref.number, "version": ref.id}
    known = {"published": ref.published, "run": ref.run.get("id", ""), "rows": rows}
    return named | known | took | {"mb_per_second": speed_of(took)}


def speed_of(took: dict[str, Any]) -> float | None:
    """Of the inputs, for what was made from any."""
    if not took["made"] or not took["bytes_in"] or not took["seconds"]:
        return None
    return round(float(took["bytes_in"] / took["seconds"]) / MB, 3)


def by_stage(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sums of every stage, in their order, and its largest peaks; the trend is the median of its partitions'."""
    told = []
    for stage in STAGES:
        made = [row for row in rows if row["stage"] == stage and row["made"]]
        if not made:
            continue
        sums = ("rows", "seconds", "cpu_seconds", "bytes_in", "bytes_out", "tasks")
        took: dict[str, Any] = {name: round(sum(row[name] or 0 for row in made), 3) for name in sums}
        peaks = ("driver_peak_bytes", "worker_peak_bytes", "workers")
        took |= {name: max((row[name] for row in made if row[name] is not None), default=None) for name in peaks}
        trends = [row["trend"] for row in made if row["trend"] is not None]
        trend = round(median(trends), 3) if trends else None
        speed = speed_of({**took, "made": True})
        told.append({"stage": stage, "versions": len(made), **took, "mb_per_second": speed, "trend": trend})
    return told


def shown(row: dict[str, Any]) -> list[Any]:
    """The cells of COLUMNS; what nobody knows is empty."""
    trend = "" if row["trend"] is None else f"{row['trend']:+.0%}"
    return [
        row["rows"],
        _tenths(row["bytes_in"], MB),
        _tenths(row["bytes_out"], MB),
        _tenths(row["seconds"]),
        _tenths(row["cpu_seconds"]),
        _tenths(row["mb_per_second"]),
        trend,
        _tenths(row["driver_peak_bytes"], MB),
        _tenths(row["worker_peak_bytes"] or None, MB),
        row["workers"],
    ]


def _tenths(value: float | None, unit: float = 1.0) -> str:
    return "" if value is None else f"{value / unit:,.1f}"
