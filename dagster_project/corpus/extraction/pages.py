"""A page and what is made of it: main content as text with its structure, and the evidence that it carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dagster_project.corpus.model.dates import Dated
from dagster_project.corpus.model.documents import NO_CONTENT, NOT_TEXT
from dagster_project.corpus.model.structure import Structure

PAGE_TOO_LONG = "page too long"
PARSER_FAILED = "parser failed"
REASONS = frozenset({NO_CONTENT, PAGE_TOO_LONG, NOT_TEXT, PARSER_FAILED})

PAGE_BYTES, PAGE_TAGS = 16 << 20, 1_500_000  # of the tags a parser makes a tree of up to 1.3 GB


class Page(NamedTuple):
    """The bytes of one HTML page, content encoding undone, and what was said about it by whoever sent it."""

    body: bytes
    url: str | None = None
    headers: Sequence[tuple[str, str]] = ()  # of HTTP, names as sent


class Extracted(NamedTuple):
    """What a page holds."""

    text: str
    structure: Structure
    title: str | None
    language: str | None  # as declared
    license_evidence: Sequence[Mapping[str, str]]
    reservations: Sequence[Mapping[str, str]]
    dates: Sequence[Dated]
    boilerplate_characters: int
    metadata: Mapping[str, Any]


class Unextracted(NamedTuple):
    """Why a page gave nothing: one of REASONS, and what the parser said, without the text."""

    reason: str
    detail: str
