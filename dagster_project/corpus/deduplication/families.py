"""Families: which documents of a corpus are copies of each other, over all of them, kept or not.

The keys of every document are written in sorted tables; tasks read one range of keys from all of them, where copies by
digest meet and candidates are found; these are compared batch by batch, and the edges are clustered (keys.py,
candidates.py, verification.py, clusters.py). Nothing depends on how documents lie in shards, batches and ranges.

What a document costs: 656 bytes of keys on the store; for each other document it meets in a band, 1.5 KB on their way
between batches; 60 bytes on the disk of the driver if it has copies, and 90 for each edge. In memory a worker has one
range or batch, some hundred megabytes, and the driver its spools. A billion documents: 0.7 TB of keys in 7,630 tables
and 4,096 ranges of 160 MB; with half an edge to a document, 0.1 TB on the driver's disk.

A corpus may stand on another one. Its families then are of its own members alone; they are found by the tables of both,
so that cost grows with what is new, and what the earlier layers decided stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from dagster_project.corpus.deduplication.candidates import Met
from dagster_project.corpus.deduplication.clusters import Clusters, Guard, cluster
from dagster_project.corpus.deduplication.keys import KINDS
from dagster_project.corpus.deduplication.layers import Layer, Lookup
from dagster_project.corpus.deduplication.memberships import (
    SCHEMA,
    Families,
    families_of,
    grown,
    memberships,
    write_memberships,
)
from dagster_project.corpus.deduplication.search import Search
from dagster_project.corpus.engine.work import Work, assemble, watched
from dagster_project.corpus.kernels.components import NONE
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.recipes import CorpusRecipe
from dagster_project.corpus.storage.disk_arrays import DiskArrays
from dagster_project.corpus.storage.exchange import Exchange

__all__ = ["CODE_VERSION", "SCHEMA", "build_families", "recipe_of"]
CODE_VERSION = "2"


def recipe_of(corpus: CorpusRecipe) -> dict[str, Any]:
    """What of a corpus recipe decides families."""
    said = asdict(corpus)
    return {name: said[name] for name in ("fingerprints", "near", "scope", "same_url", "over")}


def build_families(work: Work, layers: Sequence[Layer], corpus: CorpusRecipe, verdicts: Mapping[str, File]) -> Manifest:
    """One row for every document of the last layer. Where only kept documents count, `verdicts` are the shards of
    theirs, by the digests of the documents."""
    near = corpus.near
    with Exchange(work.store) as address, DiskArrays() as arrays:
        search, lookup = Search(work, address, layers, corpus), Lookup(work.store, layers)
        keys = search.write_keys(verdicts)
        met = search.meet(keys)
        edges = [
            *search.copies(met),
            *search.verify(search.candidates(met), "candidates", near.similarity, near.verify),
        ]
        guard = Guard(search.likened, near.chains == "split", lambda: lookup.heads)
        found = cluster(arrays, edges, search.new, lookup.colors_of, guard)
        families = families_of(found, lookup, search.new)
        tasks = memberships(work, search.files, search.new, found, families)
        written = work.engine.map(write_memberships, tasks)
        manifest = assemble(work, watched(work, written, len(search.files) - search.new))
        return replace(
            manifest,
            profile={
                **manifest.profile,
                **_sizes(found, families, near.max_family),
                **_profile(met, found),
                "overlap": _overlap(found, search.sources),
            },
            facts={**manifest.facts, "keys": keys, "grown": grown(work, found, families, search.new)},
        )


def _sizes(found: Clusters, families: Families, max_family: int) -> dict[str, Any]:
    """The families that this layer has begun, by powers of two, and how many of any layer have grown too large."""
    numbers = np.arange(len(found.nodes))
    sizes = families.sizes[(found.family == numbers) & (found.color == NONE)]
    sizes = sizes[sizes > 1]
    histogram = np.unique(np.floor(np.log2(sizes)).astype(int), return_counts=True)
    return {
        "families": len(sizes),
        "families_over_limit": len(np.unique(families.ids[families.sizes > max_family])),
        "family_sizes": {str(size): int(count) for size, count in zip(*histogram, strict=True)},
    }


def _profile(met: Sequence[Met], found: Clusters) -> dict[str, Any]:
    """What the search came upon: how full buckets were, and what was done with chains and bridges."""
    buckets = {"largest_bucket": max((item.largest for item in met), default=0), "hot_buckets": sum(i.hot for i in met)}
    return {**buckets, **found.counts}


def _overlap(found: Clusters, sources: Sequence[str]) -> dict[str, Any]:
    """Edges by the two sources that they join, the first by name first, and by kind."""
    names = sorted(set(sources))
    number = np.array([names.index(source) for source in sources], np.int64)
    ends = np.sort(number[found.nodes["shard"][found.ends]], axis=1) if len(found.ends) else np.empty((0, 2), np.int64)
    flat = (ends[:, 0] * len(names) + ends[:, 1]) * len(KINDS) + found.kinds
    counted = np.bincount(flat, minlength=len(names) ** 2 * len(KINDS)).reshape(len(names), len(names), len(KINDS))
    return {
        one: {
            other: dict(zip(KINDS, counted[first, second].tolist(), strict=True))
            for second, other in enumerate(names)
            if counted[first, second].any()
        }
        for first, one in enumerate(names)
        if counted[first].any()
    }
