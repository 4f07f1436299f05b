"""An index of benchmarks in the store, and what is told of it: how many items it can recognize, and of which nothing
can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.contamination.index import Index, Settings
from dagster_project.corpus.contamination.tables import from_table, to_table
from dagster_project.corpus.kernels.benchmark_matches import NONE
from dagster_project.corpus.model.errors import IntegrityError, MissingObject
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.stores import Store

FATES = ("looked for", "too short", "untold")  # of an item; untold: all that it has, many items share
SOUGHT, TOO_SHORT, UNTOLD = range(len(FATES))
HELD = 4  # indexes in the memory of a process


@dataclass(frozen=True)
class StoredIndex:
    """An index as it travels to a worker: its file in the store, and what it was built with."""

    store: Store = field(compare=False)
    file: File
    settings: Settings


def store_index(store: Store, index: Index, access: str) -> StoredIndex:
    return StoredIndex(store, write_shard(store, to_table(index), access=access), index.settings)


@lru_cache(maxsize=HELD)
def load_index(stored: StoredIndex) -> Index:
    """The index in the memory of this process."""
    try:
        return from_table(read_shard(stored.store, stored.file), stored.settings)
    except MissingObject:
        raise IntegrityError(f"{stored.file.path} is gone: build its artifact again with --repair") from None


def as_facts(stored: StoredIndex) -> dict[str, Any]:
    """What a manifest says of a stored index."""
    return {"file": asdict(stored.file), "settings": asdict(stored.settings)}


def from_facts(store: Store, facts: Mapping[str, Any]) -> StoredIndex:
    """The stored index that a manifest names."""
    return StoredIndex(store, File(**facts["file"]), Settings(**facts["settings"]))


def fates(index: Index) -> NDArray[np.int8]:
    """What becomes of every item, as an index into FATES: int8[items]."""
    found = np.where((index.totals > 0) | (index.anchors != NONE), SOUGHT, UNTOLD).astype(np.int8)
    found[index.is_too_short] = TOO_SHORT
    return found


def told_of(index: Index) -> dict[str, dict[str, Any]]:
    """Of each benchmark: its items by fate, what they are recognized by, and the templates that were left out."""
    found = fates(index)
    columns = {
        "items": np.ones(len(found), np.int64),
        "ngrams": index.totals,
        "whole": index.anchors != NONE,
        "too_short": found == TOO_SHORT,
        "untold": found == UNTOLD,
    }
    return {
        name: {
            **{key: int(column[index.benchmark == number].sum()) for key, column in columns.items()},
            "templates": _templates(index, number),
        }
        for number, name in enumerate(index.names)
    }


def _templates(index: Index, number: int) -> dict[str, Any]:
    """How many n-grams and whole questions are no evidence, and the most common of the n-grams, as plain words."""
    kinds = index.templates[number]
    examples = [{"words": words, "items": items} for words, items in kinds.examples]
    return {"ngrams": kinds.ngrams, "questions": kinds.questions, "examples": examples}
