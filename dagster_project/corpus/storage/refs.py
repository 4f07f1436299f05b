"""Manifests, builds and refs: what exists, what was already built, and what is published. All by conditional PUT.

`refs/<stage>/<partition>/00000007.json` is the seventh version published to a partition; the PUT of that number is
the moment of publication, and its first writer wins. Times, run ids and reasons stand here and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from dagster_project.corpus.model.errors import MissingObject, Moved, PartitionError, Refused
from dagster_project.corpus.model.manifests import FORMAT, Manifest, decode
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.storage import records
from dagster_project.corpus.storage.stores import Entry, Store

WAY_OUT = "restore it, or delete and build again"  # of what builds write
TAKEDOWN = "takedown"  # the reason for which a name that is bound means another version: less of the same
MOST_FILES = 100_000  # of the manifests that are remembered of a store: about 40 MB


class Remembered:
    """The manifests of one store that were read last."""

    def __init__(self) -> None:
        self.files, self._found, self._lock = 0, dict[str, Manifest](), Lock()

    def get(self, version: str) -> Manifest | None:
        return self._found.get(version)

    def add(self, version: str, manifest: Manifest) -> None:
        """Remember one; the first that were read are forgotten for it."""
        with self._lock:
            if version in self._found:
                return
            self._found[version] = manifest
            self.files += 1 + len(manifest.files)
            while self.files > MOST_FILES:
                first = next(iter(self._found))
                self.files -= 1 + len(self._found.pop(first).files)


_remembered: WeakKeyDictionary[Store, Remembered] = WeakKeyDictionary()
_opening = Lock()


@dataclass(frozen=True)
class Ref:
    """One publication: which version, made by which build, when and why."""

    number: int
    id: str
    build_key: str
    published: float  # seconds since the epoch
    reason: str = ""
    run: Mapping[str, Any] = field(default_factory=dict)  # seconds, workers, run id: never part of an identity
    format: int = FORMAT


def latest(store: Store, partition: Partition) -> Ref | None:
    """The newest publication of a partition, or None."""
    listed = records.listed(store, _prefix(partition))
    return read_ref(store, listed[-1].path) if listed else None


def history(store: Store, partition: Partition) -> list[Ref]:
    """Every publication of a partition, oldest first."""
    return [read_ref(store, entry.path) for entry in records.listed(store, _prefix(partition))]


def published_versions(store: Store, partition: Partition) -> list[str]:
    """Every version that was published to a partition, oldest first, each once."""
    return [*dict.fromkeys(ref.id for ref in history(store, partition))]


def published(store: Store, stage: str = "") -> Iterator[Partition]:
    """Every partition with at least one publication, in order."""
    return iter(newest(store, stage))


def newest(store: Store, stage: str = "") -> dict[Partition, Entry]:
    """The same, each with the object of its newest publication: one listing, and nothing is read."""
    listed = filter(_is_publication, store.list(f"refs/{stage}/" if stage else "refs/"))
    found = {entry.path.removeprefix("refs/").rpartition("/")[0]: entry for entry in listed}  # the last one stands
    return {parse(name)[0]: entry for name, entry in found.items()}


def resolve(store: Store, partition: Partition, version: str | None = None) -> str:
    """The version id that a name means: the newest one, or the one whose id starts with `version`."""
    refs = history(store, partition) if version else list(filter(None, [latest(store, partition)]))
    found = {ref.id for ref in refs if ref.id.startswith(version or "")}
    if len(found) == 1:
        return found.pop()
    if found:
        raise PartitionError(f"{partition}#{version} means {len(found)} versions: give more digits")
    if version:
        raise PartitionError(f"{partition} has no version {version}: `florilegium history {partition}` lists them")
    raise PartitionError(f"{partition} is not built yet: run `florilegium build {partition}`")


def publish(
    store: Store,
    partition: Partition,
    version: str,
    *,
    build_key: str,
    started_from: Ref | None,
    reason: str = "",
    run: Mapping[str, Any] | None = None,
) -> Ref:
    """Make a version the newest of its partition, if that is still the one the build started from.

    Publishing what is already newest adds nothing. A name that is not `dev` is bound to its first build key: another
    one is refused unless a reason is given. Raises Moved when somebody else published meanwhile.
    """
    current = started_from
    if current and current.id == version:
        return current
    if current and not partition.is_moving and current.build_key != build_key and not reason:
        raise Refused(
            f"{partition} is already published as {current.id[:12]} from other inputs or another recipe: "
            f"give the recipe a new version, or correct it with --reason"
        )
    ref = Ref((current.number if current else 0) + 1, version, build_key, time.time(), reason, run or {})
    if put_ref(store, partition, ref):
        return ref
    winner = latest(store, partition)
    if winner and winner.id == version:
        return winner
    raise Moved(f"{partition} moved to {winner.id[:12] if winner else 'nothing'} while it was built: build again")


def put_ref(store: Store, partition: Partition, ref: Ref) -> bool:
    """Put a publication on record under its number; False where one stands there already."""
    return records.put_record(store, f"{_prefix(partition)}{ref.number:08d}.json", asdict(ref))


def find_build(store: Store, key: str) -> dict[str, Any] | None:
    """What was recorded for a build key, so that work done once is found again, whoever asks."""
    try:
        return records.read_record(store, f"builds/{key}.json", WAY_OUT)
    except MissingObject:
        return None


def record_build(store: Store, key: str, record: Mapping[str, Any]) -> None:
    """Record a finished build; the first one stands."""
    records.put_record(store, f"builds/{key}.json", record)


def renew_build(store: Store, key: str) -> None:
    """Record a build once more, so that it is of now."""
    if record := find_build(store, key):
        store.delete([f"builds/{key}.json"])
        record_build(store, key, record)


def put_manifest(store: Store, manifest: Manifest) -> Manifest:
    """Store a manifest; when the same version already stands there, in whatever files, that one is returned."""
    if store.put_once(f"manifests/{manifest.id}.json", manifest.encoded()):
        return manifest
    return load_manifest(store, manifest.id)


def load_manifest(store: Store, version: str) -> Manifest:
    """The manifest of a version. What was read and found right is remembered: it never changes."""
    with _opening:
        known = _remembered.setdefault(store, Remembered())
    found = known.get(version)
    if found is None:
        found = read_manifest(store, version)
        known.add(version, found)
    return found


def read_manifest(store: Store, version: str) -> Manifest:
    """The same, read from the store."""
    path = f"manifests/{version}.json"
    return decode(records.parsed(store.get(path), path, WAY_OUT), version)


def _prefix(partition: Partition) -> str:
    return f"refs/{partition}/"


def _is_publication(entry: Entry) -> bool:
    """Nothing else is read: tools that show buckets leave markers of folders in them, and `fsck` tells of those."""
    above, _, name = entry.path.rpartition("/")
    return above.count("/") >= 2 and records.NUMBERED.fullmatch(name) is not None


def read_ref(store: Store, path: str) -> Ref:
    """The publication that stands at a path."""
    return Ref(**records.read_record(store, path, WAY_OUT))
