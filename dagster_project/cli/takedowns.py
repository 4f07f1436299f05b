"""florilegium takedown: what was asked to be taken out, what that changes, and the versions without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.certificates import certificate
from dagster_project.cli.lineage import TEXT_FILE, Identifier
from dagster_project.cli.session import Session, verb

if TYPE_CHECKING:
    from dagster_project.corpus.building.erasures import Erasing
    from dagster_project.corpus.building.takedowns import Affected
    from dagster_project.corpus.building.taking_down import Applied
    from dagster_project.corpus.takedowns.entries import Entry
    from dagster_project.corpus.takedowns.register import Register

SCOPES = ("document", "near", "family")
DECISIONS = ("remove", "refuse", "pending")


@click.group(name="takedown")
def takedown_group() -> None:
    """Take documents out of corpora and mixes, on record."""


takedown_group.add_command(certificate)


@takedown_group.command()
@click.option("--doc", "document", type=Identifier(), help="A document id.")
@click.option("--record", type=Identifier(), help="A record id: the document in all its versions.")
@click.option("--url", help="A URL.")
@click.option("--host", help="Every URL of a host.")
@click.option("--domain", help="Every URL of a registered domain.")
@click.option("--source", help="A source, name or name@version.")
@click.option("--license", help="Every document under an SPDX expression, as it was concluded.")
@click.option("--text-file", type=TEXT_FILE, help="Every document with this text, in whatever spacing and case.")
@click.option("--scope", type=click.Choice(SCOPES), default="document", show_default=True, help="How far it goes.")
@click.option("--requester", default="", help="A reference to the request, such as the number of a ticket.")
@click.option("--received", default="", metavar="DATE", help="When it came in. [default: today]")
@click.option("--reason", default="", help="Why, for whoever reads the register.")
@click.option("--decision", type=click.Choice(DECISIONS), default="remove", show_default=True)
@click.option("--decided-by", default="", help="Who decided.")
@verb
def add(session: Session, **asked: Any) -> None:
    """Put a request on record. From then on no build lets in what it means; `apply` rebuilds what stands.

    Its scope is the documents it means, also their near copies, or every document of their families. A text is kept as
    its digest alone.
    """
    from datetime import UTC, datetime

    from dagster_project.corpus.takedowns.entries import Entry, checked
    from dagster_project.corpus.takedowns.register import add as put
    from dagster_project.opening import opened_store

    names = ("document", "record", "url", "host", "domain", "source", "license", "text_file")
    meant = _meant({name: asked.pop(name) for name in names})
    asked["received"] = asked["received"] or datetime.now(UTC).strftime("%Y-%m-%d")
    entries = [checked(Entry(kind=kind, value=value, **asked)) for kind, value in meant]
    with opened_store(session.settings, writing=True) as store:
        register = put(store, entries)
    _show(session, register, {entry.id for entry in entries})


@takedown_group.command(name="list")
@verb
def list_(session: Session) -> None:
    """Every request on record, and what was decided."""
    from dagster_project.corpus.takedowns.register import read_register
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        register = read_register(store)
    _show(session, register, {entry.id for entry in register.entries})


@takedown_group.command()
@click.argument("entry")
@click.argument("decision", type=click.Choice(DECISIONS))
@click.option("--by", default="", help="Who decided.")
@click.option("--reason", default="", help="Why.")
@verb
def decide(session: Session, entry: str, decision: Any, by: str, reason: str) -> None:
    """Change what was decided of ENTRY, the first digits of its id: nothing is struck from the register."""
    from dagster_project.corpus.takedowns.register import decide as put
    from dagster_project.opening import opened_store

    with opened_store(session.settings, writing=True) as store:
        register = put(store, entry, decision, by, reason)
    _show(session, register, {register.named(entry).id})


@takedown_group.command()
@click.option("--erase", is_flag=True, help="Also from which snapshots, corpora and mixes `apply --erase` takes texts.")
@verb
def plan(session: Session, erase: bool) -> None:
    """What `apply` would change: corpora and mixes that hold what is to be removed, in their newest versions.

    Those are named, too, that cannot be built anew, for their recipes are gone.

    A text is one in all of a store: an erasure takes it from every version of a source, and from every corpus, that has
    the document, also where the request reaches it by nothing of its own. With --erase these are named.
    """
    from dagster_project.corpus.building.erasures import to_be_erased
    from dagster_project.corpus.building.takedowns import affected
    from dagster_project.corpus.takedowns.register import read_register
    from dagster_project.opening import opened

    with opened(session.settings) as library:
        found = list(affected(library.planner))
        erased = list(to_be_erased(library.store, library.engine, found)) if erase else []
        is_asked = bool(read_register(library.store).removing)
    if session.json:
        told = [{**item._asdict(), "partition": str(item.partition)} for item in erased]
        session.show_json({"affected": [_told(item) for item in found], **({"erased": told} if erase else {})})
        return
    _show_affected(session, found)
    if erase:
        _show_erased(session, erased)
    elif is_asked:
        click.echo("--erase takes texts from all that has the same documents: `takedown plan --erase` names it")


@takedown_group.command()
@click.option("--refill", is_flag=True, help="Make mixes anew, in another order, instead of leaving places empty.")
@click.option("--erase", is_flag=True, help="Rewrite or delete every object of the store that holds the text.")
@verb
def apply(session: Session, refill: bool, erase: bool) -> None:
    """Build and publish every corpus and mix anew that holds what is to be removed; nothing else changes.

    A mix keeps its order: every sample that stays has the place that it had, so that runs go on from their checkpoints.
    Old versions are withdrawn: they can still be traced, and are exported no more. With --erase their text is gone.
    What cannot be built anew, for its recipe is gone, is named when all else is done, and the command fails.
    """
    from dagster_project.cli.build import finish, step
    from dagster_project.cli.watching import watching
    from dagster_project.corpus.building.taking_down import take_down
    from dagster_project.opening import opened

    with watching(session) as observer, opened(session.settings, observer, refill=refill) as library:
        done = take_down(library, erase=erase)
        finish(library, list(done.built), session.settings.home)
    swept = done.swept._asdict() if done.swept else None
    if session.json:
        withdrawn = [{"partition": item.partition, "version": item.version} for item in done.withdrawn]
        told = {"affected": [_told(item) for item in done.affected], "built": [step(item) for item in done.built]}
        session.show_json({**told, "withdrawn": withdrawn, "erased": swept})
    else:
        _show_applied(session, done, swept)
    _refuse_left(done.affected)


def _show_applied(session: Session, done: Applied, swept: dict[str, int] | None) -> None:
    _show_affected(session, list(done.affected))
    for item in done.built:
        click.echo(f"{item.partition}  {item.manifest.id[:12]}  {item.manifest.rows:,} rows")
    click.echo(f"{len(done.withdrawn):,} older versions withdrawn")
    if swept:
        click.echo(f"{swept['rewritten']:,} objects rewritten and {swept['deleted']:,} deleted")


def _meant(asked: dict[str, Any]) -> list[tuple[Any, str]]:
    """Kinds and values of entries. An editor ends a file with a line break that the document may not have."""
    from dagster_project.cli.lineage import only_one
    from dagster_project.corpus.takedowns.texts import of_text

    ((name, value),) = only_one(asked).items()
    if name == "text_file":
        return of_text(value)
    return [(name, value.hex() if isinstance(value, bytes) else value)]


def _show(session: Session, register: Register, ids: set[str]) -> None:
    from dagster_project.cli.tables import table

    found = [entry for entry in register.entries if entry.id in ids]
    if session.json:
        session.show_json({"number": register.number, "entries": [_entry(entry) for entry in found]})
        return
    rows = [
        [entry.id[:12], entry.decision, entry.kind, entry.value, entry.scope, entry.requester, entry.received,
         entry.reason]
        for entry in found
    ]  # fmt: skip
    columns = ["entry", "decision", "kind", "value", "scope", "requester", "received", "reason"]
    session.out.print(table("Takedown register", columns, rows))


def _entry(entry: Entry) -> dict[str, Any]:
    from dataclasses import asdict

    return {"id": entry.id, **asdict(entry)}


def _told(item: Affected) -> dict[str, Any]:
    told = {"partition": str(item.partition), "version": item.version, "documents": item.documents}
    return {**told, "lacking": item.lacking}


def _refuse_left(found: Sequence[Affected]) -> None:
    """What nobody can build still holds what was to be removed."""
    from dagster_project.corpus.model.errors import Refused

    if left := [f"{item.partition} {item.lacking}" for item in found if item.lacking]:
        raise Refused(f"what is taken down still stands where {'; '.join(left)}: see to the recipes and apply again")


def _show_erased(session: Session, found: list[Erasing]) -> None:
    from dagster_project.cli.tables import table

    rows = [[str(item.partition), item.version[:12], item.documents, item.beyond] for item in found]
    columns = ["partition", "newest version", "documents", "of them beyond the requests"]
    session.out.print(table("Texts to be erased", columns, rows))


def _show_affected(session: Session, found: list[Affected]) -> None:
    from dagster_project.cli.tables import table

    rows = [[str(item.partition), item.version[:12], item.documents, item.lacking] for item in found]
    columns = ["partition", "newest version", "documents that go", ""]
    session.out.print(table("To be built anew", columns, rows))
