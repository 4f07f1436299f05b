"""The catalog kept in a state in which questions are cheap: compacted tables, and indexes joined across versions.

Nothing here is ever needed for a right answer. Whoever had to read many manifests or indexes one by one leaves the
catalog better than it was found; `rebuild` makes all of it again from manifests, refs and shards.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import pyarrow.compute as pc

from dagster_project.corpus.lineage import catalog
from dagster_project.corpus.lineage.catalog import Catalog
from dagster_project.corpus.lineage.index import INDEXED
from dagster_project.corpus.lineage.merged import MOST_LOOSE, merge, segments
from dagster_project.corpus.lineage.overview import Overview
from dagster_project.corpus.storage.stores import Store

MOST_LACKING = 64  # manifests that a compaction lacks, before somebody makes another
JOINED = {stage: columns for stage, columns in INDEXED.items() if stage in ("snapshots", "fingerprints", "mixed")}


class Joined(NamedTuple):
    """How far one index is joined: versions that there are, those that segments cover, segments and their bytes."""

    stage: str
    column: str
    versions: int
    covered: int
    segments: int
    size_bytes: int


def keep_up(seen: Overview) -> None:
    """What the next one who asks need not read one by one; after an answer."""
    if seen.lacking > MOST_LACKING:
        catalog.refresh(seen.store)
    for (stage, column), items in groupby(sorted(seen.loose), lambda item: item[:2]):
        versions = [version for _, _, version in items]
        if len(versions) > MOST_LOOSE:
            merge(seen.store, stage, column, versions)


def kept_up(store: Store) -> Catalog:
    """The catalog as of now, joined: for whoever has just published."""
    found = catalog.refresh(store)
    join(store, found)
    return found


def join(store: Store, found: Catalog) -> None:
    """The same after a build, of everything that was published."""
    for stage, columns in JOINED.items():
        versions = set(published_of(found, stage))
        for column in columns if len(versions) > MOST_LOOSE else ():
            covered = {version for segment in segments(store, stage, column) for version in segment.versions}
            if len(versions - covered) > MOST_LOOSE:
                merge(store, stage, column, sorted(versions))


def rebuild(store: Store) -> Catalog:
    """Tables and joined indexes from manifests, refs and shards alone; indexes of versions that are not there."""
    made = catalog.rebuild(store)
    for stage, columns in JOINED.items():
        for column in columns:
            merge(store, stage, column, published_of(made, stage), anew=True)
    return made


def standing(store: Store, found: Catalog) -> Iterator[Joined]:
    """How far the indexes of a store are joined."""
    for stage, columns in JOINED.items():
        versions = set(published_of(found, stage))
        for column in columns:
            held = segments(store, stage, column)
            covered = versions & {version for segment in held for version in segment.versions}
            size = sum(segment.size_bytes for segment in held)
            yield Joined(stage, column, len(versions), len(covered), len(held), size)


def published_of(found: Catalog, stage: str) -> list[str]:
    """Every version of a stage that was ever published and still stands."""
    refs, known = found.tables["refs"], found.tables["manifests"]
    chosen = refs.filter(pc.equal(refs.column("stage"), stage)).column("id").unique()
    stands: list[str] = chosen.filter(pc.is_in(chosen, known.column("id").combine_chunks())).to_pylist()
    return sorted(stands)
