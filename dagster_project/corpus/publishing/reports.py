"""The reports of a mix, by format. A new one is one function and one line in REPORTS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.attribution import attribution
from dagster_project.corpus.publishing.facts import facts_of
from dagster_project.corpus.publishing.markdown import page_in_markdown
from dagster_project.corpus.publishing.report import page
from dagster_project.corpus.publishing.subject import Subject, find_subject
from dagster_project.corpus.storage.stores import Store

Writer = TypeVar("Writer")
REPORTS: dict[str, Callable[[Subject], bytes]] = {
    "html": lambda subject: page(facts_of(subject)),
    "json": lambda subject: encoded(facts_of(subject)),
    "md": lambda subject: page_in_markdown(facts_of(subject)),
    "attribution": attribution,
}


def render(store: Store, mix: Partition, format: str, version: str | None = None) -> bytes:
    """A report of a mix, the newest version or the one whose id begins with `version`; the same bytes each time."""
    return writer_of(REPORTS, format, "reports")(find_subject(store, mix, version))


def writer_of(writers: Mapping[str, Writer], format: str, of: str) -> Writer:
    """What writes a format; an unknown one is refused."""
    if format not in writers:
        raise Refused(f"{format!r} is not a format of {of}: use one of {', '.join(writers)}")
    return writers[format]


def encoded(facts: dict[str, Any]) -> bytes:
    """JSON in ASCII without < > &: nothing in it commands a terminal, and it may stand inside a page."""
    text = json.dumps(facts, indent=2, sort_keys=True, allow_nan=False)
    for character in "<>&\x7f":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode() + b"\n"
