"""The main content of a page, as resiliparse or trafilatura sees it, with structure and with what the page says of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from dagster_project.corpus.extraction.encodings import Decoded, decode, is_text
from dagster_project.corpus.extraction.facts import facts_of
from dagster_project.corpus.extraction.marking import MarkedPage, Unmarked, base_of, mark_page, unmark_text
from dagster_project.corpus.extraction.pages import (
    NO_CONTENT,
    NOT_TEXT,
    PAGE_BYTES,
    PAGE_TOO_LONG,
    PARSER_FAILED,
    Extracted,
    Page,
    Unextracted,
)

Extractor = Literal["resiliparse", "trafilatura"]


def extract(page: Page, extractor: Extractor = "resiliparse") -> Extracted | Unextracted:
    """The main content of a page as text and spans, or why there is none; never raises."""
    if len(page.body) > PAGE_BYTES:
        return Unextracted(PAGE_TOO_LONG, f"{len(page.body):,} bytes, more than {PAGE_BYTES:,}")
    decoded = decode(page.body, page.headers)
    if not is_text(decoded.page):
        return Unextracted(NOT_TEXT, f"as {decoded.encoding} it is mostly no characters")
    marked = mark_page(decoded.page)
    try:
        content = _PARSERS[extractor](marked)
    except Exception as error:  # whatever a parser raises on hostile pages is a reason, not an end
        return Unextracted(PARSER_FAILED, f"{extractor}: {type(error).__name__}")
    found = unmark_text(content, marked, base_of(marked.tags, page.url))
    if not found.visible:
        return Unextracted(NO_CONTENT, f"{marked.visible:,} visible characters, none of them main content")
    return _extracted(page, decoded, marked, found)


def _extracted(page: Page, decoded: Decoded, marked: MarkedPage, found: Unmarked) -> Extracted:
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


def _resiliparse(marked: MarkedPage) -> str:
    tree = HTMLTree.parse_from_bytes(marked.marked, "utf-8")
    return extract_plain_text(tree, preserve_formatting=True, main_content=True, list_bullets=False, links=False)


_PARSERS: dict[str, Callable[[MarkedPage], str]] = {"resiliparse": _resiliparse}
