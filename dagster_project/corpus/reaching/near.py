"""Near copies of documents: what shares a band of their signatures, compared as a search for copies compares.

A corpus has edges only between the documents that its search brought together. Here texts are looked for in the tables
of keys of each layer, or among all its fingerprints where only kept documents have keys: also texts that are in no
corpus themselves. How alike is near, each corpus says of its own. A text that was erased is looked for by fingerprints
that outlived it; where a layer asks for others, and no document has these words any more, nobody can say what is near.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.fingerprints import fingerprints, recipe_of, rows_of
from dagster_project.corpus.deduplication.keys import KEY, NEAR, RANGE_BITS, open_keys
from dagster_project.corpus.deduplication.verification import margin_of, similarity_of, values_of
from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.recipes import FingerprintRecipe, NearRecipe
from dagster_project.corpus.reaching.closure import digests_at
from dagster_project.corpus.reaching.holdings import Holdings
from dagster_project.corpus.reaching.marks import Marks, Numbers, Sought, by_shard, together
from dagster_project.corpus.storage.exchange import ranges_of, read_records
from dagster_project.corpus.storage.shards import read_rows, read_shard
from dagster_project.corpus.takedowns.kept import kept_table

CODE_VERSION = "2"
AT_ONCE = 8192  # texts that are looked for at once, of 3 KB each with the default fingerprints
COMPARED = 1 << 15  # pairs at once
FOUND = pa.schema([pa.field(name, pa.int32(), nullable=False) for name in ("shard", "row", "text")])
BANDED = ("shingles", "bands")
COLUMNS = (*BANDED, "signature", "sketch")
PRINTED, WRITTEN, NOWHERE = range(3)  # how a text is known
Values = Mapping[str, NDArray[Any]]
Keys = NDArray[np.uint64]
Pairs = NDArray[np.int64]  # [n, 3]: shard of the layer, row, number of the text


def near_copies(held: Holdings, marks: Marks) -> Iterator[Marks]:
    """The documents of all corpora that are near any of these."""
    if not len(marks):
        return
    words = digests_at(held, marks).column("normalized_digest")
    sought, is_there = Sought(words, marks["entry"]), dict[int, NDArray[np.bool_]]()
    for layer in held.layers.values():
        recipe = FingerprintRecipe(**layer.identity.recipe["fingerprints"])
        ranks = _ranks(held, marks, recipe, is_there)
        order = np.argsort(ranks, kind="stable")
        first = order[sought.first_of(words.take(pa.array(order)))]
        codes = np.flatnonzero(ranks[first] != NOWHERE)
        asked = digest([item.hex() for item in sought.values.take(pa.array(codes)).to_pylist()])
        key = digest(["near copies", CODE_VERSION, layer.id, asked])
        make = partial(_found, held, layer, marks[first[codes]], recipe)
        found = kept_table(held.store, key, FOUND, layer.facts["access"], make)
        yield _marked(held, layer, found, sought, codes)


def _ranks(
    held: Holdings, marks: Marks, recipe: FingerprintRecipe, is_there: dict[int, NDArray[np.bool_]]
) -> NDArray[np.int8]:
    """Of each text how it is known: by fingerprints of the recipe, by itself, or no more. `is_there`: by shard, which
    texts are, as far as that was asked."""
    ranks = [np.empty(0, np.int8)]
    for shard, here in by_shard(marks):
        if held.printed(shard, recipe.part):
            ranks.append(np.full(len(here), PRINTED, np.int8))
            continue
        if shard not in is_there:
            texts = read_rows(held.store, held.files[shard], here["row"].tolist(), ["text"]).column("text")
            is_there[shard] = pc.greater(pc.binary_length(texts), 0).to_numpy()
        ranks.append(np.where(is_there[shard], WRITTEN, NOWHERE).astype(np.int8))
    return np.concatenate(ranks)


def _marked(held: Holdings, layer: Manifest, found: pa.Table, sought: Sought, codes: Numbers) -> Marks:
    """`codes`: which of the values that are sought each text in the table has."""
    shards, rows, texts = (found.column(name).to_numpy().astype(np.int64) for name in FOUND.names)  # by shard
    numbers = [number for number, _ in held.layer_files(layer)]
    bounds = np.searchsorted(shards, np.arange(len(numbers) + 1))
    return together(
        sought.at(number, rows[first:end], codes[texts[first:end]])
        for number, (first, end) in zip(numbers, pairwise(bounds.tolist()), strict=True)
        if end > first
    )


def _found(held: Holdings, layer: Manifest, texts: Marks, recipe: FingerprintRecipe) -> Iterator[pa.Table]:
    """The documents of one layer that are near any text; `texts` says where each of them stands."""
    near = NearRecipe(**layer.identity.recipe["near"])
    for start in range(0, len(texts), AT_ONCE):
        prints = _prints_at(held, texts[start : start + AT_ONCE], recipe)
        values = dict(values_of(prints, _used(recipe, near)))
        keys, numbers = _band_keys(prints, np.arange(len(prints)), recipe)
        for pairs in _sharing(held, layer, recipe, keys, numbers):
            alike = pairs[_alike(held, layer, pairs, values, recipe, near)]
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
    """The documents that share a band with a text, each pair once in what is yielded at once. Of a band that many
    documents share with many texts there are as many pairs as both multiplied: no more of them at once than others."""
    order = np.argsort(keys, kind="stable")
    keys, numbers = keys[order], numbers[order]
    is_in_tables = layer.identity.recipe["over"] == "all"
    for places, met in _by_tables(held, layer, keys) if is_in_tables else _by_prints(held, layer, recipe):
        first = np.searchsorted(keys, met, side="left")
        counts = np.searchsorted(keys, met, side="right") - first
        for some in _portions(counts):
            many = counts[some]
            at = np.arange(many.sum()) + np.repeat(first[some] - np.cumsum(many) + many, many)
            yield np.unique(np.column_stack([places[np.repeat(some, many)], numbers[at]]), axis=0)


def _portions(counts: Numbers) -> Iterator[Numbers]:
    """Places of all counts but zeros, int64[n], of which those that come at once make COMPARED together, or are one."""
    places = np.flatnonzero(counts)
    ends = np.cumsum(counts[places])
    start = 0
    while start < len(places):
        before = ends[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + COMPARED, side="right")))
        yield places[start:end]
        start = end


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
    held: Holdings, layer: Manifest, pairs: Pairs, one: Values, recipe: FingerprintRecipe, near: NearRecipe
) -> NDArray[np.bool_]:
    """Which pairs are as near as the layer asks for; `one` says what is compared of the texts."""
    used = _used(recipe, near)
    margin = margin_of(near.verify, near.similarity, used.bands * used.rows)
    files, found = _printed(held, layer, recipe), np.zeros(len(pairs), np.bool_)
    for shard in np.unique(pairs[:, 0]).tolist():
        here = np.flatnonzero(pairs[:, 0] == shard)
        rows, places = np.unique(pairs[here, 1], return_inverse=True)
        others = read_rows(held.store, files[shard], rows.tolist(), COLUMNS)
        asked = {name: values[pairs[here, 2]] for name, values in one.items()}
        other = {name: values[places] for name, values in values_of(others, used)}
        found[here] = similarity_of(asked, other, near.similarity, margin) >= near.similarity
    return found


def _used(recipe: FingerprintRecipe, near: NearRecipe) -> FingerprintRecipe:
    return recipe if near.verify != "none" else replace(recipe, sketch=0)


def _printed(held: Holdings, layer: Manifest, recipe: FingerprintRecipe) -> list[File]:
    """The fingerprints of every shard of a layer."""
    found = []
    for number, covered in held.layer_files(layer):
        file = held.printed(number, recipe.part)
        if file is None:
            raise IntegrityError(f"{covered.path} is of documents that have no fingerprints below it: rebuild it")
        found.append(file)
    return found
