"""What the license table says of every license in a mix, and which rules of law-reading follow from them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dagster_project.corpus.licenses.expressions import NOASSERTION, conjunction
from dagster_project.corpus.licenses.obligations import attributions, duties, share_alike_conflicts
from dagster_project.corpus.licenses.table import UNKNOWN, Terms, choose, chosen_terms, class_of, table
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.publishing.observed import Observed
from dagster_project.corpus.publishing.subject import Subject

NEVER_BY_DEFAULT = ("unknown", "proprietary")  # as the gate of mixing has it


def license_rows(subject: Subject, observed: Observed) -> list[dict[str, Any]]:
    """Every license of the mix: its terms, how much stands under it, and which kinds of evidence led there."""
    by_license = subject.mixed.profile["by_license"]
    rows = [
        {**terms(expression), **counts, "evidence": dict(sorted(observed.evidence[expression].items()))}
        for expression, counts in by_license.items()
    ]
    return sorted(rows, key=lambda row: (-row["documents"], row["license"]))


def terms(expression: str) -> dict[str, Any]:
    """Class, permissions and duties of an expression; all unknown for what is not one."""
    try:
        binding, asked, notes = chosen_terms(expression), asdict(duties([expression])), choose(expression).notes
        license_class = class_of(expression)
    except Refused:
        binding, asked, notes, license_class = (), asdict(duties([NOASSERTION])), (), UNKNOWN
    return {
        "license": expression,
        "class": license_class,
        **asked,
        "choices": list(notes),
        "licenses": [{"id": item.id, "name": item.name, "url": item.url} for item in binding],
    }


def together(expressions: Sequence[str]) -> dict[str, Any]:
    """What all licenses of the mix permit and ask together, and the share-alike groups that cannot become one work."""
    readable = [expression for expression in expressions if is_readable(expression)]
    asked = {**asdict(duties(readable)), "share_alike_conflicts": share_alike_conflicts(readable)}
    return {name: _plain(value) for name, value in asked.items()}


def united(expressions: Iterable[str]) -> str:
    """All of them at once as one SPDX expression; NOASSERTION where one is unknown, or they are too many for one."""
    try:
        return conjunction(expressions)
    except Refused:
        return NOASSERTION


def asking(expression: str) -> Sequence[Terms]:
    """The licenses of an expression that ask for attribution, or may ask for it since nobody knows."""
    return attributions([expression]) if is_readable(expression) else attributions([NOASSERTION])


def is_readable(expression: str) -> bool:
    try:
        return bool(choose(expression))
    except Refused:
        return False


def gate_of(subject: Subject) -> dict[str, Any]:
    """The license policy of the mix, and what it turned away by component and license."""
    policy: Mapping[str, Any] = subject.recipe["licenses"]
    default = [name for name in table().classes if name not in NEVER_BY_DEFAULT]
    excluded = [
        {"component": component, "license": license, "class": terms(license)["class"], "documents": count}
        for component, counts in subject.mixed.profile["excluded_by_license"].items()
        for license, count in counts.items()
    ]
    return {
        "allow": list(policy["allow"]) or default,
        "deny": list(policy["deny"]),
        "choices": subject.mixed.profile.get("license_choices", {}),  # by component, of licenses that offered one
        "excluded": sorted(excluded, key=lambda row: (-row["documents"], row["component"], row["license"])),
        "documents": sum(row["documents"] for row in excluded),
    }


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, (tuple, list)) else value
