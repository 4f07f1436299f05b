"""What follows from licenses together: the effective one of exact copies, duties, attribution, conflicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from dagster_project.corpus.licenses.expressions import NOASSERTION, conjunction, parse
from dagster_project.corpus.licenses.table import UNKNOWN, Terms, chosen_terms, table
from dagster_project.corpus.model.errors import Refused

SHOWN = 10  # expressions listed in a finding


@dataclass(frozen=True)
class Effective:
    """The license that binds after copies became one document. What an OR leaves open stays open: a mix chooses."""

    expression: str
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Duties:
    """Permissions intersected and duties united over every license that binds."""

    commercial_use: str
    derivatives: str
    patents: str
    attribution: str
    notice: str
    source: str
    share_alike: tuple[str, ...]
    field_of_use: tuple[str, ...]


def effective(conclusions: Sequence[tuple[str, str | None]]) -> Effective:
    """The license of exact copies, given the (expression, kind of evidence) of each: those with evidence at once."""
    stated = Counter((parse(expression), kind) for expression, kind in conclusions if kind is not None)
    known = {said: copies for said, copies in stated.items() if said[0] != NOASSERTION}
    findings = _disagreement(known)
    try:
        together = conjunction(expression for expression, _ in known)
    except Refused:  # more licenses than an expression holds: nobody can meet them all, and a build must go on
        together = NOASSERTION
        findings.append(f"too many licenses: {len({expression for expression, _ in known})} different expressions")
    if unknown := len(conclusions) - sum(known.values()):
        findings.append(f"unknown: {unknown} of {len(conclusions)} copies")
    return Effective(together, tuple(findings))


def duties(expressions: Iterable[str]) -> Duties:
    """What all of the expressions together permit and ask."""
    terms = _terms(expressions)
    return Duties(
        commercial_use=_intersected(term.commercial_use for term in terms),
        derivatives=_intersected(term.derivatives for term in terms),
        patents=_intersected(term.patents for term in terms),
        attribution=_united(term.attribution for term in terms),
        notice=_united(term.notice for term in terms),
        source=_united(term.source for term in terms),
        share_alike=tuple(sorted({term.share_alike for term in terms if term.share_alike})),
        field_of_use=tuple(sorted({term.field_of_use for term in terms if term.field_of_use})),
    )


def share_alike_conflicts(expressions: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of share-alike groups that cannot become one work, sorted."""
    groups = [group for group in duties(expressions).share_alike if group not in table().file_level]
    return [pair for pair in combinations(groups, 2) if not become_one(*pair)]


def become_one(one: str, other: str) -> bool:
    """Whether changed works of two groups may take the terms of one group, or of two that combine."""
    mine, theirs = taken(one), taken(other)
    return bool(mine & theirs) or any(frozenset(pair) in table().combines for pair in product(mine, theirs))


def taken(group: str) -> frozenset[str]:
    """The groups whose terms a changed work may take: its own, and those that it may become."""
    return table().becomes.get(group, frozenset()) | {group}


def attributions(expressions: Iterable[str]) -> tuple[Terms, ...]:
    """The terms that ask for attribution, or may ask for it since nobody knows; sorted by identifier."""
    return tuple(term for term in _terms(expressions) if term.attribution != "no")


def _terms(expressions: Iterable[str]) -> tuple[Terms, ...]:
    """The terms of every license that binds, each once."""
    distinct = {term.id: term for expression in set(expressions) for term in chosen_terms(expression)}
    return tuple(distinct[license_id] for license_id in sorted(distinct))


def _disagreement(known: Mapping[tuple[str, str], int]) -> list[str]:
    """A finding that names each license with its copies, and the kinds of evidence by which they came to it."""
    copies: Counter[str] = Counter()
    kinds: dict[str, list[str]] = {}
    for (expression, kind), count in sorted(known.items()):
        copies[expression] += count
        kinds.setdefault(expression, []).append(kind)
    if len(copies) < 2:
        return []
    shown = [f"{name} ({copies[name]} by {' and '.join(kinds[name])})" for name in sorted(copies)[:SHOWN]]
    more = [f"and {len(copies) - SHOWN} more"] if len(copies) > SHOWN else []
    return ["copies disagree: " + ", ".join(shown + more)]


def _intersected(permissions: Iterable[str]) -> str:
    """No beats unknown, unknown beats yes; where nothing binds, nothing is known."""
    found = set(permissions) or {UNKNOWN}
    return next(word for word in ("no", UNKNOWN, "yes") if word in found)


def _united(asked: Iterable[str]) -> str:
    """Yes beats unknown, unknown beats no; where nothing binds, nothing is known."""
    found = set(asked) or {UNKNOWN}
    return next(word for word in ("yes", UNKNOWN, "no") if word in found)
