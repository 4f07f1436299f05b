"""The exported text searched once more for the benchmarks that its mix promises to be clean of.

Edits may take a hit away, and may join what stood apart: only what is written tells what is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.contamination.answers import SEARCHED, answers, promised
from dagster_project.corpus.contamination.hits import counted, find, tally
from dagster_project.corpus.contamination.stored import StoredIndex, from_facts, load_index
from dagster_project.corpus.engine.work import add_profile
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.stores import Store

Indexes = tuple[tuple[str, StoredIndex], ...]  # by the key of the artifact


@dataclass(frozen=True)
class Promises:
    """The benchmarks of a mix: what is looked for, and what is told of it."""

    indexes: Indexes = ()
    told: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def facts(self, profile: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The answer for every benchmark; of nothing exported, that nothing was found."""
        nothing: dict[str, Any] = {"documents": 0, "spans": 0, "words": 0, "items": {}}
        return answers(self.told, {**dict.fromkeys(self.told, nothing), **profile.get(SEARCHED, {})})


def promises_of(store: Store, artifacts: Mapping[str, Manifest]) -> Promises:
    """Those of some artifacts, by key."""
    told = {key: manifest.facts["artifact"] for key, manifest in artifacts.items()}
    indexes = tuple((key, from_facts(store, facts["index"])) for key, facts in told.items())
    return Promises(indexes, promised({key: facts["benchmarks"] for key, facts in told.items()}))


def search(texts: pa.ChunkedArray, indexes: Indexes) -> dict[str, Any]:
    """How many texts repeat an item of a benchmark; of each benchmark, texts, spans, words and items."""
    if not indexes:
        return {}
    found: dict[str, Any] = {"contaminated_documents": 0, SEARCHED: {}}
    for chunk in texts.chunks:
        data, offsets = buffers(chunk)
        hit: list[Any] = []
        for key, stored in indexes:
            index = load_index(stored)
            hits = find(data, offsets, index)
            hit.append(hits.row)
            by_benchmark = counted(tally(hits, index), index)
            add_profile(found[SEARCHED], {f"{key}/{name}": counts for name, counts in by_benchmark.items()})
        found["contaminated_documents"] += len(np.unique(np.concatenate(hit)))
    return found
