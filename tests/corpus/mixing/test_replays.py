"""Members as candidates again: each document once with its copies, whatever the shards, the memory and the order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.mixing import mix, replays
from dagster_project.corpus.mixing.replays import replayed
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Identity, Manifest
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import write_shard

CHOSEN = ("doc_id", "row", "words", "tokens", "component", "phase", "license_kind")
DOCUMENT = st.fixed_dictionaries(
    {
        "doc_id": st.integers(0, 12).map(lambda number: bytes([number % 3, *[0] * 7, number, *[0] * 7])),
        "component": st.sampled_from("ab"),
        "documents": st.sampled_from(["one", "two", "three"]),
        "row": st.integers(0, 5),
        "tokens": st.one_of(st.none(), st.integers(0, 9)),
        "license_kind": st.sampled_from([None, "registry"]),
        "family": st.integers(0, 2**64 - 1),
    }
)
LICENSED = {"license": "MIT", "license_class": "permissive", "license_offered": "MIT"}
REST = {"phase": "main", "copy": 0, **LICENSED, "language": "en", "edits": ""}


def member(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "control": None,
        "index": 0,
        "parent": found["family"],
        **REST,
        "source": f"s{found['documents']}@1",
        "words": 7 + found["row"],
        **found,
    }


def mixed(store: MemoryStore, rows: list[dict[str, Any]], shard: int, schema: pa.Schema = mix.SCHEMA) -> Manifest:
    tables = [pa.Table.from_pylist(rows[start : start + shard], schema=schema) for start in range(0, len(rows), shard)]
    files = tuple(write_shard(store, table, access="public") for table in tables)
    names = tuple((field.name, str(field.type)) for field in schema)
    return Manifest(Identity("mixed", names, {}, "1", (), "0"), (), files)


@settings(deadline=None, max_examples=60)
@given(st.lists(DOCUMENT, max_size=40), st.integers(1, 9), st.booleans())
def test_each_document_once_with_its_copies(found: list[dict[str, Any]], shard: int, on_disk: bool) -> None:
    rows, store = [member(item) for item in found], MemoryStore()
    with pytest.MonkeyPatch.context() as patch:
        if on_disk:
            patch.setattr(replays, "MEMORY_BYTES", 2000)
        again = list(replayed(store, mixed(store, rows, shard)))
    first = {row["doc_id"]: row for row in reversed(rows)}
    copies = Counter(row["doc_id"] for row in rows)
    told = {row["doc_id"]: row for item in again for row in item.table.to_pylist()}
    assert sum(item.table.num_rows for item in again) == len(told) == len(first)
    assert {doc: row["copies"] for doc, row in told.items()} == copies
    for doc, row in first.items():
        assert {name: told[doc][name] for name in CHOSEN} == {name: row[name] for name in CHOSEN}
        assert int.from_bytes(told[doc]["family"][:8], "little") == row["family"]
    for item in again:
        assert {first[doc]["documents"] for doc in item.table.column("doc_id").to_pylist()} == {item.documents}
        assert item.source == f"s{item.documents}@1"
        places = item.table.column("row").to_pylist()
        assert places == sorted(places)
    assert len({item.documents for item in again}) == len(again)


def test_a_version_that_does_not_tell_enough_is_refused() -> None:
    store = MemoryStore()
    schema = mix.SCHEMA.remove(mix.SCHEMA.get_field_index("family"))
    with pytest.raises(Refused, match="does not tell family: replay a version that was built since"):
        list(replayed(store, mixed(store, [], 1, schema)))
