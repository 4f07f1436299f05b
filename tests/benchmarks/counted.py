"""A store that notes every request that it and its copies in workers send, with the bytes that go and come."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagster_project.corpus.storage.s3 import S3Config, S3Store


@dataclass
class Requests:
    """Requests by operation; bytes of their bodies, and of what was answered."""

    counts: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    received: int = 0


class CountedStore(S3Store):
    """The same store; each process appends whole lines to one file."""

    def __init__(self, config: S3Config, log: Path):
        super().__init__(config)
        self.log = log

    def __reduce__(self) -> Any:
        return CountedStore, (self.config, self.log)

    @property
    def _s3(self) -> Any:
        client = super()._s3
        client.meta.events.register("before-call.s3", self._sent, unique_id="counted-sent")
        client.meta.events.register("after-call.s3", self._received, unique_id="counted-received")
        return client

    def _sent(self, model: Any, params: Any, **_: Any) -> None:
        body = params.get("body", b"")
        self._note(model.name, len(body) if isinstance(body, (bytes, bytearray)) else _size(body), 0)

    def _received(self, model: Any, http_response: Any, **_: Any) -> None:
        length = http_response.headers.get("content-length", 0) if model.name == "GetObject" else 0
        self._note("", 0, int(length))

    def _note(self, name: str, sent: int, received: int) -> None:
        place = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(place, f"{name} {sent} {received}\n".encode())
        finally:
            os.close(place)


def read_requests(log: Path) -> Requests:
    """All that was noted until now."""
    found = Requests()
    for line in log.read_text().splitlines() if log.exists() else ():
        name, sent, received = line.split(" ")
        if name:
            found.counts[name] += 1
        found.sent += int(sent)
        found.received += int(received)
    return found


def _size(body: Any) -> int:
    """Of a file-like body, from where it is read."""
    here = body.tell()
    size = body.seek(0, os.SEEK_END) - here
    body.seek(here)
    return int(size)
