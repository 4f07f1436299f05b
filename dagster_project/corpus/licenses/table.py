"""Our own table of licenses, read from table.yaml: terms, classes, and the choice that an OR leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.corpus.licenses.expressions import Tree, licenses_in, parse, spelled, tree_of
from dagster_project.corpus.model.errors import Refused

UNKNOWN = "unknown"
WORDS = ("yes", "no", UNKNOWN)
SAID = ("commercial_use", "derivatives", "attribution", "notice", "source", "patents")  # in one of the words

MOST_BRANCHES = 256  # of one expression; of more only the one that `choose` takes is looked at

_CC = re.compile(r"(?:LicenseRef-)?CC-([A-Z-]+)-(\d\.\d)(?:-([A-Z]+))?")  # elements, version, port


@dataclass(frozen=True)
class Terms:
    """What one license permits and asks; permissions and duties are "yes", "no" or "unknown"."""

    id: str
    license_class: str
    commercial_use: str
    derivatives: str
    attribution: str
    notice: str  # whether notices or its text go with the work
    source: str  # whether the form in which the work is edited goes with it
    patents: str  # whether those of the licensors may be used
    share_alike: str | None  # the group whose terms a changed work must keep
    field_of_use: str | None  # what else it limits, in words
    name: str
    url: str | None

    def __post_init__(self) -> None:
        if not {getattr(self, name) for name in SAID} <= set(WORDS):
            raise Refused(f"the terms of {self.id} were refused: each is one of {', '.join(WORDS)}")


@dataclass(frozen=True)
class Choice:
    """An expression without OR, and what was chosen to get there."""

    expression: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """The whole of table.yaml; classes run from the least to the most strict."""

    classes: tuple[str, ...]
    file_level: frozenset[str]
    becomes: Mapping[str, frozenset[str]]  # of a share-alike group, whose terms its changed works may take
    combines: frozenset[frozenset[str]]
    exceptions: Mapping[str, str]  # in lower case, what each is for
    terms: Mapping[str, Terms]


@cache
def table() -> Table:
    """table.yaml, checked."""
    text = Path(__file__).with_name("table.yaml").read_text(encoding="utf-8")
    content = yaml.load(text, yaml.BaseLoader)  # which makes nothing but texts: no is a word, and 1.0 a version
    classes = tuple(content["classes"])
    return Table(
        classes,
        frozenset(content["file_level"]),
        {group: frozenset(others) for group, others in content["becomes"].items()},
        frozenset(frozenset(pair) for pair in content["combines"]),
        {name.lower(): of for of, names in content["exceptions"].items() for name in names},
        {terms.id.lower(): terms for terms in _rows(content, classes)},
    )


def terms_of(license_id: str) -> Terms:
    """The terms of one license. One not in the table has terms that are all unknown, and so has one with an exception
    that is not: those of the table only add permissions, and leave the terms as they are."""
    rows, (stated, _, exception) = table().terms, license_id.partition(" WITH ")
    base = stated.removesuffix("+")
    known = rows.get(base.lower()) or _ported(base)
    if known is None or (exception and exception.lower() not in table().exceptions):
        nothing = dict.fromkeys(("license_class", *SAID), UNKNOWN)
        return Terms(license_id, **nothing, share_alike=None, field_of_use=None, name=license_id, url=None)
    return replace(known, id=license_id)


def _ported(license_id: str) -> Terms | None:
    """A Creative Commons port has the terms of its elements and version: ports differ in law and language only.

    Version 2.1 revised ports of 2.0 and exists in no other form (wiki.creativecommons.org/wiki/License_Versions).
    """
    port = _CC.fullmatch(license_id)
    family = table().terms.get(f"cc-{port[1]}-{port[2].replace('2.1', '2.0')}".lower()) if port and port[3] else None
    if port is None or family is None:
        return None
    name = f"{family.name.rpartition(' ')[0].rpartition(' ')[0]} {port[2]} {port[3]}"
    return replace(family, name=name, url=_address(license_id))


def class_of(expression: str) -> str:
    """The class of an expression: of AND the strictest, of OR the one that `choose` takes."""
    return max((terms.license_class for terms in chosen_terms(expression)), key=strictness)


def chosen_terms(expression: str) -> tuple[Terms, ...]:
    """The terms of every license that binds after `choose`, sorted by identifier."""
    return tuple(terms_of(license_id) for license_id in licenses_in(choose(expression).expression))


def strictness(license_class: str) -> int:
    """The place of a class in the order of table.yaml; the higher, the stricter."""
    return table().classes.index(license_class)


@lru_cache(maxsize=4096)
def choose(expression: str) -> Choice:
    """Every OR decided for its least strict side; ties go to the fewer licenses, then to the alphabet."""
    notes: list[str] = []
    chosen = _chosen(tree_of(expression), notes)
    return Choice(parse(chosen), tuple(notes))


@lru_cache(maxsize=4096)
def branches(expression: str) -> tuple[str, ...]:
    """Every conjunction that an expression lets its reader choose, the least strict first, as `choose` weighs them."""
    if " OR " not in expression:
        return (expression,)
    first = choose(expression).expression
    found = _conjunctions(tree_of(expression))
    if found is None:
        return (first,)
    texts = {parse(" AND ".join(sorted(conjunction))) for conjunction in found}
    return (first, *sorted(texts - {first}, key=_weight))


def _conjunctions(tree: Tree) -> set[frozenset[str]] | None:
    """The licenses that bind together, choice by choice; None when there are too many."""
    if isinstance(tree, str):
        return {frozenset({tree})}
    operator, parts = tree
    found: set[frozenset[str]] = set() if operator == "OR" else {frozenset()}
    for part in parts:
        more = _conjunctions(part)
        if more is None or len(found) * len(more) > MOST_BRANCHES or len(found) + len(more) > MOST_BRANCHES:
            return None
        found = found | more if operator == "OR" else {one | other for one in found for other in more}
    return found


def _chosen(tree: Tree, notes: list[str]) -> str:
    if isinstance(tree, str):
        return tree
    operator, parts = tree
    texts = [_chosen(part, notes) for part in parts]
    if operator == "AND":
        return " AND ".join(texts)
    best = min(texts, key=_weight)
    notes.append(f"chose {best} of {spelled(tree)}")
    return best


def _weight(conjunction: str) -> tuple[int, int, str]:
    named = licenses_in(conjunction)
    return max(strictness(terms_of(license_id).license_class) for license_id in named), len(named), conjunction


def _rows(content: Mapping[str, Any], classes: tuple[str, ...]) -> Iterator[Terms]:
    """The terms of every license, put together from all parts of the file."""
    groups, patents = (
        {license_id: key for key, ids in content[part].items() for license_id in ids}
        for part in ("share_alike", "patents")
    )
    for block in content["licenses"]:
        if block["class"] not in classes:
            raise Refused(f"the class {block['class']} was refused: classes are {', '.join(classes)}")
        for license_id, name in block["names"].items():
            yield Terms(
                license_id,
                block["class"],
                **block["terms"],
                patents=patents.get(license_id, UNKNOWN),
                share_alike=groups.get(license_id),
                field_of_use=content["field_of_use"].get(license_id),
                name=name,
                url=content["addresses"].get(license_id) or _address(license_id),
            )


def _address(license_id: str) -> str | None:
    if port := _CC.fullmatch(license_id):
        return "/".join(("https://creativecommons.org/licenses", *filter(None, port.groups()), "")).lower()
    is_own = license_id.startswith("LicenseRef-")
    return None if is_own else f"https://spdx.org/licenses/{license_id}.html"
