"""A certificate held against the store: its signature is asked elsewhere, its facts here, one sentence for each that
does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dagster_project.corpus.building.certificate_portraits import not_members, spans_told
from dagster_project.corpus.building.certificate_texts import begun_before, still_held, texts_left, written_since
from dagster_project.corpus.building.certificates import (
    FORMAT,
    TITLE,
    newest_mixes,
    objects_of_entry,
    versions_of_entry,
)
from dagster_project.corpus.building.remaining import members_among
from dagster_project.corpus.erasing.asked import answer_of
from dagster_project.corpus.erasing.cleared import cleared_for
from dagster_project.corpus.erasing.meant import unmeant
from dagster_project.corpus.erasing.owned import owned
from dagster_project.corpus.erasing.replacements import find_replacement
from dagster_project.corpus.model.errors import MissingObject, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.statements.statements import statements_of, withdrawn_for
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.erased import erased_for, read_erasures
from dagster_project.corpus.takedowns.register import read_register

ASKED = ("kind", "value", "scope")  # what a request is; the others are the record of it, and may be corrected


def complaints(store: Store, told: Any) -> list[str]:
    """What of a certificate is not, or no longer, as it says; Refused for what is no certificate."""
    if not isinstance(told, Mapping) or told.get("certificate") != TITLE or told.get("format") != FORMAT:
        raise Refused("this is no certificate of this release: give the file that `takedown certificate` wrote")
    try:
        facts = [
            *_of_request(store, told),
            *_of_objects(store, told),
            *_of_versions(store, told),
            *_of_texts(store, told),
        ]
        return [*facts, *_of_hits(told), *_of_portrait(store, told)]
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"the certificate lacks a part ({error}): give the file as it was written") from None


def _of_request(store: Store, told: Mapping[str, Any]) -> Iterator[str]:
    if told["store"] != store.location:
        yield f"it is of the store {told['store']}, and this is {store.location}"
    try:
        entry = read_register(store).named(told["request"]["entry"])
    except Refused:
        yield f"the register has no entry {told['request']['entry']}"
        return
    if entry.id != told["request"]["entry"] or any(getattr(entry, name) != told["request"][name] for name in ASKED):
        yield f"the register has another request under {entry.id[:12]}: a {entry.kind}, of scope {entry.scope}"
    if entry.decision != told["decision"]["decision"]:
        yield f"the decision is {entry.decision} by now, and the certificate says {told['decision']['decision']}"


def _of_objects(store: Store, told: Mapping[str, Any]) -> Iterator[str]:
    for item in told["objects"]:
        found = find_replacement(store, item["old"])
        new = found.new.sha256 if found and found.new else None
        if found is None or new != item["new"]:
            yield f"what replaced {item['path']} is not on record as the certificate has it"
        elif store.size(item["path"]) is not None and (new or not owned(store, {item["old"]})):
            yield f"{item['path']} stands again: apply the takedown again with --erase"
    known = {item["old"] for item in told["objects"]}
    missing = [item["path"] for item in objects_of_entry(store, told["request"]["entry"]) if item["old"] not in known]
    if missing:
        yield f"{len(missing)} objects that were erased for it are not in it, such as {missing[0]}: make it again"


def _of_versions(store: Store, told: Mapping[str, Any]) -> Iterator[str]:
    removed = [bytes.fromhex(item["doc_id"]) for item in told["removed"]]
    entry = told["request"]["entry"]
    for item in told["versions"]:
        if entry not in withdrawn_for(statements_of(store, item["old"])):
            yield f"{item['partition']}#{item['old'][:12]} is not withdrawn for this request"
    standing = versions_of_entry(store, entry)
    for item in [item for item in standing if item["old"] not in {said["old"] for said in told["versions"]}]:
        yield f"{item['partition']}#{item['old'][:12]} was withdrawn for it and is not in it: make it again"
    for item in newest_mixes(told["versions"]):
        if item["new"] not in {said["version"] for said in told["check"]}:
            yield f"{item['partition']}#{item['new'][:12]} was not searched: make it again"
    for item in told["check"]:
        name = f"{item['partition']}#{item['version'][:12]}"
        mixed = _manifest(store, item["version"])
        if mixed is None:
            yield f"{name} does not stand in this store"
        elif found := members_among(store, mixed, removed):
            yield f"{name} holds {len(found)} of the removed documents"


def _of_texts(store: Store, told: Mapping[str, Any]) -> Iterator[str]:
    """What the store has of them, whatever the certificate says."""
    entry, removed = told["request"]["entry"], [bytes.fromhex(item["doc_id"]) for item in told["removed"]]
    held = still_held(store, entry, removed)
    for item in held:
        name = f"{item['partition']}#{item['version'][:12]}"
        yield f"{name} stands, and holds {item['documents']} of the removed documents: apply the takedown"
    if [item for item in told["still_held"] if item not in held]:
        yield "versions that held removed documents when it was written do so no more: make it again"
    erased = erased_for(store, read_erasures(store), [entry])
    if missing := len({*erased.column("doc_id").to_pylist()} - {*removed}):
        yield f"{missing} documents more were erased for it than the certificate names: make it again"
    if others := unmeant(store, erased, [item for item in read_register(store).entries if item.id == entry]):
        yield f"{len(others)} documents, such as {others[0][0].hex()}, were erased for it, and it does not mean them"
    cleared, is_recorded = cleared_for(store, entry), entry in read_erasures(store).entries
    if told["erased"] != (is_recorded and cleared is not None):
        yield f"the store says that its text was {'not ' if told['erased'] else ''}erased: make it again"
    if is_recorded and cleared is None:
        yield "its erasure was begun, and did not come to its end in this store: apply the takedown again with --erase"
    for item in texts_left(store, removed) if is_recorded else ():
        name = f"{item['partition']}#{item['version'][:12]}"
        yield f"{name} has the text of {item['documents']}: apply the takedown again with --erase"
    if cleared and (pieces := begun_before(store, cleared)):
        yield (
            f"{pieces} pieces that runs began before its erasure ended may hold the text: an hour after the last of "
            f"these ended, apply the takedown again with --erase"
        )
    if cleared and (left := written_since(store, cleared, removed)):
        yield (
            f"{len(left)} objects that no version names may hold the text, such as {left[0]}: when no build runs any "
            f"more, apply the takedown again with --erase"
        )


def _of_hits(told: Mapping[str, Any]) -> Iterator[str]:
    for item in told["check"]:
        bad = sum(not hit["is_explained"] for hit in item["hits"])
        if bad or item["still_members"]:
            yield f"{item['partition']}: {bad} hits are not explained, {len(item['still_members'])} documents remained"


def _of_portrait(store: Store, told: Mapping[str, Any]) -> Iterator[str]:
    portrait, spans = told["portrait"], spans_told(told["portrait"]["spans"])
    if bad := sum(not item["is_explained"] for item in portrait["spans"]):
        yield f"{bad} spans that a portrait claims are not explained"
    if portrait["unknown"]:
        yield f"{portrait['unknown']} spans that a portrait claims could not be looked up to the end"
    for version, document in sorted(not_members(store, spans)):
        yield f"{version[:12]} does not have {document[:12]}, which is to explain what its portrait claims"
    removed, answer = {item["doc_id"] for item in told["removed"]}, answer_of(store, told["request"]["entry"])
    asked = [item for doc_id, item in answer.documents.items() if doc_id in removed]
    counts = [len(asked), sum(item.false for item in asked), sum(item.unknown for item in asked)]
    is_same = counts == [portrait[name] for name in ("documents", "shown_false", "unknown")]
    if not is_same or spans != sorted(item for item in answer.spans if item.doc_id in removed):
        yield "portraits answered otherwise than the certificate says, or were asked again since: make it again"


def _manifest(store: Store, version: str) -> Manifest | None:
    try:
        return load_manifest(store, version)
    except MissingObject:
        return None
