"""Every object of every version, looked at once by the engine; and what their rows together say of each version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.engine.work import add_profile, schema_names
from dagster_project.corpus.erasing.owned import owned
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.orders import ORDER as ORDER_SCHEMA
from dagster_project.corpus.publishing.exported import exported_files
from dagster_project.corpus.storage.rows import ENTRY, ordered_digest, unordered_digest
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.erasures import Erasures
from dagster_project.corpus.verification.objects import ORDER, Look, Seen, look, unlike_rows
from dagster_project.corpus.verification.problems import Problem, Report, noting
from dagster_project.corpus.verification.remaking import list_of
from dagster_project.corpus.verification.replacements import replaced_hashes
from dagster_project.corpus.verification.rows import ORDERED
from dagster_project.corpus.verification.versions import Below, Version

Progress = Callable[[str, int, int], None]  # what is looked at, how many of it were, of how many
MEMBERS = "members"  # beside ORDER the name of a stream: of members, or of exported rows


def no_progress(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Summary:
    """What all objects of one version say together."""

    logical_digest: str = ""
    profile: dict[str, Any] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)  # of each of its shards; empty where one could not be read
    streams: dict[str, str] = field(default_factory=dict)  # digests of MEMBERS and ORDER
    is_whole: bool = True  # whether all of its rows could be read
    is_replaced: bool = False  # whether texts were erased from some since it was built


@dataclass
class Survey:
    """All versions by id, and the objects that are damaged."""

    versions: dict[str, Summary] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)  # objects that were, as a whole
    replaced: set[str] = field(default_factory=set)  # objects that texts were erased from
    erased: set[bytes] = field(default_factory=set)  # documents whose texts were, as was asked for


def survey(store: Store, engine: Engine, below: Below, report: Report, progress: Progress) -> Survey:
    """Look at all objects; problems and counts go to the report."""
    found = Survey()
    known, erasures = replaced_hashes(store), Erasures(store)
    looks: list[list[Look]] = []
    for version in below.versions:
        problems: list[Problem] = []
        tasks: list[Look] = []
        with noting(problems, version.path, version.partition):
            tasks += looks_of(store, version, report.quick)
        report.add(version.stage, problems)
        looks.append(tasks)
    known -= _owned(store, known, looks)
    looks = [[replace(task, replaced=known) for task in tasks] for tasks in looks]
    total = sum(map(len, looks))
    results = watched(engine.map(look, (task for tasks in looks for task in tasks)), total, "objects", progress)
    for version, tasks in zip(below.versions, looks, strict=True):
        own = _proved(version, tasks, islice(results, len(tasks)), erasures, found)
        found.versions[version.manifest.id] = _summary(version, tasks, own, found, report)
    next(results, None)
    if known and erasures.problems:
        report.add("takedowns", erasures.problems)
    return found


def _owned(store: Store, known: frozenset[str], looks: Sequence[Sequence[Look]]) -> set[str]:
    """Files of exports that were erased, and stand as those of another export."""
    files = {task.file for tasks in looks for task in tasks if task.order and task.file.sha256 in known}
    return owned(store, {file.sha256 for file in files if store.size(file.path) is not None})


def _proved(
    version: Version, tasks: Sequence[Look], results: Iterator[Seen], erasures: Erasures, found: Survey
) -> Iterator[Seen]:
    """What was seen, with the problems of what is blank or gone though nobody asked for it. Documents whose erasure is
    proved are not made again."""
    for task, seen in zip(tasks, results, strict=True):
        standing = erasures.standing([doc_id for _, doc_id in seen.blank])
        seen.problems += unlike_rows(task, [item for item in seen.blank if item[1] not in standing])
        found.erased |= standing.keys()
        seen.blank_rows += sum(doc_id in standing for _, doc_id in seen.blank)
        for record in seen.records if not seen.problems else ():
            wrong = list(erasures.unasked(record, version.partition))
            is_copy = seen.is_gone and not task.order
            of_raw = task.uris if is_copy else seen.silenced
            if of_raw and not task.quick:
                wrong += erasures.not_of_raw(record, version.partition, of_raw, is_copy=is_copy)
            if seen.is_gone and task.order and not task.quick:
                with noting(wrong, task.order.path, version.partition):
                    wrong += erasures.not_of_order(record, version.partition, task.order)
            found.erased |= {bytes.fromhex(item) for item in record.doc_ids} if not wrong else set()
            seen.problems += wrong
        yield seen


def watched(results: Iterator[Any], total: int, what: str, progress: Progress) -> Iterator[Any]:
    """Results as they come, with progress reported."""
    progress(what, 0, total)
    for done, result in enumerate(results, 1):
        progress(what, done, total)
        yield result


def looks_of(store: Store, version: Version, quick: bool) -> Iterator[Look]:
    """A look at every object of a version: its shards first, then whatever its facts name."""
    manifest = version.manifest
    sources: Sequence[str] = manifest.facts.get("sources", ())
    order = {item["path"] for item in manifest.facts.get("order", ())}
    orders = order_of(manifest)
    for number, file in enumerate(manifest.files):
        source = sources[number] if version.stage == "deduplicated" and number < len(sources) else ""
        schema = manifest.identity.schema
        yield Look(store, file, version.partition, quick, version.stage, schema, source, order=orders.get(file.path))
    exported = {item.file.path for item in exported_files(manifest.facts)}
    shards = {file.path for file in manifest.files}
    beside = [file for file in manifest.objects if file.path not in shards]
    for file in beside:
        is_order = file.path in order
        schema = schema_names(ORDER_SCHEMA) if is_order else ()
        file = replace(file, rows=0) if file.path in exported else file  # its rows are counted as its format does
        stage = ORDER if is_order else ""
        yield Look(store, file, version.partition, quick, stage, schema, order=orders.get(file.path))
    for file, uris in _named_otherwise(store, version):
        yield Look(store, file, version.partition, quick, uris=uris)


def order_of(manifest: Manifest) -> Mapping[str, File]:
    """By the path of each file of an export shard, the order manifest of that shard."""
    orders = [File(**item) for item in manifest.facts.get("order", ())]
    return {
        item["path"]: order
        for export in manifest.facts.get("exports", {}).values()
        for shard, order in zip(export["shards"], orders, strict=False)
        for item in shard["files"].values()
    }


def _named_otherwise(store: Store, version: Version) -> Iterator[tuple[File, tuple[str, ...]]]:
    """What records name by hash alone: copies of raw objects, with the addresses of these, and lists that texts were
    searched for."""
    manifest, copies = version.manifest, dict[File, tuple[str, ...]]()
    for item in manifest.facts.get("raw_objects", ()):
        if "copy" in item:
            file = File(item["copy"], item["sha256"], item["size"], 0)
            copies[file] = (*copies.get(file, ()), item["uri"])
    yield from copies.items()
    if version.stage == "signals" and "list" in manifest.identity.recipe:
        yield list_of(store, manifest).file, ()


def _summary(
    version: Version, tasks: Sequence[Look], results: Iterator[Seen], found: Survey, report: Report
) -> Summary:
    said, counts = Summary(), report.of(version.stage)
    streams = {name: hashlib.sha256() for name in (MEMBERS, ORDER)}
    counts.versions += 1

    def digests() -> Iterator[np.ndarray[Any, np.dtype[np.void]]]:
        for task, seen in zip(tasks, results, strict=True):
            report.add(version.stage, seen.problems)
            counts.objects += 1
            counts.bytes += seen.size_bytes
            counts.erased += seen.blank_rows
            is_shard = task.stage == version.stage
            said.is_replaced |= is_shard and bool(seen.records)
            if seen.records:
                found.replaced.add(task.file.path)
            if seen.problems:
                found.damaged.add(task.file.path)
            if seen.is_gone:
                found.gone.add(task.file.path)
            if seen.problems or seen.is_gone:
                said.is_whole &= not task.stage
            if is_shard:
                counts.rows += seen.rows
                said.ids.append(seen.ids)
                add_profile(said.profile, seen.profile)
            if task.stage:
                streams[MEMBERS if is_shard else ORDER].update(seen.places)
            yield np.frombuffer(seen.entries, ENTRY)

    if version.stage in ORDERED:
        said.logical_digest = ordered_digest(digests())
    else:
        with Spool(ENTRY) as spool:
            for chunk in digests():
                spool.append(chunk)
            said.logical_digest = unordered_digest(spool)
    said.streams = {name: stream.hexdigest() for name, stream in streams.items()}
    return said
