"""florilegium filter report|explain|sample: what a filter removed, why this document, and what such ones look like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import PATHS, Session, verb
from dagster_project.corpus.model.errors import PartitionError

if TYPE_CHECKING:
    from dagster_project.cli.verdicts import Verdicts
    from dagster_project.corpus.model.manifests import Manifest
    from dagster_project.corpus.publishing.sentences import Command
    from dagster_project.corpus.storage.stores import Store

FORMATS = ("html", "json", "md")
RECIPES = Path("recipes")  # what a directory of recipes is called where nobody said


@click.group("filter")
def filter_group() -> None:
    """What filters removed and why, and what it did to the documents that are left."""


@filter_group.command("report")
@click.argument("partition")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="[default: html; json with --json]")
@click.option("--output", type=PATHS, help="Write there. [default: html below the home, the others to stdout]")
@verb
def report(session: Session, partition: str, format_: str | None, output: Path | None) -> None:
    """What the rules of PARTITION removed, and what that changed.

    PARTITION is source@version+policy, as in notes@1+gopher; a corpus or a mix stands for the verdicts of all its
    members.
    """
    from dagster_project.cli.reports import deliver
    from dagster_project.cli.verdicts import standing_verdicts
    from dagster_project.corpus.filtering.loss_facts import loss_facts
    from dagster_project.corpus.publishing.losses import loss_report
    from dagster_project.opening import opened_engine, opened_store

    format_ = format_ or ("json" if session.json else "html")
    with (
        opened_store(session.settings) as store,
        opened_engine(session.settings) as engine,
    ):
        found = standing_verdicts(store, partition)
        facts = loss_facts(engine, store, found.name, found.versions)
    body = loss_report(facts, format_, _command(session, found))
    if format_ == "html" and output is None:
        output = session.settings.home / "reports" / "filter" / f"{found.name.replace('/', '+')}.html"
    deliver(session, body, format_, output)


@filter_group.command("explain")
@click.argument("partition")
@click.option("--doc", "digits", metavar="ID", help="A document id, or its first digits.")
@click.option("--url", metavar="URL", help="Every document from this URL.")
@click.option("--text", "with_text", is_flag=True, help="Show the text, and what edits take from it.")
@verb
def explain(session: Session, partition: str, digits: str | None, url: str | None, with_text: bool) -> None:
    """Why PARTITION kept or removed a document, rule by rule.

    Of every rule what it says, its value, its limits, and the signals that it read.

    With --json, --doc gives one object; --url, and a corpus or mix as PARTITION, give a list.
    """
    from dagster_project.cli.lineage import only_one
    from dagster_project.cli.verdicts import standing_verdicts
    from dagster_project.corpus.filtering.explaining import explain as explained
    from dagster_project.corpus.filtering.explaining import pieces
    from dagster_project.opening import opened_store

    only_one({"doc": digits, "url": url})
    told = []
    with opened_store(session.settings) as store:
        found = standing_verdicts(store, partition)
        for name, manifest, place in _places(store, found, digits, url):
            facts = explained(store, name, manifest, place)
            if with_text:
                facts["text"] = [piece._asdict() for piece in pieces(store, name, manifest, place)]
            told.append(facts)
    if session.json:
        session.show_json(told[0] if digits is not None and found.is_one else told)
        return
    from dagster_project.cli.verdicts import show_explained

    for facts in told:
        show_explained(session, facts)


@filter_group.command("sample")
@click.argument("partition")
@click.option("--rule", metavar="RULE", default="", help="Documents that this rule removed.")
@click.option("--kept", is_flag=True, help="Documents that were kept; with --rule, also its value of each.")
@click.option("--quarantined", is_flag=True, help="Documents that are in quarantine, and which rule holds each.")
@click.option(
    "-n", "size", type=click.IntRange(1, 1000), metavar="N", default=10, show_default=True, help="At most so many."
)
@click.option("--seed", type=int, metavar="N", default=0, show_default=True, help="Another seed, other documents.")
@verb
def sample(session: Session, partition: str, rule: str, kept: bool, quarantined: bool, size: int, seed: int) -> None:
    """Some documents that a rule of PARTITION removed, that its rules hold in quarantine, or that it kept.

    A seed chooses them: the same seed, the same documents.
    """
    from dagster_project.cli.verdicts import show_sample, standing_verdicts
    from dagster_project.corpus.filtering.sampling import Asked
    from dagster_project.corpus.filtering.sampling import sample as sampled
    from dagster_project.opening import opened_engine, opened_store

    if quarantined and (rule or kept):
        raise click.UsageError("--quarantined stands alone: it is of every rule that holds documents")
    if not (rule or kept or quarantined):
        raise click.UsageError("give --rule, --kept or both, or --quarantined")
    with (
        opened_store(session.settings) as store,
        opened_engine(session.settings) as engine,
    ):
        name, manifest = standing_verdicts(store, partition).one()
        found = sampled(engine, store, name, manifest, Asked(rule, kept, quarantined, size, seed))
    asked: dict[str, Any] = {"partition": name, "id": manifest.id, "rule": rule, "kept": kept, "seed": seed}
    asked["quarantined"] = quarantined
    if session.json:
        session.show_json({**asked, "documents": found})
    else:
        show_sample(asked, found)


def _command(session: Session, found: Verdicts) -> Command:
    """Commands to type next, with the options of this call; a build of what no packaged recipe knows is told where the
    recipes are, though reports do not ask for them."""
    from dagster_project.corpus.model.partitions import parse
    from dagster_project.opening import recipes_of

    packaged = recipes_of(session.packaged_alone)
    sources = [parse(name)[0].key.partition("+")[0] for name, _ in found.versions]
    told = bool(session.settings.recipes) or not any(packaged.lacks("sources", source) for source in sources)
    building = session if told else replace(session, given={**session.given, "recipes": (RECIPES,)})
    return lambda *words: (building if words[0] == "build" else session).again(*words)


def _places(store: Store, found: Verdicts, digits: str | None, url: str | None) -> list[tuple[str, Manifest, Any]]:
    """(partition, version, place) of every document that is meant, in the snapshots below these verdicts."""
    from dagster_project.corpus.filtering.explaining import documents_at
    from dagster_project.corpus.filtering.replaying import snapshot_of
    from dagster_project.corpus.lineage.prefixes import the_document

    places: list[tuple[str, Manifest, Any]] = []
    for name, manifest in found.versions:
        snapshot = snapshot_of(store, name, manifest)[1]
        if digits is not None:
            document = the_document(store, snapshot, digits)
            rows = [document] if document else []
        else:
            rows = documents_at(store, snapshot, url or "")
        places += [(name, manifest, place) for place in rows]
    if not places:
        what = f"begins with {digits}" if digits is not None else f"came from {url}"
        raise PartitionError(f"no document that {found.name} judged {what}: `florilegium impact` asks all mixes")
    return places
