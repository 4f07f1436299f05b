"""SPDX expressions as values: reading, one spelling each, and uniting. What they permit is the table's business."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import accumulate, chain, pairwise
from typing import Any, TypeAlias

from license_expression import AND, OR, Licensing, get_license_index

from dagster_project.corpus.model.errors import Refused

NOASSERTION, NONE = "NOASSERTION", "NONE"
LIMIT_CHARS, LIMIT_DEPTH, LIMIT_LICENSES = 4000, 20, 300  # longer ones are not written by people, and parsers recurse

Tree: TypeAlias = "str | tuple[str, tuple[Tree, ...]]"  # a license, or ("AND" or "OR", its parts)

_GRAMMAR = Licensing()  # without symbols: the bundled ones carry loose aliases, such as GPL for GPL-1.0-or-later
_TOKEN = re.compile(r"[()]|[^\s()]+")
_REFERENCE = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+", re.IGNORECASE)
_ADDITION = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?AdditionRef-[A-Za-z0-9.-]+")
_PREFIX = re.compile("LicenseRef-", re.IGNORECASE)
_OLD_GNU = re.compile(r"(A|L)?GPL-\d\.\d\+?|GFDL-\d\.\d\+?")  # SPDX once spelled "only" by leaving it out
_BEFORE_A_LICENSE, _AFTER_A_LICENSE = ("(", "AND", "OR", "WITH"), (")", "AND", "OR", "WITH")
_NOT_AN_EXCEPTION = "MPL-2.0-no-copyleft-exception"  # a license that the bundled index lists with the exceptions
_OLD = ("BSD-2-Clause-FreeBSD", "BSD-2-Clause-NetBSD", "StandardML-NJ", "bzip2-1.0.5")
_OLD_NAMES = {  # one given twice, and those of a license with its exception, from before there was WITH
    "ecos-2.0": "GPL-2.0-or-later WITH eCos-exception-2.0",
    "gpl-2.0-with-autoconf-exception": "GPL-2.0-only WITH Autoconf-exception-2.0",
    "gpl-2.0-with-bison-exception": "GPL-2.0-only WITH Bison-exception-2.2",
    "gpl-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "gpl-2.0-with-font-exception": "GPL-2.0-only WITH Font-exception-2.0",
    "gpl-2.0-with-gcc-exception": "GPL-2.0-only WITH GCC-exception-2.0",
    "gpl-3.0-with-autoconf-exception": "GPL-3.0-only WITH Autoconf-exception-3.0",
    "gpl-3.0-with-gcc-exception": "GPL-3.0-only WITH GCC-exception-3.1",
    "nunit": "zlib-acknowledgement",
}


def parse(text: str) -> str:
    """The one spelling of an expression: SPDX identifiers, simplified, sorted. NOASSERTION and NONE are values."""
    if len(text) > LIMIT_CHARS:
        raise Refused(f"an SPDX expression of {len(text)} characters was refused: state one of at most {LIMIT_CHARS}")
    return spelled(_parsed(text))


def tree_of(expression: str) -> Tree:
    """The expression as nested tuples, for everything that weighs AND against OR."""
    return _parsed(expression)


def licenses_in(expression: str) -> tuple[str, ...]:
    """Every license named, each with its exception, sorted."""
    return tuple(sorted(set(_leaves(tree_of(expression)))))


def conjunction(expressions: Iterable[str]) -> str:
    """All of them at once. NOASSERTION absorbs every other, then NONE does; of nothing it is NOASSERTION."""
    parts = sorted({parse(expression) for expression in expressions})
    for value in (NOASSERTION, NONE):
        if value in parts or not parts:
            return value
    return spelled(_parsed(" AND ".join(f"({part})" for part in parts)))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Tree:
    tokens = _TOKEN.findall(text)
    if len(tokens) == 1 and (tokens[0] == NONE or tokens[0].upper() == NOASSERTION):
        return str(tokens[0]).upper()
    _check_shape(text, tokens)
    resolved = [_resolved(token, before, text) for before, token in zip(["", *tokens], tokens, strict=False)]
    try:
        return _canonical(_GRAMMAR.parse(" ".join(resolved)).simplify())
    except Exception as problem:  # the parser raises several unrelated kinds, AttributeError among them
        raise Refused(f"{_quoted(text)} is not an SPDX expression: join identifiers by AND, OR and WITH") from problem


def _check_shape(text: str, tokens: list[str]) -> None:
    if not tokens:
        raise Refused("an empty text is not an SPDX expression: state NOASSERTION where nothing is known")
    for before, token in pairwise(tokens):  # the grammar would take two identifiers in a row for one
        if before.upper() not in _BEFORE_A_LICENSE and token.upper() not in _AFTER_A_LICENSE:
            raise Refused(f"{_quoted(token)} in {_quoted(text)} follows a license: join them by AND, OR or WITH")
    depth = max(accumulate((token == "(") - (token == ")") for token in tokens))
    if depth > LIMIT_DEPTH or sum(token.upper() in _AFTER_A_LICENSE[1:] for token in tokens) >= LIMIT_LICENSES:
        raise Refused(f"{_quoted(text)} is nested or long beyond reason: state at most {LIMIT_LICENSES} licenses")


def _resolved(token: str, before: str, text: str) -> str:
    if token in "()":
        return token
    if token.upper() in ("AND", "OR", "WITH"):
        return token.upper()
    known = _exception(token) if before.upper() == "WITH" else _license(token)
    if known is None:
        kind, own = ("exception", "AdditionRef-") if before.upper() == "WITH" else ("license", "LicenseRef-")
        way_out = f"use an identifier of spdx.org/licenses, or your own that begins with {own}"
        raise Refused(f"{_quoted(token)} in {_quoted(text)} is not a known {kind}: {way_out}")
    return known


def _license(token: str) -> str | None:
    if _REFERENCE.fullmatch(token):
        return _PREFIX.sub("LicenseRef-", token, count=1)
    known = _OLD_NAMES.get(token.lower()) or _identifiers()[0].get(token.lower())
    if known is None and token.endswith("+"):
        known = _identifiers()[0].get(token[:-1].lower())
        return f"{known}+" if known and not known.endswith(("-only", "-or-later")) else None
    return known


def _exception(token: str) -> str | None:
    return token if _ADDITION.fullmatch(token) else _identifiers()[1].get(token.lower())


@cache
def _identifiers() -> tuple[dict[str, str], dict[str, str]]:
    """Lower case to SPDX spelling, of licenses and of exceptions."""
    licenses: dict[str, str] = {}
    exceptions: dict[str, str] = {}
    for entry in get_license_index():
        key = entry.get("spdx_license_key") or "LicenseRef-"
        if key.startswith("LicenseRef-") or key.lower() in _OLD_NAMES:
            continue
        names = [key, *(old for old in entry["other_spdx_license_keys"] if _OLD_GNU.fullmatch(old) or old in _OLD)]
        (exceptions if entry["is_exception"] and key != _NOT_AN_EXCEPTION else licenses).update(
            {name.lower(): key for name in names}
        )
    return licenses, exceptions


def _canonical(node: Any) -> Tree:
    if not isinstance(node, (AND, OR)):
        return str(node.render())
    parts = sorted((_canonical(part) for part in node.args), key=spelled)
    return ("AND" if isinstance(node, AND) else "OR", tuple(parts))


def spelled(tree: Tree) -> str:
    if isinstance(tree, str):
        return tree
    operator, parts = tree
    return f" {operator} ".join(part if isinstance(part, str) else f"({spelled(part)})" for part in parts)


def _leaves(tree: Tree) -> Iterable[str]:
    return (tree,) if isinstance(tree, str) else chain.from_iterable(_leaves(part) for part in tree[1])


def _quoted(text: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text[:80])
    return f'"{shown}…"' if len(text) > 80 else f'"{shown}"'
