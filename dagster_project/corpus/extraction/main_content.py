"""The main content of a page by resiliparse or trafilatura, with its structure and what the page says of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from dagster_project.corpus.extraction.encodings import Decoded, decode, is_text
from dagster_project.corpus.extraction.facts import facts_of
from dagster_project.corpus.extraction.marking import (
    MarkedPage,
    Unmarked,
    base_of,
    mark_page,
    plain_page,
    resolve,
    unmark_text,
)
from dagster_project.corpus.extraction.pages import (
    PAGE_BYTES,
    PAGE_TAGS,
    PAGE_TOO_LONG,
    PARSER_FAILED,
    Extracted,
    Page,
    Unextracted,
)
from dagster_project.corpus.model.documents import NO_CONTENT, NOT_TEXT

if TYPE_CHECKING:
    from dagster_project.corpus.extraction.with_trafilatura import Content

Extractor = Literal["resiliparse", "trafilatura"]


def extract(page: Page, extractor: Extractor = "resiliparse") -> Extracted | Unextracted:
    """The main content of a page as text and spans, or why there is none; never raises."""
    if len(page.body) > PAGE_BYTES:
        return Unextracted(PAGE_TOO_LONG, f"{len(page.body):,} bytes, more than {PAGE_BYTES:,}")
    decoded = decode(page.body, page.headers)
    if not is_text(decoded.page):
        return Unextracted(NOT_TEXT, f"as {decoded.encoding} it is mostly no characters")
    if (tags := decoded.page.count(b"<")) > PAGE_TAGS:
        return Unextracted(PAGE_TOO_LONG, f"{tags:,} tags, more than {PAGE_TAGS:,}")
    marked = mark_page(decoded.page)
    try:
        found = _PARSERS[extractor](marked, base_of(marked.tags, page.url))
    except ParserFailure as failure:
        return Unextracted(PARSER_FAILED, f"{extractor}: {failure}")
    if not found.visible:
        return Unextracted(NO_CONTENT, f"{marked.visible:,} visible characters, none of them main content")
    return _extracted(page, decoded, marked, found)


def _extracted(page: Page, decoded: Decoded, marked: MarkedPage, found: Unmarked | Content) -> Extracted:
    facts = facts_of(marked.tags, page.headers, page.url)
    metadata = {**facts.metadata, "encoding": decoded.encoding, "encoding_from": decoded.said_by}
    if decoded.replaced:
        metadata["replaced_bytes"] = decoded.replaced
    return Extracted(
        found.text,
        found.structure,
        facts.title,
        facts.language,
        facts.license_evidence,
        facts.reservations,
        facts.dates,
        max(0, marked.visible - found.visible),
        metadata,
    )


class ParserFailure(Exception):
    """A parser that raised on a page: a reason, not an end."""


def _resiliparse(marked: MarkedPage, base: str | None) -> Unmarked:
    try:
        tree = HTMLTree.parse_from_bytes(marked.marked, "utf-8")
        text = extract_plain_text(tree, preserve_formatting=True, main_content=True, list_bullets=False, links=False)
    except Exception as error:
        raise ParserFailure(type(error).__name__) from error
    return unmark_text(text, marked, base)


def _trafilatura(marked: MarkedPage, base: str | None) -> Content:
    from dagster_project.corpus.extraction.with_trafilatura import main_content  # loads lxml and its like

    try:
        return main_content(plain_page(marked), lambda target: resolve(target, base))
    except Exception as error:
        raise ParserFailure(type(error).__name__) from error


_PARSERS: dict[str, Callable[[MarkedPage, str | None], Unmarked | Content]] = {
    "resiliparse": _resiliparse,
    "trafilatura": _trafilatura,
}
