"""Five nights of a landing prefix, by Dagster's own daemon: sensors, schedules and conditions, and nobody at hand.

The clock is simulated and runs happen where the daemon asks for them; the instance is on SQLite, the store is real.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import create_test_daemon_workspace_context, freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler.scheduler import launch_scheduled_runs

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.sources.remote import s3
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from tests.corpora import documents, library

pytestmark = [pytest.mark.slow, pytest.mark.embedded, pytest.mark.timeout(1800)]  # 80 s of processor time
HERE = Path(__file__).parent
DAYS = 5
EVE = datetime(2025, 12, 31, 23, 50, tzinfo=UTC)
LAUNCHER = "SyncInMemoryRunLauncher"
INSTANCE = {
    "run_launcher": {
        "module": "dagster._core.launcher.sync_in_memory_run_launcher",
        "class": "SyncInMemoryRunLauncher",
    },
    "run_coordinator": {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"},
    "telemetry": {"enabled": False},
}
RECIPES = {
    "sources/news.yaml": 'name: news\nformat: jsonl\nlocation: "{prefix}/news/{{version}}/*.jsonl"\n{more}',
    "sources/feed.yaml": 'name: feed\nformat: jsonl\nlocation: "{prefix}/feed/*.jsonl"\nschedule: "0 2 * * *"\n{more}',
    "policies/plain.yaml": "name: plain\nrules:\n  - {{rule: content_words, min: 20}}\n",
    "corpora/daily.yaml": "name: daily\nmembers:\n  - {{source: news, policy: plain}}\n"
    "  - {{source: feed, policy: plain}}\n",
    "mixes/daily.yaml": 'name: daily\nschedule: "0 5 * * *"\nbudget: {{documents: 5}}\n'
    "components:\n  - {{name: all, corpus: daily}}\n",
}
MORE = "license: MIT\nlicense_evidence: the tests\ncolumns: {key: id}\n"
MIX = Partition("published", "daily@dev")


class Prefix:
    """Raw objects below an S3 prefix, as their producer puts them."""

    def __init__(self, config: S3Config) -> None:
        self.store = S3Store(config)
        self.location = f"s3://{config.bucket}/{config.prefix}"

    def put(self, path: str, rows: list[dict[str, Any]], broken: int = 0) -> None:
        lines = [*(json.dumps(row) for row in rows), *(["{"] * broken)]
        self.store.delete([path])
        self.store.put(path, "".join(f"{line}\n" for line in lines).encode())


class Told(BaseHTTPRequestHandler):
    """Whoever is told of failures."""

    alerts: list[dict[str, str]]

    def do_POST(self) -> None:
        self.alerts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not on the terminal."""


class Daemon:
    """What `dagster-daemon run` does in its loop, at the times that it is told."""

    def __init__(self, workspace: Any, now: datetime) -> None:
        self.workspace, self.logger, self.times = workspace, logging.getLogger("daemon"), dict[str, Any]()
        self.now = now
        self.loop()

    def loop(self, times: int = 1, minutes: int = 5) -> None:
        """Schedules that are due, then sensors; and the time that passes until the next."""
        for _ in range(times):
            self.now += timedelta(minutes=minutes)
            with freeze_time(self.now):
                list(launch_scheduled_runs(self.workspace, self.logger, self.now, self.times))
                list(execute_sensor_iteration(self.workspace, self.logger, None, None))

    def until(self, hour: int) -> None:
        """One loop at this hour of the day."""
        self.loop(minutes=int((self.now.replace(hour=hour, minute=0) - self.now).total_seconds() // 60))


@pytest.fixture
def alerts() -> Iterator[tuple[str, list[dict[str, str]]]]:
    found: list[dict[str, str]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Here", (Told,), {"alerts": found}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", found
    server.shutdown()
    server.server_close()


@pytest.fixture
def prefix(embedded_s3: S3Config) -> Prefix:
    return Prefix(replace(embedded_s3, prefix=f"landing/{secrets.token_hex(6)}"))


@pytest.fixture
def recipes(tmp_path: Path, prefix: Prefix) -> Path:
    for name, text in RECIPES.items():
        (tmp_path / "recipes" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "recipes" / name).write_text(text.format(prefix=prefix.location, more=MORE))
    return tmp_path / "recipes"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster").mkdir()
    storage = {"module": "dagster._core.storage.event_log", "class": "ConsolidatedSqliteEventLogStorage"}
    events = {"event_log_storage": {**storage, "config": {"base_dir": str(tmp_path / "dagster")}}}  # one file for all
    with dg.instance_for_test(overrides={**INSTANCE, **events}, temp_dir=str(tmp_path / "dagster")) as instance:
        yield instance


@pytest.fixture
def daemon(
    instance: dg.DagsterInstance,
    s3_store: S3Store,
    recipes: Path,
    tmp_path: Path,
    alerts: tuple[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Daemon]:
    import_module("dagster_project.definitions")  # it reads the environment, and has dbt parse the marts: only once
    config = s3_store.config
    environment = {
        "FLORILEGIUM_STORE": f"s3://{config.bucket}/{config.prefix}",
        "FLORILEGIUM_HOME": str(tmp_path / "home"),
        "FLORILEGIUM_RECIPES": str(recipes),
        "FLORILEGIUM_WORKERS": "1",
        "FLORILEGIUM_ALERTS": alerts[0],
        "AWS_ENDPOINT_URL_S3": str(config.endpoint),
        "AWS_ACCESS_KEY_ID": str(config.access_key),
        "AWS_SECRET_ACCESS_KEY": str(config.secret_key),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    s3.cache_clear()
    target = LoadableTargetOrigin(
        executable_path=sys.executable, python_file=str(HERE / "nightly.py"), attribute="definitions"
    )
    origin = InProcessCodeLocationOrigin(target, location_name="florilegium")
    with create_test_daemon_workspace_context(InProcessWorkspaceLoadTarget([origin]), instance) as workspace:
        yield Daemon(workspace, EVE)
    s3.cache_clear()


def nights(daemon: Daemon, prefix: Prefix) -> None:
    """What the producers do by day, and what the daemon makes of it by night."""
    for day in range(1, DAYS + 1):
        happened(day, prefix)
        daemon.now = EVE + timedelta(days=day - 1, minutes=10)
        daemon.loop(3)
        for hour in (2, 5):
            daemon.until(hour)


def happened(day: int, prefix: Prefix) -> None:
    if day == 1:
        prefix.put("news/2026-01-01/a.jsonl", documents(6))
        prefix.put("feed/one.jsonl", documents(3, 100))
    elif day == 2:  # a version, and an object more
        prefix.put("news/2026-01-02/a.jsonl", documents(6))
        prefix.put("news/2026-01-02/b.jsonl", documents(3, 20))
        prefix.put("feed/two.jsonl", documents(2, 110))
    elif day == 3:  # one changed
        prefix.put("feed/two.jsonl", documents(2, 120))
    elif day == 4:  # one removed, and a version that is no good
        prefix.store.delete(["feed/one.jsonl"])
        prefix.put("news/2026-01-04/a.jsonl", documents(4, 30), broken=4)
    else:  # its producer mends it
        prefix.put("news/2026-01-04/a.jsonl", documents(8, 30))


def test_five_nights_end_with_the_expected_versions_and_no_manual_step(
    daemon: Daemon, prefix: Prefix, instance: dg.DagsterInstance, s3_store: S3Store, recipes: Path, alerts: Any
) -> None:
    nights(daemon, prefix)

    published = {
        str(partition): len(refs.history(s3_store, partition))
        for stage in ("snapshots", "filtered", "deduplicated", "published")
        for partition in refs.published(s3_store, stage)
    }
    assert published == {
        **{f"snapshots/news@2026-01-0{day}": 1 for day in (1, 2, 4)},
        "snapshots/feed@dev": 4,  # as it was, one object more, changed, and less
        **{f"filtered/news@2026-01-0{day}+plain": 1 for day in (1, 2, 4)},
        "filtered/feed@dev+plain": 4,
        "deduplicated/daily@dev": 4,
        "published/daily@dev": 4,
    }

    runs = instance.get_runs()
    failed = [run for run in runs if run.status == dg.DagsterRunStatus.FAILURE]
    assert Counter(run.job_name for run in runs) == {
        "snapshot_sources": 4 + DAYS,  # four states of folders, and the feed at each of its times
        "__ASSET_JOB": 3 + 4,  # verdicts on each new version of a snapshot, and nothing else
        "build_mix": DAYS,
    }
    assert sorted(run.job_name for run in failed) == ["build_mix", "snapshot_sources"]
    assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}
    assert [run.tags.get("dagster/partition") for run in failed if run.job_name == "snapshot_sources"] == [
        "news@2026-01-04"
    ]

    _, told = alerts
    assert [item["job"] for item in told] == ["snapshot_sources", "build_mix"]
    why = " failed: news: 4 of 8 records cannot be read (4 not JSON), more than max_bad_records 0.05"
    assert all(why in item["text"] for item in told)

    assert library(MemoryStore(), recipes).build(MIX).manifest.id == refs.resolve(s3_store, MIX), (
        "as it is built from the last day alone"
    )
    assert instance.get_materialized_partitions(dg.AssetKey("published")) == {"daily@dev"}
