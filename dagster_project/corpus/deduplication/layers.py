"""The layers of a corpus, the earliest first: what the last one is compared with, and what it may not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.clusters import NODE
from dagster_project.corpus.deduplication.keys import Rows, first_of_each, id_bytes, ids_of
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.rows import column_of
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

Ids = NDArray[np.void]  # 16 bytes each
GROWN = pa.schema([pa.field("family", ID, nullable=False), pa.field("family_size", pa.int64(), nullable=False)])


@dataclass(frozen=True)
class Layer:
    """The fingerprints of the members by their sources; of an earlier layer also the families it was given."""

    prints: tuple[tuple[str, Manifest], ...]
    families: Manifest | None = None

    @property
    def files(self) -> list[File]:
        return [file for _, manifest in self.prints for file in manifest.files]

    @property
    def sources(self) -> list[str]:
        """Of every shard."""
        return [source for source, manifest in self.prints for _ in manifest.files]

    @property
    def keys(self) -> Sequence[Mapping[str, Any]]:
        """The tables of an earlier layer, as its facts name them."""
        found: Sequence[Mapping[str, Any]] = self.families.facts["keys"] if self.families else ()
        return found


class Lookup:
    """The families of earlier layers that documents with copies belong to, by numbers that are their colors."""

    def __init__(self, store: Store, layers: Sequence[Layer]):
        self.store = store
        earlier = [layer.families for layer in layers if layer.families]
        self.files = [file for manifest in earlier for file in manifest.files]
        self.grown = [File(**manifest.facts["grown"]) for manifest in earlier]
        self.ids: Ids = np.empty(0, "V16")
        self.sizes = np.empty(0, np.int64)
        self.heads: Rows = np.empty(0, NODE)  # the documents that lead them

    def colors_of(self, nodes: Rows) -> NDArray[np.int64]:
        """The color of each node of an earlier layer; one that had no copies is a family of its own."""
        ids, sizes = id_bytes(nodes["high"], nodes["low"]), np.ones(len(nodes), np.int64)
        for shard in np.unique(nodes["shard"]).tolist():
            here = np.flatnonzero(nodes["shard"] == shard)
            rows = read_shard(self.store, self.files[shard], ["family", "family_size"]).take(nodes["row"][here])
            has_family = rows.column("family").is_valid().to_numpy()
            ids[here[has_family]] = id_bytes(*ids_of(rows.column("family")))[has_family]
            sizes[here] = rows.column("family_size").to_numpy()
        self.ids, _, colors = unique_ids(ids)
        self.sizes = np.zeros(len(self.ids), np.int64)
        np.maximum.at(self.sizes, colors, sizes)
        self._apply_growth()
        self._find_heads(nodes, colors)
        return colors

    def _find_heads(self, nodes: Rows, colors: NDArray[np.int64]) -> None:
        """A family is called after the document that leads it: among the nodes, or somewhere in the earlier tables."""
        self.heads = np.zeros(len(self.ids), NODE)
        lead = id_bytes(nodes["high"], nodes["low"]) == self.ids[colors]
        self.heads[colors[lead]] = nodes[lead]
        high, low = ids_of(column_of(self.ids))
        missing = np.ones(len(self.ids), np.bool_)
        missing[colors[lead]] = False
        for shard, file in enumerate(self.files if missing.any() else ()):
            these, those = ids_of(read_shard(self.store, file, ["doc_id"]).column("doc_id"))
            for row in np.flatnonzero(np.isin(these, high[missing])).tolist():
                for color in np.flatnonzero(missing & (high == these[row]) & (low == those[row])).tolist():
                    self.heads[color] = (these[row], those[row], shard, row)
                    missing[color] = False
        if missing.any():
            raise IntegrityError(f"family {self.ids[missing][0].tobytes().hex()} has no leader below: rebuild the base")

    def _apply_growth(self) -> None:
        """Later layers have added to families of earlier ones, whose rows stay as they are."""
        place = {self.ids[at].tobytes(): at for at in range(len(self.ids))}
        for file in self.grown:
            for row in read_shard(self.store, file).to_pylist():
                if (at := place.get(row["family"])) is not None:
                    self.sizes[at] = row["family_size"]


def unique_ids(ids: Ids) -> tuple[Ids, NDArray[np.int64], NDArray[np.int64]]:
    """(distinct ids in order, where each stands first, the number of each one's own)."""
    raw = np.ascontiguousarray(ids).view(">u8").reshape(len(ids), 2)
    order = np.lexsort((raw[:, 1], raw[:, 0]))
    is_first = first_of_each(*raw[order].T)
    numbers = np.empty(len(ids), np.int64)
    numbers[order] = np.cumsum(is_first) - 1
    first = order[is_first]
    return ids[first], first, numbers
