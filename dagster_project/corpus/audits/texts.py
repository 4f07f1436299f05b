"""The texts that a mix holds of one documents shard, as they are exported: edited, and cut where they are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.audits.holdings import Held, Numbers
from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store


def held_texts(store: Store, documents: pa.Table, held: Held) -> pa.Table:
    """A row for each of the texts (doc_id, text and whatever else `documents` has of the whole shard)."""
    return _cut(edited(_with_edits(store, documents, held)), held.cuts)


def is_changed(store: Store, documents: pa.Table, held: Held) -> Numbers:
    """Which of the texts are other than those of their documents: places in `held`, int64[n]."""
    lengths = pc.list_value_length(_with_edits(store, documents, held).column("edits")) if held.edits else None
    has_edits = lengths.to_numpy() > 0 if lengths is not None else np.zeros(len(held.rows), np.bool_)
    changed: Numbers = np.flatnonzero(has_edits | (held.cuts >= 0))
    return changed


def part_of(held: Held, places: Numbers) -> Held:
    """Some of the texts."""
    return Held(held.edits, *(getattr(held, name)[places] for name in ("rows", "cuts", "members", "words")))


def _with_edits(store: Store, documents: pa.Table, held: Held) -> pa.Table:
    rows = pa.array(held.rows)
    table = documents.take(rows)
    if held.edits is None:
        return table
    found = read_shard(store, held.edits, ["doc_id", "edits"]).take(rows)
    if not found.column("doc_id").equals(table.column("doc_id")):
        raise _stray(held.edits)
    return table.append_column("edits", found.column("edits"))


def _stray(file: File) -> IntegrityError:
    return IntegrityError(f"{file.path} does not list the documents that it should cover: rebuild its partition")


def _cut(texts: pa.Table, cuts: Numbers) -> pa.Table:
    """Hardly more than one text of a component and phase is cut."""
    if not (cuts >= 0).any():
        return texts
    column = texts.column("text")
    values = [
        text if cut < 0 else text.encode()[:cut].decode() for text, cut in zip(column.to_pylist(), cuts, strict=True)
    ]
    return texts.set_column(texts.column_names.index("text"), "text", pa.array(values, column.type))
