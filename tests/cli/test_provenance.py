"""The whole of provenance on the demo's mix: a topic of the manual that a mirror holds under another license is traced,
its impact told, taken down with its family, erased, certified; and what is left verifies, until one byte is flipped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dagster_project.corpus.model.partitions import parse
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from dagster_project.corpus.storage.shards import read_shard
from tests.cli.conftest import Program
from tests.corpora import prose
from tests.flow.test_erasure import holding

COPIED = 5  # topics of the manual that the mirror has, the first of them with a line of its own
ESSAYS = 12
RECIPES = {
    "sources/mirror.yaml": """
        name: mirror
        format: jsonl
        location: mirror.jsonl
        columns: {key: id, url: url, title: title}
        license: CC-BY-4.0
        license_evidence: Said on its front page.
    """,
    "sources/essays.yaml": """
        name: essays
        format: jsonl
        location: essays.jsonl
        columns: {key: id}
        license: MIT
        license_evidence: In the file LICENSE beside them.
    """,
    "policies/all.yaml": """
        name: all
        rules: [{rule: words, min: 1}]
    """,
    "corpora/demo.yaml": """
        name: demo
        members: [{source: python-manual, policy: all}, {source: mirror, policy: all}]
        max_removed: 1.0
    """,
    "corpora/essays.yaml": """
        name: essays
        members: [{source: essays, policy: all}]
    """,
    "mixes/demo.yaml": """
        name: demo
        budget: {words: 150000}
        components: [{name: manual, corpus: demo}]
        licenses: {allow: [public-domain, permissive], accept: [attribution, share-alike]}
        exports: [parquet, jsonl]
    """,
    "mixes/apart.yaml": """
        name: apart
        budget: {documents: 10}
        components: [{name: essays, corpus: essays}]
    """,
}


@dataclass
class Demo:
    """The program on a store of its own, and the store."""

    program: Program
    store: S3Store

    def version(self, partition: str) -> str:
        return refs.resolve(self.store, parse(partition)[0])

    def column(self, partition: str, name: str) -> list[Any]:
        files = refs.load_manifest(self.store, self.version(partition)).files
        return [value for file in files for value in read_shard(self.store, file, [name]).column(0).to_pylist()]

    def texts(self, partition: str) -> dict[bytes, str]:
        return dict(zip(self.column(partition, "doc_id"), self.column(partition, "text"), strict=True))


@pytest.fixture
def demo(make_program: Callable[[Path], Program], embedded_s3: S3Config, tmp_path: Path) -> Demo:
    """Two mixes: the demo's, of the manual and a mirror of some of it; and one that has nothing of either."""
    program = make_program(tmp_path)
    for name, text in RECIPES.items():
        path = program.recipes / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    prefix = program.environment["FLORILEGIUM_STORE"].removeprefix(f"s3://{embedded_s3.bucket}/")
    found = Demo(program, S3Store(replace(embedded_s3, prefix=prefix)))
    essays = [{"id": str(number), "text": prose(number)} for number in range(ESSAYS)]
    (program.recipes / "essays.jsonl").write_text("".join(json.dumps(row) + "\n" for row in essays))
    (program.recipes / "mirror.jsonl").write_text('{"id": "0", "text": "Nothing yet."}\n')
    program("build", "snapshots/python-manual@dev")
    texts = sorted(found.column("snapshots/python-manual@dev", "text"), key=len)[-COPIED:]
    rows = [
        {"id": str(number), "url": f"https://mirror.example/{number}", "title": f"Mirrored {number}", "text": text}
        for number, text in enumerate(texts)
    ]
    rows[0]["text"] += "\nMirrored by us."
    (program.recipes / "mirror.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    program("build", "demo")
    program("build", "apart")
    return found


def test_a_document_is_followed_taken_down_and_gone(demo: Demo, tmp_path: Path) -> None:
    program, store = demo.program, demo.store
    mirrored, manual = (demo.texts(f"snapshots/{source}@dev") for source in ("mirror", "python-manual"))
    doc_id, text = list(mirrored.items())[-1]
    (twin,) = (item for item, said in manual.items() if said == text)
    others = "\n".join(said for item, said in manual.items() if item != twin)
    own = "\n".join(line for line in text.splitlines() if len(line) > 50 and line not in others)
    assert len(own) > 5_000  # the other lines stand in other topics, too
    assert {"parquet", "zst"} <= {path.rpartition(".")[2] for path in holding(store, own)}
    assert {doc_id, twin} & {*demo.column("mixed/demo@dev", "doc_id")}

    traced = program.json("trace", "demo", "--doc", doc_id.hex())
    assert traced["document"]["source"] == "mirror"
    assert traced["license"]["concluded"]["expression"] == "CC-BY-4.0"
    (effective,) = traced["license"]["effective"]
    assert {"CC-BY-4.0", "PSF-2.0"} <= {*effective["expression"].replace("(", " ").replace(")", " ").split()}
    assert effective["findings"], "two licenses of one text are a finding"
    touched = program.json("impact", "--text-file", _file(tmp_path, text))["mixes"]
    assert [item["mix"] for item in touched] == ["demo@dev"]

    secret = tmp_path / "key"
    program("keys", "new", str(secret))
    before = {name: demo.version(name) for name in ("published/demo@dev", "mixed/demo@dev", "published/apart@dev")}
    asked = ("--scope", "family", "--requester", "ticket 7", "--decided-by", "the editor")
    (entry,) = program.json("takedown", "add", "--doc", doc_id.hex(), *asked)["entries"]
    plan = {item["partition"]: item["documents"] for item in program.json("takedown", "plan")["affected"]}
    assert plan.keys() == {"deduplicated/demo@dev", "mixed/demo@dev"} | (plan.keys() & {"published/demo@dev"})
    program("takedown", "apply", "--erase")
    assert demo.version("published/apart@dev") == before["published/apart@dev"]
    assert demo.version("mixed/demo@dev") != before["mixed/demo@dev"]
    assert not {doc_id, twin} & {*demo.column("mixed/demo@dev", "doc_id")}
    assert holding(store, own) == []
    assert program.json("takedown", "plan")["affected"] == []

    certificate = tmp_path / "certificate.json"
    program("takedown", "certificate", entry["id"][:12], "--key", str(secret), "--to", str(certificate))
    told = json.loads(certificate.read_text())
    assert {item["doc_id"] for item in told["removed"]} == {doc_id.hex(), twin.hex()}
    assert all(hit["explanation"] for item in told["check"] for hit in item["hits"])
    checked = ("takedown", "certificate", "--verify", str(certificate), "--key", f"{secret}.pub")
    assert program.json(*checked)["holds"]

    for mix in ("demo", "apart"):
        assert program.json("verify", mix)["problems"] == []
    (file,) = refs.load_manifest(store, demo.version("published/demo@dev")).files
    body = bytearray(store.get(file.path))
    body[len(body) // 2] ^= 1
    store.delete([file.path])
    store.put(file.path, bytes(body))
    problems = program.json("verify", "demo", code=1)["problems"]
    assert {item["path"] for item in problems} == {file.path}
    assert program.json("verify", "apart")["problems"] == []


def _file(folder: Path, text: str) -> str:
    path = folder / "text.txt"
    path.write_text(text)
    return str(path)
