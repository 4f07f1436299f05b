"""What a publication says of its order and of one export: shards, their parts of the order manifest, and where samples
lie in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from dagster_project.corpus.formats.formats import format_of
from dagster_project.corpus.formats.streams import narrowest
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store


class Place(NamedTuple):
    """Rows of one shard that lie one after another; `first` is the sample that the row `start` is."""

    shard: int
    start: int
    stop: int
    first: int


@dataclass(frozen=True, eq=False)
class Order:
    """The order manifest of a publication, a file for each shard; the same for all of its formats."""

    version: str  # id of the publication
    files: tuple[File, ...]
    starts: tuple[int, ...]  # the first sample of every shard, and how many there are of all

    @property
    def total(self) -> int:
        return self.starts[-1]

    def places(self, first: int, stop: int) -> Iterator[Place]:
        """Where the samples from `first` to `stop` lie, shard by shard; empty shards are passed over."""
        while first < stop:
            shard = bisect_right(self.starts, first) - 1
            begin, end = self.starts[shard], min(stop, self.starts[shard + 1])
            yield Place(shard, first - begin, end - begin, first)
            first = end

    def read(self, store: Store, shard: int) -> pa.Table:
        """The rows of one shard, checked by hash and to be of this shard."""
        table, file = read_shard(store, self.files[shard]), self.files[shard]
        expected = {"shard": np.full(file.rows, shard, np.int32), "row": np.arange(file.rows, dtype=np.int32)}
        if not all(np.array_equal(table.column(name).to_numpy(), values) for name, values in expected.items()):
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
    return Order(manifest.id, files, tuple(accumulate((file.rows for file in files), initial=0)))


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
