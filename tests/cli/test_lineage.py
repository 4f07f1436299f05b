"""trace and impact: every fact in JSON, and no control character of a document on the terminal."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="module")
def traced(built):
    return built.json("trace", "bedtime", "--url", "https://example.org/a")[0]


def test_a_trace_names_everything(built, traced, documents):
    found = built.json("trace", "mixed/bedtime@dev", "--doc", traced["document"]["doc_id"])
    assert found["document"]["source"] == "tales"
    assert found["document"]["title"] == documents[0]["title"]
    assert found["snapshot"]["partition"] == "snapshots/tales@dev"
    assert len(found["snapshot"]["id"]) == 64
    assert found["raw"]["object"].endswith("tales.jsonl")
    assert found["raw"]["position"] == 0
    assert found["license"]["concluded"]["expression"] == "MIT"
    assert found["license"]["evidence"][0]["value"] == "MIT"
    assert found["verdicts"][0]["keep"] is True
    assert found["families"][0]["size"] == 2
    assert {item["status"] for item in found["families"][0]["members"]} == {"survivor", "suppressed"}


def test_a_member_has_its_shard_and_row(built, traced):
    survivor = traced["families"][0]["survivor"]
    (member,) = built.json("trace", "bedtime@dev", "--doc", survivor)["members"]
    assert member["shard"] == 0
    assert member["row"] in (0, 1)
    assert member["path"].startswith("data/public/")


def test_a_rejected_document_names_its_rule(built):
    (found,) = built.json("trace", "bedtime", "--url", "https://example.net/d")
    assert found["verdicts"][0]["rule"] == "characters"
    assert found["members"] == []


def test_text_finds_every_copy(built, tmp_path, documents):
    file = tmp_path / "text"
    file.write_text(documents[0]["text"] + "\n")
    by_file = built.json("trace", "bedtime", "--text-file", str(file))
    assert len(by_file) == 2
    assert by_file == built.json("trace", "bedtime", "--text", documents[0]["text"])


def test_hostile_text_never_reaches_the_terminal(built, traced):
    for option, value, code in (("--doc", traced["document"]["doc_id"], 0), ("--url", "\x1b[31m", 1)):
        result = built("trace", "bedtime", option, value, code=code)
        assert not {"\x1b", "\u202e"} & set(result.output)
        assert "\\x1b[31m" in result.output
    shown = built("trace", "bedtime", "--doc", traced["document"]["doc_id"]).stdout
    assert "\\u202etitle [bold]x[/bold]" in shown
    assert not {"\x1b", "\u202e"} & set(built("trace", "bedtime", "--url", "https://example.org/a", "--json").stdout)


@pytest.mark.parametrize(
    ("asked", "documents"),
    [
        (("--source", "tales"), 2),
        (("--source", "tales@dev"), 2),
        (("--license", "MIT"), 1),
        (("--url", "https://example.org/b"), 1),
        (("--host", "EXAMPLE.org"), None),
    ],
)
def test_impact_names_versions_documents_and_shards(built, asked, documents):
    (found,) = built.json("impact", *asked)["mixes"]
    assert found["mix"] == "bedtime@dev"
    assert len(found["version"]) == 64
    assert documents is None or found["documents"] == documents
    assert found["shards"] == [0]
    assert "bedtime@dev" in built("impact", *asked).stdout


def test_impact_by_text(built, documents):
    assert built.json("impact", "--text", documents[1]["text"])["mixes"][0]["documents"] == 1


def test_impact_by_ids(built):
    (found,) = built.json("trace", "bedtime", "--url", "https://example.org/b")
    for option, name in (("--doc", "doc_id"), ("--record", "record_id")):
        assert built.json("impact", option, found["document"][name])["mixes"][0]["documents"] == 1


def test_nothing_found_is_an_empty_answer(built):
    assert built.json("impact", "--source", "nobody") == {"asked": {"source": "nobody"}, "mixes": []}
    assert "no version of any mix holds it" in built("impact", "--host", "nobody.example").stdout


def test_exactly_one_question(built):
    built("impact", code=2)
    built("trace", "bedtime", "--doc", "0" * 32, "--url", "x", code=2)
    assert "32 hexadecimal digits" in built("trace", "bedtime", "--doc", "xyz", code=2).stderr


def test_unknown_mix_and_document(built):
    assert "use one of bedtime@dev" in built("trace", "bedtim", "--doc", "0" * 32, code=1).stderr
    assert "holds document 000" in built("trace", "bedtime", "--doc", "0" * 32, code=1).stderr


def test_history_and_versions(built):
    (ref,) = built.json("history", "bedtime")
    assert ref["number"] == 1
    assert ref["id"] in {item["id"] for item in built.json("versions", "mixed")}
    assert "published/bedtime@dev" in built("versions").stdout
    assert "is not built yet" in built("history", "mixed/nothing@1", code=1).stderr
    pinned = f"bedtime@dev#{ref['id'][:10]}"
    assert built.json("trace", pinned, "--url", "https://example.org/b")[0]["mix"]["id"] == ref["id"]


def test_json_escapes_everything_outside_ascii(built):
    assert built("trace", "bedtime", "--url", "https://example.org/a", "--json").stdout.isascii()
    assert json.loads(built("status", "--json").stdout)["partitions"]["mixed"] == 1
