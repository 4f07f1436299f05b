"""From evidence to a conclusion: which statement counts, and what speaks against it. Unknown stays NOASSERTION."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dagster_project.corpus.licenses.expressions import NOASSERTION, conjunction, licenses_in
from dagster_project.corpus.licenses.readings import Reading, read
from dagster_project.corpus.licenses.rules import NOT_CONCLUDED, concluded_by
from dagster_project.corpus.model.errors import Refused

# The nearer to the document, the earlier it counts. Of a web page: what HTML defines to be about its main content,
# what its publisher says to machines, its notices, and then what may be about something else on it.
KINDS = (
    "file.spdx",
    "record.license",
    "file.license",
    "package.license_expression",
    "package.classifier",
    "package.license_field",
    "html.rel-license",
    "http.link",
    "json-ld.license",
    "html.meta",
    "html.copyright",
    "json-ld.copyright",
    "microdata.license",
    "html.link",
    "registry",
)
WEAK = frozenset({"microdata.license", "html.link"})  # concluded from only where nothing else says otherwise
OF_OTHER_WORKS = frozenset({"json-ld.part-license"})  # kept with the document, and not about it
VALUE_CHARS = 200


@dataclass(frozen=True)
class Conclusion:
    """The license of one document: which evidence led there, how it was read, and what else was found."""

    expression: str
    kind: str | None
    value: str | None
    rule: str  # of rules.py
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One value of one kind of evidence, read."""

    kind: str
    value: str
    reading: Reading

    def __str__(self) -> str:
        return f"{shown(self.kind)}={shown(self.value)}"


def conclude(evidence: Iterable[Mapping[str, str | None]]) -> Conclusion:
    """The first kind of evidence that maps wins; the others are heard and, where contrary, become findings."""
    items = [(item.get("kind") or "", item.get("value") or "") for item in evidence]
    known, findings = _heard(items)
    for kind in KINDS:
        statements = [statement for statement in known if statement.kind == kind]
        if (expression := _united(statements)) is not None:
            contrary = _contrary(expression, known, kind)
            if contrary and kind in WEAK:
                continue
            findings += [*_several(statements), *contrary]
            value = shown("; ".join(statement.value for statement in statements if statement.reading.expression))
            return Conclusion(expression, kind, value, _rule(statements), tuple(findings))
    return Conclusion(NOASSERTION, None, None, NOT_CONCLUDED, (*findings, *map(_without_conclusion, known)))


def shown(value: str) -> str:
    """A value fit for a report: at most 200 characters, none of them a control character."""
    printable = "".join(character if character.isprintable() else " " for character in value[:VALUE_CHARS])
    return printable[: VALUE_CHARS - 1] + "…" if len(value) > VALUE_CHARS else printable


def level_of(kind: str | None) -> str:
    """How near to a document the evidence stood that its license was concluded from."""
    if kind is None or kind == "registry":
        return kind or ""
    family, _, rest = kind.partition(".")
    if family == "parent":  # a document inherits the level of its parents
        return rest
    return {"file": "file", "record": "record", "package": "record"}.get(family, "page")


def _heard(items: Iterable[tuple[str, str]]) -> tuple[list[Statement], list[str]]:
    """Distinct statements in the order of their kinds, and a finding for each kind nobody knows."""
    distinct = sorted({(kind, value) for kind, value in items if value.strip()})
    known = [Statement(kind, value, read(kind, value)) for kind, value in distinct if kind in KINDS]
    unknown = sorted({kind for kind, _ in distinct if kind not in KINDS and kind not in OF_OTHER_WORKS})
    return sorted(known, key=lambda statement: KINDS.index(statement.kind)), [
        f"unknown kind of evidence: {shown(kind)}" for kind in unknown
    ]


def _united(statements: list[Statement]) -> str | None:
    """All that one kind states, at once; None as soon as one statement leaves its license open."""
    saying = [statement.reading for statement in statements if statement.reading.rule != "silent"]
    expressions = [reading.expression for reading in saying if reading.expression is not None]
    try:
        return conjunction(expressions) if expressions and len(expressions) == len(saying) else None
    except Refused:  # one document that states hundreds of licenses says nothing usable, and must not stop a build
        return None


def _rule(statements: list[Statement]) -> str:
    rules = {statement.reading.rule for statement in statements if statement.reading.expression}
    return concluded_by(" and ".join(sorted(rules)))


def _several(statements: list[Statement]) -> list[str]:
    mapped = [statement for statement in statements if statement.reading.expression]
    if len({statement.reading.expression for statement in mapped}) < 2:
        return []
    what = "classifiers" if mapped[0].kind == "package.classifier" else f"values of {mapped[0].kind}"
    return [f"several {what}: {shown('; '.join(statement.value for statement in mapped))}"]


def _contrary(expression: str, known: Iterable[Statement], kind: str) -> list[str]:
    others = [statement for statement in known if statement.kind != kind and statement.reading.rule != "silent"]
    findings = []
    for statement in others:
        if statement.reading.rule == "unmapped":
            findings.append(f"unmapped: {statement}")
        elif not _agrees(statement, expression):
            findings.append(f"evidence disagrees: {statement}")
    return findings


def _agrees(statement: Statement, expression: str) -> bool:
    """Whether a statement fits: the same expression; of candidates or classifiers, which only enumerate, a part."""
    stated = statement.reading.expression
    if stated is None:
        return not set(statement.reading.candidates).isdisjoint(licenses_in(expression))
    enumerated = statement.kind == "package.classifier" and stated in licenses_in(expression)
    return stated == expression or enumerated


def _without_conclusion(statement: Statement) -> str:
    said = {"silent": "says nothing", "unmapped": "unmapped", "ambiguous": "ambiguous"}
    return f"{said.get(statement.reading.rule, 'not concluded')}: {statement}"
