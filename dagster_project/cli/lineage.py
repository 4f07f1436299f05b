"""florilegium trace, impact, history, versions: from a mix to its sources and back, and what was published when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.partitions import STAGES

if TYPE_CHECKING:
    from dagster_project.corpus.model.partitions import Partition
    from dagster_project.corpus.storage.stores import Store


ID_DIGITS = 32  # 128 bits; said here so that --help need not wait for Arrow


class Identifier(click.ParamType[bytes]):
    """A document or record id in hexadecimal."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> bytes:
        if isinstance(value, bytes):
            return value
        if not re.fullmatch(rf"[0-9a-fA-F]{{{ID_DIGITS}}}", value):
            self.fail(f"{value!r} is not an id: it has {ID_DIGITS} hexadecimal digits", param, context)
        return bytes.fromhex(value)


TEXT_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)


@click.command()
@click.argument("mix")
@click.option("--doc", type=Identifier(), help="A document id.")
@click.option("--url", help="Every document from this URL.")
@click.option("--text", help="Every document with exactly this text.")
@click.option("--text-file", type=TEXT_FILE, help="The same, the text in a file (- for stdin).")
@verb
def trace(session: Session, mix: str, **asked: Any) -> None:
    """Follow a document of MIX to its verdict, family, license, raw object, shard and row.

    With --json, --doc gives one object; the others give a list.
    """
    from dagster_project.cli.naming import published_mix
    from dagster_project.corpus.lineage.trace import trace as traced
    from dagster_project.opening import opened_store

    ((name, value),) = only_one(asked).items()
    with opened_store(session.settings) as store:
        partition, version = published_mix(store, mix)
        documents = _documents(store, partition, version, name, value)
        found = [traced(store, partition, document, version) for document in documents]
    if session.json:
        session.show_json(found[0] if name == "doc" else found)
        return
    from dagster_project.cli.branches import tree_of

    for item in found:
        session.out.print(tree_of(item))


@click.command()
@click.option("--doc", "doc_id", type=Identifier(), help="A document id.")
@click.option("--record", "record_id", type=Identifier(), help="A record id: the document in all its versions.")
@click.option("--url", help="A URL.")
@click.option("--host", help="Every URL of a host.")
@click.option("--source", help="A source, name or name@version.")
@click.option("--license", help="An SPDX expression, as a mix states it.")
@click.option("--text", help="Exactly this text.")
@click.option("--text-file", type=TEXT_FILE, help="The same, the text in a file (- for stdin).")
@verb
def impact(session: Session, **asked: Any) -> None:
    """Every version of every mix that holds what is asked about: documents, members and shards; and how many documents
    it holds that were derived from it."""
    from dagster_project.corpus.lineage.impact import Question
    from dagster_project.corpus.lineage.impact import impact as mixes_with
    from dagster_project.opening import opened_store

    ((name, value),) = only_one(asked).items()
    with opened_store(session.settings) as store:
        questions = (Question(**{_field(name): item}) for item in _texts(name, value))
        found: list[dict[str, Any]] = next(filter(None, (mixes_with(store, question) for question in questions)), [])
    if session.json:
        session.show_json({"asked": {_field(name): value.hex() if isinstance(value, bytes) else value}, "mixes": found})
    else:
        _show_impact(session, found)


@click.command()
@click.argument("partition")
@verb
def history(session: Session, partition: str) -> None:
    """Every publication of PARTITION, oldest first."""
    from dataclasses import asdict

    from dagster_project.cli.naming import in_store
    from dagster_project.cli.tables import moment, table
    from dagster_project.corpus.storage import refs
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        item = in_store(store, partition)
        refs.resolve(store, item)
        found = refs.history(store, item)
    if session.json:
        session.show_json([asdict(ref) for ref in found])
        return
    rows = [[ref.number, ref.id[:12], moment(ref.published), ref.reason] for ref in found]
    session.out.print(table(str(item), ["number", "version", "published (UTC)", "reason"], rows))


@click.command()
@click.argument("stage", required=False, type=click.Choice(STAGES))
@verb
def versions(session: Session, stage: str | None) -> None:
    """The newest version of every partition, or of those of one STAGE."""
    from dagster_project.cli.tables import moment, table
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        found = list(_newest(store, stage or ""))
    if session.json:
        session.show_json(found)
        return
    rows = [[v["partition"], v["number"], v["id"][:12], v["rows"], moment(v["published"])] for v in found]
    session.out.print(table("Versions", ["partition", "number", "version", "rows", "published (UTC)"], rows))


def only_one(asked: dict[str, Any]) -> dict[str, Any]:
    """The one option that was given; a text file becomes its text."""
    given = {name: value for name, value in asked.items() if value is not None}
    if len(given) != 1:
        names = [f"--{name.removesuffix('_id').replace('_', '-')}" for name in asked]
        raise click.UsageError(f"give exactly one of {', '.join(names)}")
    if "text_file" in given:
        return {"text_file": _text(given["text_file"])}
    return given


def _text(path: str) -> str:
    try:
        with click.open_file(path, "rb") as file:
            return str(file.read().decode())
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path} is not UTF-8 at byte {error.start}") from None


def _texts(name: str, value: Any) -> list[Any]:
    """An editor ends a file with a line break that the document may not have."""
    return [value, value.removesuffix("\n")] if name == "text_file" and value.endswith("\n") else [value]


def _field(name: str) -> str:
    return "text" if name == "text_file" else name


def _documents(store: Store, mix: Partition, version: str | None, name: str, value: Any) -> list[bytes]:
    from dagster_project.corpus.lineage.trace import documents_by_text, documents_by_url

    if name == "doc":
        return [value]
    look_up = documents_by_url if name == "url" else documents_by_text
    for item in _texts(name, value):
        if found := look_up(store, mix, item, version):
            return found
    what = f"came from {value}" if name == "url" else "has exactly this text"
    raise PartitionError(f"no document below {mix} {what}: `florilegium impact` asks all mixes")


def _newest(store: Store, stage: str) -> Iterator[dict[str, Any]]:
    from dagster_project.corpus.storage import refs

    for partition, entry in refs.newest(store, stage).items():
        ref = refs.read_ref(store, entry.path)
        rows = refs.load_manifest(store, ref.id).rows
        told = {"number": ref.number, "id": ref.id, "rows": rows, "published": ref.published}
        yield {"partition": str(partition), **told}


def _show_impact(session: Session, found: list[dict[str, Any]]) -> None:
    from dagster_project.cli.tables import table

    if not found:
        click.echo("no version of any mix holds it")
        return
    rows = [
        [f"{item['mix']}{'' if item['newest'] else ' (older)'}", item["number"], item["version"][:12],
         item["documents"], item["members"], item["derived"], len(item["shards"])]
        for item in found
    ]  # fmt: skip
    session.out.print(table("Mixes", ["mix", "number", "version", "documents", "members", "derived", "shards"], rows))
