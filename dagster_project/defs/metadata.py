"""What the asset page shows of a version: its id, sizes, small tables, a plot, and where to read on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import dagster as dg

from dagster_project.corpus.model.escaping import markdown
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.publishing.exported import exported_files
from dagster_project.corpus.storage.stores import Store
from dagster_project.defs.plots import plot_of
from dagster_project.defs.tables import (
    cascade_of,
    counts_of,
    edits_of,
    funnel_of,
    inputs_of,
    languages_of,
    licenses_of,
    reading_of,
    rules_of,
    table,
)
from dagster_project.defs.trends import trends_of
from dagster_project.defs.versions import Standing

DIGITS = 16  # of an id: all 64 would push what stands beside them out of sight


def metadata_of(store: Store, standing: Standing, pages: str | None = None) -> dict[str, Any]:
    """Metadata of a partition, from manifests alone; of several parts each has its own section. `pages`: where the
    provenance pages are served, to which it then links."""
    manifests = standing.manifests(store)
    first = manifests[0]
    found: dict[str, Any] = {
        **trends_of(standing, manifests),
        "manifest": manifest_of(store, first, pages),
        "dagster/partition_row_count": first.rows,
        "dagster/row_count": first.rows,
    }
    if pages and standing.stage in ("mixed", "published"):
        found["provenance"] = dg.MetadataValue.url(f"{pages}/mixes/{standing.key}")
    if replays := replays_of(first, pages):
        found["replays"] = replays
    for (partition, _), manifest in zip(standing.parts, manifests, strict=True):
        section = f"{partition.part}/" if partition.part else ""
        found |= {f"{section}{name}": value for name, value in described(manifest).items()}
    found |= {
        "version": standing.data_version[:DIGITS],
        "size_bytes": sum(manifest.size_bytes for manifest in manifests),
        "seconds": round(sum(float(ref.run.get("seconds", 0)) for _, ref in standing.parts), 3),
        "access": first.facts.get("access", "public"),
    }
    if standing.stage == "filtered":
        found["report"] = dg.MetadataValue.md(f"`florilegium filter report filtered/{standing.key}`")
    return found | (readings(store, standing, first) if standing.stage == "published" else {})


def manifest_of(store: Store, manifest: Manifest, pages: str | None) -> dg.UrlMetadataValue | str:
    """The page of a manifest, or where it lies in the store."""
    if pages:
        return dg.MetadataValue.url(f"{pages}/manifests/{manifest.id[:DIGITS]}")
    return f"{store.location}/manifests/{manifest.id}.json"


def replays_of(manifest: Manifest, pages: str | None) -> dg.MarkdownMetadataValue | None:
    """The mixes that a mix replays, each with a link to its partition and to its manifest: Dagster can have no edge
    between them, for an asset without time partitions cannot depend on itself."""
    found = [item for item in manifest.inputs if item.stage == manifest.stage == "mixed"]
    lines = []
    for item in found:
        key = item.partition.removeprefix("mixed/").partition("#")[0]
        version = f"[`{item.id[:12]}`]({pages}/manifests/{item.id[:DIGITS]})" if pages else f"`{item.id[:12]}`"
        lines.append(f"- [{markdown(key)}](/assets/mixed?view=partitions&partition={quote(key, safe='')}) {version}")
    return dg.MetadataValue.md("\n".join(lines)) if lines else None


def described(manifest: Manifest) -> dict[str, Any]:
    """Tables and a plot of one version; what its stage has not is left out."""
    tables = {
        "funnel": funnel_of(manifest),
        "rules": rules_of(manifest) if manifest.stage == "filtered" else [],
        "edits": edits_of(manifest.profile) if manifest.stage == "filtered" else [],
        "counts": counts_of(manifest.profile) if manifest.stage == "snapshots" else [],
        "languages": languages_of(manifest.facts) if manifest.stage == "statistics" else [],
        "licenses": licenses_of(manifest.profile),
        "raw objects": reading_of(manifest.facts),
        "inputs": inputs_of(manifest),
    }
    plot = plot_of(manifest.stage, manifest.profile, cascade_of(manifest))
    return ({"plot": plot} if plot else {}) | {name: table(rows) for name, rows in tables.items() if rows}


def told_besides(store: Store, standing: Standing) -> Iterator[dg.AssetObservation]:
    """What statistics have to say on the page of their snapshot: its documents by language and by license."""
    for manifest in standing.manifests(store) if standing.stage == "statistics" else ():
        tables = {name: table for name, table in described(manifest).items() if name in ("languages", "licenses")}
        yield dg.AssetObservation("snapshots", partition=standing.key, metadata={**tables, "statistics": manifest.id})


def readings(store: Store, standing: Standing, manifest: Manifest) -> dict[str, Any]:
    """Where the shards of a published mix lie, and how to have its report."""
    shards = [
        {
            "format": item.format,
            "name": item.name,
            "path": f"{store.location}/{item.file.path}",
            "rows": item.file.rows,
            "bytes": item.file.size_bytes,
        }
        for item in exported_files(manifest.facts)
    ]
    report = f"florilegium report published/{standing.key} --format html"
    return {"report": dg.MetadataValue.md(f"`{report}`")} | ({"shards": table(shards)} if shards else {})
