"""florilegium corpora bands: which bands and rows suit a similarity."""

from __future__ import annotations

from collections.abc import Mapping

import click

from dagster_project.cli.session import Session, verb

CURVE = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@click.command("bands")
@click.option(
    "--similarity", type=click.FloatRange(0.05, 0.99), default=0.75, show_default=True, help="Where copies begin."
)
@click.option(
    "--permutations", type=click.IntRange(8, 1024), metavar="N", default=112, show_default=True, help="Hashes in all."
)
@click.option("--bands", type=click.IntRange(1, 1024), metavar="N", help="Show these bands instead, with --rows.")
@click.option("--rows", type=click.IntRange(1, 1024), metavar="N", help="And so many rows of each.")
@verb
def bands(session: Session, similarity: float, permutations: int, bands: int | None, rows: int | None) -> None:
    """Which `bands` and `rows` of fingerprints suit a similarity, and the share of pairs that they compare."""
    from dagster_project.cli.tables import table
    from dagster_project.corpus.deduplication.banding import chance, optimal_bands

    if (bands is None) != (rows is None):
        raise click.UsageError("give --bands and --rows together, or neither")
    given = (bands, rows) if bands and rows else optimal_bands(similarity, permutations)
    curve = [{"similarity": at, "compared": chance(at, *given)} for at in CURVE]
    if session.json:
        session.show_json({"bands": given[0], "rows": given[1], "curve": curve})
        return
    shown = [[f"{point['similarity']:.2f}", f"{point['compared']:.3f}"] for point in curve]
    session.out.print(table(f"{given[0]} bands of {given[1]} rows", ["similarity", "compared"], shown))


COMMANDS: Mapping[str, click.Command] = {"bands": bands}
