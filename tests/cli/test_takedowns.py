"""florilegium takedown: requests on record, what they change, and nothing unescaped on the terminal."""

from __future__ import annotations

import json


def test_a_request_is_planned_applied_and_taken_back(program, documents):
    program("build", "bedtime")
    first = program.json("trace", "bedtime", "--url", "https://example.org/a")["documents"][0]
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


def test_what_has_no_recipe_any_more_is_named_and_fails_when_all_else_is_done(program, tmp_path):
    folder, aside = program.recipes, tmp_path / "bedtime.yaml"
    program("build", "bedtime")
    survivor = program.json("trace", "bedtime", "--url", "https://example.org/a")["documents"][0]["families"][0][
        "survivor"
    ]
    (folder / "mixes" / "bedtime.yaml").rename(aside)
    program("takedown", "add", "--doc", survivor)
    planned = {item["partition"]: item["lacking"] for item in program.json("takedown", "plan")["affected"]}
    why = f"cannot be rebuilt: its recipe is not in {folder}"
    assert planned == {"deduplicated/tales@dev": "", "mixed/bedtime@dev": why}
    applied = program("takedown", "apply", "--json", code=1)
    assert [item["partition"] for item in json.loads(applied.stdout)["built"]] == ["deduplicated/tales@dev"]
    assert f"mixed/bedtime@dev {why}" in applied.stderr
    assert [item["partition"] for item in program.json("takedown", "plan")["affected"]] == ["mixed/bedtime@dev"]
    aside.rename(folder / "mixes" / "bedtime.yaml")
    program("takedown", "apply")
    assert program.json("takedown", "plan") == {"affected": []}


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


def test_a_text_is_erased_and_that_is_certified(program, documents, tmp_path):
    program("build", "bedtime")
    first = program.json("trace", "bedtime", "--url", "https://example.org/a")["documents"][0]
    survivor = first["families"][0]["survivor"]
    old = program.json("history", "published/bedtime@dev")[-1]["id"]
    (entry,) = program.json("takedown", "add", "--doc", survivor, "--scope", "family")["entries"]
    program("attest", f"published/bedtime@dev#{old[:8]}", "--as", "counsel", "--statement", "in use", "--kind", "held")
    assert "is held by counsel" in program("takedown", "apply", "--erase", code=1).stderr
    assert "is held by counsel" in program("retire", "published/bedtime@dev", old[:8], code=1).stderr
    said = ("--as", "counsel", "--statement", "\x1b[31mdone", "--kind", "released")
    program("attest", f"published/bedtime@dev#{old[:8]}", *said)
    planned = program.json("takedown", "plan", "--erase")["erased"]
    assert [item["documents"] for item in planned if item["partition"].startswith("snapshots/")] == [2]
    assert {item["beyond"] for item in planned} == {0}
    assert "beyond the requests" in program("takedown", "plan", "--erase").stdout
    assert "names it" in program("takedown", "plan").stdout
    done = program.json("takedown", "apply", "--erase")
    assert done["erased"]["rewritten"] > 0
    assert {"partition": "published/bedtime@dev", "version": old} in done["withdrawn"]
    told = program("fetch", f"published/bedtime@dev#{old[:8]}", "--to", str(tmp_path / "out"), code=1).stderr
    assert "no longer exported: use published/bedtime@dev#" in told
    key = tmp_path / "key"
    program("keys", "new", str(key))
    signed = ("--key", str(key), "--to", str(tmp_path / "certificate.json"))
    found = program.json("takedown", "certificate", entry["id"][:8], *signed)
    assert survivor in {item["doc_id"] for item in found["certificate"]["removed"]}
    assert {item["is_explained"] for item in found["certificate"]["portrait"]["spans"]} <= {True}
    assert program.json("takedown", "plan", "--erase") == {"affected": [], "erased": []}
    assert (
        found["signature"]["key"]
        in program("keys", "verify", str(tmp_path / "certificate.json"), "--key", f"{key}.pub").stdout
    )
    checked = ("takedown", "certificate", "--verify", str(tmp_path / "certificate.json"), "--key", f"{key}.pub")
    assert program.json(*checked)["holds"]
    text = (tmp_path / "certificate.json").read_text()
    (tmp_path / "certificate.json").write_text(text.replace(survivor, "0" * 32))
    assert "is not what the owner of" in program(*checked, code=1).stderr
    listed = program("statements", "published/bedtime@dev").stdout
    assert "withdrawn" in listed
    assert "\x1b" not in listed
    assert "Withdrawn" not in program("takedown", "certificate", entry["id"][:8]).stderr
