"""Who is told when a run failed: the log and a web address, each failure once, and never the address itself."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest

from dagster_project.corpus.model.errors import IntegrityError, MissingObject, Moved, StoreError
from dagster_project.defs import alerts, materializing
from dagster_project.defs.alerts import send, sensor
from dagster_project.defs.materializing import RETRIES, again
from dagster_project.settings import Settings, SettingsError

SECRET = "T0K3N"
LOG = logging.getLogger("alerts of tests")
ALERT = {"event": "run_failed", "text": "it failed"}


class Server(HTTPServer):
    """A web address that answers with these codes, then with 204, and keeps what it is sent."""

    def __init__(self, codes: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.codes, self.got, self.asked = codes, list[dict[str, str]](), list[str]()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{SECRET}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.path)
        code = self.server.codes.pop(0) if self.server.codes else 204
        if code < 300:
            self.server.got.append(json.loads(body))
        self.send_response(code)
        if code in (301, 302, 307):
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Not on the terminal."""


@pytest.fixture
def codes() -> list[int]:
    return []


@pytest.fixture
def server(codes: list[int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(alerts, "WAIT_SECONDS", 0.01)
    found = Server(codes)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


def test_an_alert_is_posted_and_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    assert send(server.address, ALERT, LOG)
    assert server.got == [ALERT]
    assert "it failed" in caplog.text
    assert SECRET not in caplog.text


def test_what_is_posted_is_no_markup(server: Server) -> None:
    hostile = "<!channel> a&b <https://evil.example|click here> failed"
    assert send(server.address, {**ALERT, "text": hostile, "reason": hostile}, LOG)
    (got,) = server.got
    assert got["text"] == "&lt;!channel&gt; a&amp;b &lt;https://evil.example|click here&gt; failed"
    assert got["reason"] == hostile


@pytest.mark.parametrize(
    "address",
    ["http://[", "https://", "ftp://host/x", "host", "https://me:key@host/x", "https://host/a b", "http://h:x/"],
)
def test_what_is_no_web_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="FLORILEGIUM_ALERTS is no web address"):
        Settings(alerts=address)


@pytest.mark.parametrize(
    ("codes", "asked", "reached"),
    [([500, 429], 3, True), ([503] * 3, 3, False), ([404], 1, False), ([302], 1, False), ([307], 1, False)],
)
def test_what_may_pass_is_tried_again(
    server: Server, asked: int, reached: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert send(server.address, ALERT, LOG) is reached
    assert server.asked == [f"/{SECRET}"] * asked, "a redirect is not followed with the key"
    assert ("did not reach 127.0.0.1" in caplog.text) is not reached
    assert SECRET not in caplog.text


def test_nobody_at_the_address_fails_nothing(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "WAIT_SECONDS", 0.0)
    assert not send(f"http://127.0.0.1:1/{SECRET}", ALERT, LOG)
    assert "it failed" in caplog.text
    assert SECRET not in caplog.text


def test_an_address_that_is_none_is_refused_and_none_is_shown() -> None:
    with pytest.raises(SettingsError, match="FLORILEGIUM_ALERTS"):
        Settings.from_environment({"FLORILEGIUM_ALERTS": f"ftp://{SECRET}"})
    assert SECRET not in repr(Settings.from_environment({"FLORILEGIUM_ALERTS": f"https://a.example/{SECRET}"}))


def test_who_answers_a_byte_at_a_time_holds_nobody_up(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "MOST_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            asked, _ = listening.accept()
            with asked, contextlib.suppress(OSError):
                asked.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while True:
                    asked.sendall(b"a")
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        assert not send(f"http://127.0.0.1:{listening.getsockname()[1]}/{SECRET}", ALERT, LOG)
    assert time.monotonic() - began < 5
    assert "did not reach 127.0.0.1: no whole answer within 0.5 s" in caplog.text
    assert SECRET not in caplog.text


def test_a_partition_that_somebody_typed_commands_no_terminal(instance: dg.DagsterInstance) -> None:
    run = dg.DagsterRun("a_job", tags={"dagster/partition": "\x1b[2J‮" + "x" * 500})
    told = alerts.of_run(run, ["why"])
    assert told["partition"].startswith("\\x1b[2J\\u202e")
    assert len(told["partition"]) < 250
    assert not {"\x1b", "‮"} & {*told["text"]}


HOSTILE = "\x1b[31m<script>‮ nothing was published"


@dg.op
def fails() -> None:
    raise dg.Failure(HOSTILE, allow_retries=False)


@dg.job
def failing() -> None:
    fails()


def test_a_failed_run_is_told_with_its_partition_and_reason(instance: dg.DagsterInstance, server: Server) -> None:
    result = failing.execute_in_process(
        instance=instance, raise_on_error=False, tags={"dagster/partition": "news@2026-9"}
    )
    event = next(item for item in result.all_events if item.event_type_value == "PIPELINE_FAILURE")
    context = dg.build_run_status_sensor_context(
        "alerts", dagster_event=event, dagster_instance=instance, dagster_run=result.dagster_run
    ).for_run_failure()
    sensor(Settings(alerts=server.address))(context)
    (alert,) = server.got
    assert alert["run"] == result.run_id
    assert alert["partition"] == "news@2026-9"
    assert alert["text"].startswith("failing of news@2026-9 failed: ")
    assert "nothing was published" in alert["reason"]
    assert not {"\x1b", "‮"} & {*alert["text"]}


def test_a_run_that_is_begun_again_is_not_told(instance: dg.DagsterInstance, server: Server) -> None:
    result = failing.execute_in_process(instance=instance, raise_on_error=False, tags={"dagster/will_retry": "true"})
    event = next(item for item in result.all_events if item.event_type_value == "PIPELINE_FAILURE")
    context = dg.build_run_status_sensor_context(
        "alerts", dagster_event=event, dagster_instance=instance, dagster_run=result.dagster_run
    ).for_run_failure()
    sensor(Settings(alerts=server.address))(context)
    assert server.got == []


def test_only_what_may_pass_is_retried_and_later_each_time() -> None:
    waits = [again(StoreError("unreachable"), tried) for tried in range(RETRIES)]
    assert all(isinstance(item, dg.RetryRequested) for item in waits)
    seconds = [item.seconds_to_wait for item in waits if isinstance(item, dg.RetryRequested)]
    for tried, wait in enumerate(seconds):
        assert wait is not None
        assert 1 <= wait / (materializing.WAIT_SECONDS * 2**tried) <= 1.5
    assert isinstance(again(Moved("overtaken"), 0), dg.RetryRequested)
    lasting = [(StoreError("unreachable"), RETRIES), (MissingObject("lost"), 0), (IntegrityError("bad"), 0)]
    for refusal, tried in lasting:
        failed = again(refusal, tried)
        assert isinstance(failed, dg.Failure)
        assert (failed.description, failed.allow_retries) == (str(refusal), False)
