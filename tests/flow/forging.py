"""Damage and forgery for tests: bytes flipped in a store, and versions whose rows, hashes, records and refs agree with
each other but not with what they were made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.rows import ENTRY, ordered_digest, unordered_digest
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.problems import Report
from dagster_project.corpus.verification.rows import ORDERED, digests_of
from dagster_project.corpus.verification.verify import verify

Change = Callable[[list[dict[str, Any]]], Any]


def verified(store: Store, partition: Partition, version: str = "", **asked: Any) -> Report:
    """All of it made again, unless less is asked for."""
    version = version or refs.resolve(store, partition)
    return verify(store, LocalEngine(1), partition, version, **{"sample": None, **asked})


def found(report: Report) -> list[str]:
    return [str(problem) for problem in report.problems]


def write_over(store: Store, path: str, body: bytes) -> bytes:
    """Another content at a path; returns what stood there."""
    before = store.get(path)
    store.delete([path])
    assert store.put_once(path, body)
    return before


def flipped(body: bytes, at: int) -> bytes:
    changed = bytearray(body)
    changed[at % len(body)] ^= 1 << (at % 8)
    return bytes(changed)


def newest(store: Store, partition: Partition) -> Manifest:
    return refs.load_manifest(store, refs.resolve(store, partition))


def forge(store: Store, partition: Partition, change: Change, *, shard: int = 0, profile: Any = None) -> File:
    """Change rows of a version, and make everything agree with it: object, digest, manifest, build and ref. Returns the
    forged file."""
    manifest = newest(store, partition)
    table = read_shard(store, manifest.files[shard])
    rows = table.to_pylist()
    change(rows)
    file = write_shard(
        store, pa.Table.from_pylist(rows, table.schema), access="public", documents=manifest.files[shard].documents
    )
    files = tuple(file if number == shard else item for number, item in enumerate(manifest.files))
    publish(store, partition, with_files(store, manifest, files, profile or {}))
    return file


def with_files(store: Store, manifest: Manifest, files: tuple[File, ...], profile: Mapping[str, Any]) -> Manifest:
    """A version of other files, with the digest that their rows have."""
    entries = [digests_of(manifest.stage, read_shard(store, file)) for file in files]
    identity = replace(manifest.identity, logical_digest=digest_of(manifest.stage, entries))
    return replace(manifest, identity=identity, files=files, profile={**manifest.profile, **profile})


def digest_of(stage: str, entries: list[np.ndarray[Any, Any]]) -> str:
    if stage in ORDERED:
        return ordered_digest(entries)
    with Spool(ENTRY) as spool:
        for chunk in entries:
            spool.append(chunk)
        return unordered_digest(spool)


def publish(store: Store, partition: Partition, manifest: Manifest, key: str = "f" * 64) -> None:
    """A version as if it had been built."""
    manifest = replace(manifest, facts={**manifest.facts, "build_key": key})
    store.delete([f"manifests/{manifest.id}.json", f"builds/{key}.json"])
    refs.put_manifest(store, manifest)
    refs.record_build(store, key, {"id": manifest.id})
    started = refs.latest(store, partition)
    if started is None or started.id != manifest.id:
        refs.publish(store, partition, manifest.id, build_key=key, started_from=started, reason="a forgery")
