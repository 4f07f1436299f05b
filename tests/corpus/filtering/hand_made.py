"""Verdicts over tables written by hand: documents, signals and licenses of two shards, and no text that is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.engine.tables import Column
from dagster_project.corpus.engine.work import ShardResult, Work, assemble
from dagster_project.corpus.filtering import verdicts
from dagster_project.corpus.filtering.cascade import Step, cascade_of
from dagster_project.corpus.lineage.index import index_version
from dagster_project.corpus.model.documents import DOCUMENTS, ID, doc_id, record_id
from dagster_project.corpus.model.edits import EDITS
from dagster_project.corpus.model.manifests import Input, Manifest
from dagster_project.corpus.model.measurements import RAW, Edits, Measurement, view_of
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import PolicyRecipe, StepRecipe
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import write_shard

SNAPSHOT = "snapshots/web@1"
COUNTED = ("content_words", "words", "bytes", "hashes", "characters")
SHORT = (StepRecipe("content_words", min=10), StepRecipe("hash_share", max=0.1), StepRecipe("characters", max=1e9))
Row = Mapping[str, Any]


def document(key: str, **said: Any) -> dict[str, Any]:
    """A row of a snapshot; `said` may be any column of it, and any signal."""
    text = said.get("text", key)
    record = record_id("web", key)
    at = {
        f"{date}_at": datetime(said[date], 1, 1, tzinfo=UTC) if said.get(date) else None
        for date in ("published", "collected")
    }
    defaults = {"language": "en", "host": None, "domain": said.get("host"), "license": "MIT", "content_words": 9}
    fixed = {"hashes": 0, "words": 10, "bytes": len(text.encode()), "characters": len(text)}
    known = {
        "record_id": record,
        "doc_id": doc_id(record, text.encode()),
        "text": text,
        "locator": key,
        "source": "web",
    }
    return {**defaults, **fixed, **said, **at, **known}


def schema_of(manifest: Manifest) -> tuple[str, ...]:
    return tuple(name for name, _ in manifest.identity.schema)


class Hand:
    """A store with one snapshot, and side tables of it made from the columns of its rows."""

    def __init__(self, *shards: Sequence[Row]):
        self.store, self.shards = MemoryStore(), shards
        self.tables: dict[str, Manifest] = {}
        self.snapshot = self.put(SNAPSHOT, DOCUMENTS, {}, [])
        index_version(self.store, self.snapshot)
        self.signals("counts", {name: pa.int64() for name in COUNTED})

    def signals(self, group: str, columns: Mapping[str, pa.DataType], edits: Edits = (), suffix: str = "") -> Manifest:
        """The measurement of some columns; of an edited view its rows have `<column><suffix>`."""
        fields = [pa.field(name, kind) for name, kind in columns.items()]
        return self.put(
            f"signals/web@1/{Measurement(group, edits).part}",
            pa.schema([pa.field("doc_id", ID, nullable=False), *fields]),
            {"group": group, "view": view_of(edits) if edits else RAW},
            [SNAPSHOT],
            suffix,
        )

    def languages(self) -> None:
        self.signals("language", {"language": pa.string()})

    def addresses(self) -> None:
        self.signals("addresses", {"host": pa.string(), "domain": pa.string()})

    def licensed(self) -> None:
        schema = pa.schema([pa.field("doc_id", ID, nullable=False), pa.field("license", pa.string())])
        self.put("licensed/web@1", schema, {}, [SNAPSHOT])

    def edited(self, edits: Edits) -> None:
        self.signals("edits", {"edits": EDITS}, edits)

    def filtered(
        self, name: str, *steps: StepRecipe, reads: Sequence[str] = ("counts",), **others: Sequence[StepRecipe]
    ) -> Manifest:
        """The verdicts of a policy, read from these parts of the signals; `others` are policies that it names."""
        named = {other: PolicyRecipe(other, tuple(rules)) for other, rules in others.items()}
        cascade = cascade_of(PolicyRecipe(name, steps), named.__getitem__)
        inputs = [SNAPSHOT, *(f"signals/web@1/{part}" for part in reads)]
        columns = [
            Column(self.tables[item], schema_of(self.tables[item])[1:], f"{item.split('/')[2]}/") for item in inputs[1:]
        ]
        places = [f"{column.prefix}{name}" for column in columns for name in column.names]

        def place(step: Step, signal: str) -> str:
            viewed = [item for item in places if item.endswith(f"/{signal}")]
            mark = view_of(step.edits).replace(":", "-")
            return next((item for item in viewed if mark in item), viewed[0])

        edits = next((item for item in places if item.endswith("/edits")), "") if cascade.edits else ""
        lists = verdicts.find_lists(cascade)
        recipe = verdicts.recipe_of(cascade, {name: found.sha256 for name, found in lists.items()})
        work = self.work("filtered", verdicts.SCHEMA, recipe, inputs, verdicts.CODE_VERSION)
        reading = verdicts.Reading(columns, place, edits)
        manifest = verdicts.filter_documents(work, self.snapshot, cascade, reading, lists)
        return self.publish(f"filtered/web@1+{name}", manifest)

    def work(self, stage: str, schema: pa.Schema, recipe: Row, inputs: Sequence[str], code: str = "1") -> Work:
        named = tuple(Input(item.split("/")[0], item, self.tables[item].id) for item in inputs)
        return Work(self.store, LocalEngine(1), stage, schema, code, recipe, named)

    def put(self, partition: str, schema: pa.Schema, recipe: Row, inputs: Sequence[str], suffix: str = "") -> Manifest:
        """A side table, or the snapshot itself."""
        results = []
        for number, rows in enumerate(self.shards):
            covers = self.tables[SNAPSHOT].files[number].sha256 if inputs else ""
            columns = [pa.array([self.value(row, field, suffix) for row in rows], field.type) for field in schema]
            table = pa.table(columns, schema=schema)
            file = write_shard(self.store, table, access="public", documents=covers)
            results.append(ShardResult(file, {}, entries(table).tobytes()))
        work = self.work(partition.split("/")[0], schema, recipe, inputs)
        return self.publish(partition, assemble(work, results))

    def value(self, row: Row, field: pa.Field, suffix: str) -> Any:
        found = row.get(field.name + suffix, row.get(field.name))
        if found is None and not field.nullable:
            return [] if pa.types.is_list(field.type) else "unknown" if pa.types.is_string(field.type) else 0
        return [] if found is None and pa.types.is_list(field.type) else found

    def publish(self, partition: str, manifest: Manifest) -> Manifest:
        stage, key, *part = partition.split("/")
        named = Partition(stage, key, *part)
        newest = refs.latest(self.store, named)
        refs.put_manifest(self.store, manifest)
        refs.publish(
            self.store, named, manifest.id, build_key=manifest.id, started_from=newest, reason="written by hand"
        )
        self.tables[partition] = manifest
        return manifest


def typical() -> Hand:
    """Four documents over two shards under a policy `short`: too few words, too many signs, or both; one is kept."""
    hand = Hand(
        [
            document("kept", words=100, content_words=90, host="a.test", published=2020, title="Kept"),
            document("few", words=5, content_words=5, language="de", host="b.test", url="https://b.test/few"),
        ],
        [
            document("signs", words=40, content_words=30, hashes=30, license="GPL-3.0-only", published=2021),
            document("both", words=4, content_words=3, hashes=4, language="de", host="b.test"),
        ],
    )
    hand.languages()
    hand.addresses()
    hand.filtered("short", *SHORT)
    return hand
