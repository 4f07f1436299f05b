"""florilegium diff: versions as people name them, tables that hostile text cannot break, and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import DOCUMENTS, Program


@pytest.fixture(scope="module")
def twice(make_program: Callable[[Path], Program], tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The mix of the four documents, and again with one changed, one gone and a hostile one new."""
    program = make_program(tmp_path_factory.mktemp("twice"))
    source = program.recipes / "sources" / "tales.yaml"
    program("build", "bedtime")
    rows: list[dict[str, Any]] = [{**DOCUMENTS[0], "text": DOCUMENTS[0]["text"] + " More."}, *DOCUMENTS[1:3]]
    rows.append({**DOCUMENTS[0], "id": "evil\x1b[31m", "url": "https://example.org/\u202eevil", "text": "new " * 30})
    (program.recipes / "tales.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source.write_text(source.read_text() + "title: Tales\n")
    program("build", "bedtime")
    return program


def test_records_recipe_counts_and_licenses(twice: Program) -> None:
    found = twice.json("diff", "snapshots/tales@dev~1", "snapshots/tales", "--list", "changed")
    assert found["documents"] == {"by": "record_id", "added": 1, "removed": 1, "changed": 1, "unchanged": 2}
    assert [item["told"]["locator"] for item in found["listed"]] == ["a"]
    assert {"name": "title", "before": "", "after": "Tales"} in found["recipe"]
    assert (found["same"], found["first"]["rows"], found["second"]["rows"]) == (False, 4, 4)
    assert "text_bytes" in {item["name"] for item in found["counts"]}
    assert found["licensed"] == []  # of both: three documents under MIT, one under CC-BY-4.0
    assert {item["name"].partition(".")[0] for item in found["identified"]} <= {"languages", "rows"}


def test_names_ids_and_counting_back_mean_the_same(twice: Program) -> None:
    ids = [item["id"] for item in twice.json("history", "snapshots/tales@dev")]
    exact = twice.json("diff", f"snapshots/tales@dev#{ids[0][:12]}", f"snapshots/tales@dev#{ids[1][:12]}")
    assert exact == twice.json("diff", "snapshots/tales@dev~1", "snapshots/tales@dev")
    assert twice.json("diff", "bedtime~1", "bedtime")["second"]["partition"] == "published/bedtime@dev"
    assert twice.json("diff", "tales", "tales")["same"] is True


def test_documents_of_a_mix_that_left_and_entered_have_their_reasons(twice: Program) -> None:
    recipe = twice.recipes / "mixes" / "bedtime.yaml"
    recipe.write_text(recipe.read_text().replace("documents: 2", "documents: 1") + "licenses: {allow: [CC-BY-4.0]}\n")
    twice("build", "bedtime")
    found = twice.json("diff", "bedtime~1", "bedtime")
    sums = {name: sum(reason["documents"] for reason in found[name]) for name in ("left", "entered")}
    assert sums == {"left": found["documents"]["removed"], "entered": found["documents"]["added"]}
    (refused,) = found["left"]
    assert (refused["why"], refused["documents"]) == ("its license was refused: class", len(refused["examples"]))
    assert {(item["license"], item["source"]) for item in refused["examples"]} == {("MIT", "tales@dev")}
    assert {reason["why"] for reason in found["entered"]} <= {"beyond the budget of all"}
    assert {item["name"] for item in found["mixed"]} == {"budget.documents", "licenses.allow"}
    shown = twice("diff", "bedtime~1", "bedtime").output
    assert "its license was refused: class" in shown
    assert not {"\x1b", "\u202e"} & {*shown}
    assert "left" not in twice.json("diff", "tales~1", "tales")


def test_nothing_of_a_document_commands_the_terminal(twice: Program) -> None:
    shown = twice("diff", "snapshots/tales@dev~1", "snapshots/tales@dev", "--list", "added").output
    assert r"evil\x1b[31m" in shown
    assert not {"\x1b", "\u202e"} & {*shown}
    assert "unchanged" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing", "tales"), "'nothing' stands nowhere in this store"),
        (("snapshots/tales@dev~9", "tales"), "snapshots/tales@dev has 2 versions: `florilegium history"),
        (("snapshots/tales@dev", "mixed/bedtime@dev"), "snapshots and mixed cannot be compared"),
        (("snapshots/tales@dev#abcdef0", "tales"), "has no version abcdef0"),
        (("snapshots/tales@dev#abcdef0~1", "tales"), "give one of them"),
    ],
)
def test_what_does_not_stand_is_a_sentence(twice: Program, words: tuple[str, str], message: str) -> None:
    assert message in twice("diff", *words, code=1).output


def test_a_list_needs_a_kind_that_there_is(twice: Program) -> None:
    assert "'same' is not one of" in twice("diff", "tales", "tales", "--list", "same", code=2).output


def test_a_refresh_says_how_much_was_read(program: Program) -> None:
    (step,) = program.json("build", "snapshots/tales")["built"]
    assert step["reading"]["read"]["objects"] == 1
    (again,) = program.json("build", "snapshots/tales")["built"]
    assert "reading" not in again
