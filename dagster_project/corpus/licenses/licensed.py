"""The `licensed` side table: one conclusion per document, from evidence and the license table.

Evidence is frozen with the snapshot and the registry speaks here, so that correcting either never re-ingests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from dagster_project.corpus.engine.tables import Column, map_shards, run_shard, shard_tasks
from dagster_project.corpus.engine.work import Work, assemble, watched
from dagster_project.corpus.licenses.columns import LICENSES, conclude_column
from dagster_project.corpus.licenses.handing_down import WithParents, handed_down
from dagster_project.corpus.model.documents import EVIDENCE, ID
from dagster_project.corpus.model.manifests import Manifest

CODE_VERSION = "3"
# what of the registry entry stands in every version built from it: a corrected one makes new versions, and no new text
REGISTRY = (
    "name",
    "title",
    "publisher",
    "homepage",
    "contact",
    "creators",
    "country",
    "origin",
    "domain",
    "languages",
    "collection",
    "license",
    "license_evidence",
    "license_verified_by",
    "license_verified_on",
    "collection_license",
    "terms",
    "redistribution",
    "commercial",
    "opt_out",
    "personal_data",
    "trust",
    "access",
    "notes",
)
SCHEMA = pa.schema([pa.field("doc_id", ID, nullable=False), *LICENSES])


def conclude_licenses(work: Work, snapshot: Manifest, parents: Sequence[Manifest] = ()) -> Manifest:
    """One conclusion for every document of a snapshot; the registry's word is the last resort. `parents`: the
    conclusions on the sources that a derived one stands on."""
    if not parents:
        return map_shards(work, snapshot.files, conclusions, [Column(snapshot, ("license_evidence",))])
    tasks = shard_tasks(work, snapshot.files, conclusions, [Column(snapshot, ("license_evidence", "parents"))])
    handed = handed_down(work.store, [task.documents for task in tasks], parents)
    given = (replace(task, function=Inheriting(WithParents(shard))) for task, shard in zip(tasks, handed, strict=True))
    return assemble(work, watched(work, work.engine.map(run_shard, given), len(tasks)))


@dataclass(frozen=True)
class Inheriting:
    """`conclusions` of a shard whose documents have parents."""

    evidence: WithParents

    def __call__(self, documents: pa.Table, registry: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
        at = documents.column_names.index("license_evidence")
        return conclusions(documents.set_column(at, "license_evidence", self.evidence(documents)), registry)


def conclusions(documents: pa.Table, registry: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    """Conclusions from the evidence of every document and the registry entry (REGISTRY)."""
    evidence = _with_registry(documents.column("license_evidence"), registry)
    concluded = conclude_column(evidence)
    table = pa.table([documents.column("doc_id"), *concluded.columns], schema=SCHEMA)
    return table, {
        name: dict(sorted(Counter(value or "none" for value in table.column(column).to_pylist()).items()))
        for name, column in (("licenses", "license"), ("classes", "license_class"), ("kinds", "license_kind"))
    }


def _with_registry(evidence: pa.ChunkedArray, registry: Mapping[str, Any]) -> pa.ListArray:
    where = registry["license_evidence"] or f"registry entry of {registry['name']}"
    declared = {"kind": "registry", "value": registry["license"], "where": where}
    return pa.array([[*row, declared] for row in evidence.to_pylist()], pa.list_(EVIDENCE))
