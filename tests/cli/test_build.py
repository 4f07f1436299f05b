"""build: names to partitions, nothing twice, and JSON alone on stdout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dagster_project.cli.reports import FILES
from dagster_project.corpus.publishing.reports import REPORTS
from dagster_project.corpus.signals.groups import PLAIN


def test_a_second_build_publishes_nothing_new(built):
    first = built.json("build", "bedtime@dev")
    assert [item["partition"] for item in first["built"]] == ["published/bedtime@dev"]
    assert not any(item["new"] for item in first["steps"])
    assert "nothing new" in built("build", "published/bedtime").stdout


def test_json_is_alone_on_stdout_and_progress_on_stderr(built):
    result = built("--json", "build", "bedtime")
    (item,) = json.loads(result.stdout)["built"]
    assert item["rows"] == 2
    assert len(item["id"]) == 64
    assert "published/bedtime@dev" in result.stderr
    assert built("build", "bedtime", "-q").stderr == ""


@pytest.mark.parametrize(
    ("name", "partitions"),
    [
        ("tales", ["deduplicated/tales@dev"]),
        ("snapshots/tales", ["snapshots/tales@dev"]),
        ("signals/tales@dev", [f"signals/tales@dev/{group}" for group in PLAIN]),
        ("statistics/tales", ["statistics/tales@dev"]),
        ("filtered/tales+long", ["filtered/tales@dev+long"]),
        ("mixed/bedtime", ["mixed/bedtime@dev"]),
    ],
)
def test_names_mean_partitions(built, name, partitions):
    assert [item["partition"] for item in built.json("build", name)["built"]] == partitions


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("bedtme", "'bedtme' is not a mix, corpus, source or artifact: use one of bedtime@dev"),
        ("mixed/bedtme", "'bedtme' is not a mix: use one of bedtime@dev"),
        ("snapshot/tales", "'snapshot' is not a stage that is built: use one of snapshots"),
        (
            "signals/tales/langage",
            "'langage' is not a signal group, and no policy asks for it: use one of",
        ),
        ("../../etc/passwd", "'..' is not a stage"),
        ("filtered/tales", "use source@version+policy"),
        ("mixed/bedtime#123456", "leave out #"),
        ("x\x1b[31m", "x\\x1b[31m"),
    ],
)
def test_unknown_partitions_are_refused_with_what_there_is(built, name, told):
    result = built("build", name, code=1)
    assert told in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stdout == ""
    assert "\x1b" not in result.stderr


def test_a_list_that_matched_nothing_is_told_with_the_mix_that_needs_it(program):
    (program.recipes / "nowhere.txt").write_text("nowhere.test\n")
    policy = program.recipes / "policies" / "long.yaml"
    policy.write_text(policy.read_text() + "  - {rule: blocked_domains, list: nowhere.txt}\n")
    told = program("build", "bedtime").stdout.splitlines()
    (line,) = [line for line in told if line.startswith("  warning: every_list_matched_something: ")]
    assert line.endswith(" Offenders: blocked_domains.")
    above = [other for other in told[: told.index(line)] if not other.startswith("  ")]
    assert above[-1] == "filtered/tales@dev+long"
    assert told.count("filtered/tales@dev+long") == 1
    steps = {item["partition"]: item["warnings"] for item in program.json("build", "bedtime")["steps"]}
    assert any("every_list_matched_something" in warning for warning in steps["filtered/tales@dev+long"])


def test_the_report_of_a_mix_is_written(built):
    (item,) = built.json("build", "bedtime")["built"]
    assert list(item["reports"]) == list(REPORTS) == list(FILES)
    assert len(set(FILES.values())) == len(FILES)
    assert all(Path(path).stat().st_size > 0 for path in item["reports"].values())
    page = (built.home / "reports" / "bedtime@dev" / "index.html").read_text()
    assert "bedtime" in page


def test_a_bad_recipe_is_told_with_file_and_line(program):
    (program.recipes / "mixes" / "bedtime.yaml").write_text("name: bedtime\nbudgt: {documents: 2}\ncomponents: []\n")
    result = program("build", "bedtime", code=1)
    assert "bedtime.yaml:2: budgt: is not a field here" in result.stderr
    assert "Traceback" not in result.output


def test_a_store_out_of_reach_is_one_sentence(program):
    result = program("build", "tales", code=1, AWS_ENDPOINT_URL_S3="http://127.0.0.1:9")
    assert "127.0.0.1:9" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_wrong_keys_are_one_sentence(program):
    result = program("versions", code=1, AWS_SECRET_ACCESS_KEY="wrong")
    assert "refused the credentials" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_bad_usage_exits_with_2(program):
    program("build", code=2)
    program("build", "x", "--workers", "0", code=2)
    program("brew", code=2)
