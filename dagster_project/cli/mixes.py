"""florilegium mixes plan: what a mix would take, before anything of it is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.corpus.model.mix_recipes import MixRecipe

Facts = Mapping[str, Any]
Rows = list[list[Any]]
MEASURES = ("documents", "words", "tokens")
REPEATS = {"exact": "of a document", "variant": "of its parent, by another document", "near": "of its family"}
ROWS = 20  # of a table
BY = ("phase", "source", "license", "license_class", "language")


@click.command("plan")
@click.argument("name")
@verb
def plan(session: Session, name: str) -> None:
    """What the mix NAME would take of its inputs as they stand, without building it.

    Told are the shares of components, phases, sources, licenses and languages, what is turned away and why, what is
    repeated, and warnings. What cannot be met is refused with the most that can be had, as `build` would.
    """
    from dagster_project.cli.watching import watching
    from dagster_project.corpus.model.partitions import Partition
    from dagster_project.opening import opened

    with watching(session) as observer, opened(session.settings, observer) as library:
        if message := library.recipes.lacks("mixes", name):
            raise FlorilegiumError(message)
        mix = library.recipes.mix(name)
        planned = library.plan_mix(Partition("mixed", mix.key))
    if session.json:
        session.show_json({"mix": mix.key, "unit": mix.budget.unit, "budget": mix.budget.amount, **planned})
    else:
        show(session, mix, planned)


def show(session: Session, mix: MixRecipe, planned: Facts) -> None:
    """Components first, then whatever they are counted by, then what was turned away, repeats and warnings."""
    from dagster_project.cli.tables import table

    unit, measures = mix.budget.unit, [name for name in MEASURES if name == "documents" or name in planned]
    sums = ", ".join(f"{planned.get('rows' if name == 'documents' else name, 0):,} {name}" for name in measures)
    click.echo(f"{mix.key}: {sums}, of a budget of {mix.budget.amount:,} {unit}")
    columns = ["component", "asked", "available", "most", "taken", "rounding", "epochs", *measures]
    session.out.print(table(f"Components, in {unit}", columns, component_rows(planned, unit, measures)))
    groups = group_rows(planned, unit)
    if groups:
        session.out.print(table("Groups", ["component", "group", "asked", "available", "taken"], groups))
    if mix.phases:
        names = [component.name for component in mix.components]
        rows = phase_rows(planned, [phase.name for phase in mix.phases], names)
        session.out.print(table(f"Phases, in {unit}", ["phase", *names], rows))
    for name in BY:
        rows = [[key, *(counts.get(of, 0) for of in measures)] for key, counts in _largest(planned, name)]
        session.out.print(table(f"By {name.replace('_', ' ')}", [name.replace("_", " "), *measures], _cut(rows)))
    _show_turned_away(session, planned)
    _show_repetition(session, planned["repetition"])
    for warned in planned["warnings"]:
        click.echo(f"warning: {warned['about']}: {visible(warned['said'])}")


def component_rows(planned: Facts, unit: str, measures: Sequence[str]) -> Rows:
    """Of each component what it is asked for, what there is of it once and at most, and what it gives: passes over what
    there is, and how much more or less than asked, for documents are taken whole."""
    rows = []
    for name, asked in planned["asked"].items():
        given = planned.get("by_component", {}).get(name, {})
        taken, available = given.get(unit, 0), asked["available"][unit]
        epochs = f"{taken / available:.2f}" if available else "0.00"
        head = [name, asked[unit], available, asked["most"], taken, f"{taken - asked[unit]:+,}", epochs]
        rows.append([*head, *(given.get(of, 0) for of in measures)])
    return rows


def group_rows(planned: Facts, unit: str) -> Rows:
    """The same of the groups of components that are balanced."""
    return [
        [name, group, counts[unit], counts["available"], counts["taken"]]
        for name, asked in planned["asked"].items()
        for group, counts in asked["groups"].items()
    ]


def phase_rows(planned: Facts, phases: Sequence[str], components: Sequence[str]) -> Rows:
    """What each phase asks each component for."""
    return [[phase, *(planned["asked"][name]["phases"].get(phase, 0) for name in components)] for phase in phases]


def turned_away_rows(planned: Facts) -> Iterator[list[Any]]:
    """Component, reason and documents: of the selection, then of the license policy, then of benchmarks."""
    for name in planned["asked"]:
        for reason, documents in planned["turned_away"].get(name, {}).items():
            yield [name, reason, documents]
        for reason, documents in planned["license_reasons"].get(name, {}).items():
            yield [name, f"license: {reason}", documents]
        for benchmark, documents in planned.get("excluded_by_contamination", {}).get(name, {}).items():
            yield [name, f"repeats {benchmark}", documents]


def _show_turned_away(session: Session, planned: Facts) -> None:
    from dagster_project.cli.tables import table

    columns = ["component", "reason", "documents"]
    session.out.print(table("Turned away", columns, [*turned_away_rows(planned)]))
    refused = [
        [name, license_, documents]
        for name, counts in planned["excluded_by_license"].items()
        for license_, documents in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    session.out.print(table("Kept out for their license", ["component", "license", "documents"], _cut(refused, 1)))


def _show_repetition(session: Session, found: Facts) -> None:
    from dagster_project.cli.tables import table

    copies = [[name, documents] for name, documents in found["copies"].items()]
    session.out.print(table("Copies", ["copies", "documents"], copies))
    repeats = [[of, found[kind], found[f"{kind}_words"]] for kind, of in REPEATS.items()]
    session.out.print(table("Repeats", ["", "members", "words"], repeats))
    sources = [
        [name, counts["documents"], counts["members"], f"{counts['members'] / counts['documents']:.2f}"]
        + [counts[kind] for kind in REPEATS]
        for name, counts in sorted(found["by_source"].items())
    ]
    session.out.print(table("Epochs", ["source", "documents", "members", "epochs", *REPEATS], sources))


def _largest(planned: Facts, name: str) -> list[tuple[str, Facts]]:
    """What members are counted by, phases as they come and all others by their words."""
    counted = [*planned.get(f"by_{name}", {}).items()]
    return counted if name == "phase" else sorted(counted, key=lambda item: (-item[1].get("words", 0), item[0]))


def _cut(rows: Rows, texts: int = 0) -> Rows:
    """The first rows, and one that sums up the others; before the counts stand so many texts more than one."""
    rest = rows[ROWS:]
    sums = [sum(row[number] for row in rest) for number in range(1 + texts, len(rest[0]))] if rest else []
    return [*rows[:ROWS], *([[f"{len(rest):,} more: --json", *[""] * texts, *sums]] if rest else [])]


COMMANDS: Mapping[str, click.Command] = {"plan": plan}
