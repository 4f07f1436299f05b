"""florilegium keys: ed25519 keys for sign-offs and certificates. Secrets stay in files of their owners."""

from __future__ import annotations

from pathlib import Path

import click

from dagster_project.cli.session import PATHS, Session, verb
from dagster_project.corpus.model.escaping import visible


@click.group(name="keys")
def keys_group() -> None:
    """Make keys that sign, and check signatures."""


@keys_group.command()
@click.argument("path", type=PATHS)
@verb
def new(session: Session, path: Path) -> None:
    """Write a secret key to PATH, readable by you alone, and its public key to PATH.pub, to be given to others."""
    from dagster_project.corpus.statements.keys import new_key, public_key

    public = new_key(path)
    told = {"secret": str(path), "public": str(public), "key": public_key(public)}
    if session.json:
        session.show_json(told)
        return
    click.echo(visible(f"secret key: {path}; public key: {public} ({told['key']})"))


@keys_group.command()
@click.argument("file", type=PATHS)
@click.option("--signature", type=PATHS, help="[default: FILE.sig]")
@click.option("--key", type=PATHS, required=True, metavar="PUB", help="The public key of who should have signed.")
@verb
def verify(session: Session, file: Path, signature: Path | None, key: Path) -> None:
    """Check the detached signature of a JSON document, such as a certificate; exit code 1 where it is wrong."""
    from dagster_project.corpus.model.errors import Refused
    from dagster_project.corpus.statements.documents import read_signed
    from dagster_project.corpus.statements.keys import is_signed, public_key

    document, found = read_signed(file, signature)
    by = public_key(key)
    if found is None or not is_signed(document.signed, found, by):
        raise Refused(f"{file} is not what the owner of {key} signed: ask for it again")
    if session.json:
        session.show_json({"file": str(file), "key": by, "is_right": True})
        return
    click.echo(visible(f"{file}: signed by {by}"))
