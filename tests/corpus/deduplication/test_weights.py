"""Weights against a slow twin, with ties, layers and other models; who has one, and how it is read beside survivors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.deduplication.weights import (
    LARGEST,
    WHOLE,
    Segment,
    Weighing,
    effective_of,
    segments_of,
    total,
)
from dagster_project.corpus.engine.tables import Column, align, zipped
from dagster_project.corpus.model.errors import RecipeError, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import SoftRecipe
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import library
from tests.corpus.deduplication.test_layers import NEW, OLD, OTHERS, recipes, rows_of, write
from tests.corpus.scorers.models import BAD, GOOD, texts
from tests.oracles import weights as oracle

MODEL = "name: words\nkind: ngram\nheld_out: 0.5\npositives: [{partition: snapshots/old@dev}]\n"
SOFT = "soft: {model: words, segments: 4, least: 0.3}"
OLD_SOFT = f"members: [{{source: old, policy: strict}}]\n{SOFT}"
NEW_SOFT = f"base: old\nmembers: [{{source: new, policy: plain}}]\n{SOFT}"


def place(folder: Path, **corpora: str) -> Path:
    found = recipes(folder, **{"old": OLD_SOFT, **corpora})
    write(found / "artifacts/words.yaml", MODEL)
    return found


def built(folder: Path, **corpora: str) -> Library:
    return library(MemoryStore(), place(folder, **corpora))


def weights(found: Library, corpus: str = "old") -> Manifest:
    return found.build(Partition("weights", f"{corpus}@dev")).manifest


@given(
    st.lists(st.integers(0, 30) | st.integers(0, LARGEST), min_size=1, max_size=60),
    st.integers(1, 12),
    st.floats(0.001, 1),
)
def test_segments_and_weights_are_those_of_a_sorted_list(costs: list[int], segments: int, least: float) -> None:
    parts = [np.bincount(costs[:7]), np.bincount(costs[7:])]
    found = Weighing(tuple(segments_of(total(parts), SoftRecipe("m", segments, least))))
    numbers, weighed = found.weighed(np.array(costs))
    assert list(zip(numbers.tolist(), weighed.tolist(), strict=True)) == oracle.weights(costs, segments, least)
    assert sum(segment.survivors for segment in found.segments) == len(costs)
    by_cost = [weight for _, weight in sorted(zip(costs, weighed.tolist(), strict=True))]
    assert by_cost == sorted(by_cost)
    assert by_cost[-1] == WHOLE
    assert by_cost[0] >= round(WHOLE * least)


def test_weights_fall_as_commonness_rises() -> None:
    counts = np.bincount([1000, 1000 + 693, 1000 + 2 * 693])  # each half as common as the one before
    segments = segments_of(total([counts]), SoftRecipe("m", 3, 0.1))
    assert [(item.weight, item.survivors) for item in segments] == [(250, 1), (500, 1), (1000, 1)]
    assert [item.weight for item in segments_of(total([counts]), SoftRecipe("m", 3, 0.4))] == [400, 500, 1000]
    assert segments_of(total([]), SoftRecipe("m")) == []


def test_survivors_alone_have_weights_and_nothing_is_dropped(tmp_path: Path) -> None:
    found = built(tmp_path)
    manifest = weights(found)
    rows, status = rows_of(found, "weights", "old", "old"), rows_of(found, "deduplicated", "old", "old")
    measured = found.planner.measuring.commonness("strict", "words").part
    perplexity = found.build(Partition("signals", "old@dev", measured)).manifest
    assert perplexity.id in manifest.identity.inputs
    assert set(rows) == {*OLD, *OTHERS}
    assert {state["status"] for state in status.values()} == {"survivor", "suppressed", "rejected"}
    survivors = [name for name in rows if status[name]["status"] == "survivor"]
    expected = oracle.weights([-rows[name]["commonness"] for name in survivors], 4, 0.3)
    assert [(rows[name]["segment"], rows[name]["weight"]) for name in survivors] == expected
    others = [rows[name] for name in rows if name not in survivors]
    assert {(row["segment"], row["weight"]) for row in others} == {(None, None)}
    assert all(row["commonness"] < 0 for row in rows.values())
    told = effective_of(manifest)
    assert told["survivors"]["documents"] == len(survivors)
    assert told["effective"]["documents"] == sum(rows[name]["weight"] for name in survivors) // WHOLE
    assert manifest.profile["unmeasured"] == 0


def test_weights_are_read_beside_survivors(tmp_path: Path) -> None:
    found = built(tmp_path)
    survived, weighed = (found.build(Partition(stage, "old@dev")).manifest for stage in ("deduplicated", "weights"))
    documents = found.planner.documents(found.build(Partition("signals", "old@dev", "counts")).manifest)
    for _, parts in align(documents, [Column(survived, ("status",)), Column(weighed, ("weight",))]):
        table = zipped(found.store, parts)
        assert table.column("weight").is_valid().to_pylist() == [s == "survivor" for s in table["status"].to_pylist()]


def test_a_survivor_without_words_weighs_whole() -> None:
    said = {"status": ["survivor", "survivor", "rejected"], "log_prob": [0, -50, -90], "scored_words": [0, 5, 3]}
    table = pa.table({"doc_id": [bytes(16)] * 3, **said, "words": [0, 5, 3]})
    rows, profile = Weighing((Segment(cost=20, weight=400, survivors=1),))(table, {})
    assert rows.column("commonness").to_pylist() == [None, -10, -30]
    assert rows.column("segment").to_pylist() == [None, 1, None]
    assert rows.column("weight").to_pylist() == [1000, 400, None]
    assert profile == {
        "survivors": {"documents": 2, "words": 5},
        "effective": {"documents": 1400, "words": 2000},
        "unmeasured": 1,
        "weights": {"400": 1, "1000": 1},
    }


def test_a_layer_is_weighed_by_the_cuts_below_it(tmp_path: Path) -> None:
    found = built(tmp_path, both=NEW_SOFT)
    below, above = weights(found), weights(found, "both")
    assert above.facts["segments"] == below.facts["segments"]
    rows = rows_of(found, "weights", "both", "new")
    assert set(rows) == set(NEW)
    weighing = {segment["cost"]: segment["weight"] for segment in below.facts["segments"]}
    for row in rows.values():
        if row["weight"] is not None:
            fitting = [cost for cost in weighing if -row["commonness"] <= cost]
            assert row["weight"] == weighing[min(fitting, default=max(weighing))]
    assert weights(built(tmp_path / "alone")).id == below.id


def test_a_layer_by_other_segments_or_another_model_is_refused(tmp_path: Path) -> None:
    found = built(tmp_path, both=NEW_SOFT.replace("segments: 4", "segments: 5"))
    with pytest.raises(Refused, match=r"other weights: say soft: .*'segments': 4"):
        weights(found, "both")
    found = library(found.store, place(tmp_path, both=NEW_SOFT))
    weights(found, "both")
    write(tmp_path / "r/artifacts/words.yaml", MODEL + "seed: 1\n")
    again = library(found.store, tmp_path / "r")
    again.build(Partition("deduplicated", "both@dev"))
    for part in again.planner.dependencies.weights(Partition("weights", "both@dev"))[1:-1]:
        again.build(part)
    with pytest.raises(Refused, match="weights by another version of words: build those again first"):
        again.build(Partition("weights", "both@dev"), upstream=False)
    again.build(Partition("weights", "both@dev"))


def test_a_corpus_without_a_model_has_no_weights(tmp_path: Path) -> None:
    found = library(MemoryStore(), recipes(tmp_path))
    with pytest.raises(Refused, match=r"corpus old@dev has no weights: say soft: \{model: NAME\}"):
        weights(found)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("least: 0", "0.001 to 1, for 0 would drop documents"),
        ("segments: 0", "use 1 to 100"),
        ("model: nobody", "'nobody' is not a artifact"),
    ],
)
def test_what_cannot_be_a_weight_is_refused_at_the_door(tmp_path: Path, said: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        built(tmp_path, old=f"members: [{{source: old, policy: plain}}]\nsoft: {{{said}}}")


def test_a_scorer_tells_no_commonness(tmp_path: Path) -> None:
    folder = place(tmp_path)
    write(
        folder / "artifacts/words.yaml",
        "name: words\nkind: scorer\npositives: [{file: good.txt}]\nnegatives: [{file: bad.txt}]\n"
        "training: {dim: 2, bucket: 10, epoch: 1}\nheld_out: 0.3\n",
    )
    write(folder / "good.txt", "\n".join(texts(GOOD, 40, 1)))
    write(folder / "bad.txt", "\n".join(texts(BAD, 40, 2)))
    with pytest.raises(Refused, match="tells no perplexity"):
        weights(library(MemoryStore(), folder))
