"""What an expression means, told from its text to its duties: for people who ask why a document may not enter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dagster_project.corpus.licenses.expressions import NOASSERTION, NONE, licenses_in, parse
from dagster_project.corpus.licenses.obligations import become_one, duties, share_alike_conflicts, taken
from dagster_project.corpus.licenses.readings import read
from dagster_project.corpus.licenses.table import UNKNOWN, branches, choose, class_of, table, terms_of
from dagster_project.corpus.model.errors import Refused

STATED = "record.license"  # the kind of evidence as which a text is read that is no expression
OTHER_WAYS = (
    "state the license of the source with license and license_evidence in its recipe, or let a policy allow it by name"
)


def explained(text: str) -> dict[str, Any]:
    """The expression of a text, simplified, with class, permissions, duties, and the terms of each license that it
    names. A text that is no expression is told as evidence would be read, and as unknown where it cannot be."""
    expression, refused, rule, candidates = _read(text)
    return {
        "stated": text,
        "expression": expression,
        "read_by": rule,
        "refused": refused,
        "candidates": list(candidates),
        "class": class_of(expression),
        "together": _plain(asdict(duties([expression]))),
        "licenses": [license_told(name) for name in licenses_in(expression)],
        "offers": list(branches(expression)),
        "choices": list(choose(expression).notes),
        "conflicts": [list(pair) for pair in share_alike_conflicts([expression])],
    }


def license_told(license_id: str) -> dict[str, Any]:
    """The terms of one license as the table has them, and what they rest on."""
    terms = _plain(asdict(terms_of(license_id)))
    _, _, exception = license_id.partition(" WITH ")
    group = terms["share_alike"]
    return {
        "id": license_id,
        "class": terms.pop("license_class"),
        **{name: value for name, value in terms.items() if name != "id"},
        "may_become": sorted(taken(group) - {group}) if group else [],
        "combines_with": sorted(_combining(group)) if group else [],
        "is_file_level": group in table().file_level,
        "exception": _exception(exception),
        "why": _why(license_id, exception),
    }


def _read(text: str) -> tuple[str, str | None, str, tuple[str, ...]]:
    """The expression, why it was refused, how it was read, and what it may mean otherwise."""
    try:
        return parse(text), None, "spdx", ()
    except Refused as refusal:
        reading = read(STATED, text)
        return reading.expression or NOASSERTION, str(refusal), reading.rule, reading.candidates


def _why(license_id: str, exception: str) -> str:
    """Where the terms come from, or why there are none and what can be done."""
    if license_id == NOASSERTION:
        return f"nothing is known, and everything counts as unknown: {OTHER_WAYS}"
    if license_id == NONE:
        return "the source grants nothing"
    if exception and exception.lower() not in table().exceptions:
        return f"the exception {exception} is not in the license table and may take permissions away: {OTHER_WAYS}"
    if terms_of(license_id).license_class == UNKNOWN:
        return f"it is not in the license table, and everything counts as unknown: {OTHER_WAYS}"
    base = license_id.partition(" WITH ")[0].removesuffix("+")
    is_port = base.lower() not in table().terms
    return "a port has the terms of its version" if is_port else "as the license table has it"


def _exception(exception: str) -> str | None:
    """What an exception is for; it adds permissions, and the text keeps the terms of its license."""
    return table().exceptions.get(exception.lower(), UNKNOWN) if exception else None


def _combining(group: str) -> set[str]:
    """Other groups whose changed works may become one with those of a group."""
    groups = {terms.share_alike for terms in table().terms.values() if terms.share_alike}
    file_level = table().file_level
    return {other for other in groups - file_level - {group} if group not in file_level and become_one(group, other)}


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}
