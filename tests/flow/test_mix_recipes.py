"""What recipes of mixes say, from raw files to members: refusals before anything is built, one id for one meaning,
choices of licenses, and long documents drawn more often without a change of balance."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.mixing.cuts import word_counts
from dagster_project.corpus.model.errors import RecipeError, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpora import documents, library, prose, write_jsonl
from tests.corpus.deduplication.test_layers import write

MIXED = Partition("mixed", "some@dev")
SOURCE = "name: {name}\nformat: jsonl\nlocation: {place}\ncolumns: {{key: id, license: license}}\n"

BPE = """
name: bpe
version: "1"
kind: tokenizer
positives: [{partition: snapshots/long@dev}]
tokenizer: {vocabulary: 320}
"""
EXACT = """
name: some
seed: 3
exact: true
tokenizer: bpe@1
budget: {{{unit}: 7001}}
components:
  - {{name: all, corpus: all}}
phases:
  - {{name: first, share: 0.7143}}
  - {{name: last, share: 0.2857}}
exports: [parquet]
"""


def place(folder: Path, rows: dict[str, list[dict[str, Any]]]) -> Path:
    """Sources of these rows, and a corpus `all` of them."""
    write(folder / "r/policies/plain.yaml", "name: plain\nrules:\n  - {rule: words, min: 1}\n")
    members = ", ".join(f"{{source: {name}, policy: plain}}" for name in rows)
    write(folder / "r/corpora/all.yaml", f"name: all\nmembers: [{members}]\n")
    for name, found in rows.items():
        raw = write_jsonl(folder / name / "raw.jsonl", found)
        write(folder / f"r/sources/{name}.yaml", SOURCE.format(name=name, place=raw))
    return folder / "r"


def mixed(store: MemoryStore, folder: Path, component: str, more: str = "budget: {documents: 4}") -> Manifest:
    recipe = f"name: some\nseed: 3\n{more}\ncomponents:\n  - {{name: all, corpus: all, {component}}}\n"
    write(folder / "mixes/some.yaml", recipe)
    return library(store, folder).build(MIXED, reason="another recipe").manifest


def members(store: MemoryStore, manifest: Manifest) -> list[dict[str, Any]]:
    return [row for file in manifest.files for row in read_shard(store, file).to_pylist()]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[MemoryStore, Path]:
    """Two sources, the second with longer documents."""
    long = [{"id": f"l{n}", "text": prose(1000 + n, 96 if n % 3 else 600), "license": "MIT"} for n in range(60)]
    short = [{"id": f"s{n}", "text": prose(n, 60 if n % 8 else 480), "license": "MIT"} for n in range(90)]
    folder = place(tmp_path_factory.mktemp("built"), {"long": long, "short": short})
    store = MemoryStore()
    mixed(store, folder, "weight: 1")
    return store, folder


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (
            "where: key = 'x'",
            r"components\[0\].where: there is no column key: use one of .* such as quality.score",
        ),
        ("balance: {by: key}", r"components\[0\].balance.by: there is no column key: use one of"),
        ("balance: {by: doc_id}", r"there is no column doc_id"),
        ("balance: {by: license_findings}", r"license_findings is list<.*>, which has no groups: balance by a text"),
        ("balance: {by: family}", r"family is fixed_size_binary\[16\], which has no groups"),
        ("where: license_findings > 5", r"cannot be computed|is not"),
        ("sample: language", r"is not a number but"),
    ],
)
def test_columns_that_cannot_be_asked_are_refused_at_their_field(
    built: tuple[MemoryStore, Path], component: str, message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        mixed(*built, component)


def test_lists_and_sources_can_be_asked(built: tuple[MemoryStore, Path]) -> None:
    where = "where: \"array_length(license_findings) = 0 and source = 'short' and words < 100\""
    found = members(built[0], mixed(*built, where))
    assert {row["source"] for row in found} == {"short@dev"}


def test_a_mix_of_nothing_is_refused_with_its_reasons(built: tuple[MemoryStore, Path]) -> None:
    store, _ = built
    before = {entry.path for entry in store.list("data/")}
    message = r"no document: of a budget of 1 words, all turned away 78 \(where 78\) and may take 72: raise the budget"
    with pytest.raises(Refused, match=message):
        mixed(*built, "where: words >= 96", "budget: {words: 1}")
    assert {entry.path for entry in store.list("data/")} == before


@pytest.mark.parametrize(
    "components",
    [
        ("weight: 1", "weight: 1.0"),
        ("where: words > 50", "where: 50 < words", "where: (words) > 50"),
        ("sources: [long, short]", "sources: [short, long]"),
        ("balance: {by: source}", "balance: {by: source, exponent: 0.7}"),
    ],
)
def test_recipes_that_mean_the_same_are_the_same_version(
    built: tuple[MemoryStore, Path], components: tuple[str, ...]
) -> None:
    assert len({mixed(*built, component).id for component in components}) == 1


def test_policies_that_mean_the_same_are_the_same_version(built: tuple[MemoryStore, Path]) -> None:
    policies = (
        "allow: [permissive, MIT], deny: [Apache-2.0 AND MIT]",
        "deny: [MIT AND Apache-2.0], allow: [MIT, permissive]",
    )
    found = [mixed(*built, "weight: 1", f"budget: {{documents: 4}}\nlicenses: {{{policy}}}") for policy in policies]
    assert found[0].id == found[1].id
    assert "duckdb" not in found[0].identity.recipe


def test_the_library_that_computes_is_part_of_what_was_built(
    built: tuple[MemoryStore, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = mixed(*built, "where: words > 50")
    monkeypatch.setattr("dagster_project.corpus.mixing.expression_trees.version", lambda name: f"another {name}")
    after = mixed(*built, "where: words > 50")
    assert after.identity.recipe["duckdb"] == "another duckdb" != before.identity.recipe["duckdb"]
    assert after.id != before.id


def test_long_documents_are_drawn_more_often_and_sources_keep_their_shares(built: tuple[MemoryStore, Path]) -> None:
    """Per-source upsampling (Fu et al. 2024, arXiv:2402.10171)."""
    balanced = "balance: {by: source, policy: proportional}, max_epochs: 4"
    sampled = f"{balanced}, sample: case when words >= 400 then 5 else 1 end"
    plain, longer = (mixed(*built, component, "budget: {words: 12000}") for component in (balanced, sampled))
    words = [
        {name: found["words"] for name, found in manifest.profile["by_source"].items()} for manifest in (plain, longer)
    ]
    assert plain.profile["asked"]["all"]["groups"].keys() == {"long", "short"}
    for name in words[0]:
        assert abs(words[0][name] - words[1][name]) <= 600, "a document"
    shares = [
        sum(row["words"] for row in found if row["words"] >= 400) / sum(row["words"] for row in found)
        for found in (members(built[0], manifest) for manifest in (plain, longer))
    ]
    assert shares[1] > shares[0] + 0.1


def test_a_choice_of_licenses_is_made_by_the_policy_and_told(tmp_path: Path) -> None:
    """Of exact copies, too: what they offer stays open until the mix."""
    rows = documents(6)
    for row in rows:
        row["license"] = "GPL-3.0-only OR MIT"
    rows.append({**rows[0], "id": "copy"})
    store, folder = MemoryStore(), place(tmp_path, {"notes": rows})
    free = mixed(store, folder, "weight: 1")
    assert {row["license"] for row in members(store, free)} == {"MIT"}
    assert {row["license_class"] for row in members(store, free)} == {"permissive"}
    bound = mixed(store, folder, "weight: 1", "budget: {documents: 6}\nlicenses: {deny: [MIT]}")
    assert Counter(row["license"] for row in members(store, bound)) == {"GPL-3.0-only": 6}
    assert bound.profile["by_license_class"].keys() == {"copyleft"}
    assert bound.profile["license_choices"] == {"all": {"GPL-3.0-only of GPL-3.0-only OR MIT": 6}}
    with pytest.raises(Refused, match="nothing can be had"):
        mixed(store, folder, "weight: 1", "budget: {documents: 6}\nlicenses: {deny: [MIT, GPL-3.0-only]}")


def test_libraries_are_asked_for_plans_alike(built: tuple[MemoryStore, Path]) -> None:
    store, folder = built
    manifest = mixed(store, folder, "balance: {by: source}")
    planned: Library = library(store, folder)
    assert planned.plan_mix(MIXED)["by_source"] == manifest.profile["by_source"]


@pytest.mark.parametrize("unit", ["words", "tokens"])
def test_budgets_are_met_to_the_unit(built: tuple[MemoryStore, Path], unit: str) -> None:
    store, folder = built
    write(folder / "artifacts/bpe.yaml", BPE)
    write(folder / "mixes/some.yaml", EXACT.format(unit=unit))
    published = library(store, folder).build(Partition("published", "some@dev"), reason="exact").manifest
    manifest = library(store, folder).build(MIXED, reason="exact").manifest
    assert manifest.profile[unit] == 7001
    assert {name: found[unit] for name, found in manifest.profile["by_phase"].items()} == {"first": 5001, "last": 2000}
    found = members(store, manifest)
    cut = [row for row in found if row["cut"] is not None]
    assert len(cut) == manifest.profile["cut"] > 0
    exported = [row for file in published.files for row in read_shard(store, file).to_pylist()]
    assert [row["words"] for row in exported] == [row["words"] for row in found]
    texts = pa.array([row["text"] for row in exported])
    assert word_counts(texts).tolist() == [row["words"] for row in found]
    assert published.profile["tokens"] == sum(row["tokens"] for row in found)
    assert [len(exported[row["index"]]["text"].encode()) for row in cut] == [row["cut"] for row in cut]
    larger = EXACT.format(unit=unit).replace("7001", "9001").replace("phases", "#").replace("  - {name: f", "#")
    write(folder / "mixes/some.yaml", larger.replace("  - {name: last", "#"))
    grown = members(store, library(store, folder).build(MIXED, reason="more").manifest)
    assert sum(row[unit] for row in grown) == 9001
    assert {row["doc_id"] for row in found} <= {row["doc_id"] for row in grown}
