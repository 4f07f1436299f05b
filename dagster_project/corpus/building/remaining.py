"""What of erased documents could still be met in a mix: asked of its fingerprints, exactly, by words, and as copies.

Fingerprints outlive the text, which cannot be told from them. A member of the mix that meets one of a removed document
is a document of its own that stays by right, or meets it in a single band by chance: every one is looked up and said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.lineage.index import find_all
from dagster_project.corpus.lineage.walk import inputs_of, versions_of
from dagster_project.corpus.model.documents import ID, ID_BYTES
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.storage.refs import load_manifest, published, published_versions
from dagster_project.corpus.storage.shards import read_rows, read_shard
from dagster_project.corpus.storage.stores import Store

DIGESTS = {"exact": "text_digest", "normalized": "normalized_digest"}
COLUMNS = ("doc_id", *DIGESTS.values(), "shingles", "signature", "bands")
SIMILARITY = 0.75  # estimated by the signatures: at least so much is a copy
KEY = np.dtype("<u8")  # of a band
NOTHING = hashlib.sha256(b"").digest()[:ID_BYTES]  # of a row whose text was never let in
MINIMUM = np.dtype("<u4")  # of a signature


class Print(NamedTuple):
    """The fingerprint of one document."""

    doc_id: bytes
    part: str  # by what parameters
    digests: Mapping[str, bytes]
    bands: NDArray[np.uint64]
    signature: NDArray[np.uint32]


class Met(NamedTuple):
    """A document that meets a removed one: by which look-up, and how alike their signatures say that they are."""

    removed: bytes
    found: bytes
    kind: str
    similarity: float


def members_met(store: Store, mixed: Manifest, removed: Sequence[bytes]) -> list[Met]:
    """The members of a mix that meet any of the removed documents."""
    prints = {(item.doc_id, item.part): item for item in prints_of(store, removed)}
    tables = versions_of(store, mixed, "fingerprints")
    found = (item for table in tables for item in _met(store, table, list(prints.values())))
    met = {(item.removed, item.found, item.kind): item for item in found}
    here = members_among(store, mixed, sorted({item.found for item in met.values()}))
    return [met[key] for key in sorted(met) if key[1] in here]


def prints_of(store: Store, documents: Sequence[bytes]) -> Iterator[Print]:
    """The fingerprints of some documents, in whatever version of whatever snapshot they were made."""
    wanted = set(documents)
    for partition in published(store, "fingerprints") if wanted else ():
        for version in published_versions(store, partition):
            table = load_manifest(store, version)
            snapshot = inputs_of(store, table, "snapshots")[0]
            places = {place for of in find_all(store, snapshot, "doc_id", documents).values() for place in of}
            for shard, row in sorted(places):
                (found,) = _prints(read_rows(store, table.files[shard], [row], COLUMNS), _part(table))
                if found.doc_id in wanted and found.digests["text_digest"] != NOTHING:
                    yield found


def members_among(store: Store, mixed: Manifest, documents: Sequence[bytes]) -> set[bytes]:
    """Which of some documents are members of a mix."""
    found = set[bytes]()
    for places in find_all(store, mixed, "doc_id", documents).values() if documents else ():
        for shard, row in places[:1] or ():
            found.update(read_rows(store, mixed.files[shard], [row], ["doc_id"]).column("doc_id").to_pylist())
    return found & {*documents}


def verdict(met: Met) -> dict[str, Any]:
    """What becomes of a hit: a copy, or no copy at all."""
    is_copy = met.kind in DIGESTS or met.similarity >= SIMILARITY
    told = {"removed": met.removed.hex(), "found": met.found.hex(), "by": met.kind, "is_copy": is_copy}
    return {**told, "similarity": round(met.similarity, 3)}


def _met(store: Store, table: Manifest, prints: Sequence[Print]) -> Iterator[Met]:
    asked = [item for item in prints if item.part == _part(table)]
    if not asked:
        return
    removed = pa.array([item.doc_id for item in asked], ID)
    bands = np.unique(np.concatenate([item.bands for item in asked]))
    for file in table.files:
        rows = read_shard(store, file, COLUMNS)
        rows = rows.filter(pc.invert(pc.is_in(rows.column("doc_id"), removed)))
        chosen = np.zeros(rows.num_rows, np.bool_)
        for column in DIGESTS.values():
            digests = pa.array([item.digests[column] for item in asked], ID)
            chosen |= pc.is_in(rows.column(column), digests).to_numpy()
        chosen |= _shares(rows, bands)
        for other in _prints(rows.filter(pa.array(chosen)), _part(table)):
            for item in asked:
                yield from _pair(item, other)


def _pair(item: Print, other: Print) -> Iterator[Met]:
    has_both = len(item.signature) == len(other.signature) > 0
    similarity = float(np.mean(item.signature == other.signature)) if has_both else 0.0
    for kind, column in DIGESTS.items():
        if item.digests[column] == other.digests[column]:
            yield Met(item.doc_id, other.doc_id, kind, 1.0)
            return
    if np.isin(item.bands, other.bands).any():
        yield Met(item.doc_id, other.doc_id, "near", similarity)


def _shares(rows: pa.Table, bands: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether any band of a document is one of these."""
    said = rows.column("bands").combine_chunks()
    width = pc.binary_length(said).to_numpy() // KEY.itemsize
    keys = np.frombuffer(b"".join(said.to_pylist()), KEY)
    hit = np.flatnonzero(np.isin(keys, bands))
    found = np.zeros(rows.num_rows, np.bool_)
    found[np.searchsorted(np.cumsum(width), hit, side="right")] = True
    worded: NDArray[np.bool_] = pc.greater(rows.column("shingles"), 0).to_numpy()
    return found & worded


def _part(table: Manifest) -> str:
    return FingerprintRecipe(**table.identity.recipe).part


def _prints(rows: pa.Table, part: str) -> Iterator[Print]:
    for row in rows.to_pylist():
        has_words = row["shingles"] > 0
        bands = np.frombuffer(row["bands"] if has_words else b"", KEY)
        signature = np.frombuffer(row["signature"] if has_words else b"", MINIMUM)
        yield Print(row["doc_id"], part, {name: row[name] for name in DIGESTS.values()}, bands, signature)
