"""Documents near a text among the fingerprints of any number of snapshots, by an index of the bands of signatures.

Of each version the pointers are read that share a band or a digest with the text, and the fingerprints that these lead
to: neither texts nor whole tables. Versions made by one recipe are asked together, with one fingerprint of the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from dagster_project.corpus.deduplication.fingerprints import fingerprints, rows_of
from dagster_project.corpus.deduplication.keys import DIGESTS
from dagster_project.corpus.deduplication.likeness import COLUMNS, likeness
from dagster_project.corpus.kernels.minhash import EMPTY
from dagster_project.corpus.lineage.merged import look_up
from dagster_project.corpus.lineage.overview import Overview
from dagster_project.corpus.lineage.pointers import ROW, SHARD, at_once, keys_of
from dagster_project.corpus.model.documents import ID, ID_BYTES
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.storage.shards import read_rows

MOST_LOOKED_AT = 5_000  # of the documents that share a band or digest with a text; those that share most


class NearPrint(NamedTuple):
    """A document near a text, and its Jaccard similarity by fingerprints; 1 for one of the same digest."""

    doc_id: bytes
    similarity: float


def near_prints(seen: Overview, text: str, below: Sequence[str], least: float) -> list[NearPrint]:
    """The documents among some versions that are this similar at least, the most alike first."""
    found: dict[bytes, float] = {}
    for recipe, versions in _by_recipe(seen, seen.of_stage(below, "fingerprints")):
        for item in _near(seen, _print_of(text, recipe), recipe, versions):
            if item.similarity >= least:
                found[item.doc_id] = max(item.similarity, found.get(item.doc_id, 0.0))
    order = sorted(found, key=lambda doc_id: (-found[doc_id], doc_id))
    return [NearPrint(doc_id, found[doc_id]) for doc_id in order]


def _by_recipe(seen: Overview, versions: Sequence[str]) -> Iterator[tuple[FingerprintRecipe, list[str]]]:
    alike: dict[FingerprintRecipe, list[str]] = {}
    for version, recipe in seen.recipes(versions).items():
        alike.setdefault(FingerprintRecipe(**recipe), []).append(version)
    yield from alike.items()


def _print_of(text: str, recipe: FingerprintRecipe) -> pa.Table:
    columns = {"doc_id": pa.array([bytes(ID_BYTES)], ID), "text": [text], "url": pa.array([None], pa.string())}
    return fingerprints(pa.table(columns), vars(recipe))[0]


def _near(seen: Overview, asked: pa.Table, recipe: FingerprintRecipe, versions: Sequence[str]) -> Iterator[NearPrint]:
    places = [place for place, _ in _sharing(seen, asked, recipe, versions).most_common(MOST_LOOKED_AT)]
    by_shard: dict[tuple[str, int], list[int]] = {}
    for version, shard, row in sorted(places):
        by_shard.setdefault((version, shard), []).append(row)
    files: Mapping[str, list[File]] = seen.files(sorted({version for version, _, _ in places}))
    tasks = [(files[version][shard], rows) for (version, shard), rows in by_shard.items()]
    for table in at_once(lambda task: read_rows(seen.store, task[0], task[1], ["doc_id", *COLUMNS]), tasks):
        prints = table.combine_chunks()
        alike = likeness(asked, prints, recipe).similarity.tolist()
        yield from map(NearPrint, prints.column("doc_id").to_pylist(), alike)


def _sharing(
    seen: Overview, asked: pa.Table, recipe: FingerprintRecipe, versions: Sequence[str]
) -> Counter[tuple[str, int, int]]:
    """How many bands and digests each document shares with a text."""
    keys: dict[str, Any] = {column: keys_of(asked.column(column).to_pylist()) for _, column in DIGESTS}
    bands = rows_of(asked.column("bands"), "<u8", recipe.bands)[0][0]
    keys["bands"] = np.unique(bands[bands != EMPTY])
    sharing: Counter[tuple[str, int, int]] = Counter()
    for column, wanted in keys.items():
        found, loose = look_up(seen.store, "fingerprints", column, wanted, versions)
        seen.loose |= {("fingerprints", column, version) for version in loose}
        for version, table in found.items():
            rows = zip(table.column(SHARD).to_pylist(), table.column(ROW).to_pylist(), strict=True)
            sharing.update((version, shard, row) for shard, row in rows)
    return sharing
