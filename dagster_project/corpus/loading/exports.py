"""What a publication says of its order and of one export: shards, their parts of the order manifest, and where samples
lie in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from dagster_project.corpus.formats.formats import format_of
from dagster_project.corpus.formats.streams import narrowest
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.orders import ORDER_OF
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store


class Place(NamedTuple):
    """Samples of one shard, from `first` up to, and without, `stop`, by their places in the order."""

    shard: int
    first: int
    stop: int


@dataclass(frozen=True, eq=False)
class Order:
    """The order manifest of a publication, a file for each shard; the same for all of its formats.

    A place whose document was taken down has no sample, so that all others keep theirs.
    """

    version: str  # id of the publication
    files: tuple[File, ...]
    starts: tuple[int, ...]  # the place at which every shard begins, and how many there are of all

    @property
    def total(self) -> int:
        """Places, with or without a sample."""
        return self.starts[-1]

    def places(self, first: int, stop: int) -> Iterator[Place]:
        """Where the places from `first` to `stop` lie, shard by shard; empty shards are passed over."""
        while first < stop:
            shard = bisect_right(self.starts, first) - 1
            end = min(stop, self.starts[shard + 1])
            if self.files[shard].rows:
                yield Place(shard, first, end)
            first = end

    def read(self, store: Store, shard: int) -> pa.Table:
        """The rows of one shard, checked by hash and to be of this shard."""
        table, file = read_shard(store, self.files[shard]), self.files[shard]
        expected = {"shard": np.full(file.rows, shard, np.int32), "row": np.arange(file.rows, dtype=np.int32)}
        is_right = all(np.array_equal(table.column(name).to_numpy(), values) for name, values in expected.items())
        bounds = [self.starts[shard] - 1, *table.column("index").to_numpy().tolist(), self.starts[shard + 1]]
        if not is_right or (np.diff(bounds) < 1).any():
            raise IntegrityError(f"{file.path} is not the order of export shard {shard}: build its partition again")
        return table


@dataclass(frozen=True, eq=False)
class Export:
    """The shards of one format in the order of the mix."""

    format: str
    order: Order
    shards: tuple[Mapping[str, File], ...]  # the files of each, by suffix
    separator: int | None
    token_type: np.dtype[Any]


def order_of(manifest: Manifest) -> Order:
    """The order manifest of a publication; Refused when there is none."""
    if "order" not in manifest.facts:
        raise Refused(f"{manifest.id[:12]} was published by an older release, without its order: build it again")
    files = tuple(File(**file) for file in manifest.facts["order"])
    return Order(manifest.id, files, (*manifest.facts["starts"], manifest.facts["total"]))


def order_made_by(store: Store, publication: Manifest) -> str:
    """The version of the mix whose order a publication has: its own, or the one that documents were taken from. Empty
    for what is no publication of a mix."""
    mixed = next(iter(publication.identity.inputs), "")
    return str(load_manifest(store, mixed).identity.recipe.get(ORDER_OF, mixed)) if mixed else ""


def export_of(manifest: Manifest, format: str) -> Export:
    """The export of a publication in a format that has samples; Refused when it was not published so."""
    format_of(format)
    shards, order = facts_of(manifest, format)["shards"], order_of(manifest)
    if [shard["rows"] for shard in shards] != [file.rows for file in order.files]:
        raise IntegrityError(f"the order of {manifest.id[:12]} does not cover its {format} shards: it was altered")
    tokenizer = manifest.facts.get("tokenizer") or {}
    return Export(
        format,
        order,
        tuple({suffix: File(**file) for suffix, file in shard["files"].items()} for shard in shards),
        tokenizer.get("separator"),
        narrowest(tokenizer.get("vocabulary", 0)),
    )


def facts_of(manifest: Manifest, format: str) -> Mapping[str, Any]:
    """The shards and the index of an export, as the facts of its publication name them."""
    exports = manifest.facts.get("exports", {})
    if format not in exports:
        told = ", ".join(sorted(exports)) or "none"
        raise Refused(f"{manifest.id[:12]} was not published as {format!r}: use {told}, or name it in the recipe")
    found: Mapping[str, Any] = exports[format]
    return found
