"""A mix that stands is judged again by its manifest alone: the gate turns away what it did while it was built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.mixing.candidates import read_candidates
from dagster_project.corpus.mixing.selection import Gate, counted
from dagster_project.corpus.mixing.standing import Standing, standing
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import library, write_jsonl, write_recipes
from tests.corpus.deduplication.test_layers import LAYERED, recipes, write
from tests.flow.selections import write_selections
from tests.flow.test_passages import rows

COMPONENTS = """
components:
  - {name: long, corpus: CORPUS, where: words >= 70 and length(title) is null}
  - {name: best, corpus: CORPUS, quantile: {of: words, above: 0.4}, languages: [en]}
  - {name: other, corpus: CORPUS, licenses: [permissive]}
"""
BPE = "name: bpe\nkind: tokenizer\npositives: [{partition: snapshots/notes@dev}]\ntokenizer: {vocabulary: 300}\n"


def mixed(found: Library, place: Path, corpus: str, more: str = "") -> Manifest:
    """A mix of three components of a corpus, built."""
    said = "name: judged\nseed: 1\nbudget: {documents: 2}\nweighting: {policy: proportional}\n"
    write(place / "mixes/judged.yaml", said + COMPONENTS.replace("CORPUS", corpus) + more)
    built = library(found.store, place)
    return built.build(Partition("mixed", "judged@dev")).manifest


def judged(found: Library, manifest: Manifest) -> tuple[Standing, Gate]:
    again = standing(found.store, manifest)
    gate = Gate(again.mix.components, again.mix.licenses)
    gate.find_bounds(lambda: read_candidates(found.store, again.shards))
    for table, corpus, source in read_candidates(found.store, again.shards):
        assert pc.count_distinct(table.column("doc_id")).as_py() == len(table)
        list(gate.pass_through(gate.licenses.decided(table), corpus, source))
    return again, gate


def agree(found: Library, manifest: Manifest) -> Standing:
    again, gate = judged(found, manifest)
    assert counted(gate.turned_away) == manifest.profile["turned_away"]
    assert counted(gate.excluded) == manifest.profile["excluded_by_license"]
    assert counted(gate.reasons) == manifest.profile["license_reasons"]
    return again


def test_texts_that_a_policy_edits_and_ranks(tmp_path: Path) -> None:
    place = write_selections(tmp_path, 2)
    found = library(MemoryStore(), place)
    manifest = mixed(found, place, "selected", "licenses: {allow: [permissive, copyleft], evidence: record}\n")
    assert sum(sum(counts.values()) for counts in manifest.profile["turned_away"].values()) > 1
    assert not agree(found, manifest).unanswered


def test_every_layer_of_a_corpus(tmp_path: Path) -> None:
    place = recipes(tmp_path, both=LAYERED)
    manifest = mixed(library(found := MemoryStore(), place), place, "both", "licenses: {deny: [MIT]}\n")
    assert sum(sum(counts.values()) for counts in manifest.profile["excluded_by_license"].values()) > 2
    assert {shard.source for shard in agree(library(found, place), manifest).shards} == {"old@dev", "new@dev"}


def test_what_stands_nowhere_is_said_and_asked_of_nobody(tmp_path: Path) -> None:
    place = write_recipes(tmp_path / "recipes", str(write_jsonl(tmp_path / "in.jsonl", rows())))
    recipe = place / "corpora/notes.yaml"
    recipe.write_text(recipe.read_text() + "near: {similarity: 0.9}\npassages: {cut_lines: 5}\n")
    write(place / "artifacts/bpe.yaml", BPE)
    mix = place / "mixes/notes.yaml"
    mix.write_text(mix.read_text().replace("weight: 1}", "where: words >= 20 and bpe.tokens % 2 = 0}\ntokenizer: bpe"))
    found = library(MemoryStore(), place)
    manifest = found.build(Partition("mixed", "notes@dev")).manifest
    assert manifest.profile["turned_away"]["all"]["where"] > 0
    assert not agree(found, manifest).unanswered
    inputs = tuple(item for item in manifest.inputs if "/tokens." not in item.partition)
    again, gate = judged(found, replace(manifest, inputs=inputs))
    assert (again.unanswered, counted(gate.turned_away)) == ({"all"}, {"all": {}})
