"""Which files of export shards go with a document."""

from __future__ import annotations

import pyarrow as pa

from dagster_project.corpus.erasing.records import Exported, delete_exports
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import put_object, write_shard
from dagster_project.corpus.takedowns.erased import ERASED

GONE, TWIN = b"g" * 16, b"t" * 16


def exported(store: MemoryStore, doc_id: bytes, *bodies: bytes) -> Exported:
    order = write_shard(store, pa.table({"doc_id": pa.array([doc_id], ID)}), access="public")
    files = []
    for body in bodies:
        path, sha256 = put_object(store, body, access="public", suffix="npy")
        files.append(File(path, sha256, len(body), 1))
    return Exported(order, tuple(files))


def test_what_an_exact_copy_that_stays_has_too_is_left() -> None:
    store = MemoryStore()
    gone, twin = exported(store, GONE, b"same tokens", b"its own"), exported(store, TWIN, b"same tokens", b"another")
    known = pa.Table.from_pylist([{"entry": "e1", "doc_id": GONE}], ERASED)
    assert list(delete_exports(store, (gone, twin), known)) == [gone.files[1].path]
    assert [store.size(file.path) for file in (*gone.files, *twin.files)] == [11, None, 11, 7]
    assert list(delete_exports(store, (gone,), known)) == [gone.files[0].path]
