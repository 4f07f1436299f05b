"""Corpora as people name them, and documents in them by the first digits of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.corpus.model.errors import PartitionError

if TYPE_CHECKING:
    from dagster_project.corpus.deduplication.standing import Standing
    from dagster_project.corpus.model.manifests import Manifest
    from dagster_project.corpus.storage.stores import Store

STAGE = "deduplicated"


class Corpus(NamedTuple):
    """One version of a corpus, with its layers."""

    name: str
    manifest: Manifest
    layers: list[Standing]


def standing_corpora(store: Store, text: str | None) -> list[Corpus]:
    """The corpus that a name means, in the store and whatever the recipes say today; without one the newest version of
    every corpus."""
    from dagster_project.cli.diff import addressed
    from dagster_project.corpus.deduplication.standing import standing_layers
    from dagster_project.corpus.storage import refs

    names = [text if "/" in text else f"{STAGE}/{text}"] if text else [*map(str, refs.published(store, STAGE))]
    found = [addressed(store, name) for name in names]
    for partition, _ in found:
        if partition.stage != STAGE:
            raise PartitionError(f"{partition} is no corpus: name one, as {STAGE}/name@version or name@version alone")
    if not found:
        raise PartitionError("no corpus is built yet: run `florilegium build deduplicated/CORPUS`")
    return [Corpus(str(partition), manifest, standing_layers(store, manifest)) for partition, manifest in found]


def find_document(store: Store, corpora: Sequence[Corpus], digits: str) -> bytes:
    """The one document whose id begins so, in any of these corpora; several are refused with their ids."""
    from dagster_project.corpus.lineage.prefixes import the_document

    snapshots = {
        snapshot.id: snapshot for corpus in corpora for layer in corpus.layers for snapshot in layer.snapshots.values()
    }
    places = [the_document(store, snapshot, digits) for snapshot in snapshots.values()]
    found = sorted({place.values["doc_id"] for place in places if place})
    if len(found) > 1:
        raise PartitionError(
            f"{len(found)} documents begin with {digits}: say one of {', '.join(x.hex() for x in found)}"
        )
    if not found:
        where = corpora[0].name if len(corpora) == 1 else "any corpus"
        raise PartitionError(f"no document of {where} begins with {digits}: `florilegium impact` asks all mixes")
    return bytes(found[0])
