"""Near copies of documents: what shares a band of their signatures, compared as a search for copies compares.

A corpus has edges only between the documents that its search brought together. Here texts are looked for in the tables
of keys of each layer, or among all its fingerprints where only kept documents have keys: also texts that are in no
corpus themselves. How alike is near, each corpus says of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.fingerprints import fingerprints, recipe_of, rows_of
from dagster_project.corpus.deduplication.keys import KEY, NEAR, RANGE_BITS, open_keys
from dagster_project.corpus.deduplication.verification import margin_of, similarity_of, values_of
from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.recipes import FingerprintRecipe, NearRecipe
from dagster_project.corpus.reaching.closure import digests_at
from dagster_project.corpus.reaching.holdings import Holdings
from dagster_project.corpus.reaching.marks import Marks, Numbers, Sought, by_shard, together
from dagster_project.corpus.storage.exchange import ranges_of, read_records
from dagster_project.corpus.storage.shards import read_rows, read_shard
from dagster_project.corpus.takedowns.kept import kept_table

CODE_VERSION = "1"
AT_ONCE = 8192  # texts that are looked for at once, of 3 KB each with the default fingerprints
COMPARED = 1 << 15  # pairs at once
FOUND = pa.schema([pa.field(name, pa.int32(), nullable=False) for name in ("shard", "row", "text")])
BANDED = ("shingles", "bands")
COLUMNS = (*BANDED, "signature", "sketch")
Keys = NDArray[np.uint64]
Pairs = NDArray[np.int64]  # [n, 3]: shard of the layer, row, number of the text


def near_copies(held: Holdings, marks: Marks) -> Iterator[Marks]:
    """The documents of all corpora that are near any of these."""
    if not len(marks):
        return
    words = digests_at(held, marks).column("normalized_digest")
    sought = Sought(words, marks["entry"])
    asked = digest([item.hex() for item in sought.values.to_pylist()])
    texts = marks[sought.first_of(words)]
    for layer in held.layers.values():
        key = digest(["near copies", CODE_VERSION, layer.id, asked])
        make = partial(_found, held, layer, texts)
        found = kept_table(held.store, key, FOUND, layer.facts["access"], make)
        yield _marked(held, layer, found, sought)


def _marked(held: Holdings, layer: Manifest, found: pa.Table, sought: Sought) -> Marks:
    shards, rows, texts = (found.column(name).to_numpy().astype(np.int64) for name in FOUND.names)
    by_layer = [
        sought.at(number, rows[shards == shard], texts[shards == shard])
        for shard, (number, _) in enumerate(held.layer_files(layer))
    ]
    return together(by_layer)


def _found(held: Holdings, layer: Manifest, texts: Marks) -> Iterator[pa.Table]:
    """The documents of one layer that are near any text; `texts` says where each of them stands."""
    recipe = FingerprintRecipe(**layer.identity.recipe["fingerprints"])
    near = NearRecipe(**layer.identity.recipe["near"])
    for start in range(0, len(texts), AT_ONCE):
        prints = _prints_at(held, texts[start : start + AT_ONCE], recipe)
        keys, numbers = _band_keys(prints, np.arange(len(prints)), recipe)
        for pairs in _sharing(held, layer, recipe, keys, numbers):
            alike = pairs[_alike(held, layer, pairs, prints, recipe, near)]
            shards, rows, found = alike.T.astype(np.int32)
            yield pa.table([shards, rows, found + np.int32(start)], schema=FOUND)


def _prints_at(held: Holdings, texts: Marks, recipe: FingerprintRecipe) -> pa.Table:
    """Fingerprints by a recipe, in any order of shards as given: those that are stored, else of the text."""
    order = np.argsort(texts, kind="stable")
    found = []
    for shard, here in by_shard(texts[order]):
        rows, file = here["row"].tolist(), held.printed(shard, recipe.part)
        if file:
            found.append(read_rows(held.store, file, rows, COLUMNS))
        else:
            documents = read_rows(held.store, held.files[shard], rows, ["doc_id", "text", "url"])
            found.append(fingerprints(documents, recipe_of(recipe))[0].select(COLUMNS))
    return pa.concat_tables(found).take(np.argsort(order)).combine_chunks()


def _band_keys(prints: pa.Table, rows: Numbers, recipe: FingerprintRecipe) -> tuple[Keys, Numbers]:
    """(key, row) of every band of the documents that are long enough to have any, as tables of keys have them."""
    there = np.flatnonzero(prints.column("shingles").to_numpy() > 0)
    bands, _ = rows_of(prints.column("bands"), "<u8", recipe.bands)
    return mix64(bands[there].ravel()), np.repeat(rows[there], recipe.bands)


def _sharing(
    held: Holdings, layer: Manifest, recipe: FingerprintRecipe, keys: Keys, numbers: Numbers
) -> Iterator[Pairs]:
    """The documents that share a band with a text, each pair once in what is yielded at once."""
    order = np.argsort(keys, kind="stable")
    keys, numbers = keys[order], numbers[order]
    is_in_tables = layer.identity.recipe["over"] == "all"
    for places, met in _by_tables(held, layer, keys) if is_in_tables else _by_prints(held, layer, recipe):
        first = np.searchsorted(keys, met, side="left")
        counts = np.searchsorted(keys, met, side="right") - first
        place = np.repeat(np.arange(len(met)), counts)
        at = np.arange(len(place)) + np.repeat(first - np.cumsum(counts) + counts, counts)
        pairs = np.unique(np.column_stack([places[place], numbers[at]]), axis=0)
        for start in range(0, len(pairs), COMPARED):
            yield pairs[start : start + COMPARED]


def _by_tables(held: Holdings, layer: Manifest, keys: Keys) -> Iterator[tuple[Numbers, Keys]]:
    """Places [n, 2] and band keys in the ranges in which some keys lie."""
    for table in layer.facts["keys"]:
        piece = open_keys(held.store, table)
        for wanted in np.unique(keys >> RANGE_BITS).tolist():
            records = read_records(held.store, ranges_of([piece], wanted), KEY)
            records = records[(records["kind"] == NEAR) & np.isin(records["key"], keys)]
            places = np.stack([records["shard"] + table["first"], records["row"]], axis=1).astype(np.int64)
            yield places, records["key"]


def _by_prints(held: Holdings, layer: Manifest, recipe: FingerprintRecipe) -> Iterator[tuple[Numbers, Keys]]:
    """The same of every document, kept or not."""
    for shard, file in enumerate(_printed(held, layer, recipe)):
        prints = read_shard(held.store, file, BANDED)
        keys, rows = _band_keys(prints, np.arange(len(prints)), recipe)
        yield np.stack([np.full(len(rows), shard), rows], axis=1), keys


def _alike(
    held: Holdings, layer: Manifest, pairs: Pairs, prints: pa.Table, recipe: FingerprintRecipe, near: NearRecipe
) -> NDArray[np.bool_]:
    """Which pairs are as near as the layer asks for."""
    used = recipe if near.verify != "none" else replace(recipe, sketch=0)
    margin = margin_of(near.verify, near.similarity, used.bands * used.rows)
    files, found = _printed(held, layer, recipe), np.zeros(len(pairs), np.bool_)
    one = dict(values_of(prints, used))
    for shard in np.unique(pairs[:, 0]).tolist():
        here = np.flatnonzero(pairs[:, 0] == shard)
        rows, places = np.unique(pairs[here, 1], return_inverse=True)
        others = read_rows(held.store, files[shard], rows.tolist(), COLUMNS)
        asked = {name: values[pairs[here, 2]] for name, values in one.items()}
        other = {name: values[places] for name, values in values_of(others, used)}
        found[here] = similarity_of(asked, other, near.similarity, margin) >= near.similarity
    return found


def _printed(held: Holdings, layer: Manifest, recipe: FingerprintRecipe) -> list[File]:
    """The fingerprints of every shard of a layer."""
    found = (held.printed(number, recipe.part) for number, _ in held.layer_files(layer))
    return [file for file in found if file]
