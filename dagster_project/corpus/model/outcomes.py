"""What an expectation found: the one word that quality, the CLI and the Dagster checks share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from dagster_project.corpus.model.manifests import Manifest

TOLD = 5  # names behind an outcome
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Outcome:
    """One expectation judged. `observed` holds numbers and names, never text of a document."""

    check: str
    passed: bool
    severity: Severity
    description: str
    observed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """What was expected, what there was instead, and the first few names behind it."""
        names = list(self.observed.get("offenders", {}))
        more = " and more" if len(names) > TOLD else ""
        behind = f" Offenders: {', '.join(names[:TOLD])}{more}." if names else ""
        return f"{self.check}: {self.description}{behind}"


class Auditor(Protocol):
    """Judges a version before it is published."""

    def suite_digest(self, stage: str) -> str:
        """A hash of the stage's suite: another suite audits again, and never rebuilds."""
        ...

    def audit(self, manifest: Manifest, bounds: Mapping[str, Any]) -> Sequence[Outcome]:
        """Every expectation of the suite on the version's profile; `bounds` come from the recipe."""
        ...
