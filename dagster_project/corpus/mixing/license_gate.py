"""The license policy of a mix as a gate: what may enter, and for every license that may not the first reason why.

Reasons in the order in which they are asked: `denied`, `class` (neither its class nor itself is allowed), `evidence`
(concluded from less than the policy asks for), and the duty that nobody accepted. Unknown terms count as asked for.
Classes are as strict as they stand in the license table, the last the strictest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.licenses.expressions import parse
from dagster_project.corpus.licenses.obligations import Duties, duties
from dagster_project.corpus.licenses.table import chosen_terms, table
from dagster_project.corpus.mixing.distinct import distinct_rows
from dagster_project.corpus.model.errors import FlorilegiumError, Refused
from dagster_project.corpus.model.mix_recipes import LicensePolicy

NEVER_BY_DEFAULT = ("unknown", "proprietary")
EVIDENCE = ("", "registry", "page", "record", "file")  # the nearer to the document, the later
ASKED: Mapping[str, Callable[[Duties], bool]] = MappingProxyType(
    {
        "attribution": lambda found: found.attribution != "no",
        "share-alike": lambda found: bool(found.share_alike),
        "non-commercial": lambda found: found.commercial_use != "yes",
        "no-derivatives": lambda found: found.derivatives != "yes",
        "field-of-use": lambda found: bool(found.field_of_use),
    }
)
ADMITTED = ""


class LicenseGate:
    """Judges each combination of license, class and evidence of a shard once."""

    def __init__(self, policy: LicensePolicy):
        self.policy = policy
        words = policy.allow or tuple(name for name in table().classes if name not in NEVER_BY_DEFAULT)
        self.classes = frozenset(words) & frozenset(table().classes)
        self.expressions = frozenset(map(_expression, frozenset(words) - self.classes))
        self.denied = frozenset(map(_expression, policy.deny))
        self.least = EVIDENCE.index(policy.evidence)

    def reasons(self, shard: pa.Table) -> NDArray[np.object_]:
        """Of every document (license, license_class, license_kind), why it may not enter; "" for one that may."""
        rows, codes = distinct_rows([shard.column(name) for name in ("license", "license_class", "license_kind")])
        found = np.empty(len(rows), object)
        found[:] = [self._reason(*row) for row in rows]
        return found[codes]

    def _reason(self, license: str, license_class: str, kind: str | None) -> str:
        if self.denied and self._denies(license):
            return "denied"
        if not self._allows(license, license_class):
            return "class"
        if EVIDENCE.index(level_of(kind)) < self.least:
            return "evidence"
        return self._unaccepted(license)

    def _denies(self, license: str) -> bool:
        """Whether it is denied, or something that it binds to."""
        return license in self.denied or any(term.id in self.denied for term in chosen_terms(license))

    def _allows(self, license: str, license_class: str) -> bool:
        if license_class in self.classes or license in self.expressions:
            return True
        return bool(self.expressions) and all(
            term.id in self.expressions or term.license_class in self.classes for term in chosen_terms(license)
        )

    def _unaccepted(self, license: str) -> str:
        if not self.policy.accept:
            return ADMITTED
        found = duties([license])
        return next((name for name, asks in ASKED.items() if name not in self.policy.accept and asks(found)), ADMITTED)


def level_of(kind: str | None) -> str:
    """How near to a document the evidence stood that its license was concluded from."""
    if kind is None or kind == "registry":
        return kind or ""
    family = kind.partition(".")[0]
    return {"file": "file", "record": "record", "package": "record"}.get(family, "page")


def _expression(word: str) -> str:
    try:
        return parse(word)
    except FlorilegiumError:
        raise Refused(
            f"{word!r} is neither a license class nor an SPDX expression; classes are {', '.join(table().classes)}"
        ) from None
