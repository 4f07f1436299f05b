"""florilegium checks: what was expected of what stands, by the packaged suites and by a user's own."""

from __future__ import annotations

import json

import pytest

OWN = {
    "name": "snapshots",
    "expectations": [
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "documents", "min_value": 1000},
            "meta": {"check": "enough_documents", "description": "There are a thousand documents."},
        }
    ],
}


@pytest.fixture
def own(tmp_path):
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "snapshots.json").write_text(json.dumps(OWN, indent=2))
    return tmp_path / "suites"


def test_a_mix_and_its_publication_are_shown(built):
    told = built.json("checks", "show", "bedtime")
    assert [item["partition"] for item in told] == ["mixed/bedtime@dev", "published/bedtime@dev"]
    assert all(item["passed"] for item in told)
    assert "every_member_has_a_license" in {check["check"] for check in told[0]["checks"]}
    shown = built("checks", "show", "filtered/tales@dev+long").stdout
    assert "The policy removes at most its max_removed of this source." in shown
    groups = {item["partition"] for item in built.json("checks", "show", "signals/tales@dev")}
    assert "signals/tales@dev/counts" in groups


def test_a_suite_of_ones_own_judges_what_stands_again(built, own):
    versions = built.json("versions")
    told = built.json("--expectations", str(own), "checks", "show", "snapshots/tales@dev", code=1)
    assert told[0]["checks"][0]["observed"]["documents"] == 4
    assert (
        "There are a thousand documents. But documents is 4."
        in built("checks", "show", "snapshots/tales@dev", "--failed", code=1, FLORILEGIUM_EXPECTATIONS=str(own)).stdout
    )
    everything = built("--expectations", str(own), "checks", "show", "--all", "--failed", code=1).stdout
    assert "snapshots/tales@dev" in everything
    assert built.json("checks", "show", "snapshots/tales@dev")[0]["passed"]
    assert built.json("versions") == versions
    assert built("--expectations", str(own), "build", "bedtime", code=1).stderr.count("enough_documents") == 1


def test_suites_are_listed_and_slips_told_with_their_line(built, own):
    assert built.json("checks", "suites", "mixed")["mixed"]["file"].endswith("expectations/mixed.json")
    assert "1,000 ≤ documents" in built("--expectations", str(own), "checks", "suites", "snapshots").stdout
    text = (own / "snapshots.json").read_text()
    (own / "snapshots.json").write_text(text.replace('"documents"', '"document"'))
    said = built("--expectations", str(own), "checks", "suites", code=1).stderr
    assert "snapshots.json:11: enough_documents: column 'document' is unknown in snapshots; use one of doc" in said
    assert "has no suite" in built("checks", "suites", "mixes", code=1).stderr
    assert "name a partition, or say --all" in built("checks", "show", code=2).stderr
    assert "name a partition, or say --all" in built("checks", "show", "bedtime", "--all", code=2).stderr


def test_data_docs_are_written_below_the_home(built):
    told = built.json("checks", "docs")
    assert told["index"] == str(built.home / "checks" / "index.html")
    assert (built.home / "checks" / "mixed" / "bedtime@dev" / "index.html").is_file()
    assert told["failed"] == []
    assert f"{told['partitions']} partitions, 0 with failed checks" in built("checks", "docs").stdout


def test_data_docs_go_where_a_link_leads_and_into_an_empty_folder(built, tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    built("checks", "docs", "--to", str(tmp_path / "link"))
    built("checks", "docs", "--to", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "index.html").is_file()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    built("checks", "docs", "--to", ".")
    assert (tmp_path / "here" / "index.html").is_file()
