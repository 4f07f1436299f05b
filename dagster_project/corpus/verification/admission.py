"""What members of a mix share, held against its recipe: components, phases, controls, and what each component and the
license policy let in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dagster_project.corpus.licenses.expressions import licenses_in
from dagster_project.corpus.mixing.license_gate import ADMITTED, LicenseGate
from dagster_project.corpus.model.errors import FlorilegiumError, Refused
from dagster_project.corpus.model.mix_recipes import LicensePolicy

LABELS = ("component", "phase", "source", "license", "license_class", "license_offered", "license_kind", "language",
          "edits", "control")  # fmt: skip


class Label(NamedTuple):
    """What members share; as LABELS."""

    component: str
    phase: str
    source: str
    license: str
    license_class: str
    license_offered: str
    license_kind: str | None
    language: str
    edits: str
    control: int | None


def unlike_recipe(
    recipe: Mapping[str, Any], components: Mapping[str, Mapping[str, Any]], label: Label
) -> Iterator[tuple[str, str, Any]]:
    """What of a label the recipe does not take: (what, what is expected, what was found)."""
    component = components.get(label.component)
    phases = {item["name"]: item for item in recipe["phases"]}
    if component is None:
        yield "the component", f"one of {', '.join(components)}", label.component
        return
    if label.phase not in phases:
        yield "the phase", f"one of {', '.join(phases)}", label.phase
    elif (weights := phases[label.phase]["weights"]) and label.component not in weights:
        yield "the phase", f"one that {label.component} has a weight in", label.phase
    if label.control is not None and not 0 <= label.control < len(recipe.get("controls", ())):
        yield "the control", f"one of {len(recipe.get('controls', ()))}", label.control
    for name, field, value in (
        ("source", "sources", label.source.partition("@")[0]),
        ("language", "languages", label.language),
        ("license class", "licenses", label.license_class),
    ):
        if component[field] and value not in component[field]:
            yield f"the {name}", f"one that {label.component} takes", value
    judged = _judged(recipe, label)
    if judged is None:
        yield "the license", "one that the policy of the mix lets in", label.license
    elif judged != (label.license, label.license_class):
        yield "the license", f"{judged[0]}, {judged[1]}", f"{label.license}, {label.license_class}"


def _judged(recipe: Mapping[str, Any], label: Label) -> tuple[str, str] | None:
    said: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in recipe["licenses"].items()
    }
    try:
        found = LicenseGate(LicensePolicy(**said)).judged(
            label.license_offered, label.license_class, label.license_kind
        )
    except (FlorilegiumError, ValueError):
        return None
    return (found.license, found.license_class) if found.reason == ADMITTED else None


def fits(taken: str, offered: str, effective: str) -> bool:
    """Whether a license is the effective one, or one of those that it offers."""
    try:
        return offered == effective and (taken == effective or {*licenses_in(taken)} <= {*licenses_in(effective)})
    except Refused:
        return False
