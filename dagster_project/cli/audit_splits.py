"""florilegium audit split: texts that can show what a model saw, as JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.audits import Day, opened, write
from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.errors import Refused

if TYPE_CHECKING:
    from dagster_project.corpus.storage.stores import Store


@click.command()
@click.argument("mix")
@click.option("--members-before", type=Day(), required=True, help="Members were published before this day.")
@click.option("--non-members-after", type=Day(), required=True, help="The others on this day or later.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where files go.")
@click.option(
    "--sizes", default="32,64,128,256", show_default=True, metavar="WORDS", help="To how many words texts are cut."
)
@click.option("--per-size", type=click.IntRange(1), default=100, show_default=True, help="Texts of each side at most.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides, with their ids, which are drawn.")
@click.option("--from", "origin", metavar="PARTITION", help="Non-members of deduplicated/… or snapshots/… instead.")
@verb
def split(session: Session, mix: str, folder: Path, sizes: str, origin: str | None, **asked: Any) -> None:
    """Texts of MIX and texts that no version of it holds, told apart by their dates, as JSON lines.

    Non-members are no copies of members, and the license policy of MIX holds for them, too.
    """
    from dagster_project.cli.audit_tables import show_split
    from dagster_project.cli.naming import published_mix
    from dagster_project.corpus.audits.splits import SplitRequest, lines_of, split_of, split_report

    wanted = SplitRequest(sizes=_sizes(sizes), **asked)
    with opened(session, mix) as (store, engine, mixed, _):
        others = _others(store, origin) if origin else None
        found = split_of(store, engine, published_mix(store, mix)[0], mixed, wanted, others)
    told = {"mix": mix, **split_report(found, wanted, mixed), "files": []}
    for size in wanted.sizes:
        file = folder.absolute() / f"split-{size}.jsonl"
        _write_lines(file, lines_of(found, size))
        told["files"].append(str(file))
    write(folder.absolute() / "split.json", told, lambda: None)
    if session.json:
        session.show_json(told)
    else:
        show_split(session, told)


def _others(store: Store, origin: str) -> Any:
    from dagster_project.corpus.audits.split_pools import others_of_corpora, others_of_snapshot
    from dagster_project.corpus.model.partitions import Partition, parse
    from dagster_project.corpus.storage.refs import load_manifest, resolve

    partition, version = parse(origin)
    if partition.stage not in ("deduplicated", "snapshots"):
        raise Refused(f"--from {origin} is neither deduplicated/… nor snapshots/…: name one of these")
    manifest = load_manifest(store, resolve(store, partition, version))
    if partition.stage == "deduplicated":
        return others_of_corpora(store, [manifest])
    licensed = load_manifest(store, resolve(store, Partition("licensed", partition.key)))
    return others_of_snapshot(store, partition.key, manifest, licensed)


def _sizes(text: str) -> tuple[int, ...]:
    try:
        found = tuple(sorted({int(size) for size in text.split(",")}))
    except ValueError:
        found = ()
    if not found or found[0] < 1:
        raise click.UsageError(f"--sizes {text!r} is no list of numbers: write 32,64,128,256")
    return found


def _write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    import json

    from dagster_project.cli.reports import write_whole

    write_whole(path, "".join(f"{json.dumps(row)}\n" for row in rows).encode())
