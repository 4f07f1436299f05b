"""A model that the store lost or that was altered there: found by --repair, and made again byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.scorers.formats import load_scorer
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import documents, library, write_jsonl, write_recipes
from tests.corpus.scorers.models import BAD, GOOD, texts, trained
from tests.models import SCORER, write_artifact, write_examples, write_scoring_policy

COUNTED = "name: {name}\nkind: ngram\nheld_out: 0.3\npositives: [{{file: good.txt}}]\n"
OF_THE_USER = "name: {name}\nkind: model\nfile: model.bin\nlabel: hq\n"
KINDS = {"scorer": SCORER, "ngram": COUNTED, "model": OF_THE_USER}
ARTIFACT, SCORES = Partition("artifacts", "quality@dev"), Partition("signals", "notes@dev", "scores.quality@dev")


@pytest.fixture
def recipes(tmp_path: Path, fasttext_file: Path) -> Path:
    folder = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", documents(20))))
    (folder / "model.bin").write_bytes(fasttext_file.read_bytes())
    return write_examples(folder, texts(GOOD, 60, 1), texts(BAD, 60, 2))


@pytest.fixture(scope="session")
def fasttext_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("trained")).model


def model_path(store: MemoryStore, manifest: Manifest) -> str:
    model = artifact_of(store, manifest).model
    assert model is not None
    return model.files[0][1].path


def damage(store: MemoryStore, path: str, how: str) -> bytes:
    body = store.get(path)
    changed = bytearray(body)
    changed[len(body) // 2] ^= 1
    store.delete([path])
    if how == "flipped":
        store.put_once(path, bytes(changed))
    return body


@pytest.mark.parametrize("how", ["lost", "flipped"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_made_again(kind: str, how: str, recipes: Path) -> None:
    write_artifact(recipes, "quality", KINDS[kind])
    store = MemoryStore()
    built = library(store, recipes).build(ARTIFACT)
    path = model_path(store, built.manifest)
    body = damage(store, path, how)
    assert not library(store, recipes).build(ARTIFACT).fresh
    assert store.size(path) is None or store.get(path) != body
    again = library(store, recipes).build(ARTIFACT, repair=True)
    assert store.get(path) == body
    assert (again.manifest.id, again.fresh) == (built.manifest.id, False)
    assert len(refs.history(store, ARTIFACT)) == 1


@pytest.mark.parametrize(("how", "said"), [("lost", "is gone"), ("flipped", "was altered")])
def test_whoever_needs_the_model_says_how_and_repairs_it(how: str, said: str, recipes: Path) -> None:
    write_artifact(recipes, "quality", KINDS["scorer"])
    write_scoring_policy(recipes, "plain", "quality")
    store = MemoryStore()
    path = model_path(store, library(store, recipes).build(ARTIFACT).manifest)
    damage(store, path, how)
    load_scorer.cache_clear()
    with pytest.raises(IntegrityError, match=f"{path} {said}: build its artifact again with --repair"):
        library(store, recipes).build(SCORES)
    assert library(store, recipes).build(SCORES, repair=True).manifest.rows == 20


def test_what_cannot_be_made_again_is_refused(recipes: Path) -> None:
    write_artifact(recipes, "quality", KINDS["model"])
    store = MemoryStore()
    path = model_path(store, library(store, recipes).build(ARTIFACT).manifest)
    damage(store, path, "lost")
    (recipes / "model.bin").unlink()
    with pytest.raises(Refused, match=r"the model quality at .* cannot be read .*: put it there or name another"):
        library(store, recipes).build(ARTIFACT, repair=True)


def test_a_lost_export_is_made_again(recipes: Path) -> None:
    mix = recipes / "mixes" / "notes.yaml"
    mix.write_text(mix.read_text() + "exports: [parquet, jsonl]\n")
    store = MemoryStore()
    published = Partition("published", "notes@dev")
    manifest = library(store, recipes).build(published).manifest
    path = manifest.facts["exports"]["jsonl"]["shards"][0]["files"]["jsonl.zst"]["path"]
    body = damage(store, path, "flipped")
    library(store, recipes).build(published, repair=True)
    assert store.get(path) == body
