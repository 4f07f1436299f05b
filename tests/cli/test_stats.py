"""stats and logs: what every publication took is recorded beside it, and what happens is told in lines of JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from dagster_project.cli.stats import COLUMNS, by_stage, shown
from dagster_project.cli.tables import table
from dagster_project.corpus.model.partitions import STAGES
from dagster_project.corpus.signals.groups import PLAIN

COSTS = ("rows", "bytes_in", "bytes_out", "seconds", "cpu_seconds", "driver_peak_bytes", "worker_peak_bytes", "workers")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_stage_says_what_it_took(built):
    found = built.json("stats")
    stages = [row["stage"] for row in found]
    assert stages == [stage for stage in STAGES if stage in stages]
    assert {"snapshots", "signals", "filtered", "deduplicated", "mixed", "published"} <= set(stages)
    for row in found:
        assert row["seconds"] > 0
        assert row["driver_peak_bytes"] > 50e6
        assert (row["workers"], row["worker_peak_bytes"]) == (1, 0)
        assert row["bytes_in"] > 0
        assert row["mb_per_second"] == pytest.approx(row["bytes_in"] / row["seconds"] / 1e6, abs=0.001)
    (snapshots,) = (row for row in found if row["stage"] == "snapshots")
    assert snapshots["bytes_in"] == (built.recipes / "tales.jsonl").stat().st_size
    shown = built("stats").stdout
    assert "Costs by stage" in shown
    assert "MB/s" in shown


def test_numbers_stand_to_the_right(program):
    """Of every column, whether its cells are counts or tenths, or nobody knows."""
    unknown = dict.fromkeys((*COSTS, "mb_per_second", "trend"))
    known = {**dict.fromkeys(COSTS, 123456), "mb_per_second": 1.5, "trend": 0.25}
    grid = table("Costs", ["stage", *COLUMNS], [["a", *shown(known)], ["b", *shown(unknown)]], figures=COLUMNS)
    assert [column.justify for column in grid.columns] == ["left", *["right"] * len(COLUMNS)]
    program("build", "tales", "-q")
    told = program("stats", "snapshots").stdout.splitlines()
    (heading,) = (line for line in told if "peak MB" in line)
    (row,) = (line for line in told if "snapshots/tales@dev" in line)
    for name in ("MB out", "seconds", "CPU s", "peak MB"):
        end = heading.index(name) + len(name)
        assert row[end - 1].isdigit()
        assert row[end] == " "


def test_versions_of_a_partition_are_compared(program):
    run = program.json("build", "tales", "-q")
    (first,) = program.json("stats", "snapshots/tales@dev")
    (step,) = (step for step in run["steps"] if step["partition"] == "snapshots/tales@dev")
    assert (first["number"], first["version"], first["rows"], first["trend"]) == (1, step["id"], 4, None)
    assert first["seconds"] == pytest.approx(step["seconds"], abs=0.002)
    with (program.recipes / "tales.jsonl").open("a") as file:
        file.write(json.dumps({"id": "e", "text": "Fifth. " * 40, "license": "MIT"}) + "\n")
    program("build", "tales", "-q")
    before, after = program.json("stats", "snapshots/tales@dev")
    assert before == first
    assert after["trend"] == pytest.approx(after["mb_per_second"] / before["mb_per_second"] - 1, abs=0.001)
    assert (after["rows"], after["bytes_in"] > before["bytes_in"]) == (5, True)
    shown = program("stats", "snapshots").stdout
    assert f"{after['trend']:+.0%}" in shown
    assert len({row["run"] for row in (before, after)}) == 2
    assert "is not built yet" in program("stats", "mixed/bedtime@dev", code=1).stderr


def test_an_empty_store_has_no_costs(program):
    assert program.json("stats") == []
    assert "none" in program("stats", "mixed").stdout


def test_what_is_measured_together_is_shared_out(program):
    """Each of the groups has the tasks of the one pass in which the text was read, and a share of its time."""
    program("build", "bedtime")
    rows = [row for row in program.json("stats", "signals") if row["partition"].rpartition("/")[2] in PLAIN]
    assert len(rows) > 1
    assert {row["tasks"] for row in rows} == {2}, "its own, which finds the shard, and the one that made it"
    assert min(row["cpu_seconds"] for row in rows) > 0


def test_logs_are_lines_of_json_and_name_the_run(program):
    result = program("--log-format", "json", "build", "tales", "--json")
    logged = lines(result.stderr)
    assert {(line["level"], type(line["run"])) for line in logged} == {("info", str)}
    (run,) = {line["run"] for line in logged}
    assert all(datetime.fromisoformat(line["time"]).tzinfo for line in logged)
    ended = [line for line in logged if line["message"] == "finished"]
    steps = json.loads(result.stdout)["steps"]
    assert [(line["partition"], line["version"]) for line in ended] == [
        (step["partition"], step["id"]) for step in steps
    ]
    assert all(line["stage"] == line["partition"].partition("/")[0] for line in logged)
    shards = [line for line in logged if line["message"] == "progressed"]
    assert {(line["shard"], line["shards"]) for line in shards if line["stage"] == "fingerprints"} == {(1, 1)}
    assert {row["run"] for row in program.json("stats", "snapshots")} == {run}
    assert program("--log-format", "json", "-q", "build", "tales").stderr == ""


def test_errors_are_logged_too_and_the_environment_may_ask(program):
    (line,) = lines(program("build", "no\x1b[31mwhere", code=1, FLORILEGIUM_LOG_FORMAT="json").stderr)
    assert line["level"] == "error"
    assert "\x1b" not in line["message"]
    assert "is not a mix, corpus, source or artifact" in line["message"]
    told = program("--log-format", "text", "build", "nowhere", code=1, FLORILEGIUM_LOG_FORMAT="json").stderr
    assert told.startswith("error: ")
    program("versions", code=2, FLORILEGIUM_LOG_FORMAT="yaml")


def test_what_no_run_recorded_is_none_and_no_crash():
    known = {"stage": "mixed", "made": 1, "rows": 1, "seconds": 1.0, "bytes_in": 5, "trend": None}
    unknown = ("cpu_seconds", "bytes_out", "tasks", "driver_peak_bytes", "worker_peak_bytes", "workers")
    (row,) = by_stage([{**known, **dict.fromkeys(unknown)}, {**known, **dict.fromkeys(unknown)}])
    assert (row["versions"], row["driver_peak_bytes"], row["workers"]) == (2, None, None)
    assert len(shown(row)) == len(COLUMNS)
