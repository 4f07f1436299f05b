"""A loss report in Markdown: every value from data is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagster_project.corpus.publishing.losses_wording import (
    attention,
    by_language,
    drift,
    fallen,
    limits_of,
    program,
    summary,
    value_of,
)
from dagster_project.corpus.publishing.markdown import shown, table, to_look_at
from dagster_project.corpus.publishing.sentences import Code, Command, Sentence, command
from dagster_project.corpus.publishing.wording import percent

Facts = Mapping[str, Any]
Tables = Iterator[tuple[str, Sequence[str], list[Sequence[Any]]]]
RULE = ("rule", "kept with", "removed", "words", "bytes", "failed in all", "failed alone")
BY_LANGUAGE = ("rule", "language", "removed", "words", "failed in all", "failed alone")
TRAIT = ("value", "before", "after", "share before", "share after", "kept")


def page_in_markdown(facts: Facts, command: Command = command) -> bytes:
    """The report, in UTF-8."""
    return ("\n".join(_lines(facts, command)) + "\n").encode()


def _lines(facts: Facts, command: Command) -> Iterator[str]:
    yield f"# Losses of {shown(facts['asked'])}\n"
    yield " ".join(map(shown, summary(facts)))
    yield from to_look_at(attention(facts, command))
    if facts["distributions"]:
        yield "\n## All together\n"
        yield from table(("source", "policy", "documents", "kept", "words", "words kept"), _members(facts))
        yield from _traits(facts["distributions"], command)
    for member in facts["members"]:
        yield f"\n## {shown(member['policy'])} in {shown(member['source'])}\n"
        yield f"Version `{member['id']}`"
        for title, head, rows in _tables(member):
            yield f"\n### {title}\n"
            yield from table(head, rows)
        if edits := program(member):
            yield "\n### Edits, in their order\n"
            yield from (f"- {shown(edit)}" for edit in edits)
        yield from _traits(member["distributions"], command)


def _members(facts: Facts) -> list[Sequence[Any]]:
    return [
        (
            member["source"],
            member["policy"],
            member["documents"]["documents"],
            member["kept"]["documents"],
            member["documents"]["words"],
            member["kept"]["words"],
        )
        for member in facts["members"]
    ]


def _tables(member: Facts) -> Tables:
    yield "Rules, in their order", RULE, [_rule(rule) for rule in member["rules"]]
    if rows := by_language(member):
        yield "By language", BY_LANGUAGE, [_by_language(row) for row in rows]
    names = member["overlap"]["rules"]
    pairs = [
        (Code(names[one]), Code(names[other]), row[other])
        for one, row in enumerate(member["overlap"]["documents"])
        for other in range(one + 1, len(names))
        if row[other]
    ]
    yield "Documents that fail two rules", ("rule", "and", "documents"), sorted(pairs, key=lambda pair: -pair[2])
    yield "Examples", ("rule", "value", "document", "what it is"), [*_examples(member)]
    if edited := member["edited"]:
        yield "Edits of what is kept", ("what", "how many"), [*edited.items()]
    yield (
        "Made from",
        ("partition", "version"),
        [(Code(row["partition"]), Code(row["id"])) for row in member["versions"]],
    )


def _rule(rule: Facts) -> Sequence[Any]:
    removed = [rule["removed"][unit] for unit in ("documents", "words", "bytes")]
    return (Code(rule["rule"]), limits_of(rule), *removed, rule["fired"]["documents"], rule["alone"]["documents"])


def _by_language(row: Facts) -> Sequence[Any]:
    removed = [row["removed"][unit] for unit in ("documents", "words")]
    return Code(row["rule"]), row["name"], *removed, row["fired"]["documents"], row["alone"]["documents"]


def _examples(member: Facts) -> Iterator[Sequence[Any]]:
    for rule in member["rules"]:
        for item in rule["examples"]:
            value = "not a number" if item["value"] is None else f"{item['value']:.6g}"
            yield Code(rule["rule"]), value, Code(item["doc_id"]), item["title"] or item["url"] or item["locator"]


def _traits(found: Sequence[Facts], command: Command) -> Iterator[str]:
    for item in found:
        yield f"\n### {item['title']}\n"
        if item["missing"]:
            where, build = Code(item["missing"]), Code(command("build", item["missing"]))
            yield shown(Sentence("Not told: ", where, " does not cover these documents. ", build, " makes it."))
            continue
        yield f"{shown(drift(item))}; by words {shown(drift(item, 'words'))}."
        if lost := fallen(item):
            yield f"Fell most: {shown('; '.join(lost))}."
        yield ""
        yield from table(TRAIT, [_row(item["trait"], row) for row in item["rows"]])


def _row(trait: str, row: Facts) -> Sequence[Any]:
    shares = [percent(row[name]) for name in ("share_before", "share_after", "kept")]
    return (value_of(trait, row), row["before"]["documents"], row["after"]["documents"], *shares)
