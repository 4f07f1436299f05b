"""What portraits said of removed documents, as a certificate tells it: every span that was met is explained by
documents that stand by right, or said to be not explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dagster_project.corpus.building.remaining import members_among
from dagster_project.corpus.building.takedowns import members_of
from dagster_project.corpus.erasing.asked import Answer, Span, answer_of
from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.portraits.proving import FALSE, IN_PARTS, VERBATIM
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry

SAID = {
    VERBATIM: "stands verbatim",
    IN_PARTS: "stands in parts",
    FALSE: "as a whole it is false, and parts of it stand",
}
Told = Mapping[str, Any]


def portrait_told(
    store: Store, entry: Entry, removed: Sequence[bytes], versions: Sequence[Told], check: Sequence[Told]
) -> dict[str, Any]:
    """`versions` and `check` as the certificate has them, the latter with every copy that is met."""
    answer, documents = answer_of(store, entry.id), [item.hex() for item in removed]
    asked = [answer.documents[item] for item in documents if item in answer.documents]
    of = sorted({version for item in asked for version in item.versions})
    newest = {item["new"] for item in versions if item["new"] and item["partition"].startswith("published/")}
    return {
        "asked": bool(asked),
        "documents": len(asked),
        "without_text": len(documents) - len(asked) if asked else 0,  # that nobody could ask about any more
        "versions": of,
        "not_asked_of": sorted(newest - {*of}) if asked else [],  # built since
        "shown_false": sum(item.false for item in asked),
        "unknown": sum(item.unknown for item in asked),
        "spans": list(_explained(store, entry, answer, documents, check)),
    }


def not_members(store: Store, spans: Iterable[Span]) -> set[tuple[str, str]]:
    """(version, document) of holders that the version does not have."""
    named: dict[str, set[str]] = {}
    for span in spans:
        named.setdefault(span.version, set()).update(span.found)
    return {(version, item) for version, ids in named.items() for item in ids - _members(store, version, ids)}


def spans_told(told: Sequence[Told]) -> list[Span]:
    """Spans of a certificate as they were recorded."""
    known = ({**{name: item[name] for name in Span._fields}, "found": tuple(item["found"])} for item in told)
    return sorted(Span(**item) for item in known)


def _explained(
    store: Store, entry: Entry, answer: Answer, removed: Sequence[str], check: Sequence[Told]
) -> Iterator[dict[str, Any]]:
    spans = [item for item in answer.spans if item.doc_id in {*removed}]
    gone, meant = {*removed}, {(hit["removed"], hit["found"]) for hit in _hits(check) if not hit["is_explained"]}
    strangers = not_members(store, spans)
    for span in spans:
        problems = [
            problem
            for item in span.found
            for problem, is_so in (
                (f"{item[:12]} is one of the removed documents", item in gone),
                (f"{item[:12]} is no member of {span.version[:12]}", (span.version, item) in strangers),
                (f"{item[:12]} is a copy that the request means", (span.doc_id, item) in meant),
            )
            if is_so
        ]
        if span.verdict not in SAID:
            problems.append("it could not be looked up to the end")
        why = f"in documents of their own, which a request of scope {entry.scope} for a {entry.kind} does not name"
        said = "; ".join(problems) or f"{SAID[span.verdict]} {why}"
        yield {**span._asdict(), "found": [*span.found], "is_explained": not problems, "explanation": said}


def _hits(check: Sequence[Told]) -> Iterator[Told]:
    return (hit for item in check for hit in item["hits"])


def _members(store: Store, version: str, documents: Iterable[str]) -> set[str]:
    try:
        mixed = members_of(store, load_manifest(store, version))
    except MissingObject:
        return set()
    return {item.hex() for item in members_among(store, mixed, sorted(map(bytes.fromhex, documents)))}
