"""Families explained: members of every layer, recorded similarities as they stand, estimates where none are."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.deduplication.duplicate_facts import duplicate_facts
from dagster_project.corpus.deduplication.explaining import explain, relations, text_difference
from dagster_project.corpus.deduplication.likeness import COLUMNS, likeness
from dagster_project.corpus.deduplication.standing import places_of, read_places, read_texts, standing_layers
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpora import library, prose, write_jsonl, write_recipes
from tests.corpus.deduplication.layered import Corpus
from tests.corpus.deduplication.test_layers import NEW, OLD


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    rejected = {"text": f"{prose(3, 240)}\nAnd a last sentence to be found.", "license": "GPL-3.0-only"}
    return Corpus(
        tmp_path_factory.mktemp("explained"),
        old={**OLD, "one": "nothing", "again": "nothing"},
        new={**NEW, "c3": rejected},
    )


def explained(corpus: Corpus, name: str, most: int = 20) -> dict[str, Any]:
    (place,) = places_of(corpus.store, corpus.layers, corpus.ids[name])
    return explain(corpus.store, corpus.layers, place, most)


def members(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {member["locator"]: member for member in found["members"]}


def test_members_of_every_layer_with_their_similarities(corpus: Corpus) -> None:
    found = explained(corpus, "b2")
    assert (found["status"], found["size"], found["more"]) == ("suppressed", 3, 0)
    assert found["counted"] == {"suppressed": 2, "survivor": 1}
    survivor = corpus.names[bytes.fromhex(found["survivor"])]
    assert found["members"][0]["locator"] == survivor
    told = members(found)
    assert {name: member["source"] for name, member in told.items()} == {
        "a2": "old@dev",
        "close": "old@dev",
        "b2": "new@dev",
    }
    assert told[survivor]["to_survivor"] is None
    assert told["b2"]["to_document"] is None
    assert told["b2"]["to_survivor"] == told[survivor]["to_document"]
    assert told["a2"]["to_document"]["kind"] == "near"
    assert all(0.9 < told[name]["to_document"]["similarity"] < 1 for name in ("a2", "close"))
    assert not any(told[name]["to_document"]["estimated"] for name in ("a2", "close"))


def test_twins_are_exact_copies_even_where_no_edge_joins_them(corpus: Corpus) -> None:
    exact = {"kind": "exact", "similarity": 1.0, "estimated": False}
    for name in ("a1", "twin", "b1"):
        told = members(explained(corpus, name))
        assert {other: told[other]["to_document"] for other in {"a1", "twin", "b1"} - {name}} == dict.fromkeys(
            {"a1", "twin", "b1"} - {name}, exact
        )


def test_a_leader_that_was_alone_in_its_own_layer_has_its_family(corpus: Corpus) -> None:
    for name in ("a0", "b0"):
        found = explained(corpus, name)
        assert (found["size"], found["leader"]) == (2, corpus.ids["a0"].hex())
        assert {*members(found)} == {"a0", "b0"}


def test_a_document_alone_and_a_family_that_nobody_survives(corpus: Corpus) -> None:
    alone = explained(corpus, "b10")
    assert (alone["leader"], alone["size"], [*members(alone)]) == (None, 1, ["b10"])
    rejected = explained(corpus, "one")
    assert (rejected["survivor"], rejected["counted"]) == (None, {"rejected": 2})
    assert members(rejected)["again"]["to_document"] == {"kind": "exact", "similarity": 1.0, "estimated": False}


def test_the_rest_of_a_large_family_is_counted(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, all={f"t{n}": prose(1, 240) for n in range(9)})
    found = explained(corpus, "t5", most=3)
    assert (len(found["members"]), found["more"], found["size"]) == (3, 6, 9)
    assert corpus.ids["t5"].hex() in {member["doc_id"] for member in found["members"][:2]}


def test_what_was_not_recorded_is_estimated(corpus: Corpus) -> None:
    recipe = corpus.layers[0].prints
    near, far, short = (
        relations(corpus.store, corpus.places["a3"], [corpus.places[name]], recipe)[0] for name in ("c3", "a4", "one")
    )
    assert (near["kind"], near["estimated"]) == ("near", False)
    assert (far["kind"], far["estimated"]) == (None, True)
    assert far["similarity"] < 0.05
    assert short == {"kind": None, "similarity": None, "estimated": True}


def test_an_estimate_agrees_with_what_was_recorded(corpus: Corpus) -> None:
    (recorded,) = relations(corpus.store, corpus.places["b2"], [corpus.places["a2"]], corpus.layers[0].prints)
    prints = [read_places(corpus.store, [corpus.places[name]], {"fingerprints": COLUMNS}) for name in ("b2", "a2")]
    (estimate,) = likeness(*prints, corpus.layers[0].prints).similarity
    assert estimate == pytest.approx(recorded["similarity"], abs=0.06)


def test_texts_are_compared_as_they_are_stored(corpus: Corpus) -> None:
    found = text_difference(corpus.store, corpus.places["b2"], corpus.places["close"])
    assert [(piece.text.strip(), piece.instead.strip()) for piece in found.pieces if not piece.is_kept] == [
        ("two", "one"),
        ("sentences", "sentence"),
    ]


def test_what_a_policy_redacts_is_not_told(tmp_path: Path) -> None:
    """Neither of a document that is kept nor of one that is rejected."""
    texts = {name: f"Ask {name}@secret-company.com for it.\n{prose(5, 240)}" for name in ("a", "b")}
    texts["c"] = f"Ask c@secret-company.com for it.\n{prose(5, 240)}{' marmalade' * 100}"
    rows = [{"id": key, "text": text, "license": "MIT"} for key, text in texts.items()]
    place = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "in.jsonl", rows)))
    policy = "name: plain\nmax_removed: 1\nrules:\n  - {edit: redact, settings: {kinds: [email]}}\n"
    (place / "policies/plain.yaml").write_text(policy + "  - {rule: words, max: 330}\n")
    corpus = place / "corpora/notes.yaml"
    corpus.write_text(corpus.read_text() + "max_removed: 1\n")
    found = library(MemoryStore(), place)
    manifest = found.build(Partition("deduplicated", "notes@dev")).manifest
    layers = standing_layers(found.store, manifest)
    rows = [row for file in manifest.files for row in read_shard(found.store, file).to_pylist()]
    places = [places_of(found.store, layers, row["doc_id"])[0] for row in rows]
    assert {row["status"] for row in rows} == {"survivor", "suppressed", "rejected"}
    assert all("secret-company" not in text for text in read_texts(found.store, places))
    pieces = text_difference(found.store, places[0], places[2]).pieces
    assert "secret-company" not in str(pieces)
    with contextlib.closing(LocalEngine(1)) as engine:
        facts = duplicate_facts(engine, found.store, "deduplicated/notes@dev", manifest, 5)
    assert "secret-company" not in str(facts)
