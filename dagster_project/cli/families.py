"""Families and near texts for a terminal: everything from documents is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.tables import table
from dagster_project.cli.verdicts import CLOSE, OPEN, marked
from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.publishing.duplicates_wording import kinds_of
from dagster_project.corpus.publishing.wording import counted

if TYPE_CHECKING:
    from dagster_project.cli.session import Session

Facts = Mapping[str, Any]
DIGITS = 12  # of a version
CELL = 60  # characters of a title, an address or a license
ESTIMATED = "≈"
MEMBERS = ("document", "source", "status", "to survivor", "to document", "license", "title", "address")
PASSAGES = ("kind", "documents", "bytes", "source", "first in", "text")
NEAR = ("document", "similarity", "source", "status", "family", "license", "title", "address")


def show_families(session: Session, facts: Facts) -> None:
    """The document in each corpus, its family as a table, and the differences of its text."""
    click.echo(visible(f"document {facts['document']}"))
    for corpus in facts["corpora"]:
        click.echo()
        click.echo(visible(f"{corpus['corpus']} {corpus['id'][:DIGITS]}: {_verdict(corpus)}"))
        if corpus["leader"]:
            session.out.print(table("", MEMBERS, [_member(member) for member in corpus["members"]]))
            if corpus["more"]:
                click.echo(f"and {corpus['more']:,} more")
    if any(_is_estimated(corpus) for corpus in facts["corpora"]):
        click.echo(f"\n{ESTIMATED} an estimate from fingerprints: nothing was recorded of the two")
    for item in facts["differences"]:
        (compared, *_) = [
            c["compared"] for c in facts["corpora"] if c["compared"] and c["compared"]["with"] == item["with"]
        ]
        _show_difference(item, compared)


def show_near(session: Session, facts: Facts) -> None:
    """The most alike, and how many share anything with the text."""
    click.echo(visible(f"{facts['corpus']} {facts['id'][:DIGITS]}: {_sharing(facts)}"))
    if facts["near"]:
        session.out.print(table("", NEAR, [_near(item) for item in facts["near"]]))
    if any(item["estimated"] for item in facts["near"]):
        click.echo(f"{ESTIMATED} an estimate from fingerprints")


def show_passages(session: Session, facts: Facts) -> None:
    """What is shared and cut in all, and the most repeated of each kind with the beginning of what they say."""
    shared = f"{facts['repeated_bytes']:,} of {facts['bytes']:,} bytes stand in several documents"
    cut = f"{facts['cut_bytes']:,} bytes of {counted(facts['documents_with_cuts'], 'document')} are cut"
    click.echo(visible(f"{facts['corpus']} {facts['id'][:DIGITS]}: {shared}; {cut}"))
    names = ("kind", "copies", "bytes", "source", "doc_id")
    rows = [(*(row[name] for name in names), row["text"].strip()[:CELL]) for row in facts["most_repeated"]]
    if rows:
        session.out.print(table("", PASSAGES, rows))


def _verdict(corpus: Facts) -> str:
    if not corpus["leader"]:
        return f"{corpus['status']}; it stands alone, without a copy in this corpus"
    members = kinds_of(corpus["counted"])
    survivor = f", survived by {corpus['survivor']}" if corpus["status"] == "suppressed" else ""
    return f"{corpus['status']}{survivor}; of a family of {corpus['size']:,} ({members}) that {corpus['leader']} leads"


def _member(member: Facts) -> Sequence[Any]:
    related = (_related(member[name]) for name in ("to_survivor", "to_document"))
    return (member["doc_id"], member["source"], member["status"], *related, *_told(member))


def _near(item: Facts) -> Sequence[Any]:
    family = f"of {item['family_size']:,}" if item["family_size"] > 1 else "alone"
    return (
        item["doc_id"],
        _related(item),
        item["source"],
        item["status"],
        family,
        *_told(item),
    )


def _told(row: Facts) -> Iterator[str]:
    """License, title and address."""
    for value in (row["license"], row["title"], row["url"] or row["locator"]):
        yield visible(value or "", CELL)


def _related(related: Facts | None) -> str:
    """`near 0.912`, `linked ≈0.73`; of a text that is too short to compare, that nothing is known."""
    if related is None:
        return ""
    similarity = "unknown" if related["similarity"] is None else f"{related['similarity']:.3f}"
    said = f"{ESTIMATED}{similarity}" if related["estimated"] else similarity
    return " ".join(filter(None, [related["kind"], said]))


def _is_estimated(corpus: Facts) -> bool:
    told = [member[name] for member in corpus["members"] for name in ("to_survivor", "to_document")]
    return any(related["estimated"] for related in (*told, corpus["compared"]) if related)


def _show_difference(item: Facts, compared: Facts) -> None:
    click.secho(f"\nCompared with {item['with']} ({_related(compared)})", bold=True)
    if all(piece["is_kept"] for piece in item["pieces"]):
        click.echo("both have the same text")
    else:
        click.echo(f"{OPEN}what this one has→what the other has instead{CLOSE}\n")
        click.echo("".join(map(_piece, item["pieces"])))
    if item["is_cut"]:
        click.echo("\nthe texts are longer: only their beginnings were compared")


def _piece(piece: Facts) -> str:
    return f" … {piece['left_out']:,} characters … " if piece["left_out"] else marked(piece)


def _sharing(facts: Facts) -> str:
    if not facts["sharing"]:
        return "nothing is near this text"
    shown, sharing = len(facts["near"]), facts["sharing"]
    rest = f", the {shown:,} most alike of them" if sharing > shown else ""
    return f"{counted(sharing, 'document shares', 'documents share')} a band or a digest with this text{rest}"
