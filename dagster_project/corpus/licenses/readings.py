"""What one stated value says, by the kind of place that states it: an expression, several possible ones, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.corpus.licenses import creative_commons
from dagster_project.corpus.licenses.expressions import LIMIT_CHARS, NOASSERTION, parse
from dagster_project.corpus.model.errors import Refused

_HEAD_CHARS = 2000  # enough for the first lines of a license text; a value may be a megabyte
_SPDX_TAG = "SPDX-License-Identifier:"
NOTICES = ("html.copyright", "json-ld.copyright")
WEB = ("html.rel-license", "http.link", "json-ld.license", "html.meta", "microdata.license", "html.link")

_COPYRIGHT = re.compile(r"©|\(c\)|copyright[ :]", re.IGNORECASE)
_WITHIN = re.compile(r"(?:https?:)?//(?:www\.)?creativecommons\.org/[^\s\"'<>()]+", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """What a value was read as. Without an expression, `candidates` lists what it may mean."""

    rule: str  # which way of reading it was
    expression: str | None = None
    candidates: tuple[str, ...] = ()


UNMAPPED, SILENT = Reading("unmapped"), Reading("silent")


def read(kind: str, value: str) -> Reading:
    """The reading of one value. Places that must hold an SPDX expression are held to it."""
    head = value[: LIMIT_CHARS + 1]
    if kind == "file.spdx":
        return _by_spdx(_tagged(head))
    if kind == "package.license_expression":
        return _by_spdx(head)
    if kind in NOTICES:
        return _by_notice(head)
    if kind in WEB and (reading := _by_text(head)) == UNMAPPED:
        notice = _by_notice(head)
        return notice if notice != SILENT or _COPYRIGHT.search(head) else reading
    return _by_classifier(head) if kind == "package.classifier" else _by_text(head)


def normal(text: str) -> str:
    """The form in which aliases are looked up."""
    folded = " ".join(text.split()).casefold().replace("licence", "license").removesuffix(".")
    return folded.strip("\"'` ").removeprefix("the ")


def address(text: str) -> str | None:
    """A web address in the form of aliases.yaml, or None where the text is none."""
    scheme, found, rest = text.strip().lower().partition("://")
    if scheme not in ("http", "https") or not found:
        return None
    bare = rest.partition("#")[0].partition("?")[0].removeprefix("www.").rstrip("/")
    for ending in (".html", ".en", ".txt", ".php"):
        bare = bare.removesuffix(ending)
    return bare


@cache
def aliases() -> Mapping[str, Mapping[str, str]]:
    """The tables of aliases.yaml that lead to one expression."""
    return {name: rows for name, rows in _content().items() if not name.startswith(("ambiguous", "phrases"))}


@cache
def ambiguous(table: str) -> Mapping[str, tuple[str, ...]]:
    """A table of aliases.yaml that leads to several, or to none."""
    return {key: tuple(candidates) for key, candidates in _content()[table].items()}


@cache
def phrases() -> Mapping[str, tuple[str, ...]]:
    """The lists of aliases.yaml by which the words of a notice are known."""
    return {name: tuple(rows) for name, rows in _content()["phrases"].items()}


@cache
def _content() -> Mapping[str, Any]:
    text = Path(__file__).with_name("aliases.yaml").read_text(encoding="utf-8")
    content: Mapping[str, Any] = yaml.safe_load(text)
    return content


@lru_cache(maxsize=4096)
def _by_text(value: str) -> Reading:
    if len(value.strip().splitlines()) > 1:
        return _by_first_lines(value)
    for way in (_by_alias, _by_creative_commons, _by_address, _by_classifier, _by_spdx):
        if (reading := way(value)) != UNMAPPED:
            return reading
    return UNMAPPED


def _by_alias(value: str) -> Reading:
    key = normal(value)
    return _looked_up(key, "alias", aliases()["texts"], ambiguous("ambiguous"))


def _by_classifier(value: str) -> Reading:
    return _looked_up(value.strip(), "classifier", aliases()["classifiers"], ambiguous("ambiguous_classifiers"))


def _by_creative_commons(value: str) -> Reading:
    if creative_commons.is_overview(value):
        return SILENT
    return _of_candidates("creative commons", creative_commons.by_address(value) or creative_commons.by_name(value))


@lru_cache(maxsize=4096)
def _by_notice(value: str) -> Reading:
    """A sentence about rights. A license that it only mentions is a candidate: it may be another work's.

    The name of the holder is no license: MIT and W3C hold copyrights, too.
    """
    text = normal(value)
    for phrase in phrases()["leaving"]:
        text = text.replace(phrase, "")
    if any(phrase in text for phrase in phrases()["reserving"]):
        return Reading("notice", "LicenseRef-All-Rights-Reserved")
    reading = _by_alias(value)
    if (reading := _by_creative_commons(value) if reading == UNMAPPED else reading) != UNMAPPED:
        return reading if (reading.expression or "CC").startswith(("CC", "LicenseRef-")) else SILENT
    mentioned = {found for address in _WITHIN.findall(value) for found in creative_commons.by_address(address)}
    if mentioned:
        return Reading("ambiguous", candidates=tuple(sorted(mentioned)))
    return UNMAPPED if any(phrase in text for phrase in phrases()["licensing"]) else SILENT


def _by_address(value: str) -> Reading:
    return _looked_up(address(value) or "", "address", aliases()["addresses"], {})


def _by_spdx(value: str) -> Reading:
    try:
        expression = parse(value)
    except Refused:
        return UNMAPPED
    return Reading("silent") if expression == NOASSERTION else Reading("spdx", expression)


def _by_first_lines(value: str) -> Reading:
    bare = (line.strip(" \t|=*#-") for line in value[:_HEAD_CHARS].splitlines())
    lines = [normal(line) for line in bare if line][:2]
    rows = aliases()["first_lines"]
    return next((Reading("first line", rows[key]) for key in (*lines[:1], " / ".join(lines)) if key in rows), UNMAPPED)


def _looked_up(key: str, rule: str, rows: Mapping[str, str], doubtful: Mapping[str, tuple[str, ...]]) -> Reading:
    if key in rows:
        return Reading(rule, rows[key])
    if key in doubtful:
        return Reading("ambiguous" if doubtful[key] else "silent", candidates=doubtful[key])
    return UNMAPPED


def _of_candidates(rule: str, possible: tuple[str, ...]) -> Reading:
    if len(possible) == 1:
        return Reading(rule, possible[0])
    return Reading("ambiguous", candidates=possible) if possible else UNMAPPED


def _tagged(value: str) -> str:
    """The expression of a header line, without its tag and the end of the comment around it."""
    bare = value.strip().removeprefix(_SPDX_TAG).strip()
    return bare.removesuffix("*/").removesuffix("-->").strip()
