"""florilegium verify: 0 where everything is as it was written, 1 and the object's name where not."""

from __future__ import annotations

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.s3 import S3Store
from tests.flow.forging import flipped, newest, write_over

SNAPSHOT = Partition("snapshots", "tales@dev")


def test_what_was_built_is_whole_and_told_in_a_table_and_in_json(built):
    said = built("verify", "bedtime").stdout
    assert "nothing is wrong; documents made again: 200 by seed " in said
    assert "raw objects: 1 as they were, 0 changed since, 0 out of reach" in said
    told = built.json("verify", "published/bedtime@dev", "--sample", "all")
    assert (told["problems"], told["sample"], told["stages"]["filtered"]["sampled"]) == ([], None, 4)
    assert built.json("verify", "tales+long", "--quick")["stages"].keys() == {"filtered", "snapshots", "signals"}
    exact = told["id"][:8]
    assert built.json("verify", "bedtime", "--version", exact)["id"] == told["id"]
    assert "give one of them" in built("verify", f"bedtime#{exact}", "--version", exact, code=1).stderr
    assert "no number of documents" in built("verify", "bedtime", "--sample", "most", code=2).stderr
    assert "stands nowhere" in built("verify", "nothing", code=1).stderr


def test_damage_is_named_and_no_text_is_told(program, embedded_s3, documents):
    from dataclasses import replace

    program("build", "bedtime")
    prefix = program.environment["FLORILEGIUM_STORE"].partition(f"s3://{embedded_s3.bucket}/")[2]
    store = S3Store(replace(embedded_s3, prefix=prefix))
    shard = newest(store, SNAPSHOT).files[0].path
    body = write_over(store, shard, flipped(store.get(shard), 1000))
    said = program("verify", "bedtime", "--sample", "all", code=1)
    assert f"{shard} of snapshots/tales@dev: its SHA-256 should be " in said.stdout
    assert "1 problem; " in said.stdout
    assert "\x1b" not in said.stdout
    assert documents[0]["text"][:20] not in said.stdout
    (problem,) = program.json("verify", "bedtime", code=1)["problems"]
    assert (problem["path"], problem["partition"]) == (shard, "snapshots/tales@dev")
    write_over(store, shard, body)
    ref = f"refs/{SNAPSHOT}/00000001.json"
    write_over(store, ref, store.get(ref)[:-3])
    assert ref in program("verify", "bedtime", code=1).stdout
    assert ref in program("verify", str(SNAPSHOT), code=1).stderr
    assert refs.latest(store, Partition("mixed", "bedtime@dev"))
