"""Which survivors a component may take: by source, language and license, with everything turned away counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.licenses.expressions import parse
from dagster_project.corpus.licenses.table import table
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.recipes import ComponentRecipe, LicensePolicy

NEVER_BY_DEFAULT = ("unknown", "proprietary")
READ = ("status", "license", "license_class", "words", "language")


@dataclass(frozen=True)
class Eligible:
    """The rows of one shard that one component may take."""

    component: int
    rows: NDArray[np.int64]


class Gate:
    """The license policy and the component filters of a mix, and the count of what they turned away."""

    def __init__(self, components: Sequence[ComponentRecipe], licenses: LicensePolicy):
        self.components = components
        self.allowed = allowed_classes(licenses)
        self.denied = tuple(parse(expression) for expression in licenses.deny)
        self.excluded: dict[str, Counter[str]] = {component.name: Counter() for component in components}

    def pass_through(self, shard: pa.Table, corpus: str, source: str) -> Iterator[Eligible]:
        """What each component of a corpus may take of a shard of one source (READ columns)."""
        survives = pc.equal(shard.column("status"), "survivor")
        licensed = pc.and_(
            pc.is_in(shard.column("license_class"), pa.array(self.allowed, pa.string())),
            pc.invert(pc.is_in(shard.column("license"), pa.array(self.denied, pa.string()))),
        )
        for index, component in enumerate(self.components):
            if component.corpus != corpus or (component.sources and source.partition("@")[0] not in component.sources):
                continue
            wanted = survives
            if component.languages:
                wanted = pc.and_(wanted, pc.is_in(shard.column("language"), pa.array(component.languages, pa.string())))
            refused = shard.filter(pc.and_(wanted, pc.invert(licensed)))
            self.excluded[component.name].update(refused.column("license").to_pylist())
            yield Eligible(index, np.flatnonzero(pc.and_(wanted, licensed).to_numpy()))


def allowed_classes(licenses: LicensePolicy) -> tuple[str, ...]:
    """The license classes that may enter, strictness order as in the license table."""
    if unknown := sorted(set(licenses.allow) - set(table().classes)):
        raise Refused(f"{', '.join(unknown)}: no such license class; use some of {', '.join(table().classes)}")
    return tuple(licenses.allow) or tuple(name for name in table().classes if name not in NEVER_BY_DEFAULT)


def counted(excluded: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    """Documents that were turned away, by component and license, or whatever they were turned away for."""
    return {name: dict(sorted(counts.items())) for name, counts in excluded.items()}
