"""florilegium matches: what of a model's words stands verbatim in a mix, and who wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.portraits import EXCERPT, FILE, SHOWN, texted
from dagster_project.cli.session import PATHS, Session, verb
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.corpus.portraits.generations import Found


@click.command()
@click.argument("mix")
@click.option("--file", "path", type=FILE, required=True, help="What a model said, in JSON lines.")
@click.option("--field", default="text", show_default=True, help="The field of a line that holds the text.")
@click.option("--min-characters", type=click.IntRange(8), metavar="N", help="Spans of so many. [default: 50]")
@click.option("--min-words", type=click.IntRange(8), metavar="N", help="Instead of so many words.")
@click.option("--out", type=PATHS, metavar="FILE", help="Every span as a line of JSON.")
@verb
def matches(
    session: Session, mix: str, path: Path, field: str, min_characters: int, min_words: int, out: Path | None
) -> None:
    """The longest spans of what a model said that stand verbatim in MIX, with the documents that hold them.

    A span is in characters of its text and is part of no longer one; of the documents the first is named, by where it
    stands in MIX. From 99 characters on the portrait rules out texts before MIX is read.
    """
    from dagster_project.corpus.portraits.generations import (
        Tally,
        generations_in,
        lines_of,
        refuse_nothing,
        told_of,
    )
    from dagster_project.corpus.portraits.spans import Least
    from dagster_project.opening import opened_engine, opened_store

    if min_characters and min_words:
        raise click.UsageError("give --min-characters or --min-words, not both")
    least = Least(min_words, "words") if min_words else Least(min_characters or Least().count)
    tally = Tally()
    with opened_store(session.settings) as store, opened_engine(session.settings) as engine:
        found, manifest = texted(store, mix)
        spans = generations_in(store, engine, manifest, lines_of(path, field, tally), least, tally)
        kept = list(spans) if out is None else _written(out, spans)
    refuse_nothing(tally, field)
    facts = {"partition": str(found), "version": manifest.id, "least": {least.unit: least.count}, **tally.told()}
    if session.json:
        more: dict[str, Any] = {"file": str(out.absolute())} if out else {"matches": [told_of(item) for item in kept]}
        session.show_json({**facts, **more})
    else:
        _show_matches(session, facts, kept, _excerpts(path, field, kept))


def _written(out: Path, spans: Iterator[Found]) -> list[Found]:
    """Write all of them, through a draft; returns the longest for the terminal."""
    import heapq

    from dagster_project.corpus.portraits.generations import told_of

    draft = out.with_name(f".{out.name}.draft")
    kept: list[tuple[int, int, Found]] = []
    try:
        with draft.open("w", encoding="ascii") as file:
            for number, item in enumerate(spans):
                file.write(json.dumps(told_of(item)) + "\n")
                size = item.match.end - item.match.start
                (heapq.heappush if len(kept) < SHOWN else heapq.heappushpop)(kept, (size, -number, item))
        draft.replace(out)
    except OSError as error:
        raise Refused(f"{out} cannot be written ({error.strerror}): name another file") from None
    finally:
        draft.unlink(missing_ok=True)
    return [item for _, _, item in sorted(kept, reverse=True)]


def _excerpts(path: Path, field: str, kept: Sequence[Found]) -> list[str]:
    """What the longest spans say."""
    from dagster_project.corpus.portraits.generations import Tally, lines_of

    longest = _longest(kept)
    wanted = {item.line for item in longest}
    texts = {line: text for line, text in lines_of(path, field, Tally()) if line in wanted}
    return [texts[item.line][item.match.start : item.match.end] for item in longest]


def _longest(kept: Sequence[Found]) -> list[Found]:
    return sorted(kept, key=lambda item: (item.match.start - item.match.end, item.line, item.match.start))[:SHOWN]


def _show_matches(session: Session, facts: dict[str, Any], kept: Sequence[Found], excerpts: Sequence[str]) -> None:
    from dagster_project.cli.tables import table

    rows = [
        [item.line, item.match.start, item.match.end - item.match.start, item.match.documents,
         item.match.first.doc_id.hex(), item.match.first.source, item.match.first.license,
         " ".join(excerpt.split())[:EXCERPT]]
        for item, excerpt in zip(_longest(kept), excerpts, strict=True)
    ]  # fmt: skip
    columns = ["line", "start", "characters", "documents", "first", "source", "license", "says"]
    session.out.print(table(f"Longest verbatim spans in {facts['partition']}", columns, rows))
    click.echo(
        f"{facts['matching']:,} of {facts['texts']:,} texts have {facts['spans']:,} spans, "
        f"{facts['matched_share']:.2%} of {facts['characters']:,} characters"
    )
    if facts["unreadable"]:
        reasons = ", ".join(f"{count:,} {visible(reason)}" for reason, count in facts["unreadable"].items())
        click.echo(f"lines left out: {reasons}")
    if facts["cut_short"]:
        click.echo(f"{facts['cut_short']:,} documents repeat themselves too much to be followed to their end")
