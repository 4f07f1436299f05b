"""A proxy in front of a real S3 server that answers in its place, late, in part or not at all.

What it does to a request is chosen by a function of that request; None lets it pass. Bodies are small here and held
whole. A request that loses headers is signed again, as a gateway with keys of its own does.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from dagster_project.corpus.storage.s3 import S3Config

ERROR = '<?xml version="1.0"?><Error><Code>{}</Code><Message>{}</Message></Error>'
CONDITIONS = ("if-none-match", "if-match")
SIGNED_AGAIN = ("authorization", "x-amz-date", "expect", "connection", "accept-encoding", "amz-sdk-invocation-id")


@dataclass(frozen=True)
class Request:
    """What a fault is chosen by. `number` counts all requests of the proxy, from 1."""

    number: int
    method: str
    path: str  # of the object below the prefix; empty for listings and deletions
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Fault:
    """What happens to a request. Where it is `after`, the server did what was asked, and only its answer is lost."""

    status: int = 0  # answered in its place
    code: str = "InternalError"
    after: bool = False
    is_dropped: bool = False  # the connection ends without an answer
    seconds: float = 0.0  # until it goes on
    keep: float = 1.0  # how much of the body of the answer comes
    is_told_whole: bool = True  # whether Content-Length says what should have come, or what comes
    is_bare: bool = False  # conditions are taken off


Choice = Callable[[Request], Fault | None]


@dataclass
class Proxy:
    """One that runs, and what it did."""

    config: S3Config
    choose: Choice
    requests: int = 0
    faults: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, method: str, target: str, headers: Mapping[str, str]) -> Fault | None:
        """The fault of the request that came now."""
        key = urlsplit(target).path.removeprefix(f"/{self.config.bucket}").removeprefix(f"/{self.config.prefix}")
        with self.lock:
            self.requests += 1
            found = self.choose(Request(self.requests, method, key.lstrip("/"), headers))
            self.faults += found is not None
            return found


@contextlib.contextmanager
def proxied(config: S3Config, choose: Choice) -> Iterator[tuple[S3Config, Proxy]]:
    """The same store through a proxy, until the block ends."""
    proxy = Proxy(config, choose)

    class Handler(_Handler):
        pass

    Handler.proxy = proxy
    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield replace(config, endpoint=f"http://127.0.0.1:{server.server_port}"), proxy
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is part of the game."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def setup(self) -> None:
        super().setup()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = self.proxy.next(self.command, self.path, headers) or Fault()
        time.sleep(fault.seconds)
        answer = self._forwarded(headers, body, fault) if fault.after or not _stops(fault) else None
        if fault.is_dropped:
            self.close_connection = True
        elif fault.status:
            text = ERROR.format(fault.code, "by the proxy").encode() if self.command != "HEAD" else b""
            self._answer(fault.status, {"content-type": "application/xml"}, text, len(text))
        elif answer:
            self._pass_on(*answer, fault)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_any

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def _forwarded(
        self, headers: Mapping[str, str], body: bytes, fault: Fault
    ) -> tuple[int, dict[str, str], bytes] | None:
        try:
            target = urlsplit(self.proxy.config.endpoint or "")
            connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
            sent = self._bare(headers) if fault.is_bare else {**headers, "connection": "close"}
            sent.pop("expect", None)  # answered here already
            connection.request(self.command, self.path, body, sent)
            answer = connection.getresponse()
            found = (answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
            connection.close()
        except (OSError, http.client.HTTPException):  # the server is gone: so is the connection to it
            self.close_connection = True
            return None
        return found

    def _pass_on(self, status: int, headers: dict[str, str], body: bytes, fault: Fault) -> None:
        length = int(headers.get("content-length", len(body))) if self.command == "HEAD" else len(body)
        kept = body[: int(len(body) * fault.keep)] if status < 300 else body
        if kept != body:
            self.close_connection = True
        told = length if fault.is_told_whole else len(kept)
        self._answer(status, headers, kept, told)

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes, length: int) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def _bare(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers without conditions, signed for the server."""
        config = self.proxy.config
        kept = {name: value for name, value in headers.items() if name not in (*CONDITIONS, *SIGNED_AGAIN, "host")}
        request = AWSRequest(self.command, f"{config.endpoint}{self.path}", data=b"", headers=kept)
        request.context["payload_signing_enabled"] = False
        _Signer(Credentials(config.access_key, config.secret_key), "s3", config.region).add_auth(request)
        return {name.lower(): str(value) for name, value in request.headers.items()}


class _Signer(S3SigV4Auth):
    """Keeps the digest of the body that the client signed."""

    def payload(self, request: AWSRequest) -> str:
        return str(request.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD"))

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        digest = request.headers.get("x-amz-content-sha256")
        super()._modify_request_before_signing(request)
        if digest:
            del request.headers["x-amz-content-sha256"]
            request.headers["x-amz-content-sha256"] = digest


def _stops(fault: Fault) -> bool:
    """Whether the server never hears of the request."""
    return bool(fault.status or fault.is_dropped)
