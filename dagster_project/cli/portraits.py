"""florilegium portrait: which spans of a text a mix or a corpus seems to hold, and which it does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.lineage import TEXT_FILE, only_one
from dagster_project.cli.session import Session, verb

if TYPE_CHECKING:
    from dagster_project.corpus.model.manifests import Manifest
    from dagster_project.corpus.model.partitions import Partition
    from dagster_project.corpus.portraits.asking import Span
    from dagster_project.corpus.portraits.proving import Proof
    from dagster_project.corpus.storage.stores import Store

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN, EXCERPT = 20, 60  # spans; characters of one
MIXES = ("mixed", "published")


@click.group(name="portrait")
def portrait_group() -> None:
    """Which spans of a text stand in a mix or a corpus, by a filter of 2.5 % of its size."""


@portrait_group.command()
@click.argument("partition")
@verb
def show(session: Session, partition: str) -> None:
    """What the portrait of PARTITION can tell: its size, how often it errs, and how much of the text it covers.

    PARTITION is a mix, or a corpus as deduplicated/name@version. A portrait that is missing is made.
    """
    from dagster_project.corpus.portraits.drawing import portray
    from dagster_project.corpus.portraits.portrait import told_of
    from dagster_project.opening import opened_engine, opened_store

    with opened_store(session.settings) as store, opened_engine(session.settings) as engine:
        found, manifest = texted(store, partition)
        facts = {"partition": str(found), **told_of(portray(store, engine, manifest))}
    if session.json:
        session.show_json(facts)
        return
    click.echo(f"{facts['partition']}#{facts['version'][:12]}")
    click.echo(
        f"  {facts['elements']:,} different n-grams of {facts['width']} characters; {facts['size_bytes']:,} bytes, "
        f"{facts['share_of_text']:.2%} of {facts['text_bytes']:,} bytes of text"
    )
    click.echo(f"  an n-gram that is not there is held for one in {facts['false_rate']:.2%} of cases")
    click.echo(
        f"  nothing of {facts['certain']} characters or more is missed; {facts['short']:,} of {facts['documents']:,} "
        f"documents are shorter than an n-gram and not covered"
    )


@portrait_group.command()
@click.argument("partition")
@click.option("--text", help="The text.")
@click.option("--text-file", type=TEXT_FILE, help="The same in a file (- for stdin).")
@click.option("--file", "lines", type=FILE, help="Many texts, in a file of JSON lines, such as items of a benchmark.")
@click.option("--field", default="text", show_default=True, help="Of these lines the field that holds the text.")
@click.option("--all", "is_all", is_flag=True, help="Also spans that chance may well explain.")
@click.option("--exact", is_flag=True, help="Read the version, and say of every span whether it is true and where.")
@verb
def query(session: Session, partition: str, field: str, is_all: bool, exact: bool, **asked: Any) -> None:
    """Which spans of a text stand in PARTITION.

    A run of n-grams one after the other is a span. Its chance is how many such runs a text of this length has on
    average of which nothing stands in PARTITION.
    """
    from dagster_project.corpus.portraits.asking import SURE, portrait_of
    from dagster_project.corpus.portraits.proving import proofs_of
    from dagster_project.opening import opened_engine, opened_store

    lines, texts = _asked(asked, field)
    with opened_store(session.settings) as store, opened_engine(session.settings) as engine:
        found, manifest = texted(store, partition)
        portrait = portrait_of(store, engine, manifest)
        spans = portrait.spans(texts)
        shown = [[span for span in some if is_all or span.chance < SURE] for some in spans]
        proofs = proofs_of(store, engine, manifest, texts, shown, portrait.header.width) if exact else None
    told = [
        {
            "line": line,
            "characters": len(text),
            "unsure": len(some) - len(kept),
            "spans": [_span(span, proofs[number][place] if proofs else None) for place, span in enumerate(kept)],
        }
        for number, (line, text, some, kept) in enumerate(zip(lines, texts, spans, shown, strict=True))
    ]
    facts = {"partition": str(found), "version": manifest.id, "exact": exact, "texts": told}
    if session.json:
        session.show_json(facts)
    else:
        _show_query(session, facts, texts)


def texted(store: Store, text: str) -> tuple[Partition, Manifest]:
    """The version whose text is meant: of a mix its publication; of anything else what the name says."""
    from dagster_project.cli.diff import addressed
    from dagster_project.cli.naming import published_mix
    from dagster_project.corpus.loading.publications import publication

    stage, slash, _ = text.partition("/")
    if slash and stage not in MIXES:
        return addressed(store, text)
    name = text.removeprefix("mixed/").removeprefix("published/")
    return publication(store, name if "#" in name else published_mix(store, name)[0].key)


def _asked(asked: dict[str, Any], field: str) -> tuple[list[int], list[str]]:
    """Numbers of lines, and texts."""
    from dagster_project.corpus.portraits.generations import Tally, lines_of, refuse_nothing

    if asked["lines"] is None:
        ((_, text),) = only_one({name: asked[name] for name in ("text", "text_file")}).items()
        return [1], [text.encode(errors="replace").decode()]
    if asked["text"] is not None or asked["text_file"] is not None:
        raise click.UsageError("give exactly one of --text, --text-file, --file")
    tally = Tally()
    found = list(lines_of(asked["lines"], field, tally))
    refuse_nothing(tally, field)
    if tally.unreadable:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.unreadable.items()))
        click.echo(f"{sum(tally.unreadable.values())} lines were left out ({reasons})", err=True)
    return [line for line, _ in found], [text for _, text in found]


def _span(span: Span, proof: Proof | None) -> dict[str, Any]:
    told: dict[str, Any] = {**span._asdict(), "characters": span.end - span.start}
    if proof is not None:
        from dagster_project.corpus.portraits.generations import Found, told_of

        told["verdict"] = proof.verdict
        told["matches"] = [{k: v for k, v in told_of(Found(0, item)).items() if k != "line"} for item in proof.matches]
    return told


def _show_query(session: Session, facts: dict[str, Any], texts: Sequence[str]) -> None:
    from dagster_project.cli.tables import table

    rows = []
    for item, text in zip(facts["texts"], texts, strict=True):
        for span in item["spans"]:
            holder = next(iter(span.get("matches", ())), None)
            true = [span["verdict"], holder and holder["first"]["doc_id"], holder and holder["first"]["source"]]
            excerpt = " ".join(text[span["start"] : span["end"]].split())[:EXCERPT]
            numbers = [item["line"], span["start"], span["end"], span["grams"], f"{span['chance']:.1e}"]
            rows.append([*numbers, *(true if facts["exact"] else ()), excerpt])
    columns = ["text", "start", "end", "n-grams", "chance"]
    more = ["verdict", "document", "source"] if facts["exact"] else []
    session.out.print(table(f"Spans in {facts['partition']}", [*columns, *more, "says"], rows[:SHOWN]))
    if len(rows) > SHOWN:
        click.echo(f"and {len(rows) - SHOWN:,} more: --json tells all")
    if unsure := sum(item["unsure"] for item in facts["texts"]):
        click.echo(f"{unsure:,} that chance may well explain are not shown: --all shows them, --exact tells the truth")
