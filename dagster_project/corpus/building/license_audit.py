"""Whether a mix keeps its license policy and can keep what its licenses ask, told from its rows, not from its recipe.

Every member is judged again: a corrected license table speaks here without a build.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from dagster_project.corpus.building.license_cells import EXAMPLES, Cell, Counted, cells_of, declared_of
from dagster_project.corpus.building.license_conflicts import conflicts_of
from dagster_project.corpus.licenses.conclusions import level_of
from dagster_project.corpus.licenses.expressions import NOASSERTION
from dagster_project.corpus.licenses.obligations import Duties, duties, share_alike_conflicts
from dagster_project.corpus.licenses.rules import EDITED
from dagster_project.corpus.licenses.table import UNKNOWN, class_of
from dagster_project.corpus.mixing.license_gate import LicenseGate
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import LicensePolicy
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.observed import observe
from dagster_project.corpus.publishing.subject import Subject, find_subject
from dagster_project.corpus.storage.stores import Store

Cells = Mapping[Cell, Counted]
OBLIGATIONS: Mapping[str, tuple[Callable[[Duties], str], str]] = {
    "attribution": (lambda found: found.attribution, "ATTRIBUTION.txt, passed on with the mix"),
    "notice": (lambda found: found.notice, "the notices and texts of the licenses that ATTRIBUTION.txt names"),
    "source": (lambda found: found.source, "the text itself, if it is the form in which the work is edited"),
    "share-alike": (
        lambda found: "yes" if found.share_alike else "no",
        "the same terms for changed works, where the mix is passed on",
    ),
    "non-commercial": (lambda found: _lacks(found.commercial_use), "no commercial use"),
    "no-derivatives": (lambda found: _lacks(found.derivatives), "no changed works"),
    "field-of-use": (lambda found: "yes" if found.field_of_use else "no", "the limits that each license names"),
}
BY_FILE = ("attribution",)


def audit_licenses(
    store: Store, mix: Partition, version: str | None = None, has_attribution: bool | None = None
) -> dict[str, Any]:
    """Everything that is to be known of the licenses of a mix. `has_attribution`: whether its attribution file is at
    hand; None where nobody looked. It violates its policy where `violations` tells of something."""
    subject = find_subject(store, mix, version)
    cells = cells_of(subject)
    policy = policy_of(subject)
    declared = {member.key: declared_of(member) for member in subject.covering}
    apart = _share_alike(cells)
    return {
        "mix": str(subject.mix),
        "id": subject.mixed.id,
        "documents": subject.mixed.rows,
        "words": subject.mixed.profile.get("words", 0),
        "policy": {name: _plain(value) for name, value in subject.recipe["licenses"].items()},
        "licenses": _sums(cells, lambda cell: [("license", cell.license), ("class", _class(cell.license))]),
        "classes": _sums(cells, lambda cell: [("class", _class(cell.license))]),
        "evidence": _sums(
            cells, lambda cell: [("kind", cell.kind or "none"), ("level", level_of(cell.kind) or "none")]
        ),
        "rules": _rules(cells),
        "disagreements": _disagreements(cells, declared),
        "choices": _sums(
            {cell: n for cell, n in cells.items() if cell.license != cell.effective},
            lambda cell: [("offered", cell.effective), ("chosen", cell.license)],
        ),
        "conflicts": {"same_text": conflicts_of(subject), "share_alike": apart},
        "flags": _flags(subject),
        "edited": _edited(cells),
        "obligations": list(_obligations(cells, has_attribution)),
        "kept_out": {
            "reasons": subject.mixed.profile.get("license_reasons", {}),
            "licenses": subject.mixed.profile.get("excluded_by_license", {}),
        },
        "violations": list(_violations(cells, policy, apart)),
    }


def policy_of(subject: Subject) -> LicensePolicy:
    """The license policy of a version of a mix."""
    said: Mapping[str, Any] = subject.recipe["licenses"]
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return LicensePolicy(**given)


def _sums(cells: Cells, names: Callable[[Cell], Sequence[tuple[str, Any]]]) -> list[dict[str, Any]]:
    """Members and words by what is named of their cells, the most members first."""
    found: dict[tuple[tuple[str, Any], ...], Counted] = {}
    for cell, counted in cells.items():
        found.setdefault(tuple(names(cell)), Counted()).add(counted.documents, counted.words, counted.examples)
    rows = [
        {**dict(key), "documents": n.documents, "words": n.words, "examples": n.examples} for key, n in found.items()
    ]
    return sorted(rows, key=lambda row: (-row["documents"], str(row)))


def _rules(cells: Cells) -> dict[str, int]:
    """Members by the rules that their licenses came by; a member may have several."""
    found: Counter[str] = Counter()
    for cell, counted in cells.items():
        found.update(dict.fromkeys(cell.rules, counted.documents))
    return dict(sorted(found.items()))


def _disagreements(cells: Cells, declared: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Members whose license changed from one step to the next: by the registry, as concluded, after copies."""
    said = {cell: declared[cell.source] for cell in cells}
    otherwise = {cell: n for cell, n in cells.items() if said[cell] not in (NOASSERTION, cell.concluded)}
    united = {cell: n for cell, n in cells.items() if cell.concluded != cell.effective}
    return {
        "declared_concluded": _sums(
            otherwise,
            lambda cell: [("source", cell.source), ("declared", said[cell]), ("concluded", cell.concluded), _by(cell)],
        ),
        "concluded_effective": _sums(
            united, lambda cell: [("source", cell.source), ("concluded", cell.concluded), ("effective", cell.effective)]
        ),
    }


def _by(cell: Cell) -> tuple[str, Any]:
    return ("kind", cell.kind)


def _share_alike(cells: Cells) -> list[dict[str, Any]]:
    """The pairs of share-alike groups that cannot become one work, with the members and the evidence of both."""
    readable = {cell: n for cell, n in cells.items() if _duties(cell.license).share_alike}
    return [
        {"groups": list(pair), "sides": [_side(readable, group) for group in pair]}
        for pair in share_alike_conflicts({cell.license for cell in readable})
    ]


def _side(cells: Cells, group: str) -> list[dict[str, Any]]:
    mine = {cell: n for cell, n in cells.items() if group in _duties(cell.license).share_alike}
    return _sums(mine, lambda cell: [("license", cell.license), ("source", cell.source), _by(cell)])


def _flags(subject: Subject) -> list[dict[str, Any]]:
    """What is noted of distinct members and binds nobody: near copies, unknown copies, contrary evidence."""
    found = observe(subject).findings
    return [
        {
            "source": source,
            "finding": label,
            "documents": finding.documents,
            "examples": [{"doc_id": doc_id, "said": said} for doc_id, said in finding.examples[:EXAMPLES]],
        }
        for (source, label), finding in sorted(found.items())
    ]


def _edited(cells: Cells) -> list[dict[str, Any]]:
    """Members with edited texts whose licenses do not permit changed works, or of which nobody knows it."""
    changed = {cell: n for cell, n in cells.items() if cell.is_edited and _duties(cell.license).derivatives != "yes"}
    return _sums(changed, lambda cell: [("license", cell.license), ("rule", EDITED)])


def _obligations(cells: Cells, has_attribution: bool | None) -> Iterator[dict[str, Any]]:
    """Each duty that some license of the mix asks for, or may ask for since nobody knows; what fulfills it."""
    for name, (asked, way) in OBLIGATIONS.items():
        asking = {cell: n for cell, n in cells.items() if asked(_duties(cell.license)) != "no"}
        if asking:
            yield {
                "duty": name,
                "licenses": sorted({cell.license for cell in asking}),
                "documents": sum(n.documents for n in asking.values()),
                "unknown": sum(n.documents for cell, n in asking.items() if asked(_duties(cell.license)) == UNKNOWN),
                "by": way,
                "fulfilled": has_attribution if name in BY_FILE else None,
            }


def _violations(cells: Cells, policy: LicensePolicy, apart: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the policy of the mix does not let pass: members by the reason of the gate, conflicts that it refuses."""
    gate = LicenseGate(policy)
    found: dict[tuple[str, str], Counted] = {}
    for cell, n in cells.items():
        if reason := gate.judged(cell.license, _class(cell.license), cell.kind).reason:
            found.setdefault((reason, cell.license), Counted()).add(n.documents, n.words, n.examples)
    for (reason, license_), n in sorted(found.items()):
        said = f"{n.documents:,} members stand under {license_}, of class {_class(license_)}"
        yield {"about": reason, "license": license_, "documents": n.documents, "examples": n.examples, "said": said}
    for pair in apart if policy.share_alike == "refuse" else ():
        said = f"share-alike terms that cannot become one work: {' and '.join(pair['groups'])}"
        yield {"about": "share_alike", "groups": pair["groups"], "said": said}


def _class(license_: str) -> str:
    try:
        return class_of(license_)
    except Refused:
        return UNKNOWN


def _duties(license_: str) -> Duties:
    try:
        return duties([license_])
    except Refused:
        return duties([NOASSERTION])


def _lacks(permission: str) -> str:
    return {"yes": "no", "no": "yes"}.get(permission, UNKNOWN)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
