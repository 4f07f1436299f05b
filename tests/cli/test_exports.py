"""florilegium fetch and seen: files as readers expect them, and every sample of every rank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.storage.s3 import S3Config, S3Store
from tests.cli.conftest import Program
from tests.corpus.loading.handmade import ROWS, Publication, published

NAME = "published/handmade@1"


@pytest.fixture(scope="module")
def made(embedded_s3: S3Config) -> Publication:
    return published(S3Store(replace(embedded_s3, prefix="cli/exported")))


@pytest.fixture(scope="module")
def program(
    make_program: Callable[[Path], Program], made: Publication, tmp_path_factory: pytest.TempPathFactory
) -> Program:
    found = make_program(tmp_path_factory.mktemp("exported"))
    bucket = found.environment["FLORILEGIUM_STORE"].rpartition("/")[0]
    return replace(found, environment={**found.environment, "FLORILEGIUM_STORE": f"{bucket}/exported"})


def test_an_export_is_fetched_and_what_is_there_is_kept(program: Program, made: Publication, tmp_path: Path) -> None:
    folder = tmp_path / "mds"
    told = program.json("fetch", NAME, "--format", "mds", "--to", str(folder))
    assert (told["mix"], told["version"], told["format"]) == (NAME, made.manifest.id, "mds")
    assert told["directory"] == str(folder)
    names = [*(f"shard.{shard:05d}.mds" for shard in range(len(ROWS))), "index.json"]
    assert [(item["name"], item["kept"]) for item in told["files"]] == [(name, False) for name in names]
    assert {path.name: path.stat().st_size for path in folder.iterdir()} == {
        item["name"]: item["size_bytes"] for item in told["files"]
    }
    (folder / "shard.00003.mds").unlink()
    size = sum(item["size_bytes"] for item in told["files"])
    said = program("fetch", NAME, "--format", "mds", "--to", str(folder)).stdout
    assert said == f"6 files, {size:,} bytes, 5 of them there before: {folder}\n"


def test_the_order_comes_beside_an_export(program: Program, made: Publication, tmp_path: Path) -> None:
    told = program.json("fetch", NAME, "--format", "jsonl", "--to", str(tmp_path), "--order")
    assert sorted(path.name for path in (tmp_path / "order").iterdir()) == [
        f"order-{shard:05d}.parquet" for shard in range(len(ROWS))
    ]
    assert len(told["files"]) == 2 * len(ROWS)
    order = pq.read_table(tmp_path / "order")
    assert order.column("doc_id").to_pylist() == [sample[1] for sample in made.samples]


def test_what_every_rank_saw_is_told(program: Program, made: Publication) -> None:
    told = program.json("seen", NAME, "--steps", "1:4", "--ranks", "3", "--batch", "2", "--start", "2")
    assert {name: told[name] for name in ("mix", "version", "steps", "ranks", "batch", "start")} == {
        "mix": NAME, "version": made.manifest.id, "steps": [1, 4], "ranks": 3, "batch": 2, "start": 2
    }  # fmt: skip
    rows = told["samples"]
    assert [row["index"] for row in rows] == list(range(8, 26))
    assert [(row["step"], row["rank"]) for row in rows] == [
        (step, rank) for step in (1, 2, 3) for rank in range(3) for _ in range(2)
    ]
    assert rows[0]["doc_id"] == made.samples[8][1].hex()
    assert (rows[0]["shard"], rows[0]["row"], rows[0]["offset"]) == (3, 0, 0)
    assert [row["length"] for row in rows] == [len(sample[5]) for sample in made.samples[8:26]]


def test_people_see_the_first_samples(program: Program) -> None:
    shown = program("seen", NAME, "--steps", "0:30").stdout
    assert "and 10 more: --json tells all" in shown
    assert len([line for line in shown.splitlines() if " prose " in line or " code " in line]) == 20
    assert "more" not in program("seen", NAME, "--steps", "7").stdout
    assert program.json("seen", NAME, "--steps", "3:3")["samples"] == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("seen", NAME, "--steps", "0:44"), 1, "step 44 is not of this run, which has 43 steps: count from 0"),
        (("seen", NAME, "--steps", "5:2"), 2, "'5:2' ends before it begins"),
        (("seen", NAME, "--steps", "-1"), 2, "'-1' names no steps: use A, or A:B"),
        (("seen", NAME, "--steps", "1:"), 2, "'1:' names no steps"),
        (("seen", NAME), 2, "Missing option '--steps'"),
        (("seen", NAME, "--steps", "0", "--ranks", "0"), 2, "Invalid value for '--ranks'"),
        (("seen", NAME, "--steps", "0", "--start", "44"), 1, "sample 44 is not among 43: start at 0 to 43"),
        (("seen", "published/none@1", "--steps", "0"), 1, "published/none@1 is not built yet"),
        (("seen", "nothing", "--steps", "0"), 1, "no mix is built yet"),
        (("fetch", NAME, "--format", "csv", "--to", "x"), 1, "was not published as 'csv': use jsonl, mds"),
        (("fetch", NAME), 2, "Missing option '--to'"),
        (("fetch", NAME, "--to", "/dev/null/x"), 1, "/dev/null/x cannot be written (not a directory)"),
    ],
)
def test_what_cannot_be_told_is_a_sentence(program: Program, words: tuple[str, ...], code: int, message: str) -> None:
    refused = program(*words, code=code).output
    assert message in refused
    assert "Traceback" not in refused


def test_both_have_help(program: Program) -> None:
    for verb in ("fetch", "seen"):
        assert "name@version" in program(verb, "--help").output or verb == "fetch"
