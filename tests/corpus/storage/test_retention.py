"""Locked records: manifests and refs stay until their day, text goes when it is told to, in every version."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dagster_project.corpus.model.errors import StoreError
from dagster_project.corpus.model.retention import Retention, is_locked, parse_retention
from dagster_project.corpus.storage.s3 import S3Config, S3Store, connect
from dagster_project.settings import Settings, SettingsError
from dagster_project.stores import opened_store

RECORDS = ("manifests/" + "a" * 64 + ".json", "refs/mixed/m@1/00000001.json")
OTHERS = ("data/public/sha256/aa/x.parquet", "builds/x.json", "catalog/x", "replacements/x.json", "scratch/x")


@pytest.fixture(scope="module")
def locking(embedded_s3: S3Config) -> S3Config:
    """A bucket with object lock, which S3 gives a bucket at its birth."""
    bucket = f"locking-{secrets.token_hex(4)}"
    connect(embedded_s3).create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    return replace(embedded_s3, bucket=bucket, lock=Retention("governance", 30))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("governance:30d", Retention("governance", 30)), ("compliance:365d", Retention("compliance", 365)),
     ("governance:0d", None), ("governance:30", None), ("forever", None), ("Governance:30d", None), ("", None)],
)  # fmt: skip
def test_a_retention_is_read(text: str, expected: Retention | None) -> None:
    assert parse_retention(text) == expected


@pytest.mark.parametrize("store", [None, "file:///nowhere/corpora"])
def test_a_lock_that_a_directory_cannot_keep_is_refused(store: str | None, tmp_path: Path) -> None:
    settings = Settings(store=store, home=tmp_path / "home", lock="governance:30d")
    with pytest.raises(SettingsError, match="can keep FLORILEGIUM_LOCK"), opened_store(settings, writing=True):
        pass
    assert not (tmp_path / "home").exists()


def test_only_records_are_locked() -> None:
    assert [is_locked(path) for path in (*RECORDS, *OTHERS)] == [True, True, *[False] * len(OTHERS)]


def test_an_unreadable_lock_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"FLORILEGIUM_LOCK is '30 days': use governance:30d"):
        Settings.from_environment({"FLORILEGIUM_LOCK": "30 days"})


@pytest.mark.embedded
def test_records_are_kept_until_their_day_and_all_else_is_not(locking: S3Config) -> None:
    store, s3 = S3Store(locking), connect(locking)
    store.check_lock()
    for path in (*RECORDS, *OTHERS):
        assert store.put_once(path, b"x")
    until = [_retention(s3, locking.bucket, path) for path in RECORDS]
    expected = datetime.now(UTC) + timedelta(days=30)
    assert all(mode == "GOVERNANCE" and abs(day - expected) < timedelta(minutes=5) for mode, day in until)
    assert [_retention(s3, locking.bucket, path) for path in OTHERS] == [None] * len(OTHERS)
    version = s3.head_object(Bucket=locking.bucket, Key=RECORDS[0])["VersionId"]
    with pytest.raises(ClientError):
        s3.delete_object(Bucket=locking.bucket, Key=RECORDS[0], VersionId=version)
    assert store.put_once(RECORDS[0], b"another") is False
    assert store.get(RECORDS[0]) == b"x"


@pytest.mark.embedded
def test_what_is_deleted_is_gone_in_every_version(locking: S3Config) -> None:
    """A bucket with locks keeps versions: text that were only hidden would not be erased."""
    store, s3 = S3Store(locking), connect(locking)
    path, beside = "data/public/sha256/bb/text.parquet", "data/public/sha256/bb/text.parquet.more"
    store.put(path, b"first")
    store.put(path, b"second")
    store.put(beside, b"stays")
    store.delete([path, "scratch/never-was"])
    assert (store.size(path), store.get(beside)) == (None, b"stays")
    found = s3.list_object_versions(Bucket=locking.bucket, Prefix=path)
    left = [item["Key"] for kind in ("Versions", "DeleteMarkers") for item in found.get(kind, ())]
    assert left == [beside]


@pytest.mark.embedded
def test_a_bucket_without_lock_is_named(embedded_s3: S3Config) -> None:
    settings = Settings(
        store=f"s3://{embedded_s3.bucket}/x", endpoint=embedded_s3.endpoint, access_key=embedded_s3.access_key,
        secret_key=embedded_s3.secret_key, lock="governance:30d",
    )  # fmt: skip
    with pytest.raises(StoreError, match=f"has no object lock for bucket {embedded_s3.bucket}"), opened_store(settings):
        pass


def _retention(s3: Any, bucket: str, path: str) -> tuple[str, datetime] | None:
    head = s3.head_object(Bucket=bucket, Key=path)
    return (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) if "ObjectLockMode" in head else None
