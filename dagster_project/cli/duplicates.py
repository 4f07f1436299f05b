"""florilegium duplicates: the family of a document, the copies of a whole corpus, and what is near a text."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.lineage import ID_DIGITS, TEXT_FILE, only_one
from dagster_project.cli.session import PATHS, Session, verb
from dagster_project.corpus.model.errors import PartitionError

if TYPE_CHECKING:
    from dagster_project.cli.corpora import Corpus
    from dagster_project.corpus.deduplication.differing import Difference
    from dagster_project.corpus.storage.stores import Store

LEAST_DIGITS = 8
LARGEST = 20  # families of a report
EXPLAIN = "explain"
PASSAGES = "passages"


class Duplicates(click.Group):
    """`duplicates --doc ID` is short for `duplicates explain --doc ID`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_asked = any(word.partition("=")[0] == "--doc" for word in args)
        return super().parse_args(ctx, [EXPLAIN, *args] if is_asked and args[0] not in self.commands else args)


class Digits(click.ParamType[str]):
    """A document id or its first digits."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> str:
        if not re.fullmatch(rf"[0-9a-fA-F]{{{LEAST_DIGITS},{ID_DIGITS}}}", value):
            self.fail(f"{value!r} does not begin an id: use {LEAST_DIGITS} to {ID_DIGITS} hexadecimal digits")
        return str(value).lower()


@click.group("duplicates", cls=Duplicates)
def duplicates_group() -> None:
    """Which documents are copies of each other, who survives of them, and what is near a text.

    `florilegium duplicates --doc ID` is short for `florilegium duplicates explain --doc ID`.
    """


@duplicates_group.command(EXPLAIN)
@click.argument("corpus", required=False)
@click.option("--doc", "digits", type=Digits(), required=True, help="A document id, or its first digits.")
@click.option("--with", "other", type=Digits(), help="Compare its text with this document's. [default: its survivor's]")
@click.option(
    "--most", type=click.IntRange(3, 1000), metavar="N", default=20, show_default=True, help="Members told of a family."
)
@verb
def explain(session: Session, corpus: str | None, digits: str, other: str | None, most: int) -> None:
    """The family of a document in CORPUS, or in every corpus that holds it, and how its text differs.

    How alike two documents are is told as it was recorded when the corpus was built; where nothing was, it is an
    estimate from their fingerprints, and marked as one.
    """
    from dagster_project.cli.corpora import find_document, standing_corpora
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        corpora = standing_corpora(store, corpus)
        doc_id = find_document(store, corpora, digits)
        with_id = find_document(store, corpora, other) if other else None
        found = _explained(store, corpora, doc_id, with_id, most)
    if session.json:
        session.show_json(found)
    else:
        from dagster_project.cli.families import show_families

        show_families(session, found)


@duplicates_group.command("report")
@click.argument("corpus")
@click.option("--html", type=PATHS, metavar="FILE", help="Write a page there. [default: below the home]")
@click.option(
    "--format", "format_", type=click.Choice(("html", "json", "md")), help="[default: html; json with --json]"
)
@click.option("--output", type=PATHS, help="Write there. [default: html below the home, the others to stdout]")
@verb
def report(session: Session, corpus: str, html: Path | None, format_: str | None, output: Path | None) -> None:
    """The copies of CORPUS in all its layers: families, survivors, and which sources and licenses meet."""
    from dagster_project.cli.corpora import standing_corpora
    from dagster_project.cli.reports import deliver
    from dagster_project.corpus.deduplication.duplicate_facts import duplicate_facts
    from dagster_project.corpus.engine.local import LocalEngine
    from dagster_project.corpus.publishing.duplicates import duplicates_report
    from dagster_project.opening import opened_store

    if html and (output or format_ not in (None, "html")):
        raise click.UsageError("--html FILE says format and file: leave out --format and --output")
    format_ = "html" if html else format_ or ("json" if session.json else "html")
    with (
        opened_store(session.settings) as store,
        contextlib.closing(LocalEngine(session.settings.workers)) as engine,
    ):
        (found,) = standing_corpora(store, corpus)
        facts = duplicate_facts(engine, store, found.name, found.manifest, LARGEST)
    output = html or output
    if format_ == "html" and output is None:
        output = session.settings.home / "reports" / "duplicates" / f"{found.name.replace('/', '+')}.html"
    deliver(session, duplicates_report(facts, format_, session.again), format_, output)


@duplicates_group.command("near")
@click.argument("corpus")
@click.option("--text", help="The text.")
@click.option("--text-file", type=TEXT_FILE, help="The same in a file (- for stdin).")
@click.option(
    "--most", type=click.IntRange(1, 1000), metavar="N", default=10, show_default=True, help="At most so many."
)
@verb
def near(session: Session, corpus: str, most: int, **asked: Any) -> None:
    """The documents of CORPUS that are near a text, kept or not: those that share a band of its signature with it.

    A text that is too short for shingles finds documents of the same words alone.
    """
    from dagster_project.cli.corpora import standing_corpora
    from dagster_project.corpus.deduplication.near_texts import described, near_text
    from dagster_project.opening import opened_store

    (text,) = only_one(asked).values()
    with opened_store(session.settings) as store:
        (found,) = standing_corpora(store, corpus)
        answer = near_text(store, found.layers, text, most)
        told = described(store, answer.near)
    facts = {"corpus": found.name, "id": found.manifest.id, "sharing": answer.sharing, "near": told}
    if session.json:
        session.show_json(facts)
    else:
        from dagster_project.cli.families import show_near

        show_near(session, facts)


@duplicates_group.command("passages")
@click.argument("corpus")
@click.option(
    "--most", type=click.IntRange(1, 100), metavar="N", default=10, show_default=True, help="So many of each kind."
)
@verb
def passages(session: Session, corpus: str, most: int) -> None:
    """The substrings, lines and paragraphs that stand in most documents of CORPUS, with the document that has each
    first, and what of all texts is shared and cut."""
    from dagster_project.cli.diff import addressed
    from dagster_project.corpus.deduplication.most_repeated import most_repeated
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        partition, manifest = addressed(store, corpus if "/" in corpus else f"{PASSAGES}/{corpus}")
        if partition.stage != PASSAGES:
            raise PartitionError(
                f"{partition} holds no passages: name a corpus, as {PASSAGES}/name@version or its name"
            )
        told = most_repeated(store, manifest, most)
    names = ("status", "bytes", "repeated_bytes", "repeated_lines", "cut_bytes", "documents_with_cuts", "spared_bytes")
    counts = {name: manifest.profile.get(name, 0) for name in names}
    facts = {"corpus": str(partition), "id": manifest.id, **counts, "most_repeated": told}
    if session.json:
        session.show_json(facts)
    else:
        from dagster_project.cli.families import show_passages

        show_passages(session, facts)


def _explained(store: Store, corpora: list[Corpus], doc_id: bytes, with_id: bytes | None, most: int) -> dict[str, Any]:
    """The document in each corpus that holds it, compared there with its survivor or the other one; each pair of texts
    once."""
    from dagster_project.corpus.deduplication.explaining import explain, relations, text_difference
    from dagster_project.corpus.deduplication.standing import places_of

    told: list[dict[str, Any]] = []
    differences: dict[bytes, Difference] = {}
    for corpus in corpora:
        for place in places_of(store, corpus.layers, doc_id)[:1]:
            facts = explain(store, corpus.layers, place, most)
            told.append({"corpus": corpus.name, "id": corpus.manifest.id, **facts, "compared": None})
            other = with_id or bytes.fromhex(facts["survivor"] or "")
            for beside in places_of(store, corpus.layers, other)[:1] if other not in (b"", doc_id) else []:
                (related,) = relations(store, place, [beside], corpus.layers[0].prints)
                told[-1]["compared"] = {"with": other.hex(), **related}
                differences[other] = differences.get(other) or text_difference(store, place, beside)
    return {
        "document": doc_id.hex(),
        "corpora": told,
        "differences": [
            {"with": other.hex(), "is_cut": found.is_cut, "pieces": [piece._asdict() for piece in found.pieces]}
            for other, found in differences.items()
        ],
    }
