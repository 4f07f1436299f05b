"""What the rows of a shard say by themselves, stage by stage: their digests, and the counts that a profile tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.deduplication import survivors
from dagster_project.corpus.deduplication.keys import KINDS
from dagster_project.corpus.kernels.texts import buffers, ids_of
from dagster_project.corpus.mixing.mix import PLACES, profile_of
from dagster_project.corpus.model.documents import NOT_DIGESTED, doc_id, record_id
from dagster_project.corpus.snapshots.profile import profile
from dagster_project.corpus.statistics.languages import digested
from dagster_project.corpus.storage.rows import ENTRY, entries

ORDERED = ("mixed", "published")  # stages whose order is content
PLACED = ("doc_id", "component", "phase", "copy", "index")  # what members, exported rows and the order manifest share
NOT_OF_IDENTITY: Mapping[str, frozenset[str]] = {"snapshots": NOT_DIGESTED, "mixed": PLACES}
NOTHING: Mapping[str, Any] = {}
Tally = Callable[[pa.Table, str], Mapping[str, Any]]  # of rows, and the source that their shard is of


def digests_of(stage: str, table: pa.Table) -> NDArray[np.void]:
    """One ENTRY per row, as the version that has them is known by."""
    if stage == "statistics":
        return np.frombuffer(digested(table), ENTRY)
    return entries(table, NOT_OF_IDENTITY.get(stage, frozenset()))


def places_of(table: pa.Table) -> NDArray[np.void]:
    """One ENTRY per row of what it is in the order of a mix."""
    return entries(table.select(PLACED))


def unlike_their_ids(documents: pa.Table) -> Iterator[tuple[int, bytes]]:
    """(row, doc_id) of the documents that are not what their ids say: source, locator and text."""
    data, offsets = buffers(documents.column("text"))
    texts = memoryview(np.ascontiguousarray(data).data)
    columns = (documents.column(name).to_pylist() for name in ("doc_id", "record_id", "source", "locator"))
    spans = pairwise(offsets.tolist())
    for row, (said, record, source, locator, span) in enumerate(zip(*columns, spans, strict=True)):
        if record_id(source, locator) != record or doc_id(record, bytes(texts[slice(*span)])) != said:
            yield row, said


def tally(stage: str, table: pa.Table, source: str) -> Mapping[str, Any]:
    """Counts that add up over shards, as far as the rows alone tell what the profile of their version does."""
    return TALLIES[stage](table, source) if stage in TALLIES else NOTHING


def ids_in(table: pa.Table) -> bytes:
    return ids_of(table.column("doc_id")).tobytes() if "doc_id" in table.column_names else b""


def _snapshots(table: pa.Table, source: str) -> Mapping[str, Any]:
    return {"documents": table.num_rows, **profile(table)}


def _licensed(table: pa.Table, source: str) -> Mapping[str, Any]:
    names = {"licenses": "license", "classes": "license_class", "kinds": "license_kind"}
    return {name: Counter(value or "none" for value in table.column(of).to_pylist()) for name, of in names.items()}


def _filtered(table: pa.Table, source: str) -> Mapping[str, Any]:
    rules = Counter(rule for rule in table.column("rule").to_pylist() if rule is not None)
    return {
        "kept": {"documents": pc.sum(table.column("keep"), min_count=0).as_py()},
        "removed": {rule: {"documents": count} for rule, count in rules.items()},
    }


def _fingerprints(table: pa.Table, source: str) -> Mapping[str, Any]:
    return {"too_short": int((table.column("shingles").to_numpy() == 0).sum())}


def _families(table: pa.Table, source: str) -> Mapping[str, Any]:
    kinds = Counter(pc.struct_field(pc.list_flatten(table.column("edges")), "kind").to_pylist())
    in_families = table.num_rows - table.column("family").null_count
    return {"in_families": in_families, "edges": {kind: kinds[kind] for kind in KINDS}}


def _mixed(table: pa.Table, source: str) -> Mapping[str, Any]:
    found = profile_of(table)
    return {**found, "tokens": pc.sum(table.column("tokens"), min_count=0).as_py()}


def _published(table: pa.Table, source: str) -> Mapping[str, Any]:
    roles = Counter(pc.struct_field(pc.list_flatten(table.column("turns")), "role").to_pylist())
    return {
        "words": pc.sum(table.column("words"), min_count=0).as_py(),
        "text_bytes": pc.sum(pc.binary_length(table.column("text")), min_count=0).as_py(),
        "turns": dict(roles),
    }


TALLIES: Mapping[str, Tally] = {
    "snapshots": _snapshots,
    "licensed": _licensed,
    "filtered": _filtered,
    "fingerprints": _fingerprints,
    "families": _families,
    "deduplicated": survivors.profile,
    "mixed": _mixed,
    "published": _published,
}
