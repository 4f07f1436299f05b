"""Artifacts as versions: rows for every example, a model under its hash, an identity that places do not change."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe, ExampleRecipe, TokenizerRecipe
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest, decode
from dagster_project.corpus.scorers import artifacts
from dagster_project.corpus.scorers.artifacts import artifact_of, build_artifact, find, recipe_of
from dagster_project.corpus.scorers.formats import load_scorer
from dagster_project.corpus.scorers.perplexity_models import load_perplexity
from dagster_project.corpus.scorers.scorer import millionths
from dagster_project.corpus.scorers.tokenizers import load_tokenizer
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpus.scorers.models import BAD, GOOD, SMALL, texts


def write(path: Path, found: list[str]) -> ExampleRecipe:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(text + "\n" for text in found))
    return ExampleRecipe(file=str(path))


def scorer(folder: Path) -> ArtifactRecipe:
    return ArtifactRecipe(
        "quality",
        "scorer",
        positives=(write(folder / "good.txt", texts(GOOD, 60, 1)),),
        negatives=(write(folder / "bad.txt", texts(BAD, 80, 2)),),
        training=SMALL,
        held_out=0.2,
    )


def built(store: MemoryStore, recipe: ArtifactRecipe) -> Manifest:
    found = find(recipe)
    made_of = recipe_of(recipe, found)
    work = Work(store, LocalEngine(1), "artifacts", artifacts.SCHEMA, artifacts.CODE_VERSION, made_of, ())
    manifest = build_artifact(work, recipe, found, {})
    return decode(json.loads(manifest.encoded()), manifest.id)


def test_a_scorer_trained_here(tmp_path: Path, memory_store: MemoryStore) -> None:
    manifest = built(memory_store, scorer(tmp_path / "a"))
    (file,) = manifest.files
    rows = read_shard(memory_store, file)
    assert rows.schema.equals(artifacts.SCHEMA)
    assert rows.num_rows == manifest.rows == 140
    told = manifest.facts["artifact"]
    fates = rows.column("fate").to_pylist()
    assert fates.count("to balance the classes") == 20
    assert manifest.profile["examples"] == told["examples"]
    assert sum(sum(counts.values()) for counts in told["examples"].values()) == 140
    scored = [score is not None for score in rows.column("score").to_pylist()]
    assert scored == [fate == "held-out" for fate in fates]
    assert told["metrics"]["roc_auc"] == 1.0
    assert manifest.identity.recipe["model"] == told["model"]["sha256"]
    artifact = artifact_of(memory_store, manifest)
    found = millionths(load_scorer(artifact.model, artifact.loading), ["theorem lemma proof", "casino winner"], "n")
    assert found[0] > 900_000 > 100_000 > found[1]


def test_places_do_not_change_what_it_is_and_contents_do(tmp_path: Path, memory_store: MemoryStore) -> None:
    first, second = built(memory_store, scorer(tmp_path / "a")), built(memory_store, scorer(tmp_path / "b"))
    assert first.id == second.id
    changed = scorer(tmp_path / "c")
    write(tmp_path / "c" / "good.txt", texts(GOOD, 60, 3))
    assert built(memory_store, changed).id != first.id
    assert built(memory_store, replace(scorer(tmp_path / "a"), seed=1)).id != first.id


def test_the_same_bytes_read_in_another_way_are_other_examples(tmp_path: Path) -> None:
    recipe = scorer(tmp_path / "a")
    lines = write(tmp_path / "a" / "good.jsonl", texts(GOOD, 60, 1))
    other = replace(recipe, positives=(lines,))
    assert find(other).files[lines.file] == find(recipe).files[recipe.positives[0].file]
    assert recipe_of(other, find(other)) != recipe_of(recipe, find(recipe))


def test_the_license_of_what_is_made_here_is_a_part_of_it(tmp_path: Path, memory_store: MemoryStore) -> None:
    recipe = scorer(tmp_path / "a")
    licensed = built(memory_store, replace(recipe, license="MIT"))
    assert licensed.facts["artifact"]["model"]["license"] == "MIT"
    assert licensed.id != built(memory_store, recipe).id


def test_an_ngram_model_counted_here(tmp_path: Path, memory_store: MemoryStore) -> None:
    recipe = ArtifactRecipe(
        "english", "ngram", positives=(write(tmp_path / "a.txt", texts(GOOD, 100, 1)),), held_out=0.3
    )
    manifest = built(memory_store, recipe)
    artifact = artifact_of(memory_store, manifest)
    assert artifact.model is not None
    assert list(load_perplexity(artifact.model, artifact.loading).cuts) == manifest.facts["artifact"]["cuts"]
    assert manifest.rows == 100
    assert set(read_shard(memory_store, manifest.files[0]).column("label").to_pylist()) == {"reference"}
    assert manifest.id == built(memory_store, recipe).id


def tokenizer(folder: Path) -> ArtifactRecipe:
    found = [text.replace(" ", "\n", 1) for text in texts(GOOD, 100, 1)]
    path = folder / "lines.jsonl"
    folder.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in [*found, found[0], ""]))
    examples = (ExampleRecipe(file=str(path)),)
    return ArtifactRecipe("small", "tokenizer", positives=examples, tokenizer=TokenizerRecipe(300), held_out=0.3)


def test_a_tokenizer_trained_here(tmp_path: Path, memory_store: MemoryStore) -> None:
    manifest = built(memory_store, tokenizer(tmp_path / "a"))
    told = manifest.facts["artifact"]
    fates = told["examples"]["reference"]
    assert (manifest.rows, fates["repeated"], fates["empty"]) == (102, 1, 1)
    assert told["learned_from"]["documents"] == fates["train"]
    assert told["held_out"]["documents"] == fates["held-out"] > 10
    assert told["held_out"]["bytes_per_token"] == round(told["held_out"]["bytes"] / told["held_out"]["tokens"], 4) > 1
    assert (told["vocabulary"], told["lossless"]) == (300, True)
    assert manifest.identity.recipe["model"] == told["model"]["sha256"]
    assert manifest.identity.recipe["tokenizers"] == version("tokenizers")
    artifact = artifact_of(memory_store, manifest)
    assert artifact.model is not None
    found = load_tokenizer(artifact.model, artifact.loading)
    assert (found.separator, found.vocabulary) == (0, 300)
    assert manifest.id == built(memory_store, tokenizer(tmp_path / "b")).id


def test_lines_are_learned_from_as_they_are(tmp_path: Path, memory_store: MemoryStore) -> None:
    recipe = tokenizer(tmp_path)
    (tmp_path / "lines.jsonl").write_text("".join(f'{{"text": "{n}\\n\\n\\n\\n{n}"}}\n' for n in range(100)))
    artifact = artifact_of(memory_store, built(memory_store, recipe))
    assert artifact.model is not None
    counts = load_tokenizer(artifact.model, artifact.loading).count(pa.array(["\n\n\n", "    "]))
    assert counts.tolist() == [1, 4]


def test_what_decides_a_tokenizer(tmp_path: Path, memory_store: MemoryStore) -> None:
    recipe = tokenizer(tmp_path)
    changes = [{"vocabulary": 299}, {"min_frequency": 5}, {"split_digits": True}, {"normalization": "nfc"}]
    found = [replace(recipe, tokenizer=replace(recipe.tokenizer, **change)) for change in ({}, *changes)]
    found += [replace(recipe, seed=1), replace(recipe, tokenizer=replace(recipe.tokenizer, separator=""))]
    ids = [built(memory_store, item).id for item in found]
    assert len(set(ids)) == len(ids)


def test_a_tokenizer_of_the_user(tmp_path: Path, memory_store: MemoryStore) -> None:
    artifact = artifact_of(memory_store, built(memory_store, tokenizer(tmp_path)))
    assert artifact.model is not None
    path = artifact.model.copy_to(tmp_path / "copy")
    recipe = ArtifactRecipe("mine", "tokenizer", file=str(path), license="MIT")
    manifest = built(memory_store, recipe)
    told = manifest.facts["artifact"]
    assert (manifest.rows, told["vocabulary"], told["model"]["license"]) == (0, 300, "MIT")
    assert told["loading"]["separator"] == "<|endoftext|>"
    with pytest.raises(Refused, match="the tokenizer mine has no token '</s>'"):
        built(memory_store, replace(recipe, tokenizer=TokenizerRecipe(separator="</s>")))
    path.write_text("{}")
    with pytest.raises(Refused, match="mine cannot be loaded as a tokenizer"):
        built(memory_store, recipe)


def test_what_existing_artifacts_are_called_does_not_change(tmp_path: Path) -> None:
    recipe = scorer(tmp_path)
    assert "separator" not in recipe_of(recipe, find(recipe))["loading"]


def test_nothing_to_learn_from(tmp_path: Path, memory_store: MemoryStore) -> None:
    recipe = tokenizer(tmp_path)
    (tmp_path / "lines.jsonl").write_text('{"text": ""}\n')
    with pytest.raises(Refused, match="artifact small has no text to learn from: name more examples"):
        built(memory_store, recipe)


def test_a_model_of_the_user(tmp_path: Path, memory_store: MemoryStore, fasttext_file: Path) -> None:
    recipe = ArtifactRecipe("mine", "model", file=str(fasttext_file), license="MIT", label="cc")
    manifest = built(memory_store, recipe)
    artifact = artifact_of(memory_store, manifest)
    assert manifest.rows == 0
    assert artifact.model is not None
    assert (artifact.model.license, artifact.loading.label) == ("MIT", "cc")
    assert millionths(load_scorer(artifact.model, artifact.loading), ["casino"], "n")[0] > 500_000
    assert built(memory_store, replace(recipe, license="Apache-2.0")).id != manifest.id
    with pytest.raises(Refused, match=f"and {'0' * 64} is expected"):
        find(replace(recipe, sha256="0" * 64))


def test_a_factory_of_the_user_needs_no_file(memory_store: MemoryStore) -> None:
    recipe = ArtifactRecipe("mine", "model", format="python", factory="tests.corpus.scorers.models:Lengths")
    artifact = artifact_of(memory_store, built(memory_store, recipe))
    assert (artifact.model, artifact.loading.factory) == (None, "tests.corpus.scorers.models:Lengths")


def test_a_model_that_identifies_languages_needs_no_label(memory_store: MemoryStore, fasttext_file: Path) -> None:
    assert built(memory_store, ArtifactRecipe("mine", "model", file=str(fasttext_file))).rows == 0


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (ArtifactRecipe("mine", "model"), "fasttext: none.bin is not a fastText model: name a .bin or .ftz file"),
        (ArtifactRecipe("mine", "model", format="onnx"), "onnx: none.bin cannot be loaded as an ONNX model"),
        (
            ArtifactRecipe("mine", "model", format="python", factory="tests.corpus.scorers.models:Lengths"),
            "python: the scorer 'tests.corpus.scorers.models:Lengths' cannot be made",
        ),
    ],
)
def test_a_file_that_is_no_model_is_not_kept(
    tmp_path: Path, memory_store: MemoryStore, recipe: ArtifactRecipe, sentence: str
) -> None:
    if recipe.format == "onnx":
        pytest.importorskip("onnxruntime")
    (tmp_path / "none.bin").write_text("No model, but a page that says where it has gone.")
    place = str(tmp_path / "none.bin")
    with pytest.raises(Refused, match=f"^artifact mine: {place} is of no use as format {sentence}"):
        built(memory_store, replace(recipe, file=place))
    assert list(memory_store.list("")) == []


def test_examples_that_change_while_they_are_read_are_refused(tmp_path: Path, memory_store: MemoryStore) -> None:
    recipe = scorer(tmp_path / "a")
    found = find(recipe)
    write(tmp_path / "a" / "good.txt", texts(GOOD, 60, 3))
    work = Work(memory_store, LocalEngine(1), "artifacts", artifacts.SCHEMA, artifacts.CODE_VERSION, {}, ())
    with pytest.raises(Refused, match=r"good\.txt changed while it was read"):
        build_artifact(work, recipe, found, {})


def test_what_no_file_could_say_is_refused_of_a_recipe_made_here(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"artifact quality, training\.dim: 0 is not allowed here; use a whole number"):
        find(replace(scorer(tmp_path), training=replace(SMALL, dim=0)))
    with pytest.raises(Refused, match=r"artifact a, positives\[0\]: names neither of partition and file"):
        find(ArtifactRecipe("a", "ngram", positives=(ExampleRecipe(),)))


def test_only_artifacts_are_artifacts(memory_store: MemoryStore, tmp_path: Path) -> None:
    manifest = built(memory_store, scorer(tmp_path))
    with pytest.raises(Refused, match=r"snapshots [0-9a-f]{12} is no artifact"):
        artifact_of(memory_store, replace(manifest, identity=replace(manifest.identity, stage="snapshots")))
