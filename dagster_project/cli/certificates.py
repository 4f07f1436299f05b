"""florilegium takedown certificate: what was taken out, for whoever asked for it; and whether it still holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import PATHS, Session, verb
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.corpus.statements.statements import Signature

LISTED = 20  # rows of a table for people; the file has them all


@click.command()
@click.argument("entry", required=False)
@click.option("--key", type=PATHS, metavar="FILE", help="Sign with this secret key; with --verify, who should have.")
@click.option("--to", "target", type=PATHS, metavar="FILE", help="Write it there, and its signature to FILE.sig.")
@click.option("--verify", "verified", type=PATHS, metavar="FILE", help="Check a certificate instead.")
@verb
def certificate(session: Session, entry: str | None, key: Path | None, target: Path | None, **asked: Any) -> None:
    """What became of ENTRY, the first digits of its id: request, decision, documents, versions, objects of the store,
    what is out of reach, and what of it is still met in the new mixes.

    With --verify FILE its signature is checked (by --key, the public key of who should have signed), and every fact
    against the store; exit code 1 where anything does not hold.
    """
    from dagster_project.corpus.building.certificates import certificate as made
    from dagster_project.corpus.statements.documents import Document, write_signed
    from dagster_project.corpus.statements.keys import signature
    from dagster_project.opening import opened_store

    verified: Path | None = asked["verified"]
    if (entry is None) == (verified is None):
        raise click.UsageError("name an ENTRY, or give --verify FILE")
    if verified:
        _verify(session, verified, key)
        return
    with opened_store(session.settings) as store:
        told = made(store, str(entry))
    signed = signature(key, Document(told).signed) if key else None
    if target:
        write_signed(target, told, signed)
    _show(session, told, signed, target)


def _verify(session: Session, file: Path, key: Path | None) -> None:
    from dagster_project.corpus.building.certificate_checks import complaints
    from dagster_project.corpus.model.errors import Refused
    from dagster_project.corpus.statements.documents import read_signed
    from dagster_project.corpus.statements.keys import is_signed, public_key
    from dagster_project.opening import opened_store

    document, found = read_signed(file)
    by = public_key(key) if key else ""
    if key and (found is None or not is_signed(document.signed, found, by)):
        raise Refused(f"{file} is not what the owner of {key} signed: ask for it again")
    with opened_store(session.settings) as store:
        said = complaints(store, document.content)
    if session.json:
        session.show_json({"file": str(file), "key": by, "holds": not said, "complaints": said})
    else:
        for sentence in said:
            click.echo(visible(sentence))
        click.echo(visible(f"{file}: {'does not hold' if said else 'holds'}{f', signed by {by}' if by else ''}"))
    if said:
        click.get_current_context().exit(1)


def _show(session: Session, told: Mapping[str, Any], signed: Signature | None, target: Path | None) -> None:
    from dataclasses import asdict

    from dagster_project.cli.tables import table

    if session.json:
        session.show_json({"certificate": told, "signature": asdict(signed) if signed else None})
        return
    request, decision = told["request"], told["decision"]
    rows: list[list[Any]] = [
        ["request", f"{request['kind']} {request['value']}, scope {request['scope']}"],
        ["asked for by", f"{request['requester']} {request['received']}"],
        ["decision", f"{decision['decision']} {decision['decided_by']}"],
        ["documents removed", len(told["removed"])],
        ["text erased", "yes" if told["erased"] else "no"],
        ["objects rewritten", sum(item["new"] is not None for item in told["objects"])],
        ["objects deleted", sum(item["new"] is None for item in told["objects"])],
        ["portraits", _portraits(told["portrait"])],
        ["signed by", signed.key if signed else "nobody"],
    ]
    session.out.print(table(f"{told['certificate']}, {told['date']}", ["what", "is"], rows))
    versions = [[item["partition"], item["old"][:12], (item["new"] or "none")[:12]] for item in told["versions"]]
    session.out.print(table("Versions", ["partition", "withdrawn", "stands"], versions[:LISTED]))
    hits = [
        [item["partition"], hit["found"][:12], hit["source"], hit["by"], hit["explanation"]]
        for item in told["check"]
        for hit in item["hits"]
    ]
    session.out.print(table("Still met in new mixes", ["mix", "document", "of", "by", "because"], hits[:LISTED]))
    reach = told["out_of_reach"]
    lists = [[name.replace("_", " "), item] for name in reach for item in _listed(reach[name])]
    session.out.print(table("Out of reach", ["kind", "what"], lists[:LISTED]))
    if target:
        click.echo(visible(f"written to {target}"))


def _portraits(told: Mapping[str, Any]) -> str:
    """What portraits of the new publications claimed to know of the texts."""
    if not told["asked"]:
        return "not asked"
    bad = sum(not item["is_explained"] for item in told["spans"])
    found = (
        f"{len(told['spans']):,} spans met, {bad:,} of them not explained, {told['shown_false']:,} shown to be false"
    )
    more = f", {told['unknown']:,} unknown" if told["unknown"] else ""
    late = f"; {told['without_text']:,} documents had no text any more" if told["without_text"] else ""
    return f"of {told['documents']:,} documents {found}{more}{late}"


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found] if found else []
