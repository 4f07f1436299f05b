"""Events go to a file or to a server of this machine, in their order, and a refusal says how far they came."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.standards.openlineage import openlineage
from dagster_project.corpus.standards.sending import send


class Collector(HTTPServer):
    """Takes so many events, then none."""

    def __init__(self, most: int) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.most, self.taken, self.heads = most, [], []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        full = len(self.server.taken) >= self.server.most
        if not full:
            self.server.taken.append((self.path, json.loads(body)))
            self.server.heads.append(dict(self.headers))
        self.send_response(400 if full else 201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is told of requests."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector(1000) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def body(facts: dict[str, Any]) -> bytes:
    return openlineage(facts)


def ours(event: dict[str, Any]) -> dict[str, Any]:
    """An event without the one facet that the client adds, its own version."""
    (tag,) = event["run"]["facets"].pop("tags")["tags"]
    assert tag["key"] == "openlineage_client_version"
    return event


def test_events_are_posted_as_they_are(collector: Collector, body: bytes) -> None:
    lines = [json.loads(line) for line in body.splitlines()]
    assert send(body, collector.url, "sesame") == len(lines) == len(collector.taken)
    assert [ours(event) for _, event in collector.taken] == lines
    assert {path for path, _ in collector.taken} == {"/api/v1/lineage"}
    assert {head["Authorization"] for head in collector.heads} == {"Bearer sesame"}


def test_events_are_appended_to_a_file(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "events.ndjson"
    for times in (1, 2):
        sent = send(body, path.as_uri())
        found = [ours(json.loads(line)) for line in path.read_text().splitlines()]
        assert found == times * [json.loads(line) for line in body.splitlines()]
        assert len(found) == times * sent


def test_a_server_that_takes_no_more_is_told_of(collector: Collector, body: bytes) -> None:
    collector.most = 3
    with pytest.raises(Refused, match=r"took 3 events, and then no more \(400 Client Error"):
        send(body, collector.url)


def test_a_server_out_of_reach_is_told_of(collector: Collector, body: bytes) -> None:
    collector.server_close()
    with pytest.raises(Refused, match="took 0 events"):
        send(body, "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "where", ["", "ftp://host", "https://", "http://[", "file:", "https://me:secret@host", "http://host?key=secret"]
)
def test_other_places_are_refused_and_not_repeated(body: bytes, where: str) -> None:
    with pytest.raises(Refused, match="no place for events") as refused:
        send(body, where)
    assert "secret" not in str(refused.value)


def test_without_the_client_the_extra_is_named(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openlineage.client", None)
    with pytest.raises(Refused, match=r"florilegium\[openlineage\]"):
        send(body, "http://127.0.0.1:9")
