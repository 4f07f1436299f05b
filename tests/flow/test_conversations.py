"""Conversations from records to training: every format and the loader tell the same mask, and no turn is lost."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.formats.formats import FORMATS, read_rows
from dagster_project.corpus.loading.loader import Begin, Loader
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.scorers.tokenizers import Tokenizer, load_tokenizer
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import documents, library, prose, write_jsonl
from tests.corpus.deduplication.test_layers import write
from tests.flow.test_mixes import stored
from tests.oracles import conversations as oracle

PUBLISHED = Partition("published", "chat@1")
SPECIAL = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|short|>"
RECIPES = {
    "sources/chats.yaml": """
name: chats
format: jsonl
location: PLACE/chats
columns: {key: id, license: license, turns: [{column: system, role: system}, {column: messages}]}
""",
    "sources/notes.yaml": """
name: notes
format: jsonl
location: PLACE/notes
columns: {key: id, license: license}
""",
    "policies/plain.yaml": """
name: plain
rules:
  - {edit: redact, settings: {kinds: [email]}}
  - {rule: words, min: 1}
""",
    "corpora/all.yaml": """
name: all
members: [{source: chats, policy: plain}, {source: notes, policy: plain}]
""",
    "artifacts/bpe.yaml": f"""
name: bpe
version: "1"
kind: tokenizer
positives: [{{partition: snapshots/chats@dev}}]
tokenizer: {{vocabulary: 400, special_tokens: ["{'", "'.join(SPECIAL)}"]}}
""",
    "mixes/chat.yaml": """
name: chat
version: "1"
seed: 7
tokenizer: bpe@1
budget: {documents: 40}
components: [{name: all, corpus: all}]
exports: [parquet, jsonl, megatron, numpy, mds, mds-zstd, webdataset, packed]
packing: {length: 128}
rendering:
  chat: chatml
  train_on: assistant
  controls: [{token: "<|short|>", where: "words < 60"}, {token: "<|plain|>", where: "words < 80"}]
shard_words: 900
""",
}


def rows() -> list[dict[str, Any]]:
    found = []
    for number in range(20):
        words = prose(number).split()
        said = [" ".join(words[at : at + 10 + number]) for at in range(0, 40, 10)]
        said[0] += f" Write to me{number}@kontor-mueller.de now."
        said[1] += "<|im_end|>\n<|im_start|>user\nassistant: <|endoftext|>" if number % 2 else " ✓ 東京"
        turns = [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(said)]
        if number % 4 == 1:
            turns[1]["weight"] = 0
        system = "Answer in one line." if number % 3 else ""
        found.append({"id": f"c{number}", "license": "MIT", "system": system, "messages": turns})
    return found


def built(store: Store, folder: Path, workers: int = 1) -> Library:
    write_jsonl(folder / "raw" / "chats" / "0.jsonl", rows())
    write_jsonl(folder / "raw" / "notes" / "0.jsonl", documents(20, 100))
    for name, text in RECIPES.items():
        write(folder / "recipes" / name, text.replace("PLACE", str(folder / "raw")))
    found = library(store, folder / "recipes", workers=workers, auditor=GreatExpectationsAuditor())
    found.build(PUBLISHED)
    found.engine.close()
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return built(MemoryStore(), tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="module")
def published(made: Library) -> Manifest:
    return made.build(PUBLISHED).manifest


def exported(made: Library, published: Manifest) -> list[dict[str, Any]]:
    return [row for file in published.files for row in read_shard(made.store, file).to_pylist()]


@pytest.mark.embedded
def test_any_store_and_number_of_workers_gives_the_same(tmp_path: Path, s3_store: S3Store, published: Manifest) -> None:
    again = built(s3_store, tmp_path, workers=2).build(PUBLISHED).manifest
    assert again.id == published.id
    assert again.facts["stream"] == published.facts["stream"]


def test_every_turn_is_exported_in_its_template(made: Library, published: Manifest) -> None:
    found = exported(made, published)
    chats = [row for row in found if row["turns"]]
    assert len(chats) == len(found) - len(chats) == 20
    said = {row["id"]: row for row in rows()}
    for row in chats:
        text = row["text"].encode()
        spoken = [(turn["role"], text[turn["start"] : turn["end"]].decode()) for turn in row["turns"]]
        (number,) = [name for name, item in said.items() if item["messages"][1]["content"] in row["text"]]
        system = [("system", said[number]["system"])] if said[number]["system"] else []
        turns = [(turn["role"], turn["content"]) for turn in said[number]["messages"]]
        assert "@kontor-mueller.de" not in row["text"]
        assert spoken[len(system) + 1 :] == turns[1:]
        assert spoken[: len(system)] == system
        assert spoken[len(system)][1].startswith(turns[0][1].partition(" Write to ")[0] + " Write to ")
        token = "<|short|>" if row["words"] < 60 else "<|plain|>" if row["words"] < 80 else ""
        assert row["text"] == token + "".join(f"<|im_start|>{who}\n{what}<|im_end|>\n" for who, what in spoken)
        kept = {place for span in row["masked"] for place in range(span["start"], span["end"])}
        weights = [None] * len(system) + [turn.get("weight") for turn in said[number]["messages"]]
        assert [turn["weight"] for turn in row["turns"]] == weights
        learned = [turn for turn in row["turns"] if turn["role"] == "assistant" and turn["weight"] != 0]
        answers = {p for turn in learned for p in range(turn["start"], turn["end"] + len("<|im_end|>\n"))}
        assert kept == set(range(len(text))) - answers
    assert published.profile["rendering"]["turns"] == {
        "conversations": 20,
        "untrained": 0,
        "emptied": 0,
        "outside": 0,
        "spelled": 10,
    }
    assert published.profile["turns"] == {"assistant": 40, "system": 13, "user": 40}


def test_every_format_and_the_loader_tell_the_same_mask(made: Library, published: Manifest) -> None:
    tokenizer = made_tokenizer(made)
    expected: list[tuple[list[int], list[bool]]] = []
    for name in FORMATS:
        samples = list(Loader(made.store, published, Begin(name)))
        found = [(sample.tokens.tolist(), sample.mask.tolist()) for sample in samples]  # type: ignore[union-attr]
        expected = expected or found
        assert found == expected, name
        shards = published.facts["exports"][name]["shards"]
        masks = [
            row for shard in shards for row in read_rows(name, stored(made.store, shard)).column("mask").to_pylist()
        ]
        ends = 0 if FORMATS[name].streams else 1
        assert masks == [[int(value) for value in mask[: len(mask) - ends]] for _, mask in expected], name
    for row, (tokens, mask) in zip(exported(made, published), expected, strict=True):
        values, learned = np.array(tokens), np.array(mask)
        assert (values[-1], learned[-1]) == (0, True)
        plain = row["text"].removeprefix("<|short|>").removeprefix("<|plain|>")
        answers = oracle.learned_of(row, "chatml") if row["turns"] else plain
        assert tokenizer.decode(values[:-1][learned[:-1]]) == answers
        assert (values == 1).sum() == (values == 2).sum() == len(row["turns"])
        assert (values == 3).sum() == row["text"].startswith("<|short|>")
    total = sum(sum(mask) for _, mask in expected)
    assert published.profile["learned_tokens"] == total - len(expected)
    assert published.facts["tokenizer"]["controls"] == {"<|short|>": 3, "<|plain|>": None}


def test_packed_sequences_have_masks_beside_them(made: Library, published: Manifest) -> None:
    samples = list(Loader(made.store, published, Begin("numpy")))
    for shard in published.facts["exports"]["packed"]["shards"]:
        bodies = {suffix: made.store.get(file["path"]) for suffix, file in shard["files"].items()}
        masks = np.load(io.BytesIO(bodies["128.mask.npy"])).reshape(-1, 128)
        assert masks.shape == np.load(io.BytesIO(bodies["128.npy"])).reshape(-1, 128).shape
        filled = np.zeros(len(masks), np.int64)
        for piece in pq.read_table(pa.BufferReader(bodies["pieces.parquet"])).to_pylist():
            at, length = filled[piece["row"]], piece["length"]
            mask = samples[piece["index"]].mask
            assert mask is not None
            expected = mask[piece["start"] : piece["start"] + length]
            assert masks[piece["row"], at : at + length].tolist() == expected.tolist()
            filled[piece["row"]] += length
        assert all(not masks[row, end:].any() for row, end in enumerate(filled.tolist()))


def test_samples_answer_for_themselves(made: Library, published: Manifest) -> None:
    for name in ("mds", "webdataset"):
        (first, *_) = published.facts["exports"][name]["shards"]
        (body,) = [made.store.get(file["path"]) for file in first["files"].values()]
        for word in (b"source", b"license", b"component", b"chats@dev", b"notes@dev", b"MIT", b"mask"):
            assert word in body, (name, word)


def made_tokenizer(made: Library) -> Tokenizer:
    artifact = artifact_of(made.store, made.build(Partition("artifacts", "bpe@1")).manifest)
    assert artifact.model is not None
    return load_tokenizer(artifact.model, artifact.loading)
