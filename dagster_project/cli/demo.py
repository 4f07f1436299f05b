"""florilegium demo: real input that every machine has, to a published mix with its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb

if TYPE_CHECKING:
    from dagster_project.corpus.building.library import Built, Library

MIX = "demo"
TRACED = "python-readmes"  # the source of the document that the next commands name


@click.command()
@verb
def demo(session: Session) -> None:
    """Build the demo mix from the Python manual and the installed distributions, with its report."""
    from dagster_project.cli.build import finish
    from dagster_project.cli.watching import watching
    from dagster_project.corpus.model.partitions import Partition
    from dagster_project.opening import opened

    settings = session.packaged_alone
    with watching(session) as observer, opened(settings, observer) as library:
        mix = Partition("published", library.recipes.mix(MIX).key)
        built = library.build(mix)
        reports = finish(library, [built], settings.home)[mix]
        result = facts(session, library, built, reports)
    result |= {"new": sum(item.fresh for item in observer.built)}
    if session.json:
        session.show_json(result)
    else:
        show(session, result)


def facts(session: Session, library: Library, built: Built, reports: dict[str, Path]) -> dict[str, Any]:
    """All that the demo tells."""
    from dagster_project.cli.build import summary
    from dagster_project.cli.funnel import facts_of_mix
    from dagster_project.corpus.storage.refs import load_manifest

    mixed = load_manifest(library.store, built.manifest.inputs[0].id)
    return {
        **summary(built, reports),
        **facts_of_mix(library.store, mixed),
        "store": library.store.location,
        "try": [
            session.again("trace", built.partition.key, "--doc", member_of(library, built)),
            session.again("impact", "--source", TRACED),
            session.again("report", built.partition.key, "--format", "attribution"),
        ],
    }


def member_of(library: Library, built: Built) -> str:
    """The id of a document of the mix."""
    from dagster_project.corpus.storage.shards import read_shard

    rows = read_shard(library.store, built.manifest.files[0], ["doc_id", "source"]).to_pylist()
    chosen = next((row for row in rows if row["source"].partition("@")[0] == TRACED), rows[0])
    return str(chosen["doc_id"].hex())


def show(session: Session, result: dict[str, Any]) -> None:
    from dagster_project.cli.funnel import show_mix

    show_mix(session, result)
    if not result["new"]:
        click.echo(f"nothing new: {result['partition']} {result['id'][:12]} and all it needs already stood")
    click.echo(f"{result['rows']:,} documents, {result['words']:,} words: {result['partition']} {result['id'][:12]}")
    click.echo(f"report: {Path(result['reports']['html']).as_uri()}\n\ntry next:")
    for command in result["try"]:
        click.echo(f"  {command}")
