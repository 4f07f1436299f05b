"""florilegium portrait, matches: spans of texts in what stands in the store, and nothing unescaped on the terminal."""

from __future__ import annotations

import json

from tests.cli.conftest import HOSTILE


def test_a_portrait_is_there_after_a_build_and_is_asked(program, documents):
    program("build", "bedtime")
    for name in ("bedtime", "deduplicated/tales@dev"):
        told = program.json("portrait", "show", name)
        assert (told["width"], told["certain"]) == (50, 99)
        assert told["documents"] > 0
        assert 0 < told["false_rate"] < 0.02
    assert "is missed" in program("portrait", "show", "bedtime").stdout
    text = documents[0]["text"][5:300]
    (asked,) = program.json("portrait", "query", "bedtime", "--text", text)["texts"]
    assert asked["spans"][0]["grams"] >= 4
    (asked,) = program.json("portrait", "query", "bedtime", "--text", text, "--exact", "--all")["texts"]
    true = [span for span in asked["spans"] if span["verdict"] == "verbatim"]
    assert true[0]["matches"][0]["end"] == 295
    assert true[0]["matches"][0]["documents"] == 1
    shown = program("portrait", "query", "bedtime", "--text", text, "--exact").stdout
    assert "verbatim" in shown
    assert (
        program.json("portrait", "query", "bedtime", "--text", "nothing at all of this" * 9)["texts"][0]["spans"] == []
    )


def test_matches_are_told_and_written(program, documents, tmp_path):
    program("build", "bedtime")
    said = tmp_path / "said.jsonl"
    text = f"I say \x1b[31m\u202e{documents[0]['text'][:200]} and {HOSTILE}"
    said.write_text("".join(json.dumps({"said": item}) + "\n" for item in (text, "no")) + "{\n")
    told = program.json("matches", "bedtime", "--file", str(said), "--field", "said")
    (match,) = told["matches"]
    assert text[match["start"] : match["end"]].startswith(documents[0]["text"][:200])
    assert match["characters"] < 210
    assert (told["texts"], told["matching"], told["unreadable"]) == (2, 1, {"not a JSON object": 1})
    out = tmp_path / "found.jsonl"
    again = program.json("matches", "bedtime", "--file", str(said), "--field", "said", "--out", str(out))
    assert [json.loads(line) for line in out.read_text().splitlines()] == [match]
    assert again["file"] == str(out)
    words = program.json("matches", "bedtime", "--file", str(said), "--field", "said", "--min-words", "300")
    assert words["matches"] == []
    shown = program("matches", "bedtime", "--file", str(said), "--field", "said").stdout
    assert "1 of 2 texts have 1 spans" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_bad_questions_are_told_in_one_sentence(program, documents, tmp_path):
    program("build", "bedtime")
    said = tmp_path / "said.jsonl"
    said.write_text('{"text": "x"}\n')
    assert "give exactly one of" in program("portrait", "query", "bedtime", code=2).stderr
    both = ("--file", str(said), "--text", "x")
    assert "give exactly one of" in program("portrait", "query", "bedtime", *both, code=2).stderr
    assert "no such field" in program("matches", "bedtime", "--file", str(said), "--field", "y", code=1).stderr
    more = ("--min-words", "9", "--min-characters", "9")
    assert "not both" in program("matches", "bedtime", "--file", str(said), *more, code=2).stderr
    assert "no text of its own" in program("portrait", "show", "filtered/tales@dev+long", code=1).stderr
