"""What derived text inherits: the licenses of all its parents at once, with what it states itself.

Permissions are intersected and duties united, so that no generator makes a license laxer; a parent of which nobody
knows leaves the child unknown, and so does a statement of its own that nobody understands. What a parent was concluded
from decides how near the evidence of its children stands, and the weakest parent counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dagster_project.corpus.licenses.conclusions import KINDS, Conclusion, conclude, level_of, shown
from dagster_project.corpus.licenses.expressions import NOASSERTION, conjunction
from dagster_project.corpus.licenses.obligations import duties, taken
from dagster_project.corpus.licenses.readings import read
from dagster_project.corpus.licenses.rules import ALL_OF_PARENTS
from dagster_project.corpus.model.errors import Refused

UNKNOWN_PARENT = "parent.unknown"
PARENT_KINDS = (UNKNOWN_PARENT, "parent.registry", "parent.page", "parent.record", "parent.file")  # the weakest first
SILENT = "says nothing"  # how findings about such evidence begin
PERMITTED = ("no", "unknown", "yes")  # the strictest first


def kind_of_parent(expression: str, kind: str | None) -> str:
    """The kind of evidence that the conclusion on a parent is for its children."""
    level = level_of(kind)
    return UNKNOWN_PARENT if not level or expression == NOASSERTION else f"parent.{level}"


def conclude_with_parents(evidence: Iterable[Mapping[str, str | None]]) -> Conclusion:
    """As `conclude`, where some of the evidence may be of parents (PARENT_KINDS)."""
    items = [(item.get("kind") or "", item.get("value") or "") for item in evidence]
    parents = [item for item in items if item[0] in PARENT_KINDS]
    said = [item for item in items if item[0] not in PARENT_KINDS]
    own = conclude({"kind": kind, "value": value} for kind, value in said)
    return _inherited(own, _is_open(own, said), parents) if parents else own


def is_laxer(own: str, parent: str) -> bool:
    """Whether a license permits what another does not, or leaves out a duty of it."""
    mine, theirs = duties([own]), duties([parent])
    return (
        any(
            PERMITTED.index(getattr(mine, name)) > PERMITTED.index(getattr(theirs, name))
            for name in ("commercial_use", "derivatives")
        )
        or any(
            PERMITTED.index(getattr(mine, name)) < PERMITTED.index(getattr(theirs, name))
            for name in ("attribution", "notice", "source")
        )
        or not all(taken(group) & set(mine.share_alike) for group in theirs.share_alike)
        or not set(theirs.field_of_use) <= set(mine.field_of_use)
    )


def _inherited(own: Conclusion, is_open: bool, parents: Sequence[tuple[str, str]]) -> Conclusion:
    unknown = sum(kind == UNKNOWN_PARENT for kind, _ in parents)
    known = sorted({value for kind, value in parents if kind != UNKNOWN_PARENT})
    stated = [own.expression] if own.expression != NOASSERTION else []
    findings = [finding for finding in own.findings if not finding.startswith(SILENT)]
    findings += [
        f"laxer than a parent: {shown(own.expression)}, and it has {shown(parent)}"
        for parent in known
        if stated and is_laxer(own.expression, parent)
    ]
    if unknown:
        findings.append(f"unknown: {unknown} of {len(parents)} parents")
    if unknown or is_open:
        return Conclusion(NOASSERTION, None, None, ALL_OF_PARENTS, tuple(findings))
    try:
        expression = conjunction([*known, *stated])
    except Refused:  # of hundreds of parents under different licenses: nobody can meet them all
        return Conclusion(
            NOASSERTION, None, None, ALL_OF_PARENTS, (*findings, f"too many licenses: {len(known)} of parents")
        )
    kind = min((kind for kind, _ in parents), key=PARENT_KINDS.index)
    return Conclusion(expression, kind, shown("; ".join(known)), ALL_OF_PARENTS, tuple(findings))


def _is_open(own: Conclusion, said: Sequence[tuple[str, str]]) -> bool:
    """Whether a document states something of its license that led nowhere."""
    if own.expression != NOASSERTION:
        return False
    return any(read(kind, value).rule != "silent" for kind, value in said if kind in KINDS and value.strip())
