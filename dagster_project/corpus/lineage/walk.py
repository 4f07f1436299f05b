"""Ancestors of a version: every manifest it was built from, each once.

The snapshot of a derived source stands on those of its parents, and its conclusions on theirs. Whoever asks which
documents a version covers goes no further than these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dagster_project.corpus.model.manifests import File, Input, Manifest
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Store

OF_TEXTS = ("snapshots", "filtered", "passages")
OF_PARENTS = ("snapshots", "licensed")  # stages that stand on the same stage of other sources


def ancestors(store: Store, manifest: Manifest, *, parents: bool = True) -> Iterator[tuple[Input, Manifest]]:
    """Every input, breadth first, with the partition name under which it was used; or without what is only there for
    the parents of derived documents."""
    seen: set[str] = set()
    queue = list(_inputs(manifest, parents))
    while queue:
        item = queue.pop(0)
        if item.id in seen:
            continue
        seen.add(item.id)
        found = load_manifest(store, item.id)
        yield item, found
        queue.extend(_inputs(found, parents))


def inputs_of(store: Store, manifest: Manifest, stage: str) -> list[Manifest]:
    """What a version was built from of one stage, in the order of its inputs."""
    return [load_manifest(store, item.id) for item in manifest.inputs if item.stage == stage]


def snapshots_of(store: Store, manifest: Manifest) -> dict[str, Manifest]:
    """The snapshots of the documents that a version covers, by partition key."""
    return {
        item.partition.partition("/")[2]: found
        for item, found in ancestors(store, manifest, parents=False)
        if found.stage == "snapshots"
    }


def parents_of(store: Store, manifest: Manifest) -> dict[str, Manifest]:
    """The versions of the same stage that the parents of its documents are in, by partition key."""
    named = [item for item in manifest.inputs if item.stage == manifest.stage and item.stage in OF_PARENTS]
    return {item.partition.partition("/")[2]: load_manifest(store, item.id) for item in named}


def layers_of(store: Store, manifest: Manifest) -> list[Manifest]:
    """A version of a corpus and those of the corpora that it stands on, the earliest first."""
    earlier = inputs_of(store, manifest, manifest.stage)
    return [*(layer for item in earlier for layer in layers_of(store, item)), manifest]


def versions_of(store: Store, manifest: Manifest, stage: str) -> list[Manifest]:
    """Every version of a stage below a version; a partition may stand there in several, where a mix is replayed."""
    return [found for _, found in ancestors(store, manifest) if found.stage == stage]


def without_replays(mixed: Manifest) -> Manifest:
    """A version of a mix as it would stand without the mixes that it replays."""
    return replace(mixed, inputs=tuple(item for item in mixed.inputs if item.stage != "mixed"))


def texts_of(store: Store, manifest: Manifest) -> dict[str, File]:
    """By digest, the shards below a version that hold documents, and those that hold edits of their text: verdicts, and
    passages that are cut."""
    below = [found for _, found in ancestors(store, manifest, parents=False) if found.stage in OF_TEXTS]
    return {file.sha256: file for found in below for file in found.files}


def _inputs(manifest: Manifest, parents: bool) -> Iterator[Input]:
    for item in manifest.inputs:
        if parents or manifest.stage != item.stage or item.stage not in OF_PARENTS:
            yield item
