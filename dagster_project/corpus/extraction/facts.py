"""What a page says of itself: title, language, license evidence, dates, reservations; nothing is concluded here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from dagster_project.corpus.extraction.date_statements import dates_of, modified_of
from dagster_project.corpus.extraction.json_ld import names_of
from dagster_project.corpus.extraction.license_statements import license_evidence
from dagster_project.corpus.extraction.reservation_statements import reservations_of
from dagster_project.corpus.extraction.statements import Statements, sort_statements, worded
from dagster_project.corpus.extraction.tags import Tag
from dagster_project.corpus.model.dates import Dated

LIMIT_AUTHORS = 50
AUTHOR_CHARACTERS = 200

_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8}){0,8}")  # the shape of BCP 47, and the common "_"


class Facts(NamedTuple):
    """Evidence is {"kind", "value", "where"}; metadata holds canonical, description, site_name, authors, modified."""

    title: str | None
    language: str | None
    license_evidence: list[dict[str, str]]
    reservations: list[dict[str, str]]
    dates: list[Dated]
    metadata: dict[str, Any]


def facts_of(tags: Sequence[Tag], headers: Sequence[tuple[str, str]], url: str | None) -> Facts:
    """What the tags of a page and the HTTP headers it came with say of it; never raises."""
    said = sort_statements(tags, headers, url)
    return Facts(
        title=_title(said),
        language=_language(said),
        license_evidence=license_evidence(said),
        reservations=reservations_of(said),
        dates=dates_of(said, url),
        metadata={name: value for name, value in _metadata(said) if value},
    )


def _title(said: Statements) -> str | None:
    for tag in said.titles:
        if title := worded(tag.text):
            return title
    return next((title for content in said.metas.get("og:title", ()) if (title := worded(content))), None)


def _language(said: Statements) -> str | None:
    """As declared; a list of several languages, or what is no language tag, declares none."""
    for text in _languages(said):
        if _LANGUAGE.fullmatch(stated := text.strip()):
            return stated
    return None


def _languages(said: Statements) -> Iterator[str]:
    if said.html is not None:
        attributes = said.html.attributes
        yield attributes.get("lang") or attributes.get("xml:lang") or ""
    yield from said.header("content-language")
    yield from said.metas.get("content-language", ())


def _metadata(said: Statements) -> Iterator[tuple[str, Any]]:
    metas = said.metas
    yield "canonical", _canonical(said)
    yield "description", worded((metas.get("description") or metas.get("og:description") or ("",))[0])
    yield "site_name", worded(metas.get("og:site_name", ("",))[0])
    yield "authors", _authors(said)
    yield "modified", modified_of(said)


def _canonical(said: Statements) -> str | None:
    for tag in said.links:
        if tag.attributes.get("rel", "").lower() == "canonical" and (href := tag.attributes.get("href", "").strip()):
            return worded(said.address(href))
    return None


def _authors(said: Statements) -> list[str]:
    names = [name for node in said.json_ld.own for name in names_of(node.get("author"))]
    names = names or [*said.metas.get("author", ()), *said.metas.get("citation_author", ())]
    return list(dict.fromkeys(worded(name)[:AUTHOR_CHARACTERS] for name in names if name.strip()))[:LIMIT_AUTHORS]
