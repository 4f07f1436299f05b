"""florilegium gc, fsck, replicate: exit codes, JSON, and hostile names of objects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dagster_project.corpus.storage.s3 import S3Store


def test_a_store_is_whole_and_nothing_is_litter(built):
    assert "nothing is wrong in s3://" in built("fsck").stdout
    told = built.json("fsck")
    assert told["problems"] == []
    assert told["objects"]["manifests"] > 5
    assert "nothing is unreachable" in built("gc", "--grace", "0h").stdout
    waste = built.json("gc")
    assert (waste["unreachable"], waste["sweep"], waste["kinds"]["manifests"]["kept"]) == (
        0, 0, told["objects"]["manifests"],
    )  # fmt: skip


@pytest.mark.parametrize("age", ["7", "d", "1y", "-1d", "7 d", "999999d"])
def test_an_age_is_hours_days_or_weeks(built, age):
    assert "is no age: say 12h, 7d or 4w" in built("gc", f"--grace={age}", code=2).stderr


def test_a_grace_that_is_too_short_deletes_nothing(built):
    assert "less than an hour" in built("gc", "--grace", "0h", "--delete", code=1).stderr


def test_what_is_unknown_is_told_escaped_and_left(program, embedded_s3):
    prefix = program.environment["FLORILEGIUM_STORE"].partition(f"s3://{embedded_s3.bucket}/")[2]
    store, path = S3Store(replace(embedded_s3, prefix=prefix)), "notes/\u202eevil <script>"
    store.put(path, b"x")
    store.put("scratch/left", b"1234")
    said = program("gc", "--grace", "0h").stdout
    assert "unknown, and left: notes/\\u202eevil <script>" in said
    assert "unreachable: 1 objects, 4 bytes; nothing was deleted: repeat with --delete" in said
    told = program("fsck", code=1)
    assert "notes/\\u202eevil <script> of the store: the object should be" in told.stdout
    assert "1 problem in s3://" in told.stdout
    assert program.json("gc", "--delete")["sweep"] == 0  # all within the grace
    assert store.size(path) == 1


def test_a_mix_goes_out_and_comes_in_again(built, make_program, tmp_path_factory):
    away = tmp_path_factory.mktemp("away") / "disk"
    other = make_program(tmp_path_factory.mktemp("other"))
    out = built.json("replicate", "bedtime", str(away))
    assert out["copied"] == out["objects"] > 0
    assert "stands in file://" in built("replicate", "bedtime", str(away)).stdout
    assert "0 objects copied" in built("replicate", "bedtime", away.as_uri()).stdout
    assert built.json("--store", away.as_uri(), "verify", "bedtime")["problems"] == []
    assert built.json("--store", away.as_uri(), "fsck")["problems"] == []
    back = other.json("replicate", "bedtime", "--from", str(away))
    assert (back["id"], back["copied"]) == (out["id"], out["copied"])
    assert other.json("verify", "bedtime")["id"] == built.json("verify", "bedtime")["id"]
    assert "say where to" in built("replicate", "bedtime", code=2).stderr
    assert "is the store itself" in built("replicate", "bedtime", built.environment["FLORILEGIUM_STORE"], code=1).stderr
    assert "names no store" in built("replicate", "bedtime", "ftp://x/y", code=1).stderr


def test_a_lock_needs_a_bucket_that_has_it(built):
    assert "has no object lock for bucket" in built("fsck", code=1, FLORILEGIUM_LOCK="governance:30d").stderr
    assert "use governance:30d" in built("fsck", code=1, FLORILEGIUM_LOCK="30").stderr


def test_partitions_become_iceberg_tables(built, tmp_path):
    catalog = f"sqlite:///{tmp_path}/catalog.db"
    where = ("--warehouse", (tmp_path / "warehouse").as_uri())
    (told,) = built.json("iceberg", catalog, "tales", *where)
    assert (told["table"], told["fresh"]) == ("florilegium.deduplicated_tales_dev", True)
    said = built("iceberg", catalog, "deduplicated/tales@dev", *where).stdout
    assert "florilegium.deduplicated_tales_dev" in said
    assert "as before" in said
    assert "one partition" in built("iceberg", catalog, "--table", "x", code=2).stderr
    assert "cannot be opened" in built("iceberg", "nothing://u:secret@h/db", "tales", code=1).stderr
