"""Corpora of two layers from texts by name, built and opened as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.deduplication.standing import Place, Standing, standing_layers
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from tests.corpora import library, write_jsonl

SOURCE = """
name: {name}
title: {name}
format: jsonl
location: {location!r}
license: MIT
license_evidence: signed off by the tests
max_bad_records: 0.9
columns: {{text: text, key: id, url: url, title: title, license: license}}
"""
POLICY = "name: long\nmax_removed: 1.0\nrules:\n  - {rule: content_words, min: 2}\n"
CORPUS = "name: {name}\nmax_removed: 1.0\nmembers: [{{source: {name}, policy: long}}]\n{said}\n"
Texts = Mapping[str, str | Mapping[str, str]]  # by name; or with url, title and license


def write_recipes(folder: Path, said: str, **layers: Texts) -> Path:
    """Each layer a source and a corpus of one name, that stands on the one before."""
    base, place = "", folder / "recipes"
    for name, texts in layers.items():
        rows = [{"id": key, **({"text": item} if isinstance(item, str) else item)} for key, item in texts.items()]
        location = str(write_jsonl(folder / f"{name}.jsonl", rows))
        files = {
            f"sources/{name}.yaml": SOURCE.format(name=name, location=location),
            f"corpora/{name}.yaml": CORPUS.format(name=name, said=said + base),
            "policies/long.yaml": POLICY,
        }
        for path, text in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text, encoding="utf-8")
        base = f"\nbase: {name}"
    return place


class Corpus:
    """The last layer with all below."""

    def __init__(self, folder: Path, said: str = "", store: Store | None = None, **layers: Texts) -> None:
        self.library: Library = library(store or MemoryStore(), write_recipes(folder, said, **layers))
        self.store = self.library.store
        self.name = f"deduplicated/{list(layers)[-1]}@dev"
        self.manifest = self.library.build(Partition("deduplicated", f"{list(layers)[-1]}@dev")).manifest
        self.layers: list[Standing] = standing_layers(self.store, self.manifest)
        self.places = {
            name: Place(shard, row)
            for layer in self.layers
            for shard in layer.shards
            for row, name in enumerate(self.column(shard.files["snapshots"], "locator"))
        }
        self.ids = {name: self.column(p.shard.files["families"], "doc_id")[p.row] for name, p in self.places.items()}
        self.names = {doc_id: name for name, doc_id in self.ids.items()}

    def column(self, file: Any, name: str) -> list[Any]:
        found: list[Any] = read_shard(self.store, file, [name]).column(name).to_pylist()
        return found
