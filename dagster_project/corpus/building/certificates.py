"""The certificate of a takedown: what was asked, what was removed and from where, what is out of reach, and a check of
the new versions in which every remaining hit is explained. Facts alone; whoever signs it signs the canonical JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.building.certificate_portraits import portrait_told
from dagster_project.corpus.building.certificate_texts import still_held, texts_left
from dagster_project.corpus.building.erasures import gone_documents, snapshots_with
from dagster_project.corpus.building.remaining import members_among, members_met, verdict
from dagster_project.corpus.erasing.blanking import KEPT
from dagster_project.corpus.erasing.cleared import cleared_for
from dagster_project.corpus.erasing.erase import SCRATCH
from dagster_project.corpus.erasing.replacements import all_replacements
from dagster_project.corpus.lineage.index import find_all
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.partitions import parse
from dagster_project.corpus.reaching.everywhere import not_concluded
from dagster_project.corpus.statements.statements import ended, statements_of, today, withdrawn_for
from dagster_project.corpus.storage.refs import history, latest, load_manifest, published, published_versions
from dagster_project.corpus.storage.shards import read_rows, read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import erased_for, read_erasures
from dagster_project.corpus.takedowns.register import read_register

FORMAT = 1
TITLE = "Florilegium takedown certificate"
TOLD = ("doc_id", "record_id", "source", "url", "raw_object")
NOT_KNOWN = (
    "files that `florilegium fetch` or a loader copied out of the store, and reports written outside it",
    "raw objects outside the store, which it never changes",
    "caches and checkpoints of whoever trained on an older version",
)


def certificate(store: Store, digits: str) -> dict[str, Any]:
    """The certificate of an entry of the register."""
    register = read_register(store)
    entry = register.named(digits)
    erasures = read_erasures(store)
    is_recorded, cleared = entry.id in erasures.entries, cleared_for(store, entry.id)
    found = erased_for(store, erasures, [entry.id]) if is_recorded else gone_documents(store)
    removed = sorted(found.filter(pc.equal(found.column("entry"), entry.id)).column("doc_id").unique().to_pylist())
    documents = described(store, removed)
    versions = versions_of_entry(store, entry.id)
    check = [_checked(store, entry, item, removed) for item in newest_mixes(versions)]
    request = {name: getattr(entry, name) for name in ("kind", "value", "scope", "requester", "received", "reason")}
    return {
        "certificate": TITLE,
        "format": FORMAT,
        "store": store.location,
        "date": today(),
        "request": {"entry": entry.id, **request},
        "decision": {"decision": entry.decision, "decided_by": entry.decided_by, "register": register.number},
        "erased": is_recorded and cleared is not None,
        "removed": [_removed(item) for item in documents],
        "stood_in": list(_stood_in(store, entry, removed)),
        "versions": versions,
        "objects": list(objects_of_entry(store, entry.id)),
        "stays": list(KEPT),
        "out_of_reach": _out_of_reach(store, entry, removed, documents, versions),
        "check": check,
        "still_held": still_held(store, entry.id, removed),
        "texts_left": texts_left(store, removed) if is_recorded else [],
        "portrait": portrait_told(store, entry, removed, versions, check),
    }


def versions_of_entry(store: Store, entry: str) -> list[dict[str, Any]]:
    """The versions of corpora and mixes that were withdrawn for an entry, and what stands in their place."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for stage in ("deduplicated", "mixed", "published"):
        for partition in published(store, stage):
            newest = latest(store, partition)
            for version in published_versions(store, partition):
                if entry in withdrawn_for(statements_of(store, version)):
                    is_new = newest and newest.id != version and ended(statements_of(store, newest.id)) is None
                    new = newest.id if newest and is_new else None
                    found[str(partition), version] = {"partition": str(partition), "old": version, "new": new}
    return list(found.values())


def described(store: Store, documents: Sequence[bytes]) -> list[dict[str, Any]]:
    """Of each document its record, source, address and raw object, as any snapshot has it."""
    told: dict[bytes, dict[str, Any]] = {}
    wanted = set(documents)
    for partition in published(store, "snapshots"):
        for version in dict.fromkeys(ref.id for ref in reversed(history(store, partition))):
            lacking = sorted(wanted - told.keys())
            manifest = load_manifest(store, version)
            for places in find_all(store, manifest, "doc_id", lacking).values() if lacking else ():
                for shard, row in places:
                    (found,) = read_rows(store, manifest.files[shard], [row], TOLD).to_pylist()
                    if found["doc_id"] in wanted:
                        told.setdefault(found["doc_id"], {**found, "snapshot": partition.key})
    return [told[item] for item in sorted(told)]


def _removed(item: Mapping[str, Any]) -> dict[str, Any]:
    ids = {name: item[name].hex() for name in ("doc_id", "record_id")}
    return {**ids, "source": item["snapshot"], "url": item["url"]}


def objects_of_entry(store: Store, entry: str) -> Iterator[dict[str, Any]]:
    """The objects that something was erased from for an entry, and what stands in their place."""
    for item in all_replacements(store):
        if entry in item.entries:
            new = item.new.sha256 if item.new else None
            yield {"old": item.old.sha256, "path": item.old.path, "new": new, "rows": len(item.rows)}


def _stood_in(store: Store, entry: Entry, removed: Sequence[bytes]) -> Iterator[dict[str, Any]]:
    """All versions of snapshots that have them, which an erasure takes from all; whether a request for one version of a
    source names each."""
    for partition, version, count in snapshots_with(store, removed):
        is_named = entry.kind != "source" or "@" not in entry.value or entry.value == partition.key
        yield {"partition": str(partition), "version": version, "documents": count, "is_named": is_named}


def _out_of_reach(
    store: Store,
    entry: Entry,
    removed: Sequence[bytes],
    documents: Sequence[Mapping[str, Any]],
    versions: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What may still hold the text, as far as the store knows of it."""
    return {
        "raw_objects": sorted({item["raw_object"] for item in documents}),
        "exports_of": [f"{item['partition']}#{item['old']}" for item in versions if _stage(item) == "published"],
        "not_built_again": [f"{item['partition']}#{item['old']}" for item in versions if item["new"] is None],
        "trained_on_it": list(_trained_on(store, removed)),
        "not_concluded": not_concluded(store) if entry.kind == "license" else [],
        "runs_under_way": sum(1 for _ in (*store.list(SCRATCH), *store.unfinished())),
        "not_known": list(NOT_KNOWN),
    }


def _trained_on(store: Store, removed: Sequence[bytes]) -> Iterator[str]:
    """Artifacts made of any of these: models, vocabularies, tables of what is common."""
    for partition in published(store, "artifacts") if removed else ():
        for version in published_versions(store, partition):
            manifest = load_manifest(store, version)
            if ("doc_id", str(ID)) in manifest.identity.schema and _holds(store, manifest.files, removed):
                yield f"{partition}#{version}"


def _holds(store: Store, files: Sequence[Any], removed: Sequence[bytes]) -> bool:
    asked = pa.array(removed, ID)
    return any(pc.any(pc.is_in(read_shard(store, f, ["doc_id"]).column("doc_id"), asked)).as_py() for f in files)


def _checked(store: Store, entry: Entry, item: Mapping[str, Any], removed: Sequence[bytes]) -> dict[str, Any]:
    """What of the removed documents is met in a new version of a mix."""
    manifest = load_manifest(store, item["new"])
    told = [verdict(met) for met in members_met(store, manifest, removed)]
    names = {row["doc_id"].hex(): row for row in described(store, [bytes.fromhex(hit["found"]) for hit in told])}
    hits = [{**hit, **_explained(entry, hit, names.get(hit["found"]))} for hit in told]
    still = sorted(doc_id.hex() for doc_id in members_among(store, manifest, removed))
    return {"partition": item["partition"], "version": item["new"], "still_members": still, "hits": hits}


def _explained(entry: Entry, hit: Mapping[str, Any], found: Mapping[str, Any] | None) -> dict[str, Any]:
    """Why a hit may stand; an exact copy of a text that was meant may not, nor a near one where these were meant."""
    place = f"{found['snapshot']} {found['url'] or found['raw_object']}" if found else "a document of no snapshot"
    means = {"exact", "normalized"} if entry.kind in ("text", "normalized") or entry.scope != "document" else set()
    if entry.scope != "document":
        means.add("near")
    is_explained = not hit["is_copy"] or hit["by"] not in means
    if not hit["is_copy"]:
        said = f"no copy: {hit['similarity']:.0%} of its signature agree with that of the removed document"
    elif is_explained:
        said = f"a document of its own, which a request of scope {entry.scope} for a {entry.kind} does not name"
    else:
        said = "a copy that the request means: apply it again, or put the document on record by itself"
    return {"source": place, "is_explained": is_explained, "explanation": said}


def newest_mixes(versions: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One for each mix that was built anew."""
    return list({item["new"]: item for item in versions if item["new"] and _stage(item) == "mixed"}.values())


def _stage(item: Mapping[str, Any]) -> str:
    return parse(item["partition"])[0].stage
