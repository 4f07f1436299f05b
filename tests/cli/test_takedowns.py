"""florilegium takedown: requests on record, what they change, and nothing unescaped on the terminal."""

from __future__ import annotations


def test_a_request_is_planned_applied_and_taken_back(program, documents):
    program("build", "bedtime")
    first = program.json("trace", "bedtime", "--url", "https://example.org/a")[0]
    survivor = first["families"][0]["survivor"]
    added = program.json("takedown", "add", "--doc", survivor, "--scope", "family", "--requester", "\x1b[31mme")
    (entry,) = added["entries"]
    assert (entry["kind"], entry["value"], entry["decision"]) == ("document", survivor, "remove")
    planned = program.json("takedown", "plan")["affected"]
    assert [(item["partition"], item["documents"]) for item in planned] == [
        ("deduplicated/tales@dev", 2),
        ("mixed/bedtime@dev", 1),
    ]
    assert "\x1b" not in program("takedown", "list").stdout
    applied = program.json("takedown", "apply")
    assert [item["partition"] for item in applied["built"]] == ["deduplicated/tales@dev", "published/bedtime@dev"]
    assert all(item["new"] for item in applied["built"] if item["partition"].startswith("published"))
    assert program.json("trace", "bedtime", "--doc", survivor)["members"] == []
    assert program.json("takedown", "plan") == {"affected": []}
    program("takedown", "decide", entry["id"][:8], "refuse", "--by", "a judge")
    program("build", "bedtime")
    assert program.json("trace", "bedtime", "--doc", survivor)["members"] != []


def test_a_text_is_meant_by_its_words_and_kept_by_none(program, documents, tmp_path):
    file = tmp_path / "text"
    file.write_text(documents[0]["text"] + "\n")
    entries = program.json("takedown", "add", "--text-file", str(file), "--decision", "pending")["entries"]
    assert {entry["kind"] for entry in entries} == {"text", "normalized"}
    assert documents[0]["text"][:20] not in program("takedown", "list", "--json").stdout


def test_bad_requests_are_told_in_one_sentence(program):
    assert "give exactly one of" in program("takedown", "add", code=2).stderr
    assert program("takedown", "add", "--url", "no address", code=1).stderr.startswith("error: ")
    assert "names them" in program("takedown", "decide", "abcdef12", "refuse", code=1).stderr
