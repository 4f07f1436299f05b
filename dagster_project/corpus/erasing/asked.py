"""What data portraits of new mixes claimed of texts while these were there, for afterwards nobody can ask:
`asked/<entry id>/00000002.json` is the second answer for an entry, and nothing of it is overwritten. Of a document the
last answer stands that was about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dagster_project.corpus.storage import records
from dagster_project.corpus.storage.stores import Store

PREFIX = "asked/"


class Span(NamedTuple):
    """Bytes of the text of a removed document of which something stands in a version, and the documents there that hold
    it, letter for letter. Verdicts (`portraits/proving.py`): all of it in one, its parts in several, or some parts."""

    doc_id: str
    start: int
    end: int
    version: str
    verdict: str
    found: tuple[str, ...]


class Asked(NamedTuple):
    """What was asked about one document: of which versions, and how many spans that their portraits showed hold nothing
    of it, or could not be looked up to the end."""

    versions: tuple[str, ...]
    false: int = 0
    unknown: int = 0


class Answer(NamedTuple):
    """What was answered for one entry: of each document that had a text, and what of these was met."""

    documents: Mapping[str, Asked]
    spans: tuple[Span, ...] = ()


def put_answer(store: Store, entry: str, answer: Answer) -> None:
    """Record what was answered for an entry of the register, unless that is on record."""

    def told(_: int) -> Mapping[str, Any] | None:
        old = answer_of(store, entry)
        return None if _together(old, answer) == old else _told(answer)

    records.append(store, f"{PREFIX}{entry}/", told)


def answer_of(store: Store, entry: str) -> Answer:
    """What was answered for an entry; of nothing where no portrait was asked."""
    known = Answer({})
    for _, record in records.series(store, f"{PREFIX}{entry}/"):
        known = _together(known, _answer(record))
    return known


def _together(old: Answer, new: Answer) -> Answer:
    """Both, the new one of what it is about."""
    kept = (item for item in old.spans if item.doc_id not in new.documents)
    documents = {**old.documents, **new.documents}
    return Answer(dict(sorted(documents.items())), tuple(sorted((*kept, *new.spans))))


def _told(answer: Answer) -> dict[str, Any]:
    """The same as a record, which names versions once."""
    versions = sorted({version for item in answer.documents.values() for version in item.versions})
    numbers = {version: number for number, version in enumerate(versions)}
    documents = {
        doc_id: [[numbers[version] for version in item.versions], item.false, item.unknown]
        for doc_id, item in answer.documents.items()
    }
    return {"versions": versions, "documents": documents, "spans": [list(item) for item in answer.spans]}


def _answer(record: Mapping[str, Any]) -> Answer:
    versions, documents = record["versions"], dict[str, Asked]()
    for doc_id, (numbers, false, unknown) in record["documents"].items():
        documents[doc_id] = Asked(tuple(versions[number] for number in numbers), false, unknown)
    spans = (dict(zip(Span._fields, said, strict=True)) for said in record["spans"])
    return Answer(documents, tuple(Span(**{**said, "found": tuple(said["found"])}) for said in spans))
