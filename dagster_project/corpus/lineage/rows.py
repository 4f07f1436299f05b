"""One document's row in every table that covers it: found by the digest of its documents shard, read by position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dagster_project.corpus.lineage.index import find, spelled
from dagster_project.corpus.lineage.overview import Overview
from dagster_project.corpus.lineage.questions import Question, documents_meant
from dagster_project.corpus.lineage.walk import ancestors
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Input, Manifest
from dagster_project.corpus.storage.shards import read_row
from dagster_project.corpus.storage.stores import Store

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Placed:
    """A row of a version: where it stands, and what it says."""

    shard: int
    row: int
    values: Row


class Ancestry:
    """A version and everything below it, loaded once, by stage."""

    def __init__(self, store: Store, manifest: Manifest):
        self.store, self.manifest = store, manifest

    @cached_property
    def inputs(self) -> list[tuple[Input, Manifest]]:
        return list(ancestors(self.store, self.manifest))

    def of_stage(self, stage: str) -> list[tuple[Input, Manifest]]:
        return [(item, manifest) for item, manifest in self.inputs if manifest.stage == stage]

    def snapshot_of(self, documents: str) -> tuple[Input, Manifest, int]:
        """The snapshot that holds a documents shard, and the number of the shard in it."""
        for item, manifest in self.of_stage("snapshots"):
            for number, file in enumerate(manifest.files):
                if file.sha256 == documents:
                    return item, manifest, number
        raise IntegrityError(f"no snapshot below {self.manifest.id[:12]} holds documents shard {documents[:12]}")

    def documents(self, doc_id: bytes) -> Iterator[tuple[Input, Manifest, Placed]]:
        """Every snapshot below that holds a document, and where."""
        for item, manifest in self.of_stage("snapshots"):
            for found in matching(self.store, manifest, "doc_id", doc_id):
                yield item, manifest, found

    def side_rows(self, stage: str, documents: str, row: int) -> Iterator[tuple[Input, Manifest, Row]]:
        """The row that covers one document in each side table of a stage."""
        for item, manifest in self.of_stage(stage):
            for file in manifest.files:
                if file.documents == documents:
                    yield item, manifest, row_at(self.store, file, row)


class Overseen(Ancestry):
    """The same by the compacted catalog: of thousands of versions below, those are loaded that tell of a document."""

    def __init__(self, seen: Overview, manifest: Manifest):
        super().__init__(seen.store, manifest)
        self.seen = seen

    @cached_property
    def below(self) -> list[str]:
        return self.seen.below([self.manifest.id])

    def of_stage(self, stage: str) -> list[tuple[Input, Manifest]]:
        return self._loaded(stage, self.seen.of_stage(self.below, stage))

    def snapshot_of(self, documents: str) -> tuple[Input, Manifest, int]:
        for version, file in self.seen.covering(self.seen.of_stage(self.below, "snapshots"), documents):
            ((item, manifest),) = self._loaded("snapshots", [version])
            return item, manifest, [held.sha256 for held in manifest.files].index(file.sha256)
        return super().snapshot_of(documents)

    def documents(self, doc_id: bytes) -> Iterator[tuple[Input, Manifest, Placed]]:
        for found in documents_meant(self.seen, Question(doc_id=doc_id), self.below):
            ((item, manifest),) = self._loaded("snapshots", [found.version])
            values = row_at(self.store, manifest.files[found.shard], found.row)
            yield item, manifest, Placed(found.shard, found.row, values)

    def side_rows(self, stage: str, documents: str, row: int) -> Iterator[tuple[Input, Manifest, Row]]:
        for version, file in self.seen.covering(self.seen.of_stage(self.below, stage), documents):
            ((item, manifest),) = self._loaded(stage, [version])
            yield item, manifest, row_at(self.store, file, row)

    def _loaded(self, stage: str, versions: Sequence[str]) -> list[tuple[Input, Manifest]]:
        names = self.seen.named(versions)
        found = zip(versions, self.seen.manifests(versions), strict=True)
        return [(Input(stage, names[version], version), manifest) for version, manifest in found]


def matching(store: Store, manifest: Manifest, column: str, value: bytes | str) -> list[Placed]:
    """The rows of a version whose column has the value (a URL in canonical form), by its index."""
    found = [
        Placed(shard, row, row_at(store, manifest.files[shard], row))
        for shard, row in find(store, manifest, column, value)
    ]
    return [item for item in found if spelled(column, item.values[column]) == value]


def row_at(store: Store, file: File, row: int) -> Row:
    (values,) = read_row(store, file, row).to_pylist()
    result: Row = values
    return result


def position(files: Sequence[File], shard: int, row: int) -> int:
    """The place of a row in the whole version."""
    return sum(file.rows for file in files[:shard]) + row


def placed_at(files: Sequence[File], index: int) -> tuple[int, int]:
    """The shard that holds a place of the whole version, and the row in it."""
    for number, file in enumerate(files):
        if index < file.rows:
            return number, index
        index -= file.rows
    raise IntegrityError(f"place {index} lies behind the last shard")
