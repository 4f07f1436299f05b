"""The files of a report, written next to each other below the home directory."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dagster_project.corpus.model.errors import Refused

if TYPE_CHECKING:
    from dagster_project.cli.session import Session
    from dagster_project.corpus.model.partitions import Partition
    from dagster_project.corpus.storage.stores import Store

FILES = {  # of the formats in REPORTS
    "html": "index.html",
    "json": "report.json",
    "md": "report.md",
    "attribution": "ATTRIBUTION.txt",
    "card": "README.md",
    "croissant": "croissant.json",
    "cyclonedx": "bom.cdx.json",
    "spdx": "bom.spdx3.json",
    "prov": "prov.json",
    "openlineage": "openlineage.ndjson",
    "eu": "training-summary.md",
}


def write_reports(store: Store, mix: Partition, home: Path) -> dict[str, Path]:
    """Every format of the report of a mix; each file whole or not at all."""
    from dagster_project.corpus.publishing.reports import renderings

    return {format: write_whole(path_of(mix, format, home), body) for format, body in renderings(store, mix)}


def path_of(mix: Partition, format: str, home: Path, version: str | None = None) -> Path:
    folder = f"{mix.key}#{version[:12]}" if version else mix.key
    return (home / "reports" / folder / FILES[format]).absolute()


def deliver(session: Session, body: bytes, format: str, output: Path | None) -> None:
    """To a file, whose path is told, or to stdout."""
    if output is None:
        click.echo(body, nl=False)
        return
    written = str(write_whole(output.absolute(), body))
    if session.json:
        session.show_json({"format": format, "path": written})
    else:
        click.echo(written)


def write_whole(path: Path, body: bytes) -> Path:
    """Through a draft beside it, so that a reader never meets half a file."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(body)
        return draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise Refused(f"{path} cannot be written ({error.strerror}): name another file") from None
