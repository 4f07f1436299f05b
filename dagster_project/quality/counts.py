"""Counts of a version read by path, where what is not there counts nothing; and the shares that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Counts:
    """All that a profile is made of: rows of the files, nested counts, bounds, recipe, and facts about the bytes."""

    rows: int = 0
    counted: Mapping[str, Any] = field(default_factory=dict)
    bounds: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def number(self, *path: str) -> int:
        value = self._at(path)
        return value if isinstance(value, int) else 0

    def by_name(self, *path: str) -> dict[str, Any]:
        value = self._at(path)
        return dict(value) if isinstance(value, Mapping) else {}

    def column(self, name: str, of: str = "documents") -> dict[str, int]:
        """`{name: {key: {of: n}}}` as `{key: n}`."""
        return {key: counts.get(of, 0) for key, counts in self.by_name(name).items()}

    def uncovered(self) -> int:
        """Documents that the version should have a row for and has not; negative when it has rows too many."""
        return int(self.bounds.get("documents", 0)) - self.rows

    def _at(self, path: tuple[str, ...]) -> Any:
        value: Any = self.counted
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


def share(part: float, whole: float) -> float:
    """A part of a whole, rounded so that it is the same number wherever it is told; nothing of nothing is 0."""
    return round(part / whole, 6) if whole else 0.0
