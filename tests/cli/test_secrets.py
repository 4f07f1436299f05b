"""Keys in use stand in nothing that is written or said: objects, reports, pages, Dagster's database, mistakes, files of
this repository."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.corpus.signals.secrets import SERVICES, is_key
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.defs.mirroring import mirror
from dagster_project.defs.resources import library_resource
from dagster_project.defs.snapshots import snapshots
from dagster_project.settings import Settings

ROOT = Path(__file__).parents[2]
EVENTS_KEY = "ol-5f0c9a7e41d2b86c"
KEYS = {
    "OPENLINEAGE_API_KEY": EVENTS_KEY,
    "FLORILEGIUM_ALERTS": f"https://hooks.test/{EVENTS_KEY}",
    "FLORILEGIUM_POSTGRES": f"postgresql://dagster:{EVENTS_KEY}@127.0.0.1:9/dagster",
}
FORMATS = ("html", "json", "md", "croissant", "cyclonedx", "spdx", "prov", "openlineage", "card", "attribution")
ELSEWHERE = ("tests", ".git", ".venv", ".readme")  # tests plant keys on purpose


def holding(secrets: list[bytes], written: Iterator[tuple[str, bytes]]) -> list[str]:
    return [name for name, body in written if any(secret in body for secret in secrets)]


@pytest.fixture
def store(built, embedded_s3):
    prefix = built.environment["FLORILEGIUM_STORE"].partition(f"s3://{embedded_s3.bucket}/")[2]
    return S3Store(replace(embedded_s3, prefix=prefix))


@pytest.fixture
def secrets(embedded_s3):
    found = [str(embedded_s3.access_key).encode(), str(embedded_s3.secret_key).encode(), EVENTS_KEY.encode()]
    assert all(len(secret) >= 16 for secret in found)
    return found


def test_objects_reports_and_pages_hold_no_key(built, store, secrets, tmp_path):
    for name in FORMATS:
        words = ("report", "bedtime", "--format", name, "--out", str(tmp_path / f"bedtime.{name}"))
        built(*words, OPENLINEAGE_API_KEY=EVENTS_KEY)
    built("checks", "docs")
    objects = [entry.path for entry in store.list("")]
    assert {path.partition("/")[0] for path in objects} >= {"manifests", "refs", "builds", "data"}
    assert holding(secrets, ((path, store.get(path)) for path in objects)) == []
    files = [path for folder in (built.home, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert holding(secrets, ((str(path), path.read_bytes()) for path in files)) == []
    planted = tmp_path / "planted"
    planted.write_bytes(b"key=" + secrets[1])
    assert holding(secrets, iter([(str(planted), planted.read_bytes())])) == [str(planted)]


def test_mistakes_and_tracebacks_repeat_no_key(built, secrets):
    said = [
        built("status", "--json", **KEYS).output,
        built("fsck", "--debug", "--json", **KEYS).output,
        built("versions", "--debug", code=1, AWS_ENDPOINT_URL_S3="http://127.0.0.1:9").output,
        built(
            "versions", "--debug", code=1, FLORILEGIUM_STORE=f"s3://{secrets[0].decode()}:{secrets[1].decode()}@b"
        ).output,
        built("report", "bedtime", "--send", f"https://u:{EVENTS_KEY}@collector.test", code=1).output,
        repr(Settings.from_environment({**built.environment, **KEYS})),
    ]
    assert all(said)
    assert holding(secrets, ((text[:80], text.encode()) for text in said)) == []


def test_runs_events_and_logs_of_dagster_hold_no_key(built, store, secrets, tmp_path):
    environment = {**built.environment, **KEYS}
    settings = Settings.from_environment(environment)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_dynamic_partitions("snapshots", ["tales@dev"])
        result = dg.materialize(
            [snapshots],
            partition_key="tales@dev",
            instance=instance,
            resources={"library": library_resource(settings)},
        )
        assert result.success
        assert mirror(instance, store)
        said = [event.model_dump_json() if hasattr(event, "model_dump_json") else repr(event) for event in
                instance.all_logs(result.run_id)]  # fmt: skip
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".db"}
    assert any(b"there_are_documents" in path.read_bytes() for path in files)
    assert holding(secrets, ((str(path), path.read_bytes()) for path in files)) == []
    assert holding(secrets, ((text[:80], text.encode()) for text in said)) == []


def test_the_repository_holds_no_key() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    names = listed.stdout.decode().split("\0")[:-1] if listed.returncode == 0 else []
    paths = [ROOT / name for name in names] or list((ROOT / "dagster_project").rglob("*.*"))
    read = [path for path in paths if path.relative_to(ROOT).parts[0] not in ELSEWHERE and path.is_file()]
    assert len(read) > 300
    forms = [re.compile(form.encode()) for form in (*SERVICES.values(), r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----\n")]
    found = [
        (str(path), match[0])
        for path in read
        for form in forms
        for match in form.finditer(path.read_bytes())
        if is_key(match[0])
    ]
    assert found == []
