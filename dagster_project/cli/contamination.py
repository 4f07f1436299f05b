"""florilegium contamination: which items of benchmarks documents repeat, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.errors import PartitionError, Refused
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.corpus.building.library import Library
    from dagster_project.corpus.lineage.contamination import Search

Facts = Mapping[str, Any]
COLUMNS = ("of", "benchmark", "status", "items", "items hit", "too short", "untold", "documents", "words")
SHOWN = 200  # characters of a span


@click.command()
@click.argument("target")
@click.option("--benchmark", metavar="ARTIFACT", default="", help="What the raw text of a snapshot is searched for.")
@click.option(
    "--spans", "size", type=click.IntRange(0, 1000), metavar="N", default=0, help="Show the N worst spans, too."
)
@verb
def contamination(session: Session, target: str, benchmark: str, size: int) -> None:
    """Whether TARGET is clean of benchmarks, and which of their items its documents repeat.

    TARGET is a mix that names benchmarks in clean_of; or, with --benchmark, a source, whose documents are searched if
    that was not done before. Of a mix that was refused, and so does not stand, the documents of its sources are told.
    Too short or untold (a mere template) are items of which nothing is known.
    """
    from dagster_project.cli.watching import watching
    from dagster_project.corpus.lineage.contamination import worst_spans
    from dagster_project.opening import opened

    with watching(session) as observer, opened(session.settings, observer) as library:
        answers, searches = _asked(library, target, benchmark)
        spans = worst_spans(library.store, searches, size) if size else []
    if session.json:
        session.show_json({"target": target, "answers": answers, **({"spans": spans} if size else {})})
    else:
        show(session, answers, spans, size)


def _asked(library: Library, target: str, benchmark: str) -> tuple[list[dict[str, Any]], list[Search]]:
    """The answers, and the searches that they rest on."""
    from dagster_project.cli.naming import published_mix
    from dagster_project.corpus.lineage.contamination import answers_of_mix, searches_of
    from dagster_project.corpus.storage.refs import load_manifest, resolve

    if benchmark:
        searches = [_searched(library, library.recipes.source(target.removeprefix("snapshots/")).key, benchmark)]
        return searches[0].answers, searches
    try:
        mix, version = published_mix(library.store, target)
    except PartitionError:
        if library.recipes.lacks("mixes", target.rpartition("/")[2]):
            raise
        searches = _below(library, target.rpartition("/")[2])
        return [answer for search in searches for answer in search.answers], searches
    mixed = load_manifest(library.store, resolve(library.store, mix, version))
    if not mixed.facts.get("clean_of"):
        raise Refused(f"{mix} promises to be clean of no benchmark: name some in clean_of, or search with --benchmark")
    return answers_of_mix(library.store, mix, mixed), searches_of(library.store, mixed)


def _searched(library: Library, source: str, benchmark: str) -> Search:
    """The raw documents of a source, searched now if they never were."""
    from dagster_project.corpus.building.measuring import SEARCHING
    from dagster_project.corpus.lineage.contamination import search_of
    from dagster_project.corpus.model.measurements import Measurement
    from dagster_project.corpus.model.partitions import Partition

    recipe = library.recipes.artifact(benchmark)
    if recipe.kind != "benchmark":
        raise Refused(f"artifact {recipe.key} is of kind {recipe.kind}: name one of kind benchmark")
    partition = Partition("signals", source, Measurement(SEARCHING, (), recipe.key).part)
    return search_of(library.store, partition, library.build(partition).manifest)


def _below(library: Library, name: str) -> list[Search]:
    """What the mix of a recipe would rest on."""
    from dagster_project.corpus.lineage.contamination import search_of
    from dagster_project.corpus.model.partitions import Partition

    mix = library.recipes.mix(name)
    if not mix.clean_of:
        raise Refused(f"mix {mix.key} promises to be clean of no benchmark: name some in clean_of")
    asked = dict.fromkeys(
        Partition("signals", source, item.part)
        for source, policy in library.recipes.members_of(mix)
        for item in library.planner.measuring.promised(mix, policy)
    )
    return [search_of(library.store, partition, library.build(partition).manifest) for partition in asked]


def show(session: Session, answers: Sequence[Facts], spans: Sequence[Facts], size: int) -> None:
    """A row for every benchmark, and below it the spans, whose text is data and nothing else."""
    from dagster_project.cli.tables import table

    rows = [[item[name.replace(" ", "_")] for name in COLUMNS] for item in answers]
    session.out.print(table("Benchmarks", COLUMNS, rows))
    for item in answers:
        if item.get("excluded"):
            click.echo(visible(f"{item['of']} keeps out {item['excluded']:,} documents for {item['benchmark']}"))
    for span in spans:
        click.echo()
        click.echo(visible(f"{span['benchmark']} item {span['item']}: {span['overlap']:.1%}, {span['kind']}"))
        click.echo(visible(f"  {span['source']} document {span['doc_id']}, bytes {span['start']} to {span['end']}"))
        click.echo(visible(f"  {' '.join(span['text'].split())}", SHOWN))
    if size and not spans:
        click.echo("no span")
