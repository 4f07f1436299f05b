"""A trace as a tree for people: mix, document, license, verdicts, families, passages, snapshot, raw object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from rich.tree import Tree

FAMILY_SHOWN = 10
Branch = tuple[str, list[str]]


def tree_of(traced: dict[str, Any]) -> Tree:
    """One line per fact, every one of them escaped."""
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(visible(f"document {traced['document']['doc_id']}"), style="bold"))
    for name, lines in branches(traced):
        branch = tree.add(Text(name, style="cyan"))
        for line in lines:
            branch.add(Text(visible(line)))
    return tree


def _said_of(document: dict[str, Any]) -> Iterable[str]:
    """Its dates with what they rest on, and what it asks of its readers."""
    for date in ("collected", "published"):
        at, confidence = document[f"{date}_at"], document[f"{date}_confidence"]
        said = ", ".join(
            f"{item['kind']}: {item['value']}" for item in document["date_evidence"] if item["date"] == date
        )
        yield f"{date}: {at} ({confidence}) by {said}" if at else f"{date}: unknown"
    yield from (f"reserved by {item['kind']}: {item['value']}" for item in document["reservations"])


DOCUMENT = ("source", "title", "url", "locator", "record_id", "generator")


def branches(traced: dict[str, Any]) -> Iterable[Branch]:
    """The facts in the order in which a person asks for them."""
    mix = traced["mix"]
    yield f"in {mix['partition']} {mix['id'][:12]}", _places(traced["members"])
    for earlier in traced["replayed"]:
        yield f"in {earlier['partition']} {earlier['id'][:12]}, which is replayed", _places(earlier["members"])
    yield "document", [*_present(traced["document"], DOCUMENT), *_said_of(traced["document"])]
    yield "license", _license(traced["license"])
    if traced["parents"]:
        yield "parents", list(_parents(traced["parents"]))
    yield "verdicts", [_verdict(item) for item in traced["verdicts"]]
    yield "family", [line for item in traced["families"] for line in _family(item)]
    if traced["passages"]:
        yield "passages", [line for item in traced["passages"] for line in _passages(item)]
    yield "decisions", [_decision(item) for item in traced["decisions"]]
    snapshot, raw = traced["snapshot"], traced["raw"]
    at = f"row {snapshot['row']} of {snapshot['shard']}"
    yield "snapshot", [f"{snapshot['partition']} {snapshot['id'][:12]}", at]
    yield "raw object", [f"{raw['object']}, position {raw['position']}", *_present(raw, ("sha256", "size"))]


def _present(facts: dict[str, Any], names: Iterable[str]) -> list[str]:
    return [f"{name.replace('_', ' ')}: {facts[name]}" for name in names if facts.get(name) is not None]


def _places(members: list[dict[str, Any]]) -> list[str]:
    if not members:
        return ["not in this mix; below is where it went"]
    return [
        f"place {item['index']}, component {item['component']}, copy {item['copy']}"
        + (f", by {item['replays']['partition']} {item['replays']['id'][:12]}" if "replays" in item else "")
        + (f": shard {item['shard']} row {item['row']}, {item['path']}" if "path" in item else ", not published")
        for item in members
    ]


def _license(found: dict[str, Any]) -> list[str]:
    lines = []
    if concluded := found["concluded"]:
        by = f" by {concluded['rule']}" if concluded["rule"] else ""
        lines.append(f"concluded: {concluded['expression']} ({concluded['class']}) from {concluded['kind']}{by}")
        lines += [f"finding: {finding}" for finding in concluded["findings"]]
    for item in found["effective"]:
        by = f" by {item['rule']}" if item["rule"] else ""
        lines.append(f"effective in {item['corpus']}: {item['expression']} ({item['class']}){by}")
        own = found["concluded"]["findings"] if found["concluded"] else []
        lines += [f"finding: {finding}" for finding in item["findings"] if finding not in own]
    for item in found["in_mix"]:
        by = f" by {' and '.join(item['rules'])}" if item["rules"] else ""
        lines.append(f"in the mix: {item['expression']} ({item['class']}){by}")
    return [*lines, *(f"evidence: {item['kind']} {item['value']!r} in {item['where']}" for item in found["evidence"])]


def _parents(parents: list[dict[str, Any]], above: int = 0) -> Iterable[str]:
    """One line each, those of a parent behind it."""
    for parent in parents:
        span = [parent["start"], parent["end"]]
        place = "" if span == [None, None] else f", bytes {span[0] or 0} to {'the end' if span[1] is None else span[1]}"
        license_ = parent["license"]["expression"] if parent["license"] else "license unknown"
        where = f"{parent['source']} {parent['locator']}" if parent["source"] else "in no snapshot below this mix"
        made = f", made by {parent['generator']}" if parent["generator"] else ""
        yield f"{'  ' * above}{parent['doc_id']}{place}: {where}, {license_}{made}"
        yield from _parents(parent["parents"], above + 1)


def _decision(item: dict[str, Any]) -> str:
    because = "" if item["rule"] is None else f" by {item['rule']}"
    value = "" if item["value"] is None else f" (value {item['value']})"
    made = f"{item['id'][:12]}, code {item['code_version']}, recipe {item['recipe'][:12]}"
    return f"{item['partition']}: {item['decision']}{because}{value}; {made}"


def _verdict(item: dict[str, Any]) -> str:
    if item["keep"]:
        return f"{item['partition']}: kept"
    return f"{item['partition']}: removed by {item['rule']} (value {item['value']})"


def _family(item: dict[str, Any]) -> list[str]:
    alike = f", similarity {item['similarity']:.3f}" if item["similarity"] is not None else ""
    lines = [f"{item['partition']}: {item['status']} of {item['size']}{alike}"]
    if item["survivor"]:
        lines.append(f"survivor: {item['survivor']}")
    members = item["members"]
    lines += [f"{m['doc_id']} {m['snapshot']} {m['status']} {m['license']}" for m in members[:FAMILY_SHOWN]]
    return [*lines, *([f"… and {len(members) - FAMILY_SHOWN} more (--json)"] if len(members) > FAMILY_SHOWN else [])]


def _passages(item: dict[str, Any]) -> list[str]:
    numbers = f"{item['repeated_bytes']:,} bytes and {item['repeated_lines']:,} lines stand elsewhere, too"
    lines = [f"{item['partition']}: {item['status']}, {numbers}; {item['cut_bytes']:,} bytes are cut"]
    lines += [
        f"{found['kind']} {found['start']}–{found['end']} in {found['copies']} documents, first in {found['first']}"
        for found in item["shared"][:FAMILY_SHOWN]
    ]
    more = len(item["shared"]) - FAMILY_SHOWN
    return [*lines, *([f"… and {more} more (--json)"] if more > 0 else [])]
