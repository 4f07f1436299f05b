"""florilegium contamination: answers, spans with their text, refusals; nothing of an item commands the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import HOSTILE, Program
from tests.corpora import write_jsonl

QUESTION = "Which story have the seven old sisters of the northern valley told to every child since then?"
SEVEN = "seven\x1b\u202e [!]"  # the same words
MIXES = """
name: {name}
budget: {{documents: {size}}}
components: [{{name: all, corpus: fables}}]
clean_of: [evals]
contaminated: {how}
"""
RECIPES = {
    "sources/fables.yaml": "name: fables\nformat: jsonl\nlocation: fables.jsonl\ncolumns: {license: license}\n",
    "corpora/fables.yaml": "name: fables\nmembers: [{source: fables, policy: long}]\n",
    "artifacts/evals.yaml": """
name: evals
kind: benchmark
title: Quizzes
benchmarks:
  - {name: quiz, file: quiz.jsonl, layout: {question: [q], id: id}}
""",
    "artifacts/gone.yaml": """
name: gone
kind: benchmark
benchmarks:
  - {name: lost, file: nowhere.jsonl, layout: {question: [q]}}
""",
    "artifacts/grams.yaml": "name: grams\nkind: ngram\npositives: [{file: fables.txt}]\n",
    "mixes/strict.yaml": MIXES.format(name="strict", size=3, how="refuse"),
    "mixes/clean.yaml": MIXES.format(name="clean", size=2, how="exclude"),
}


@pytest.fixture(scope="module")
def program(make_program: Callable[[Path], Program], tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Three documents, one of which repeats an item whose name and text are hostile."""
    found = make_program(tmp_path_factory.mktemp("contaminated"))
    for name, text in RECIPES.items():
        (found.recipes / name).parent.mkdir(exist_ok=True)
        (found.recipes / name).write_text(text)
    write_jsonl(found.recipes / "quiz.jsonl", [{"id": HOSTILE, "q": QUESTION}, {"id": "2", "q": "Why?"}])
    texts = [f"The {number} tale of a long night in the winter." for number in ("first", "second")]
    planted = f"Before. {QUESTION.replace('seven', SEVEN)} After."
    write_jsonl(found.recipes / "fables.jsonl", [{"text": text, "license": "MIT"} for text in [*texts, planted]])
    return found


def test_a_promise_that_is_not_kept_fails_with_the_name_of_the_item(program: Program) -> None:
    refused = program("build", "strict", code=1).stderr
    assert "nothing was published to mixed/strict@dev: clean_of_benchmarks" in refused
    assert r"Offenders: evals@dev/quiz, evals@dev/quiz item evil\x1b[31m\u202etitle [bold]x[/bold]." in refused
    assert "mixed/strict@dev" not in program("status").output


def test_what_was_refused_is_told_by_source(program: Program) -> None:
    found = program.json("contamination", "strict", "--spans", "5")
    (answer,) = found["answers"]
    names = ("of", "benchmark", "status", "items", "items_hit", "too_short", "untold", "documents", "spans")
    assert [answer[name] for name in names] == ["fables@dev", "evals@dev/quiz", "hit", 2, 1, 1, 0, 1, 2]
    (span,) = found["spans"]
    assert (span["item"], span["overlap"], span["kind"]) == (HOSTILE, 1.0, "ngram")
    assert span["text"] == QUESTION.replace("seven", SEVEN).rstrip("?")


def test_a_mix_tells_what_it_is_clean_of_and_what_it_kept_out(program: Program) -> None:
    program("build", "clean")
    (answer,) = program.json("contamination", "mixed/clean@dev")["answers"]
    assert [answer[name] for name in ("of", "status", "documents", "words", "excluded")] == [
        "clean@dev",
        "clean",
        0,
        0,
        1,
    ]
    shown = program("contamination", "clean", "--spans", "1").output
    assert "clean@dev keeps out 1 documents for evals@dev/quiz" in shown
    assert r"evals@dev/quiz item evil\x1b[31m\u202etitle [bold]x[/bold]: 100.0%, " in shown
    assert r"  Which story have the seven\x1b\u202e [!] old sisters of the northern valley" in shown
    assert not {"\x1b", "\u202e"} & {*shown}


def test_the_report_tells_it_in_every_format(program: Program) -> None:
    program("build", "clean")
    assert program.json("report", "clean")["benchmarks"][0]["status"] == "clean"
    assert "| evals@dev/quiz | clean | 2 | 1 | 0 | 0 | 1 |" in program("report", "clean", "--format", "md").output
    page = Path(program("report", "clean").output.strip()).read_text()
    assert "quiz" in page.partition('id="benchmarks-title"')[2].partition("</section>")[0]


def test_a_source_is_searched_for_an_artifact(program: Program) -> None:
    shown = program("contamination", "fables", "--benchmark", "evals").output
    assert re.search(r"fables@dev +evals@dev/quiz +hit +2 +1 +1 +0 +1 +17", shown)
    (answer,) = program.json("contamination", "snapshots/fables@dev", "--benchmark", "evals@dev")["answers"]
    assert (answer["status"], answer["documents"], answer["items_hit"]) == ("hit", 1, 1)
    (clean,) = program.json("contamination", "tales", "--benchmark", "evals")["answers"]
    assert (clean["status"], clean["documents"]) == ("clean", 0)
    assert "no span" in program("contamination", "tales", "--benchmark", "evals", "--spans", "1").output


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("tales", "--benchmark", "gone"), 1, "the file of benchmark lost "),
        (("tales", "--benchmark", "grams"), 1, "artifact grams@dev is of kind ngram: name one of kind benchmark"),
        (("tales", "--benchmark", "none"), 1, "'none' is not a artifact: use one of"),
        (("bedtime",), 1, "mix bedtime@dev promises to be clean of no benchmark: name some in clean_of"),
        (("nothing",), 1, "'nothing' is not a mix"),
        (("strict", "--spans", "-1"), 2, "Invalid value for '--spans'"),
        ((), 2, "Missing argument 'TARGET'"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(
    program: Program, words: tuple[str, ...], code: int, message: str
) -> None:
    refused = program("contamination", *words, code=code).output
    assert message in refused
    assert "Traceback" not in refused


def test_artifacts_are_shown_and_checked(program: Program) -> None:
    shown = program.json("artifacts", "show", "evals")["recipe"]
    assert shown["benchmarks"][0]["layout"]["question"] == ["q"]
    assert shown["matching"] == {"ngram": 13, "shortest": 5, "common": 100, "template": 10}
    program("artifacts", "check")
    bad = program.recipes / "artifacts" / "bad.yaml"
    bad.write_text("name: bad\nkind: benchmark\nbenchmarks: [{name: A, file: x.jsonl, layout: {question: []}}]\n")
    told = program("artifacts", "check", str(bad), code=1).output
    bad.unlink()
    assert "bad.yaml:3: benchmarks[0].name: 'A' cannot be a name" in told
    assert "benchmarks[0].layout.question: is empty; name the fields that make a question" in told
