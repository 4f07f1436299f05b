"""sources|policies|corpora|mixes: list, show, and every problem with its line."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("kind", "name"), [("sources", "tales"), ("policies", "long"), ("corpora", "tales"), ("mixes", "bedtime")]
)
def test_list_and_show(program, kind, name):
    assert name in {item["key"].partition("@")[0] for item in program.json(kind, "list")}
    assert program.json(kind, "show", name)["recipe"]["name"] == name
    assert f"name: {name}" in program(kind, "show", name).stdout
    assert name in program(kind, "list").stdout


def test_show_of_a_name_that_is_not_there(program):
    assert "'tale' is not a source: use one of tales@dev" in program("sources", "show", "tale", code=1).stderr


def test_check_finds_nothing(program):
    assert program.json("mixes", "check") == {"ok": True, "problems": []}
    program("mixes", "check", str(program.recipes))
    program("mixes", "check", str(program.recipes / "mixes" / "bedtime.yaml"))


def test_check_tells_every_problem_with_its_line(program):
    (program.recipes / "mixes" / "bad.yaml").write_text("name: bad\nseed: often\nbudgt: 3\n")
    corpus = "name: bad\nmembers: [{source: tales, policy: long}]\nnear: 3\n"
    (program.recipes / "corpora" / "bad.yaml").write_text(corpus)
    found = program.json("mixes", "check", code=1)["problems"]
    assert {(item["file"].rpartition("/")[2], item["field"]) for item in found} >= {
        ("bad.yaml", "seed"), ("bad.yaml", "budgt"), ("bad.yaml", "near"),
    }  # fmt: skip
    told = program("mixes", "check", code=1).stdout.splitlines()
    assert len(told) == len(found)
    assert any("mixes/bad.yaml:2: seed" in line for line in told)
    alone = program.json("mixes", "check", str(program.recipes / "corpora" / "bad.yaml"), code=1)["problems"]
    assert {item["field"] for item in alone} == {"near"}


def test_check_of_a_directory_that_is_none(program):
    assert "is no directory" in program("mixes", "check", "/nowhere", code=1).stdout


def test_show_of_a_corpus_tells_what_its_weights_leave(program):
    (program.recipes / "artifacts").mkdir()
    (program.recipes / "reference.txt").write_text("\n".join(f"the word{n} of a story and more" for n in range(40)))
    (program.recipes / "artifacts" / "said.yaml").write_text(
        "name: said\nkind: ngram\nheld_out: 0.3\npositives: [{file: reference.txt}]\n"
    )
    with (program.recipes / "corpora" / "tales.yaml").open("a") as file:
        file.write("soft: {model: said, segments: 2, least: 0.5}\n")
    assert program.json("corpora", "show", "tales")["weights"] == {}
    program("build", "weights/tales")
    told = program.json("corpora", "show", "tales")["weights"]
    assert told["survivors"]["documents"] == 2
    assert told["effective"]["documents"] == 1
    assert [segment["weight"] for segment in told["segments"]] == [500, 1000]
    assert "effective:" in program("corpora", "show", "tales").stdout
    assert "has no weights" not in program("corpora", "show", "tales@dev").stderr


def test_show_of_an_artifact_tells_what_was_built(program):
    (program.recipes / "artifacts").mkdir()
    (program.recipes / "artifacts" / "bpe.yaml").write_text(
        "name: bpe\nkind: tokenizer\nheld_out: 0.4\npositives: [{partition: snapshots/tales@dev}]\n"
        "tokenizer: {vocabulary: 270}\n"
    )
    assert program.json("artifacts", "show", "bpe")["built"] == {}
    program("build", "artifacts/bpe")
    told = program.json("artifacts", "show", "bpe")["built"]
    assert (told["vocabulary"], told["lossless"]) == (270, True)
    assert told["learned_from"]["documents"] + told["held_out"]["documents"] == 3
    assert "vocabulary: 270" in program("artifacts", "show", "bpe").stdout


def test_show_of_clusters_tells_what_they_are_about(program):
    (program.recipes / "artifacts").mkdir()
    (program.recipes / "artifacts" / "topics.yaml").write_text(
        "name: topics\nkind: clusters\nheld_out: 0.1\npositives: [{file: lines.txt}]\nclustering: {clusters: 2}\n"
    )
    lines = [f"harbor sai\u202elor {number * 'tide '}\nwitness jury {number * 'judge '}\n" for number in range(9)]
    (program.recipes / "lines.txt").write_text("".join(lines), encoding="utf-8")
    program("build", "artifacts/topics")
    told = program.json("artifacts", "show", "topics")["built"]
    assert [{"tide", "judge"} & {*item["words"]} for item in told["clusters"]] in (
        [{"tide"}, {"judge"}],
        [{"judge"}, {"tide"}],
    )
    shown = program("artifacts", "show", "topics").stdout
    assert "inertia: " in shown
    assert "- tide" in shown
    assert "\u202e" not in shown
