"""florilegium policies fit: what is written is a recipe, and what cannot be one is refused before it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.cli.policies import policy_text
from dagster_project.corpus.filtering.fitting import Fit
from dagster_project.corpus.model.reading import survey_recipes
from dagster_project.corpus.model.recipes import PolicyRecipe, StepRecipe
from tests.cli.conftest import Program

MANY = 100
POLICY = """
name: both
max_removed: 0.5
rules:
  - {rule: characters, min: 20, max: 100000, languages: [en, "no"]}
  - {edit: redact, settings: {kinds: [email, phone]}}
  - {rule: content_words, min: 3, max_removed: 0.25}
"""


@pytest.fixture(scope="module")
def fitting(make_program: Callable[[Path], Program], tmp_path_factory: pytest.TempPathFactory) -> Program:
    program = make_program(tmp_path_factory.mktemp("fitting"))
    texts = [{"id": f"{n}", "text": "the story of a garden and of the sea " * (n + 3)} for n in range(MANY)]
    (program.recipes / "tales.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts))
    (program.recipes / "sources" / "tales.yaml").write_text(
        "name: tales\nformat: jsonl\nlocation: tales.jsonl\ncolumns: {key: id}\n"
    )
    (program.recipes / "policies" / "both.yaml").write_text(POLICY)
    return program


def fit(program: Program, *words: str, code: int = 0) -> str:
    result = program("policies", "fit", "both", "--reference", "tales", *words, code=code)
    return result.output if code == 0 else result.stderr


def test_what_is_written_is_a_policy_with_the_bounds_and_edits_of_the_other(fitting: Program) -> None:
    file = fitting.recipes / "policies" / "fitted.yaml"
    fit(fitting, "--name", "fitted", "-o", str(file))
    written = file.read_text()
    assert fitting.json("policies", "check") == {"ok": True, "problems": []}
    recipe = fitting.json("policies", "show", "fitted")["recipe"]
    assert recipe["max_removed"] == 0.5
    length, edit, words = recipe["rules"]
    assert (length["languages"], edit["edit"], words["max_removed"]) == (["en", "no"], "redact", 0.25)
    assert edit["settings"]["kinds"] == ["email", "phone"]
    assert 20 < length["min"] < length["max"] < 100000
    assert "is there already" in fit(fitting, "--name", "fitted", "-o", str(file), code=1)
    assert file.read_text() == written
    file.unlink()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--name", "../x"), 1, "cannot be a name"),
        (("--share", "0.7"), 1, "nothing could pass"),
        (("--share", "2"), 2, "give a number from 0 to 1"),
        (("--share", "nan"), 2, "give a number from 0 to 1"),
        (("--keep", "charcters"), 1, "has no rule charcters to keep: use characters, content_words"),
    ],
)
def test_what_can_be_no_policy_is_refused(
    fitting: Program, tmp_path: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    file = tmp_path / "x.yaml"
    assert message in fit(fitting, *words, "-o", str(file), code=code)
    assert not file.exists()


def test_titles_and_entries_stay_text() -> None:
    step = StepRecipe(rule="language", any_of=("no", "# max: 1", "*x"))
    text = policy_text(Fit(PolicyRecipe("x", (step,), "a: b # - {c} 'd'"), ()), {"method": "tail"})
    found = survey_recipes([("policies/x.yaml", text)])
    assert not found.problems
    assert found.found[0].recipe == PolicyRecipe("x", (step,), "a: b # - {c} 'd'")
