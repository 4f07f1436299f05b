"""florilegium audit: tables and JSON of the same figures, files, and nothing unescaped on the terminal."""

from __future__ import annotations

import csv
import json

import pyarrow.parquet as pq
import pytest

EVIL = "story\x1b[31m\u202e[bold]"


@pytest.fixture
def phrases(tmp_path):
    file = tmp_path / "phrases.tsv"
    file.write_text(f"a story\tthe story\nword3\tword4\n{EVIL}\tword5\nFirst\n", encoding="utf-8")
    return str(file)


def test_support_is_told_as_json_and_as_tables(built, phrases, tmp_path):
    found = built.json("audit", "support", "bedtime", "--phrases", phrases, "--to", str(tmp_path / "x.csv"))
    by_name = {row["phrase"]: row for row in found["phrases"]}
    assert [by_name["word3"][name] for name in ("snapshots", "kept", "survivors", "in_mix", "members")] == [
        2,
        2,
        1,
        1,
        1,
    ]
    assert by_name["word3"]["occurrences"] == 2
    assert [(row["step"], row["documents"]) for row in found["removed"]][-1] == ("deduplicated", 4)
    assert found["histogram"][:2] == [{"from": 0, "to": 0, "phrases": 0}, {"from": 1, "to": 1, "phrases": 4}]
    (warned,) = found["warnings"]
    assert (warned["about"], warned["phrases"]) == ("one context", 4)
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        assert [row["phrase"] for row in csv.DictReader(file)] == list(by_name)
    shown = built("audit", "support", "bedtime", "--phrases", phrases).stdout
    assert "a copy of another document" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "story\\x1b[31m\\u202e[bold]" in shown


def test_ages_of_what_has_no_date_are_unknown(built, tmp_path):
    told = built.json("audit", "age", "bedtime", "--to", str(tmp_path / "x.parquet"))
    source = told["sources"][1]
    assert (source["source"], source["published"]["unknown"]["words"]) == ("tales@dev", 1.0)
    assert told["warnings"][-1]["said"] == "100% of its words have no date of publication"
    assert set(pq.read_table(tmp_path / "x.parquet").column("date").to_pylist()) == {"published", "collected"}
    assert "words without date" in built("audit", "age", "bedtime", "--target", "2026-01-01", "--quarters").stdout


def test_pairs_are_compared_with_a_table(built, phrases, tmp_path):
    others, table = tmp_path / "others", tmp_path / "table.csv"
    others.write_text("word6\nSecond\n")
    table.write_text("term,with,value\nword3,word6,2\nword3,Second,1\n")
    asked = ("audit", "together", "bedtime", "--terms", phrases, "--with", str(others), "--reference", str(table))
    told = built.json(*asked, "--window", "30")
    (pair,) = (row for row in told["pairs"] if (row["term"], row["with"]) == ("word3", "word6"))
    assert (pair["documents"], told["documents"]) == (1, 2)
    assert told["agreement"]["mean_tau"] == 1.0
    assert "\x1b" not in built(*asked).stdout


def test_bad_questions_are_told_in_one_sentence(built, phrases, tmp_path):
    empty = tmp_path / "empty"
    empty.write_text("\n")
    assert "holds no phrase" in built("audit", "support", "bedtime", "--phrases", str(empty), code=1).stderr
    asked = ("audit", "support", "bedtime", "--phrases", phrases, "--to", "x.txt")
    assert "ends in none of .csv, .parquet, .json" in built(*asked, code=1).stderr
    asked = ("audit", "split", "bedtime", "--members-before", "2026-01-01", "--non-members-after", "2026-01-01")
    refused = built(*asked, "--to", str(tmp_path), code=1).stderr
    assert "there is no member to draw (no trusted date 2)" in refused
    assert "is not a day" in built(*asked[:4], "yesterday", *asked[5:], "--to", str(tmp_path), code=2).stderr
    assert "is no list of numbers" in built(*asked, "--to", str(tmp_path), "--sizes", "a", code=2).stderr
    assert "neither deduplicated/" in built(*asked, "--to", str(tmp_path), "--from", "mixed/bedtime@dev", code=1).stderr


def test_a_split_is_written_as_json_lines(program, tmp_path):
    source = program.recipes / "sources" / "tales.yaml"
    source.write_text(source.read_text().replace("license: license}", "license: license, published_at: day}"))
    file = program.recipes / "tales.jsonl"
    days = {"a": "2020-01-01", "b": "2025-01-01", "c": "2020-01-01", "d": "2020-01-01"}
    written = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps({**row, "day": days[row["id"]]}) + "\n" for row in written))
    mix = program.recipes / "mixes" / "bedtime.yaml"
    mix.write_text(mix.read_text().replace("corpus: tales}", "corpus: tales, where: \"license = 'MIT'\"}"))
    program("build", "bedtime")
    asked = ("audit", "split", "bedtime", "--members-before", "2021-01-01", "--non-members-after", "2024-01-01")
    told = program.json(*asked, "--to", str(tmp_path / "probes"), "--sizes", "4,20000", "--per-size", "3")
    assert told["drawn"] == {"4": {"members": 1, "non_members": 1}, "20000": {"members": 0, "non_members": 0}}
    lines = [json.loads(line) for line in (tmp_path / "probes" / "split-4.jsonl").read_text().splitlines()]
    assert {row["label"]: (row["license"], row["copies"], row["date"]) for row in lines} == {
        1: (
            "MIT",
            told["drawn"]["4"]["members"] and lines[[row["label"] for row in lines].index(1)]["copies"],
            "2020-01-01",
        ),
        0: ("CC-BY-4.0", 0, "2025-01-01"),
    }
    assert (tmp_path / "probes" / "split-20000.jsonl").read_bytes() == b""
    assert json.loads((tmp_path / "probes" / "split.json").read_text())["drawn"] == told["drawn"]
    assert (
        "Licenses, by the policy of the mix" in program(*asked, "--to", str(tmp_path / "again"), "--sizes", "4").stdout
    )
