"""What is near a text: datasketch's index over the stored signatures of a corpus, in all its layers.

One question reads of every table of keys (131,072 documents) the ranges in which the text's own bands and digests lie,
some hundred kilobytes, and the fingerprints of what shares one of them: neither texts nor whole tables. For many
questions `NearTexts.of` reads all fingerprints once, and holds 6 KB for each document with 14 bands of 8 rows, which
suits corpora of up to a million. Where a corpus looks for copies among kept documents alone, only these have keys, and
only these are found by either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from datasketch import LeanMinHash, MinHashLSH
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.fingerprints import fingerprints, recipe_of, rows_of
from dagster_project.corpus.deduplication.keys import DIGESTS, KEY, KINDS, NEAR, RANGE_BITS, Rows, ids_of, open_keys
from dagster_project.corpus.deduplication.likeness import COLUMNS, equal_to, likeness, signatures_of
from dagster_project.corpus.deduplication.standing import Place, Shard, Standing, read_places
from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.lineage.told import TOLD, cut
from dagster_project.corpus.model.documents import ID, ID_BYTES
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.storage.exchange import ranges_of, read_records
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

MOST_LOOKED_AT = 5_000  # of the documents that share a band or digest with one text; those that share most
MEETING = np.dtype([("layer", "<u4"), ("shard", "<u4"), ("row", "<u4")])
READ = ("doc_id", *COLUMNS)
SCHEME = "affine32"  # that of 32-bit hash values; which permutations made them, the index never asks


class Near(NamedTuple):
    """A document near a text."""

    place: Place
    doc_id: bytes
    kind: str  # exact, normalized or near
    similarity: float  # Jaccard; of near ones by fingerprints


class Answer(NamedTuple):
    """What is near a text, the most alike first, and how many documents share a band or a digest with it."""

    near: list[Near]
    sharing: int


class NearTexts:
    """Fingerprints in memory, and datasketch's index over their signatures."""

    def __init__(self, prints: pa.Table, places: Sequence[Place], recipe: FingerprintRecipe):
        """`prints` has the columns READ, a row for each place."""
        if recipe.bands == 1:
            raise Refused("an index of near texts needs two bands at least: say so in the fingerprints of the corpus")
        self.prints, self.places, self.recipe = prints.combine_chunks(), places, recipe
        self.index = MinHashLSH(num_perm=recipe.bands * recipe.rows, params=(recipe.bands, recipe.rows))
        signatures = signatures_of(self.prints, recipe)
        for row in np.flatnonzero(self.prints.column("shingles").to_numpy() > 0).tolist():
            self.index.insert(row, lean(signatures[row]), check_duplication=False)

    @classmethod
    def of(cls, store: Store, layers: Sequence[Standing]) -> NearTexts:
        """Over all documents of a corpus that have keys."""
        places, tables = [], []
        for layer in layers:
            for shard in layer.shards:
                here = _keyed(store, layer, shard)
                places += [Place(shard, row) for row in here.tolist()]
                tables.append(read_shard(store, shard.files["fingerprints"], READ).take(here))
        return cls(pa.concat_tables(tables), places, layers[0].prints)

    def ask(self, text: str, most: int) -> Answer:
        """The documents that share a band with the text, or have its digest."""
        return self.near(print_of(text, self.recipe), most)

    def near(self, asked: pa.Table, most: int) -> Answer:
        """The same for a fingerprint."""
        rows = sorted({*self._banded(asked), *self._equal(asked)})
        found = self.prints.take(pa.array(rows, pa.int64()))
        kinds, similarity = likeness(asked, found, self.recipe)
        ids = found.column("doc_id").to_pylist()
        order = sorted(range(len(rows)), key=lambda at: (-similarity[at], kinds[at], ids[at]))[:most]
        near = [Near(self.places[rows[at]], ids[at], KINDS[kinds[at]], float(similarity[at])) for at in order]
        return Answer(near, len(rows))

    def _banded(self, asked: pa.Table) -> list[int]:
        """By the index; a text that is too short for shingles has no bands."""
        if not asked.column("shingles")[0].as_py():
            return []
        found: list[int] = self.index.query(lean(signatures_of(asked, self.recipe)[0]))
        return found

    def _equal(self, asked: pa.Table) -> Iterator[int]:
        for _, column in DIGESTS:
            yield from np.flatnonzero(equal_to(self.prints.column(column), asked.column(column))).tolist()


def near_text(store: Store, layers: Sequence[Standing], text: str, most: int) -> Answer:
    """The same by one question to the tables of keys."""
    recipe = layers[0].prints
    asked = print_of(text, recipe)
    keys = _keys(asked, recipe)
    met = np.concatenate([_meeting(store, number, layer, keys) for number, layer in enumerate(layers)])
    met, shared = np.unique(met, return_counts=True)
    closest = np.sort(np.argsort(-shared, kind="stable")[:MOST_LOOKED_AT])
    if not len(met):
        return Answer([], 0)
    places = [Place(layers[layer].shards[shard], row) for layer, shard, row in met[closest].tolist()]
    prints = read_places(store, places, {"fingerprints": READ})
    return NearTexts(prints, places, recipe).near(asked, most)._replace(sharing=len(met))


def described(store: Store, found: Sequence[Near]) -> list[dict[str, Any]]:
    """Documents near a text, with what became of each and what tells a person which it is."""
    columns = {"deduplicated": ("status", "license", "family_size"), "snapshots": TOLD}
    rows = read_places(store, [item.place for item in found], columns).to_pylist() if found else []
    return [
        {
            "doc_id": item.doc_id.hex(),
            "source": item.place.shard.source,
            "kind": item.kind,
            "similarity": item.similarity,
            "estimated": item.kind == KINDS[NEAR],
            **{name: row[name] for name in ("status", "license", "family_size")},
            **cut(row),
        }
        for item, row in zip(found, rows, strict=True)
    ]


def print_of(text: str, recipe: FingerprintRecipe) -> pa.Table:
    """The fingerprint of a text that is no document."""
    columns = {"doc_id": pa.array([bytes(ID_BYTES)], ID), "text": [text], "url": pa.array([None], pa.string())}
    return fingerprints(pa.table(columns), recipe_of(recipe))[0]


def lean(signature: NDArray[np.uint32]) -> LeanMinHash:
    """A signature as datasketch knows them."""
    return LeanMinHash(seed=0, hashvalues=signature, scheme=SCHEME)


def _keys(asked: pa.Table, recipe: FingerprintRecipe) -> NDArray[np.uint64]:
    """Those of a text, as tables of keys have them."""
    keys = [ids_of(asked.column(column))[0] for _, column in DIGESTS]
    if asked.column("shingles")[0].as_py():
        keys.append(mix64(rows_of(asked.column("bands"), "<u8", recipe.bands)[0][0]))
    return np.unique(np.concatenate(keys))


def _meeting(store: Store, number: int, layer: Standing, keys: NDArray[np.uint64]) -> Rows:
    """The documents of a layer that have any of these keys, as often as they have one."""
    found = [np.empty(0, MEETING)]
    for table in layer.families.facts["keys"]:
        piece = open_keys(store, table)
        for first in np.unique(keys >> RANGE_BITS).tolist():
            records = read_records(store, ranges_of([piece], first), KEY)
            records = records[np.isin(records["key"], keys)]
            places = np.empty(len(records), MEETING)
            places["layer"], places["row"] = number, records["row"]
            places["shard"] = records["shard"] + table["first"]
            found.append(places)
    return np.concatenate(found)


def _keyed(store: Store, layer: Standing, shard: Shard) -> NDArray[np.int64]:
    """The rows that have keys."""
    if layer.families.identity.recipe["over"] == "all":
        return np.arange(shard.files["fingerprints"].rows)
    status = read_shard(store, shard.files["deduplicated"], ["status"]).column("status")
    return np.flatnonzero(pc.not_equal(status, "rejected").to_numpy())
