"""What a manifest and a ref say, as rows of the catalog's tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import parse
from dagster_project.corpus.storage.refs import Ref, read_manifest, read_ref
from dagster_project.corpus.storage.stores import Store


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=name in NULLABLE) for name, kind in columns.items()])


NULLABLE = frozenset({"access"})  # manifests of hand may not say
TEXT, WHOLE, MOMENT = pa.string(), pa.int64(), pa.timestamp("us", tz="UTC")
TABLES: dict[str, pa.Schema] = {
    "manifests": _schema(
        id=TEXT, stage=TEXT, rows=WHOLE, size_bytes=WHOLE, files=WHOLE, code_version=TEXT, logical_digest=TEXT,
        access=TEXT, profile=TEXT, recipe=TEXT,
    ),
    "inputs": _schema(id=TEXT, position=WHOLE, input_stage=TEXT, input_partition=TEXT, input_id=TEXT),
    "refs": _schema(
        stage=TEXT, partition=TEXT, name=TEXT, version=TEXT, policy=TEXT, part=TEXT, number=WHOLE, id=TEXT,
        published=MOMENT, reason=TEXT, newest=pa.bool_(),
    ),
    "files": _schema(
        id=TEXT, position=WHOLE, path=TEXT, sha256=TEXT, size_bytes=WHOLE, rows=WHOLE, documents=TEXT,
    ),
    "counts": _schema(id=TEXT, stage=TEXT, measure=TEXT, value=pa.float64()),
}  # fmt: skip
KEYS: dict[str, tuple[str, ...]] = {
    "manifests": ("id",),
    "inputs": ("id", "position"),
    "refs": ("stage", "partition", "part", "number"),
    "files": ("id", "position"),
    "counts": ("id", "measure"),
}
OBJECTS = _schema(path=TEXT, size_bytes=WHOLE, modified=WHOLE)  # what a compaction was made from; microseconds


@dataclass
class Rows:
    """Rows by table, on their way into the catalog."""

    by_table: dict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES})

    @classmethod
    def united(cls, parts: Iterable[Rows]) -> Rows:
        whole = cls()
        for part in parts:
            for name, rows in part.by_table.items():
                whole.by_table[name] += rows
        return whole

    def table(self, name: str) -> pa.Table:
        return pa.Table.from_pylist(self.by_table[name], schema=TABLES[name])


def read_object(store: Store, path: str) -> Rows:
    """The rows of one object under manifests/ or refs/."""
    if path.startswith("manifests/"):
        return rows_of_manifest(read_manifest(store, path.removeprefix("manifests/").removesuffix(".json")))
    return rows_of_ref(path, read_ref(store, path))


def rows_of_manifest(manifest: Manifest) -> Rows:
    version = manifest.id  # hashed once
    return Rows(
        {
            "manifests": [_manifest(manifest, version)],
            "inputs": list(_inputs(manifest, version)),
            "refs": [],
            "files": list(_files(manifest, version)),
            "counts": list(_counts(manifest, version)),
        }
    )


def rows_of_ref(path: str, ref: Ref) -> Rows:
    """One row, not marked as newest: that depends on the others."""
    partition, _ = parse(path.removeprefix("refs/").rpartition("/")[0])
    rows = Rows()
    rows.by_table["refs"].append(
        {
            "stage": partition.stage,
            "partition": partition.key,
            "name": partition.name,
            "version": partition.version,
            "policy": partition.policy,
            "part": partition.part,
            "number": ref.number,
            "id": ref.id,
            "published": round(ref.published * 1e6),
            "reason": ref.reason,
            "newest": False,
        }
    )
    return rows


def _manifest(manifest: Manifest, version: str) -> dict[str, Any]:
    return {
        "id": version,
        "stage": manifest.stage,
        "rows": manifest.rows,
        "size_bytes": manifest.size_bytes,
        "files": len(manifest.files),
        "code_version": manifest.identity.code_version,
        "logical_digest": manifest.identity.logical_digest,
        "access": manifest.facts.get("access"),
        "profile": canonical(manifest.profile).decode(),
        "recipe": canonical(manifest.identity.recipe).decode(),
    }


def _inputs(manifest: Manifest, version: str) -> Iterator[dict[str, Any]]:
    for position, item in enumerate(manifest.inputs):
        names = {"input_stage": item.stage, "input_partition": item.partition, "input_id": item.id}
        yield {"id": version, "position": position, **names}


def _files(manifest: Manifest, version: str) -> Iterator[dict[str, Any]]:
    for position, file in enumerate(manifest.files):
        yield {"id": version, "position": position, **vars(file)}


def _counts(manifest: Manifest, version: str) -> Iterator[dict[str, Any]]:
    for measure, value in flattened(manifest.profile):
        yield {"id": version, "stage": manifest.stage, "measure": measure, "value": value}


def flattened(profile: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, float]]:
    """Every number of a nested profile under the names that lead to it; a slash within a name becomes %2F."""
    for name, value in profile.items():
        path = above + name.replace("%", "%25").replace("/", "%2F")
        if isinstance(value, Mapping):
            yield from flattened(value, f"{path}/")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield path, float(value)
