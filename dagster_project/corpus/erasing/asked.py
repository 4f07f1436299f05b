"""What data portraits of new mixes claimed of a text while it was there, for afterwards nobody can ask:
`asked/<entry id>.json`, the last answer stands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.errors import IntegrityError, MissingObject
from dagster_project.corpus.model.manifests import FORMAT
from dagster_project.corpus.storage.stores import Store

PREFIX = "asked/"


class Span(NamedTuple):
    """Bytes of the text of a removed document that a portrait claims to know: the surviving document that says the same
    there (`found`), or why the portrait errs (`explanation`). One with neither is not explained."""

    doc_id: str
    start: int
    end: int
    found: str = ""
    explanation: str = ""


def put_spans(store: Store, entry: str, spans: Iterable[Span]) -> None:
    """Record what was answered for an entry of the register."""
    record = {"format": FORMAT, "spans": [item._asdict() for item in spans]}
    store.put(f"{PREFIX}{entry}.json", canonical(record))


def spans_of(store: Store, entry: str) -> list[Span] | None:
    """What was answered for an entry; None where no portrait was asked."""
    path = f"{PREFIX}{entry}.json"
    try:
        record = json.loads(store.get(path))
    except MissingObject:
        return None
    if record.get("format") != FORMAT:
        raise IntegrityError(f"{path} has format {record.get('format')}, and this release reads {FORMAT}: upgrade")
    return [Span(**item) for item in record["spans"]]
