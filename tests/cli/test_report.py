"""report: every format to stdout or a file, and lineage events to whoever collects them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dagster_project.cli.reports import FILES
from tests.cli.conftest import Program


@pytest.mark.parametrize("format", [name for name in FILES if name != "html"])
def test_every_format_goes_to_stdout_or_a_file(built: Program, tmp_path: Path, format: str) -> None:
    path = tmp_path / FILES[format]
    told = built("report", "bedtime", "--format", format).stdout
    assert "bedtime" in told
    assert "\x1b" not in told
    assert built("report", "bedtime", "--format", format, "--out", str(path)).stdout.strip() == str(path)
    assert path.read_text(encoding="utf-8") == told


def test_events_are_sent(built: Program, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    lines = built("report", "bedtime", "--format", "openlineage").stdout.splitlines()
    assert built("report", "bedtime", "--send", path.as_uri()).stdout == f"{len(lines)} events sent\n"
    assert built.json("report", "bedtime", "--send", path.as_uri()) == {"format": "openlineage", "sent": len(lines)}
    jobs = [json.loads(line)["job"]["name"] for line in path.read_text().splitlines()]
    assert jobs == 2 * [json.loads(line)["job"]["name"] for line in lines]
    assert jobs[-1] == "published/bedtime@dev"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--send", "http://127.0.0.1:9", "--format", "eu"), 2, "--send sends the format openlineage"),
        (("--send", "http://127.0.0.1:9", "--out", "x"), 2, "writes no file"),
        (("--send", "nowhere"), 1, "no place for events"),
        (("--format", "pdf"), 2, "'croissant'"),
    ],
)
def test_what_cannot_be_done_is_told(built: Program, words: tuple[str, ...], code: int, told: str) -> None:
    assert told in built("report", "bedtime", *words, code=code).stderr
