"""One document's way out: the demo's sources with reprints under another license, from the first question about a text
that stands in two of them to a store without it, and a byte that is flipped there afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest

from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from dagster_project.corpus.storage.shards import read_shard
from tests.cli.conftest import Program
from tests.corpora import documents, write_jsonl
from tests.flow.test_erasure import holding

MANUAL = "snapshots/python-manual@dev"
PUBLISHED, OTHER = "published/whole@dev", "published/other@dev"
RECIPES = {
    "sources/{name}.yaml": """
        name: {name}
        format: jsonl
        location: {name}.jsonl
        license: CC-BY-4.0
        license_evidence: signed off by the tests
        columns: {{key: id, url: url}}
    """,
    "policies/any.yaml": """
        name: any
        rules:
          - {{rule: characters, min: 1}}
    """,
    "corpora/whole.yaml": """
        name: whole
        max_removed: 1.0
        members: [{{source: reprints, policy: any}}, {members}]
    """,
    "corpora/other.yaml": """
        name: other
        members: [{{source: notes, policy: any}}]
    """,
    "mixes/{mix}.yaml": """
        name: {mix}
        seed: 3
        budget: {{documents: {documents}}}
        components: [{{name: all, corpus: {mix}, sources: [{sources}]}}]
        licenses: {{allow: [public-domain, permissive, weak-copyleft]}}
        exports: [parquet, jsonl]
        shard_words: 4000
    """,
}


class Case(NamedTuple):
    program: Program
    store: S3Store
    topic: str  # a document of the manual, of which there are an exact and a near reprint
    unique: tuple[str, ...]  # lines that no other document has


MIXED = {"whole": ("python-manual", "reprints"), "other": ("notes",)}  # the sources of each mix


def write(folder: Path, demo: dict[str, str]) -> None:
    members = ", ".join(f"{{source: {name}, policy: {policy}}}" for name, policy in demo.items())
    for path, text in RECIPES.items():
        for name in ("reprints", "notes"):
            if not path.startswith("mixes/"):
                place = folder / path.format(name=name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(dedent(text).format(name=name, members=members))


def write_mix(folder: Path, store: S3Store, mix: str) -> None:
    """A mix of all survivors of its sources."""
    corpus = refs.load_manifest(store, refs.resolve(store, Partition("deduplicated", f"{mix}@dev")))
    standing = 0
    for file, source in zip(corpus.files, corpus.facts["sources"], strict=True):
        if source.partition("@")[0] in MIXED[mix]:
            standing += read_shard(store, file, ["status"]).column("status").to_pylist().count("survivor")
    said = {"mix": mix, "documents": standing, "sources": ", ".join(MIXED[mix])}
    place = folder / f"mixes/{mix}.yaml"
    place.parent.mkdir(exist_ok=True)
    place.write_text(dedent(RECIPES["mixes/{mix}.yaml"]).format(**said))


@pytest.fixture
def case(
    make_program: Callable[[Path], Program],
    embedded_s3: S3Config,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Case:
    program = make_program(tmp_path)
    write(program.recipes, request.param)
    program("build", MANUAL)
    store = S3Store(replace(embedded_s3, prefix=f"cli/{tmp_path.name}"))
    manual = refs.load_manifest(store, refs.resolve(store, parse(MANUAL)[0]))
    topics = [row for file in manual.files for row in read_shard(store, file, ["doc_id", "text"]).to_pylist()]
    topic = max(topics, key=lambda row: len(row["text"]))
    others = "\n".join(row["text"] for row in topics if row is not topic)
    unique = tuple(line for line in topic["text"].splitlines() if len(line) > 30 and line not in others)
    assert len(unique) > 20
    reprints = [topic["text"], topic["text"] + "\n\nReprinted with thanks.", *(row["text"] for row in documents(6))]
    rows = [
        {"id": f"r{number}", "url": f"https://reprints.example/{number}", "text": text}
        for number, text in enumerate(reprints)
    ]
    write_jsonl(program.recipes / "reprints.jsonl", rows)
    write_jsonl(program.recipes / "notes.jsonl", [{**row, "url": None} for row in documents(20, 100)])
    for mix in MIXED:
        program("build", f"deduplicated/{mix}@dev")
        write_mix(program.recipes, store, mix)
        program("build", f"published/{mix}@dev")
    return Case(program, store, topic["doc_id"].hex(), unique)


DEMO = {"python-manual": "documentation", "python-readmes": "documentation", "python-code": "code"}


@pytest.mark.embedded
@pytest.mark.parametrize(
    "case",
    [
        pytest.param({"python-manual": "any"}, id="manual"),
        pytest.param(DEMO, id="demo", marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
    indirect=True,
)
def test_a_document_is_found_taken_down_erased_and_proved_gone(case: Case, tmp_path: Path) -> None:
    program, store = case.program, case.store
    old = newest(program, PUBLISHED)
    other = [newest(program, partition) for partition in (OTHER, "mixed/other@dev", "deduplicated/other@dev")]

    traced = program.json("trace", "whole", "--doc", case.topic)
    (family,) = traced["families"]
    members = family["members"]
    assert family["size"] == len(members) == 3
    assert {item["snapshot"] for item in members} == {MANUAL, "snapshots/reprints@dev"}
    exact = "CC-BY-4.0 AND PSF-2.0"  # duties of both; the near copy binds nobody
    assert sorted(item["license"] for item in members) == ["CC-BY-4.0", exact, exact]
    held = program.json("impact", "--doc", family["survivor"])["mixes"]
    assert [(item["mix"], item["version"]) for item in held] == [("whole@dev", newest(program, "mixed/whole@dev"))]
    assert len(holding(store, *case.unique)) > 3

    added = ("takedown", "add", "--doc", case.topic, "--scope", "family", "--requester", "ticket 7")
    (entry,) = program.json(*added)["entries"]
    affected = {item["partition"] for item in program.json("takedown", "plan")["affected"]}
    assert affected == {"deduplicated/whole@dev", "mixed/whole@dev"}
    applied = program.json("takedown", "apply")
    assert {"partition": PUBLISHED, "version": old} in applied["withdrawn"]
    new = newest(program, PUBLISHED)
    assert new != old
    assert program.json("impact", "--doc", family["survivor"])["mixes"][0]["newest"] is False
    assert holding(store, *case.unique), "snapshots and earlier exports have it still"

    program("takedown", "apply", "--erase")
    assert holding(store, *case.unique) == []
    program("keys", "new", str(tmp_path / "key"))
    signed = ("--key", str(tmp_path / "key"), "--to", str(tmp_path / "certificate.json"))
    told = program.json("takedown", "certificate", entry["id"], *signed)["certificate"]
    assert {item["doc_id"] for item in told["removed"]} == {item["doc_id"] for item in members}
    checked = ("--verify", str(tmp_path / "certificate.json"), "--key", str(tmp_path / "key.pub"))
    assert program.json("takedown", "certificate", *checked)["holds"] is True
    assert [newest(program, item) for item in (OTHER, "mixed/other@dev", "deduplicated/other@dev")] == other
    for partition in (PUBLISHED, OTHER):
        assert program.json("verify", partition)["problems"] == []

    (file, *_) = refs.load_manifest(store, refs.resolve(store, parse(PUBLISHED)[0])).files
    body = bytearray(store.get(file.path))
    body[len(body) // 2] ^= 1
    store.put(file.path, bytes(body))
    found = json.loads(program("verify", PUBLISHED, "--json", code=1).stdout)["problems"]
    assert {item["path"] for item in found} == {file.path}


def newest(program: Program, partition: str) -> str:
    return str(program.json("history", partition)[-1]["id"])
