"""Ancestors of a version: every manifest it was built from, each once, itself first."""

from __future__ import annotations

from collections.abc import Iterator

from dagster_project.corpus.model.manifests import Input, Manifest
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Store


def ancestors(store: Store, manifest: Manifest) -> Iterator[tuple[Input, Manifest]]:
    """Every input, breadth first, with the partition name under which it was used."""
    seen: set[str] = set()
    queue = list(manifest.inputs)
    while queue:
        item = queue.pop(0)
        if item.id in seen:
            continue
        seen.add(item.id)
        found = load_manifest(store, item.id)
        yield item, found
        queue.extend(found.inputs)


def inputs_of(store: Store, manifest: Manifest, stage: str) -> list[Manifest]:
    """What a version was built from of one stage, in the order of its inputs."""
    return [load_manifest(store, item.id) for item in manifest.inputs if item.stage == stage]


def snapshots_of(store: Store, manifest: Manifest) -> dict[str, Manifest]:
    """The snapshots below a version, by partition key."""
    return {
        item.partition.partition("/")[2]: found
        for item, found in ancestors(store, manifest)
        if found.stage == "snapshots"
    }


def layers_of(store: Store, manifest: Manifest) -> list[Manifest]:
    """A version of a corpus and those of the corpora that it stands on, the earliest first."""
    earlier = inputs_of(store, manifest, manifest.stage)
    return [*(layer for item in earlier for layer in layers_of(store, item)), manifest]


def edits_of(store: Store, manifest: Manifest) -> list[Manifest]:
    """What below a version holds edits of its text: verdicts, and passages that are cut."""
    return [found for _, found in ancestors(store, manifest) if found.stage in ("filtered", "passages")]
