"""OpenLineage events on their way to whoever collects them, by the project's own client: over HTTP, or into a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from dagster_project.corpus.model.errors import Refused

SECONDS = 10  # for one event
RETRY = {"total": 2, "connect": 2, "read": 2}


def send(body: bytes, where: str, key: str | None = None) -> int:
    """Emit events (JSON lines) to an address `http(s)://…` or a file `file:…`, to which they are appended; returns how
    many. `key` is an API key. Refused without the client, for another address, and when an event is not taken."""
    client = _client(where, key)
    sent = 0
    try:
        for event in _events(body):
            client.emit(event)
            sent += 1
        client.close()
    except Exception as error:  # of requests, urllib3, files: whatever a transport is made of
        said = " ".join(str(error).split())[:200]
        raise Refused(f"{where} took {sent} events, and then no more ({said}): send them again") from None
    return sent


def _client(where: str, key: str | None) -> Any:
    parts = _parts(where)
    client = _module("openlineage.client")
    if parts.scheme == "file":
        found = _module("openlineage.client.transport.file")
        path = str(Path(parts.path).absolute())
        return client.OpenLineageClient(transport=found.FileTransport(found.FileConfig(path, append=True)))
    found = _module("openlineage.client.transport.http")
    settings: dict[str, Any] = {"url": where, "timeout": SECONDS, "retry": RETRY}
    if key:
        settings["auth"] = {"type": "api_key", "apiKey": key}
    return client.OpenLineageClient(transport=found.HttpTransport(found.HttpConfig.from_dict(settings)))


def _events(body: bytes) -> Iterator[Any]:
    """The events as the client has them, facets as they are."""
    made = _module("openlineage.client.event_v2")
    for line in body.splitlines():
        event: Mapping[str, Any] = json.loads(line)
        yield made.RunEvent(
            eventType=made.RunState[event["eventType"]],
            eventTime=event["eventTime"],
            producer=event["producer"],
            run=made.Run(**event["run"]),
            job=made.Job(**event["job"]),
            inputs=[made.InputDataset(**item) for item in event["inputs"]],
            outputs=[made.OutputDataset(**item) for item in event["outputs"]],
        )


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise Refused("events are sent by OpenLineage's client: pip install 'florilegium[openlineage]'") from None


def _parts(where: str) -> SplitResult:
    """The parts of an address; what it might hold of secrets is never repeated."""
    try:
        parts = urlsplit(where)
        fits = bool(parts.path) if parts.scheme == "file" else parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        fits = False
    if not fits or parts.username or parts.query:
        raise Refused("that is no place for events: use http://host, https://host or file:path, without keys")
    return parts
