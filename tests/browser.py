"""A headless Chromium, driven by its DevTools protocol: what a page really does when a person opens it.

Tests that need one are skipped where no Chromium is installed (`apt-get install chromium`).
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")
START_SECONDS, ANSWER_SECONDS = 60, 60


class Tab:
    """One page: what it was told, what it asked the network for, what it complained of."""

    def __init__(self, socket: Any):
        self.socket = socket
        self.numbers = itertools.count(1)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.dialogs: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self.socket.recv(timeout=ANSWER_SECONDS))
            if told.get("id") == number:
                assert "error" not in told, told
                found: dict[str, Any] = told["result"]
                return found
            self._note(told)

    def open(self, url: str) -> None:
        """Go there, and wait until it is loaded."""
        self.requests, self.complaints, self.dialogs = [], [], []
        self.send("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def ask(self, expression: str) -> Any:
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self.ask(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.05)

    def press(self, key: str, times: int = 1) -> None:
        codes = {"Tab": 9, "Enter": 13, "ArrowRight": 39}
        text = {"text": "\r"} if key == "Enter" else {}
        for _ in range(times):
            for kind in ("keyDown", "keyUp"):
                self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key],
                          **(text if kind == "keyDown" else {}))  # fmt: skip

    def write(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def look(self, width: int, scheme: str = "light", height: int = 900) -> None:
        """As wide as this, in light or dark."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path: Path, *, whole: bool = True) -> None:
        found = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def _note(self, told: dict[str, Any]) -> None:
        match told.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(told["params"]["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(told["params"]["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(told["params"]["exceptionDetails"]))
            case "Runtime.consoleAPICalled":
                self.complaints.append(str(told["params"]["args"]))
            case "Page.javascriptDialogOpening":
                self.dialogs.append(told["params"]["message"])
                self.socket.send(
                    json.dumps({"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}})
                )


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator[Tab]:
    """A browser with one empty page; it ends with the block."""
    from websockets.sync.client import connect

    assert CHROMIUM
    command = [CHROMIUM, *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = _port(profile / "DevToolsActivePort")
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/json") as answer:
            (page, *_) = [item for item in json.load(answer) if item["type"] == "page"]
        with connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None, ping_interval=None) as socket:
            yield Tab(socket)
    finally:
        process.terminate()
        process.wait(30)


def _port(path: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < deadline, "Chromium does not start"
        time.sleep(0.05)
    return int(path.read_text().splitlines()[0])
