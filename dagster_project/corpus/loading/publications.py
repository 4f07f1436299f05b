"""Publications as people name them: `notes@1`, `published/notes@1`, and one exact version as `notes@1#3f2a91`."""

from __future__ import annotations

from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import MOVING, Partition, parse
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.stores import Store

STAGE = "published"


def publication(store: Store, text: str) -> tuple[Partition, Manifest]:
    """The publication that a name means: its newest version, or the one whose id begins as the digits after `#`.
    A name without a version means `dev`."""
    address = text if "/" in text else f"{STAGE}/{text}"
    name, sign, version = address.partition("#")
    partition, exact = parse(f"{name if '@' in name else f'{name}@{MOVING}'}{sign}{version}")
    if partition.stage != STAGE:
        raise PartitionError(f"{partition} is no publication: name one, as {STAGE}/name@version or name@version")
    return partition, refs.load_manifest(store, refs.resolve(store, partition, exact))
