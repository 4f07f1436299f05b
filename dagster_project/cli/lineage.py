"""florilegium trace, impact: from a mix to its sources and back, by whatever a person has in hand.

Exactly one thing is asked; a text may be compared exactly, normalized, or by what is near.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from dagster_project.cli.session import Session, verb
from dagster_project.cli.starting import start_lightly
from dagster_project.cli.tracing import show_impact, show_traced
from dagster_project.corpus.model.errors import PartitionError

if TYPE_CHECKING:
    from dagster_project.corpus.lineage.overview import Overview
    from dagster_project.corpus.lineage.questions import Question
    from dagster_project.corpus.lineage.trace import Meant
    from dagster_project.settings import Settings

ID_DIGITS = 32  # 128 bits; said here so that --help need not wait for Arrow
NEAR = 0.8  # the similarity of --near without a number


class Identifier(click.ParamType[bytes]):
    """A document or record id in hexadecimal."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> bytes:
        if isinstance(value, bytes):
            return value
        if not re.fullmatch(rf"[0-9a-fA-F]{{{ID_DIGITS}}}", value):
            self.fail(f"{value!r} is not an id: it has {ID_DIGITS} hexadecimal digits", param, context)
        return bytes.fromhex(value)


TEXT_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)
QUESTIONS: dict[str, dict[str, Any]] = {
    "--doc": {"type": Identifier(), "help": "A document id."},
    "--record": {"type": Identifier(), "help": "A record id: the document in all its versions."},
    "--url": {"help": "A URL."},
    "--host": {"help": "Every URL of a host."},
    "--domain": {"help": "Every URL of a registered domain and of the hosts below it."},
    "--source": {"help": "A source, name or name@version."},
    "--snapshot": {"metavar": "ID", "help": "One exact version of a snapshot, by the first digits of its id."},
    "--license": {"help": "An SPDX expression, as a mix states it."},
    "--license-class": {"help": "A class of licenses, as a mix states it."},
    "--text": {"help": "Exactly this text."},
    "--text-file": {"type": TEXT_FILE, "help": "The same, the text in a file (- for stdin)."},
}
FIELDS = {"doc": "doc_id", "record": "record_id"}


def asked_by(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a question, and how a text is compared."""
    options = [click.option(flag, **attributes) for flag, attributes in QUESTIONS.items()]
    options += [
        click.option("--normalized", is_flag=True, help="With a text: whatever its case, spaces and punctuation."),
        click.option(
            "--near",
            is_flag=False,
            flag_value=NEAR,
            type=click.FloatRange(0, 1, min_open=True),
            metavar="SIMILARITY",
            help=f"With a text: documents this similar at least, by MinHash. [alone: {NEAR}]",
        ),
        click.option("--within", is_flag=True, help="With a text: documents of the newest mixes in which it stands."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


FORMS = ("text", "table", "json", "dot", "mermaid")
FORM = click.option("--format", "form", type=click.Choice(FORMS), default="text", help="[default: text]")


@click.command()
@click.argument("mix")
@asked_by
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="The first so many documents.")
@FORM
@verb
def trace(session: Session, mix: str, limit: int, form: str, **given: Any) -> None:
    """Follow documents of MIX to their verdicts, families, licenses, raw objects, shards and rows.

    With --json, --doc gives one object; the others give {count, more, documents}.
    """
    start_lightly()
    from dagster_project.cli.naming import published_mix
    from dagster_project.corpus.lineage.overview import overview
    from dagster_project.corpus.lineage.trace import trace as traced
    from dagster_project.corpus.lineage.upkeep import keep_up
    from dagster_project.stores import opened_store

    question = asked(given)
    with opened_store(session.settings) as store:
        partition, digits = published_mix(store, mix)
        seen = overview(store)
        version = seen.version_of(partition, digits)
        meant = _meant(seen, version, question, limit, session.settings)
        found = [traced(store, partition, document, version, seen=seen) for document in meant.documents]
        show_traced(session, found, meant.total, form, question.name == "doc")
        keep_up(seen)


@click.command()
@asked_by
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="The first so many rows of each.")
@FORM
@verb
def impact(session: Session, limit: int, form: str, **given: Any) -> None:
    """Every version of every mix that holds what is asked about: documents, members, shards and rows; and how many
    documents it holds that were derived from it."""
    start_lightly()
    from dagster_project.corpus.lineage.impact import answers
    from dagster_project.corpus.lineage.overview import overview
    from dagster_project.corpus.lineage.upkeep import keep_up
    from dagster_project.stores import opened_store

    question = asked(given)
    with opened_store(session.settings) as store:
        seen = overview(store)
        below = seen.below([mix.id for mix in seen.mixes])
        found: list[dict[str, Any]] = []
        near: dict[str, float] = {}
        newest = [mix.published for mix in seen.mixes if mix.newest and mix.published]
        for item, similar in question.questions(seen, below, newest, session.settings):
            near |= similar
            if found := answers(seen, item, most=limit):
                break
        show_impact(session, {"asked": question.told(), **({"near": near} if near else {}), "mixes": found}, form)
        keep_up(seen)


def _meant(seen: Overview, version: str, question: Asked, limit: int, settings: Settings) -> Meant:
    from dagster_project.corpus.lineage.trace import Meant, documents_in

    if question.name == "doc":
        return Meant([question.value], 1)
    published = [mix.published for mix in seen.mixes if mix.id == version and mix.published]
    for item, _ in question.questions(seen, seen.below([version]), published, settings):
        found = documents_in(seen, version, item, limit)
        if found.total:
            return found
    raise PartitionError(f"no document below {version[:12]} {_said(question)}: `florilegium impact` asks all mixes")


def _said(question: Asked) -> str:
    if question.name in ("text", "text_file"):
        said = {"near": "is near this text", "normalized": "has these words", "within": "has this text within its own"}
        return said.get(question.field, "has exactly this text")
    value = question.value.hex() if isinstance(question.value, bytes) else question.value
    if question.name in ("url", "host", "domain"):
        return f"came from {value}"
    return f"is of {question.name.replace('_', ' ')} {value}"


class Asked(NamedTuple):
    """The one thing that is asked, and how a text is compared."""

    name: str  # of the option
    value: Any
    normalized: bool = False
    near: float | None = None
    within: bool = False

    @property
    def field(self) -> str:
        if self.name in ("text", "text_file"):
            return "normalized" if self.normalized else "near" if self.near else "within" if self.within else "text"
        return FIELDS.get(self.name, self.name)

    def told(self) -> dict[str, Any]:
        value = self.value.hex() if isinstance(self.value, bytes) else self.value
        return {self.field: value, **({"similarity": self.near} if self.near else {})}

    def questions(
        self, seen: Overview, below: Sequence[str], published: Sequence[str], settings: Settings
    ) -> Iterator[tuple[Question, dict[str, float]]]:
        """The questions that may be meant, the first that finds anything counts; with the similarity of near texts.
        What stands within texts is looked for in some publications."""
        from dagster_project.corpus.lineage.questions import Question

        for value in _texts(self.name, self.value):
            if self.near and self.name in ("text", "text_file"):
                from dagster_project.corpus.deduplication.near_prints import near_prints

                found = near_prints(seen, value, below, self.near)
                similar = {item.doc_id.hex(): item.similarity for item in found}
                yield Question(documents=tuple(item.doc_id for item in found)), similar
            elif self.within:
                from dagster_project.corpus.portraits.within import documents_with
                from dagster_project.opening import opened_engine

                with opened_engine(settings) as engine:
                    held = documents_with(seen.store, engine, seen.manifests(published), value)
                yield Question(documents=tuple(held)), {}
            else:
                yield Question(**{self.field: value}), {}


def asked(given: dict[str, Any]) -> Asked:
    """What the options say; UsageError unless they say one thing."""
    normalized, within = (bool(given.pop(name, False)) for name in ("normalized", "within"))
    near = given.pop("near", None)
    ((name, value),) = only_one(given).items()
    flags = {"--normalized": normalized, "--near": near, "--within": within}
    ways = [flag for flag, is_asked in flags.items() if is_asked]
    if ways and name not in ("text", "text_file"):
        raise click.UsageError(f"{ways[0]} says how a text is compared: give --text or --text-file, too")
    if len(ways) > 1:
        raise click.UsageError(f"{' and '.join(ways)} are ways to compare a text: give one of them")
    return Asked(name, value, normalized, near, within)


def only_one(given: dict[str, Any]) -> dict[str, Any]:
    """The one option that was given; a text file becomes its text."""
    found = {name: value for name, value in given.items() if value is not None}
    if len(found) != 1:
        names = [f"--{name.removesuffix('_id').replace('_', '-')}" for name in given]
        raise click.UsageError(f"give exactly one of {', '.join(names)}")
    if "text_file" in found:
        return {"text_file": _text(found["text_file"])}
    return found


def _text(path: str) -> str:
    try:
        with click.open_file(path, "rb") as file:
            return str(file.read().decode())
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path} is not UTF-8 at byte {error.start}") from None


def _texts(name: str, value: Any) -> list[Any]:
    """An editor ends a file with a line break that the document may not have."""
    return [value, value.removesuffix("\n")] if name == "text_file" and value.endswith("\n") else [value]
