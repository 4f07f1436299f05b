"""Examples of versions and files: every text once, and what cannot be read refused with its place."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.model.artifact_recipes import ExampleRecipe
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import Identity, Input, Manifest
from dagster_project.corpus.scorers.examples import find_file, of_file, of_version
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.refs import put_manifest
from dagster_project.corpus.storage.shards import write_shard

TEXTS = ["one", "two\nlines", "three", "four"]
IDS = [bytes([number]) * 16 for number in range(4)]


def version(stage: str, files: tuple, inputs: tuple[Input, ...] = ()) -> Manifest:
    return Manifest(Identity(stage, (), {}, "1", tuple(item.id for item in inputs), "0" * 64), inputs, files)


def snapshot(store: MemoryStore) -> Manifest:
    shards = [
        write_shard(store, pa.table({"doc_id": pa.array(IDS[part], ID), "text": TEXTS[part]}), access="public")
        for part in (slice(0, 2), slice(2, 4))
    ]
    return put_manifest(store, version("snapshots", tuple(shards)))


def filtered(store: MemoryStore, ids: list[bytes]) -> Manifest:
    documents = snapshot(store)
    keeps = [True, False, False, True]
    shards = tuple(
        write_shard(
            store,
            pa.table(
                {"doc_id": pa.array(ids[2 * number : 2 * number + 2], ID), "keep": keeps[2 * number : 2 * number + 2]}
            ),
            access="public",
            documents=file.sha256,
        )
        for number, file in enumerate(documents.files)
    )
    return version("filtered", shards, (Input("snapshots", "snapshots/notes@1", documents.id),))


def test_a_snapshot(memory_store: MemoryStore) -> None:
    assert list(of_version(memory_store, snapshot(memory_store))) == list(zip(IDS, TEXTS, strict=True))


@pytest.mark.parametrize(("keep", "expected"), [("kept", [0, 3]), ("rejected", [1, 2])])
def test_what_a_policy_kept_or_rejected(memory_store: MemoryStore, keep: str, expected: list[int]) -> None:
    found = list(of_version(memory_store, filtered(memory_store, IDS), keep))
    assert found == [(IDS[number], TEXTS[number]) for number in expected]


def test_verdicts_of_other_documents_are_noticed(memory_store: MemoryStore) -> None:
    with pytest.raises(IntegrityError, match="does not list the documents that it should cover"):
        list(of_version(memory_store, filtered(memory_store, IDS[::-1])))


def test_stages_without_texts_are_refused(memory_store: MemoryStore) -> None:
    with pytest.raises(Refused, match="signals holds no texts to learn from"):
        list(of_version(memory_store, version("signals", ())))


def recipe(path: Path, **said: str) -> ExampleRecipe:
    return ExampleRecipe(file=str(path), **said)


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.jsonl.zst", "x.parquet"])
def test_files_of_records(tmp_path: Path, name: str) -> None:
    path, lines = tmp_path / name, "".join(json.dumps({"body": text}) + "\n" for text in TEXTS).encode()
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(lines))
    elif name.endswith(".zst"):
        path.write_bytes(pa.compress(lines, "zstd", asbytes=True))
    elif name.endswith(".parquet"):
        pq.write_table(pa.table({"other": [1, 2, 3, 4], "body": TEXTS}), path)
    else:
        path.write_bytes(lines)
    found = list(of_file(recipe(path, field="body")))
    assert found == [(hashlib.sha256(text.encode()).digest()[:16], text) for text in TEXTS]


def test_a_file_of_lines(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes("a\r\n\n\u2028b\x85c\n".encode())
    assert [example.text for example in of_file(recipe(tmp_path / "x.txt"))] == ["a", "", "\u2028b\x85c"]


def test_a_file_is_known_by_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("a\n")
    found = find_file(recipe(path))
    assert found == hashlib.sha256(b"a\n").hexdigest()
    assert find_file(recipe(path, sha256=found)) == found
    path.write_text("b\n")
    with pytest.raises(Refused, match=rf"the hash of the examples .*x\.txt is [0-9a-f]+, and {found} is expected"):
        find_file(recipe(path, sha256=found))


def test_a_missing_file_is_told_as_examples(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none.txt", "no such file or directory"), (tmp_path, "is a directory")):
        with pytest.raises(Refused, match=rf"^the examples {path} cannot be read \({said}\): put the file there"):
            find_file(recipe(path))


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("x.jsonl", b'{"text": "a"}\n{"text": 1}\n', r"x\.jsonl, record 2: has no text in 'text'"),
        ("x.jsonl", b'{"text": "a"}\n[1]\n', r"x\.jsonl, record 2: has no text"),
        ("x.jsonl", b'{"text": "a"}\n{"te\n', r"x\.jsonl, line 2: is not JSON"),
        ("x.txt", b"a\n\xff\n", r"x\.txt, after line 2: cannot be read"),
        ("x.jsonl.gz", b"no gzip", r"cannot be read"),
        ("x.parquet", b"no parquet", r"x\.parquet cannot be read as Parquet"),
        ("x.csv", b"a,b", r"x\.csv is of no known format: name a file that ends in \.jsonl"),
        ("x", b"a,b", r"x is of no known format"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, name: str, body: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(Refused, match=sentence):
        list(of_file(recipe(tmp_path / name)))


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    pq.write_table(pa.table({"body": TEXTS}), tmp_path / "x.parquet")
    with pytest.raises(Refused, match="has no column 'text': name one of body"):
        list(of_file(recipe(tmp_path / "x.parquet")))


def test_parquet_that_holds_no_utf8_is_refused(tmp_path: Path) -> None:
    bad = pa.array([b"\xff"], pa.binary())
    pq.write_table(pa.table({"text": pa.Array.from_buffers(pa.string(), 1, bad.buffers())}), tmp_path / "x.parquet")
    with pytest.raises(Refused, match=r"x\.parquet cannot be read as Parquet"):
        list(of_file(recipe(tmp_path / "x.parquet")))
