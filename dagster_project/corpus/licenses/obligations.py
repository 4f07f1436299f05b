"""What follows from licenses together: the effective one of exact copies, duties, attribution, conflicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

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
    attribution: str
    share_alike: tuple[str, ...]
    field_of_use: tuple[str, ...]


def effective(conclusions: Sequence[tuple[str, str | None]]) -> Effective:
    """The license of exact copies, given the (expression, kind) of each: those with evidence at once."""
    stated = [parse(expression) for expression, kind in conclusions if kind is not None]
    known = [expression for expression in stated if expression != NOASSERTION]
    findings = _disagreement(known)
    try:
        together = conjunction(known)
    except Refused:  # more licenses than an expression holds: nobody can meet them all, and a build must go on
        together = NOASSERTION
        findings.append(f"too many licenses: {len(set(known))} different expressions")
    if len(known) < len(conclusions):
        findings.append(f"unknown: {len(conclusions) - len(known)} of {len(conclusions)} copies")
    return Effective(together, tuple(findings))


def duties(expressions: Iterable[str]) -> Duties:
    """What all of the expressions together permit and ask."""
    terms = _terms(expressions)
    return Duties(
        commercial_use=_intersected(term.commercial_use for term in terms),
        derivatives=_intersected(term.derivatives for term in terms),
        attribution=_united(term.attribution for term in terms),
        share_alike=tuple(sorted({term.share_alike for term in terms if term.share_alike})),
        field_of_use=tuple(sorted({term.field_of_use for term in terms if term.field_of_use})),
    )


def share_alike_conflicts(expressions: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of share-alike groups that cannot become one work, sorted."""
    groups = [group for group in duties(expressions).share_alike if group not in table().file_level]
    return [pair for pair in combinations(groups, 2) if frozenset(pair) not in table().combines]


def attributions(expressions: Iterable[str]) -> tuple[Terms, ...]:
    """The terms that ask for attribution, or may ask for it since nobody knows; sorted by identifier."""
    return tuple(term for term in _terms(expressions) if term.attribution != "no")


def _terms(expressions: Iterable[str]) -> tuple[Terms, ...]:
    """The terms of every license that binds, each once."""
    distinct = {term.id: term for expression in set(expressions) for term in chosen_terms(expression)}
    return tuple(distinct[license_id] for license_id in sorted(distinct))


def _disagreement(known: Sequence[str]) -> list[str]:
    copies = Counter(known)
    if len(copies) < 2:
        return []
    shown = [f"{expression} ({copies[expression]})" for expression in sorted(copies)[:SHOWN]]
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
