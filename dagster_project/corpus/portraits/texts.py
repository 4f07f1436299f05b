"""The text of a version as it is exported or would be: of a publication its rows, of a corpus what its policies and
passages leave of the survivors of all its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.engine.tables import Part, zipped
from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.lineage.walk import inputs_of, layers_of, texts_of
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.stores import Store

STAGES = ("published", "deduplicated", "passages")  # that have text of their own
Item = TypeVar("Item")
PUBLISHED, SURVIVOR, BATCH_ROWS = "published", "survivor", 4096
TOLD = ("source", "license", "url", "title", "index")  # of a document that holds something


@dataclass(frozen=True)
class TextShard:
    """Where the texts of one shard stand, and what covers them."""

    parts: tuple[Part, ...]
    source: str = ""  # where all are of one

    def read(self, store: Store, *names: str, without: pa.Array | None = None) -> Iterator[pa.Table]:
        """Tables of doc_id, text and those of the columns that there are, in the order of the rows; some documents, by
        their ids, are left out."""
        wanted = ("text", "edits", "status", *names)
        parts = [Part(file, tuple(name for name in has if name in wanted)) for file, has, _ in self.parts]
        if len(parts) == 1:
            columns = ["doc_id", *parts[0].names]
            for batch in iterate_shard(store, parts[0].file, columns, BATCH_ROWS):
                yield _less(pa.Table.from_batches([batch]), without)
            return
        table = zipped(store, [part for part in parts if part.names])
        table = edited(_less(table.filter(pc.equal(table.column("status"), SURVIVOR)), without))
        yield table.append_column("source", pa.array([self.source] * len(table), pa.string()))


def _less(table: pa.Table, without: pa.Array | None) -> pa.Table:
    return table if without is None else table.filter(pc.invert(pc.is_in(table.column("doc_id"), without)))


def shards_of(store: Store, manifest: Manifest) -> list[TextShard]:
    """The shards of a version; other stages than STAGES have no text that is exported."""
    if manifest.stage == PUBLISHED:
        return [TextShard((Part(file, ("text", *TOLD)),)) for file in manifest.files]
    if manifest.stage not in STAGES:
        raise Refused(f"{manifest.stage} has no text of its own: name a mix, or a corpus as deduplicated/name@version")
    return [shard for layer in layers_of(store, manifest) for shard in _of_corpus(store, layer)]


def _of_corpus(store: Store, layer: Manifest) -> Iterator[TextShard]:
    """Those of one layer; its edits are those of its policies, or, of passages, its own."""
    texts = texts_of(store, layer)
    edits = {file.documents: file for item in inputs_of(store, layer, "filtered") for file in item.files}
    for source, file in zip(layer.facts["sources"], layer.files, strict=True):
        documents = texts.get(file.documents)
        if documents is None or (layer.stage == "deduplicated" and file.documents not in edits):
            raise IntegrityError(f"{file.path} covers documents that are not below {layer.stage}: rebuild it")
        parts = (*_parts(layer, file, edits), Part(documents, ("text", "url", "title")))
        yield TextShard(parts, source)


def _parts(layer: Manifest, file: File, edits: dict[str, File]) -> tuple[Part, ...]:
    if layer.stage == "passages":
        return (Part(file, ("edits", "status")),)
    return (Part(file, ("status", "license")), Part(edits[file.documents], ("edits",)))


def batches(items: Iterable[Item], size_of: Callable[[Item], int], most: int) -> Iterator[list[Item]]:
    """Items in their order, so much of them together, or one that is larger."""
    batch: list[Item] = []
    size = 0
    for item in items:
        more = size_of(item)
        if batch and size + more > most:
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += more
    if batch:
        yield batch
