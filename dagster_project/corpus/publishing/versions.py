"""The versions below a mix as facts: what each was made of, by which recipe, and when it was first published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import parse
from dagster_project.corpus.publishing.subject import Subject
from dagster_project.corpus.storage.refs import history
from dagster_project.corpus.storage.stores import Store


def versions_of(subject: Subject) -> list[dict[str, Any]]:
    """The publication of a mix, the mix, and every version below them, by name."""
    return [version_of(subject.store, partition, manifest) for partition, manifest in _named(subject)]


def version_of(store: Store, partition: str, manifest: Manifest) -> dict[str, Any]:
    """One version; `published_at` is null where nothing was published under that name."""
    return {
        "stage": manifest.stage,
        "partition": partition,
        "id": manifest.id,
        "code_version": manifest.identity.code_version,
        "rows": manifest.rows,
        "size_bytes": manifest.size_bytes,
        "columns": [[name, kind] for name, kind in manifest.identity.schema],
        "recipe": digest(manifest.identity.recipe),
        "inputs": [item.id for item in manifest.inputs],
        "published_at": moment_of(store, partition, manifest.id),
    }


def moment_of(store: Store, partition: str, version: str) -> str | None:
    """When a version was first published to a partition, in UTC to the second."""
    times = (ref.published for ref in history(store, parse(partition)[0]) if ref.id == version)
    first = next(times, None)
    return None if first is None else f"{datetime.fromtimestamp(int(first), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _named(subject: Subject) -> Iterator[tuple[str, Manifest]]:
    if subject.published:
        yield f"published/{subject.mix.key}", subject.published
    yield str(subject.mix), subject.mixed
    yield from sorted(((item.partition, manifest) for item, manifest in subject.inputs()), key=itemgetter(0))
