"""Ancestors and descendants of a version, by the tables of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.lineage.catalog import Catalog


class Relatives(NamedTuple):
    """A version and its ancestors or descendants, the nearest first, and which was built from which."""

    versions: list[Mapping[str, Any]]
    edges: list[tuple[str, str]]  # from an input to what was built from it

    def as_data(self) -> dict[str, Any]:
        return {"versions": self.versions, "edges": [{"from": above, "to": below} for above, below in self.edges]}


def relatives(catalog: Catalog, version: str, *, down: bool = False) -> Relatives:
    """Everything that a version was built from at any remove; `down`: everything that was built from it."""
    inputs = catalog.tables["inputs"]
    near, far = ("input_id", "id") if down else ("id", "input_id")
    seen, edges, frontier = {version: None}, dict[tuple[str, str], None](), [version]
    while frontier:
        rows = inputs.filter(pc.is_in(inputs.column(near), pa.array(frontier, pa.string())))
        edges |= dict.fromkeys(zip(rows.column("input_id").to_pylist(), rows.column("id").to_pylist(), strict=True))
        frontier = [item for item in dict.fromkeys(rows.column(far).to_pylist()) if item not in seen]
        seen |= dict.fromkeys(frontier)
    return Relatives(_told(catalog, list(seen)), list(edges))


def _told(catalog: Catalog, versions: list[str]) -> list[Mapping[str, Any]]:
    wanted = pa.array(versions, pa.string())
    known, inputs, refs = (catalog.tables[name] for name in ("manifests", "inputs", "refs"))
    rows = known.filter(pc.is_in(known.column("id"), wanted)).drop_columns(["profile", "recipe"]).to_pylist()
    by_id = {row["id"]: row for row in rows}
    used = inputs.filter(pc.is_in(inputs.column("input_id"), wanted))
    names = dict(zip(used.column("input_id").to_pylist(), used.column("input_partition").to_pylist(), strict=True))
    placed = refs.filter(pc.is_in(refs.column("id"), wanted)).to_pylist()
    names |= {
        row["id"]: "/".join(filter(None, (row["stage"], row["partition"], row["part"])))
        for row in sorted(placed, key=lambda row: (row["stage"], row["partition"], row["part"]), reverse=True)
    }
    above = inputs.filter(pc.is_in(inputs.column("id"), wanted))
    made_of: dict[str, list[str]] = {}
    for version, below in zip(above.column("id").to_pylist(), above.column("input_id").to_pylist(), strict=True):
        made_of.setdefault(version, []).append(below)
    measured = ("stage", "rows", "size_bytes", "files", "code_version")
    return [
        {
            "id": version,
            "partition": names.get(version, by_id[version]["stage"]),
            **{name: by_id[version][name] for name in measured},
            "inputs": made_of.get(version, []),
        }
        for version in versions
        if version in by_id
    ]
