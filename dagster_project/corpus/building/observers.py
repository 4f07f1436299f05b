"""Who watches a build while it runs, and what the record of its publication says of the run afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from dagster_project.corpus.engine.costs import Cost
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Store

if TYPE_CHECKING:
    from dagster_project.corpus.building.library import Built


class Observer(Protocol):
    """Somebody who watches: a progress bar, a log, a Dagster run; `run` is what the run is called."""

    @property
    def run(self) -> str: ...

    def started(self, partition: Partition) -> None: ...

    def progressed(self, partition: Partition, done: int, total: int) -> None: ...

    def finished(self, built: Built) -> None: ...


class Unobserved:
    """Nobody watches."""

    run = ""

    def started(self, partition: Partition) -> None: ...

    def progressed(self, partition: Partition, done: int, total: int) -> None: ...

    def finished(self, built: Built) -> None: ...


def run_record(store: Store, manifest: Manifest, cost: Cost, *, made: bool) -> dict[str, Any]:
    """What a publication says of its run. `made` is false where the version stood before; no version knows of it."""
    return {
        "made": made,
        **cost.recorded(),
        "bytes_in": bytes_in(store, manifest) if made else 0,
        "bytes_out": manifest.size_bytes,
    }


def bytes_in(store: Store, manifest: Manifest) -> int:
    """Stored bytes of what a version was made from: the shards of its inputs, and raw objects that were read for it."""
    read: int = manifest.facts.get("reading", {}).get("read", {}).get("bytes", 0)
    return read + sum(load_manifest(store, item.id).size_bytes for item in manifest.inputs)
