"""florilegium sbom: what Florilegium itself is made of."""

from __future__ import annotations

from pathlib import Path

import click

from dagster_project.cli.session import Session, verb


@click.command()
@click.option("--extra", "extras", multiple=True, metavar="NAME", help="With an extra, such as ray; repeatable.")
@click.option(
    *("--output", "--out"),
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write there. [default: to stdout]",
)
@verb
def sbom(session: Session, extras: tuple[str, ...], output: Path | None) -> None:
    """The bill of materials of this installation: every distribution with its version and license, as CycloneDX 1.6.

    The bill of a mix is another one: `florilegium report MIX --format cyclonedx`.
    """
    from dagster_project.sbom import software_bill

    body = software_bill(extras)
    if output is None:
        click.echo(body.decode(), nl=False)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(body)
    if session.json:
        session.show_json({"file": str(output), "bytes": len(body)})
    else:
        click.echo(str(output))
