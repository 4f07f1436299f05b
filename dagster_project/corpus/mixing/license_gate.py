"""The license policy of a mix as a gate: what may enter, and for every license that may not the first reason why.

Reasons in the order in which they are asked: `denied`, `class` (neither its class nor itself is allowed), `evidence`
(concluded from less than the policy asks for), and the duty that nobody accepted. Unknown terms count as asked for.
Classes are as strict as they stand in the license table, the last the strictest. Expressions are compared by what they
bind to, not by how they are written: `MIT AND Apache-2.0` is denied, or allowed, to whoever must keep both; a denied
license is denied with every exception, an allowed one is allowed as it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa

from dagster_project.corpus.licenses.conclusions import level_of
from dagster_project.corpus.licenses.expressions import Tree, licenses_in, parse, tree_of
from dagster_project.corpus.licenses.obligations import Duties, duties
from dagster_project.corpus.licenses.table import branches, class_of, table, terms_of
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
REASON, OFFERED = "license_reason", "license_offered"  # columns that the gate adds


class Judged(NamedTuple):
    """Why a license may not enter, "" for one that may; and what was chosen of it, itself where nothing was."""

    reason: str
    license: str
    license_class: str


class LicenseGate:
    """Judges each combination of license, class and evidence of a shard once.

    Of what an OR offers the least strict that the policy lets in is chosen; where it lets none in, the reason is that
    of the least strict.
    """

    def __init__(self, policy: LicensePolicy):
        self.policy = policy
        words = policy.allow or tuple(name for name in table().classes if name not in NEVER_BY_DEFAULT)
        self.classes = frozenset(words) & frozenset(table().classes)
        said = [_expression(word) for word in words if word not in self.classes]
        self.allowed = [frozenset(licenses_in(branch)) for word in said for branch in branches(word)]
        self.denied = [tree_of(_expression(word)) for word in policy.deny]
        self.least = EVIDENCE.index(policy.evidence)

    def decided(self, shard: pa.Table) -> pa.Table:
        """The shard (license, license_class, license_kind) as the mix has it: license and class are those chosen,
        `license_offered` is what there was to choose from, and REASON says why a document may not enter."""
        rows, codes = distinct_rows([shard.column(name) for name in ("license", "license_class", "license_kind")])
        judged = [self.judged(*row) for row in rows]
        offered = shard.column("license")
        for place, name in enumerate((REASON, "license", "license_class")):
            column = pa.array([found[place] for found in judged], pa.string()).take(pa.array(codes))
            at = shard.schema.get_field_index(name)
            shard = shard.append_column(name, column) if at < 0 else shard.set_column(at, name, column)
        return shard.append_column(OFFERED, offered)

    def judged(self, license: str, license_class: str, kind: str | None) -> Judged:
        """What becomes of documents under a license, of a class, concluded from a kind of evidence."""
        offered = branches(license)
        if len(offered) == 1:
            return Judged(self._reason(offered[0], license_class, kind), offered[0], license_class)
        found = [Judged(self._reason(branch, class_of(branch), kind), branch, class_of(branch)) for branch in offered]
        refused = Judged(found[0].reason, license, license_class)
        return next((judged for judged in found if judged.reason == ADMITTED), refused)

    def _reason(self, license: str, license_class: str, kind: str | None) -> str:
        if self.denied and self._denies(license):
            return "denied"
        if not self._allows(license, license_class):
            return "class"
        if EVIDENCE.index(level_of(kind)) < self.least:
            return "evidence"
        return self._unaccepted(license)

    def _denies(self, license: str) -> bool:
        """Whether the licenses that it binds to are such that something denied holds of them."""
        bound = licenses_in(license)
        return any(_holds(denied, bound) for denied in self.denied)

    def _allows(self, license: str, license_class: str) -> bool:
        if license_class in self.classes:
            return True
        bound = frozenset(licenses_in(license)) if self.allowed else frozenset()
        known = frozenset().union(*(allowed for allowed in self.allowed if allowed <= bound))
        return bool(known) and all(terms_of(name).license_class in self.classes for name in bound - known)

    def _unaccepted(self, license: str) -> str:
        if not self.policy.accept:
            return ADMITTED
        found = duties([license])
        return next((name for name, asks in ASKED.items() if name not in self.policy.accept and asks(found)), ADMITTED)


def _holds(denied: Tree, bound: Sequence[str]) -> bool:
    """Whether one of the licenses is the denied one, with any exception; of AND all parts, of OR one."""
    if isinstance(denied, str):
        return any(name == denied or name.startswith(f"{denied} WITH ") for name in bound)
    operator, parts = denied
    held = (_holds(part, bound) for part in parts)
    return all(held) if operator == "AND" else any(held)


def spelled(word: str) -> str:
    """A word of a policy in its one spelling: a class as it is, an expression sorted and simplified."""
    return word if word in table().classes else _expression(word)


def _expression(word: str) -> str:
    try:
        return parse(word)
    except FlorilegiumError:
        raise Refused(
            f"{word!r} is neither a license class nor an SPDX expression; classes are {', '.join(table().classes)}"
        ) from None
