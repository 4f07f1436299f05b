"""The catalog's indexes: one sorted Parquet per version, by which a look-up reads a few row groups and not a corpus.

INDEXED names the columns of each stage. Keys are the first 64 bits of SHA-256 (of the leading bits of an id), so every
hit of an id, address or digest is checked against the row itself. Members of a mix are indexed by what many of them
share, too (GROUPS): where they come from, and under which license. Rebuildable from the manifests; `merged.py` holds
those of many versions together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.lineage.pointers import KEY, ROW, SHARD, key_of_value, keys_of, read_matching
from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.urls import canonical_url, domain_of, host_of
from dagster_project.corpus.storage.stores import Store

Numbers = NDArray[np.int64]
Look = Callable[[Store, Manifest, str, Sequence[bytes | str]], Mapping[bytes | str, Sequence[tuple[int, int]]]]
GROUPS = ("source", "license", "license_class", "host", "domain")
INDEXED: dict[str, Sequence[str]] = {
    "snapshots": ("doc_id", "record_id", "locator", "url", "host", "domain", "parents"),
    "fingerprints": ("text_digest", "normalized_digest", "bands"),
    "families": ("family",),
    "mixed": ("doc_id", *GROUPS),
}
OF_URLS = frozenset({"host", "domain"})  # that no column has


def index_version(store: Store, manifest: Manifest) -> None:
    """Write the indexes of a version, where its stage has any and they are not there yet."""
    if lacking := [name for name in indexed(manifest.stage) if store.size(path_of(manifest.id, name)) is None]:
        from dagster_project.corpus.lineage.indexing import write_indexes  # compiles; whoever looks up need not wait

        write_indexes(store, manifest, lacking)


def indexed(stage: str) -> Sequence[str]:
    return INDEXED.get(stage, ())


def find(store: Store, manifest: Manifest, column: str, value: bytes | str) -> list[tuple[int, int]]:
    """(shard, row) of every row that may have the value, in order; the caller compares the row itself."""
    return find_all(store, manifest, column, [value])[value]


def find_all(
    store: Store, manifest: Manifest, column: str, values: Sequence[bytes | str]
) -> dict[bytes | str, list[tuple[int, int]]]:
    """The same for many values: every row group that may have one of them is read once."""
    found = healed(store, manifest, column, keys_of(values))
    places: dict[int, list[tuple[int, int]]] = {}
    for key, shard, row in zip(*(found.column(name).to_pylist() for name in (KEY, SHARD, ROW)), strict=True):
        places.setdefault(key, []).append((shard, row))
    return {value: sorted(places.get(int(key_of_value(value)), [])) for value in values}


def find_by_shard(
    store: Store, manifest: Manifest, column: str, values: pa.Array, look: Look = find_all
) -> Iterator[tuple[int, Numbers]]:
    """Where any of some values may stand: shards of a version, and rows int64[n] ascending."""
    found = look(store, manifest, column, values.to_pylist()) if len(values) else {}
    places = np.array(sorted({place for of_value in found.values() for place in of_value}), np.int64).reshape(-1, 2)
    numbers, starts = np.unique(places[:, 0], return_index=True)
    yield from zip(numbers.tolist(), np.split(places[:, 1], starts[1:]), strict=False)


def healed(store: Store, manifest: Manifest, column: str, keys: Any) -> pa.Table:
    """The pointers of an index that have one of some keys. It is made again when somebody removed it, or when another
    release wrote it: the catalog is rebuildable."""
    path = path_of(manifest.id, column)
    try:
        return read_matching(store, path, keys)
    except MissingObject:
        pass
    except pa.ArrowInvalid:
        store.delete([path])
    index_version(store, manifest)
    return read_matching(store, path, keys)


def spelled(column: str, value: Any) -> Any:
    """What is indexed of a value, and compared with it: addresses in their canonical form, hosts of addresses."""
    if value is None:
        return None
    return {"url": canonical_url, "host": host_of, "domain": domain_of_url}.get(column, lambda same: same)(value)


def domain_of_url(url: str) -> str | None:
    """The registered domain of an address."""
    host = host_of(url)
    return domain_of(host) if host else None


def path_of(version: str, column: str) -> str:
    return f"catalog/indexes/{version}/{column}.parquet"
