"""florilegium licenses: what expressions mean, what the table lists, and whether a mix keeps what its licenses ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.corpus.model.mix_recipes import LicensePolicy

TERMS = ("commercial_use", "derivatives", "patents", "attribution", "notice", "source")
EVIDENCE = "record.license"  # what an expression counts as concluded from, where a policy asks
Facts = Mapping[str, Any]


@click.group("licenses")
def licenses_group() -> None:
    """What licenses permit and ask, and what follows for a mix."""


@licenses_group.command("explain")
@click.argument("expression")
@click.option("--allow", multiple=True, metavar="WORD", help="A class or expression that a policy allows; repeatable.")
@click.option("--deny", multiple=True, metavar="EXPRESSION", help="An expression that a policy denies; repeatable.")
@verb
def explain(session: Session, expression: str, allow: tuple[str, ...], deny: tuple[str, ...]) -> None:
    """What EXPRESSION means: simplified, with the terms of each license, and what a license policy makes of it.

    Of what an OR offers a policy takes the least strict that it allows, and the choice is told. A text that is no SPDX
    expression is read as evidence is; what nobody knows counts as unknown, with the way out. Without --allow the policy
    is that of a mix which states none.
    """
    from dagster_project.corpus.licenses.explaining import explained
    from dagster_project.corpus.model.mix_recipes import LicensePolicy

    told = explained(expression)
    told["policy"] = _judged(LicensePolicy(allow=allow, deny=deny), told)
    if session.json:
        session.show_json(told)
    else:
        _show_explained(session, told)


@licenses_group.command("list")
@click.option("--class", "license_class", metavar="CLASS", help="Only licenses of one class.")
@verb
def list_licenses(session: Session, license_class: str | None) -> None:
    """The license table: class, permissions, duties and limits of every license in it."""
    from dagster_project.cli.tables import table
    from dagster_project.corpus.licenses.explaining import license_told
    from dagster_project.corpus.licenses.table import table as licenses

    known = licenses()
    if license_class not in (None, *known.classes):
        raise click.UsageError(f"{license_class} is not a class: use one of {', '.join(known.classes)}")
    found = [item for item in known.terms.values() if license_class in (None, item.license_class)]
    told = [license_told(item.id) for item in found]
    if session.json:
        session.show_json(told)
        return
    columns = ["license", "class", *(name.replace("_", " ") for name in TERMS), "share-alike", "limits"]
    rows = [[item[name] for name in ("id", "class", *TERMS, "share_alike", "field_of_use")] for item in told]
    session.out.print(table(f"{len(rows):,} licenses", columns, rows))


@licenses_group.command("audit")
@click.argument("mix")
@verb
def audit(session: Session, mix: str) -> None:
    """Whether MIX keeps its license policy, and what its licenses ask of whoever passes it on.

    Told are members by license, class, evidence and rule; where what is declared, concluded and effective differ; the
    choices that were made of OR; the same text under two licenses and share-alike terms that cannot become one work,
    with the evidence of both; flags, which bind nobody; obligations, and whether the attribution file of this version
    is there; and what the policy kept out. Every member is judged again, by the license table of today: the command
    fails where one may not be there.
    """
    from dagster_project.cli.failing import FAILED
    from dagster_project.cli.license_audits import has_attribution, show
    from dagster_project.cli.naming import published_mix
    from dagster_project.corpus.building.license_audit import audit_licenses
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        partition, version = published_mix(store, mix)
        is_there = has_attribution(store, partition, session.settings.home, version)
        found = audit_licenses(store, partition, version, is_there)
    if session.json:
        session.show_json(found)
    else:
        show(session, found)
    click.get_current_context().exit(FAILED if found["violations"] else 0)


def _judged(policy: LicensePolicy, told: Facts) -> dict[str, Any]:
    """What the gate of a mix makes of an expression: why it may not enter, or what is chosen of it."""
    from dagster_project.corpus.licenses.table import class_of
    from dagster_project.corpus.mixing.license_gate import LicenseGate

    gate, expression = LicenseGate(policy), told["expression"]
    judged = gate.judged(expression, told["class"], EVIDENCE)
    offers = [
        {"license": offer, "class": class_of(offer), "reason": gate.judged(offer, class_of(offer), EVIDENCE).reason}
        for offer in told["offers"]
    ]
    return {
        "allow": list(policy.allow),
        "deny": list(policy.deny),
        "admitted": not judged.reason,
        "reason": judged.reason or None,
        "license": judged.license,
        "class": judged.license_class,
        "rule": "or-choice" if judged.license != expression else None,
        "offers": offers,
    }


def _show_explained(session: Session, told: Facts) -> None:
    from dagster_project.cli.tables import table

    for line in _lines(told):
        click.echo(visible(line))
    columns = ["license", "class", *(name.replace("_", " ") for name in TERMS), "share-alike", "limits", "why"]
    names = ("id", "class", *TERMS, "share_alike", "field_of_use", "why")
    rows: Sequence[Sequence[Any]] = [[item[name] for name in names] for item in told["licenses"]]
    session.out.print(table("Licenses", columns, rows))
    for item in told["licenses"]:
        if item["exception"]:
            click.echo(visible(f"{item['id']}: the exception is for {item['exception']}; the text keeps these terms"))
        if item["may_become"]:
            click.echo(visible(f"{item['id']}: a changed work may become {', '.join(item['may_become'])}"))
    offers = [[item["license"], item["class"], item["reason"] or "may enter"] for item in told["policy"]["offers"]]
    if len(offers) > 1:
        session.out.print(table("Offers of OR, the least strict first", ["license", "class", "policy"], offers))


def _lines(told: Facts) -> list[str]:
    """What holds of the whole expression."""
    together, policy = told["together"], told["policy"]
    said = [f"{name.replace('_', ' ')} {together[name]}" for name in TERMS]
    lines = [f"refused as SPDX: {told['refused']}"] if told["refused"] else []
    if told["refused"]:
        lines.append(f"read as evidence: {told['read_by']}")
    if told["candidates"]:
        lines.append(f"may mean: {', '.join(told['candidates'])}")
    lines += [f"expression: {told['expression']}", f"class: {told['class']}", f"together: {', '.join(said)}"]
    lines += [f"share-alike that cannot become one work: {' with '.join(pair)}" for pair in told["conflicts"]]
    if policy["admitted"]:
        chosen = f"{policy['license']} by {policy['rule']}" if policy["rule"] else policy["license"]
        return [*lines, f"policy: may enter, as {chosen}"]
    return [*lines, f"policy: may not enter: {policy['reason']}"]
