"""florilegium mixes plan: told is what a build then takes, and nothing is built; the README's recipe is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dagster_project.corpus.model.mix_recipes import (
    BalanceRecipe,
    Budget,
    ComponentRecipe,
    LicensePolicy,
    MixRecipe,
    OrderRecipe,
    PackingRecipe,
    PhaseRecipe,
    QuantileRecipe,
    RepetitionRecipe,
    WeightingRecipe,
)
from dagster_project.corpus.model.reading import read_recipe
from dagster_project.corpus.model.rendering_recipes import ControlRecipe, RenderingRecipe, TemplateRecipe
from tests.cli.conftest import Program

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PHASED = """
    name: phased
    seed: 1
    budget: {documents: 3}
    components:
      - {name: first, corpus: tales, max_epochs: 2}
      - {name: second, corpus: tales, balance: {by: title}}
    phases:
      - {name: stable, share: 0.6, weights: {first: 1}}
      - {name: anneal, share: 0.4, weights: {second: 1}}
    licenses: {deny: [CC-BY-4.0]}
"""


def test_inputs_that_are_not_built_are_named_with_their_commands(program: Program) -> None:
    told = program("mixes", "plan", "bedtime", code=1).stderr
    wanted = "florilegium build deduplicated/tales@dev && florilegium build signals/tales@dev/language"
    assert f"mixed/bedtime@dev has inputs that are not built yet: run `{wanted}`" in told
    for command in wanted.split(" && "):
        program(*command.split()[1:])
    planned = program.json("mixes", "plan", "bedtime")
    assert (planned["mix"], planned["unit"], planned["budget"], planned["rows"]) == ("bedtime@dev", "documents", 2, 2)
    assert program("history", "mixed/bedtime@dev", code=1).stdout == ""


def test_what_is_planned_is_what_is_built(program: Program) -> None:
    program("build", "bedtime")
    planned = program.json("mixes", "plan", "bedtime")
    (built,) = program.json("build", "mixed/bedtime")["built"]
    assert planned["rows"] == built["rows"] == 2
    assert planned["by_source"] == {"tales@dev": {"documents": 2, "words": planned["words"]}}
    assert {name: counts["documents"] for name, counts in planned["by_license"].items()} == {"CC-BY-4.0": 1, "MIT": 1}
    assert planned["asked"]["all"]["available"]["documents"] == 2
    assert planned["asked"]["all"]["most"] == 8
    assert planned["repetition"]["copies"] == {"1": 2, "2-9": 0, "10-99": 0, "100+": 0}
    assert planned["warnings"] == []


def test_phases_licenses_repeats_and_warnings(program: Program) -> None:
    program("build", "bedtime")
    (program.recipes / "mixes" / "phased.yaml").write_text(PHASED)
    planned = program.json("mixes", "plan", "phased")
    first, second = planned["asked"].values()
    assert (first["phases"], second["phases"]) == ({"stable": 2}, {"anneal": 1})
    assert {name: counts["documents"] for name, counts in planned["by_phase"].items()} == {"stable": 2, "anneal": 1}
    assert planned["license_reasons"] == {"first": {"denied": 1}, "second": {"denied": 1}}
    (group,) = second["groups"].values()
    assert group == {"documents": 1, "available": 1, "taken": 1}
    assert (planned["repetition"]["exact"], planned["repetition"]["most_copies"]) == (2, 3)
    assert "phases" in {item["about"] for item in planned["warnings"]}
    shown = program("mixes", "plan", "phased").stdout
    assert not {"\x1b", "\u202e"} & {*shown}
    assert "warning: phases: the last phase, anneal, has 40% of the mix" in shown
    assert re.search(r"first +2 +1 +2 +2 +\+0 +2\.00 +2", shown)
    assert re.search(r"first +license: denied +1", shown)
    assert re.search(r"2-9 +1\b", shown)
    assert shown == program("mixes", "plan", "phased").stdout


def test_what_cannot_be_met_is_refused_and_bad_usage_is_told(program: Program) -> None:
    program("build", "bedtime")
    recipe = program.recipes / "mixes" / "bedtime.yaml"
    recipe.write_text(recipe.read_text().replace("documents: 2", "documents: 9"))
    told = program("mixes", "plan", "bedtime", code=1).stderr
    assert "all is asked for 9 and has 2, at most 8 in its epochs" in told
    assert "'bedtim' is not a mix" in program("mixes", "plan", "bedtim", code=1).stderr
    assert "Missing argument" in program("mixes", "plan", code=2).output


def reference() -> str:
    section = README.split("\n## Mixes\n")[1].split("\n## ")[0]
    (block,) = (text for text in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL) if "mixes/reference" in text)
    return str(block)


def test_the_reference_of_the_readme_is_read() -> None:
    mix = read_recipe("mixes/reference.yaml", reference()).recipe
    assert isinstance(mix, MixRecipe)
    assert [phase.name for phase in mix.phases] == ["stable", "anneal"]
    assert sum(phase.share for phase in mix.phases) == pytest.approx(1)


@pytest.mark.parametrize(
    "cls",
    [
        MixRecipe,
        Budget,
        ComponentRecipe,
        QuantileRecipe,
        BalanceRecipe,
        WeightingRecipe,
        PhaseRecipe,
        OrderRecipe,
        RepetitionRecipe,
        LicensePolicy,
        PackingRecipe,
        RenderingRecipe,
        TemplateRecipe,
        ControlRecipe,
    ],
)
def test_the_reference_leaves_out_no_field(cls: type) -> None:
    text = reference()
    assert [name for name in cls.__dataclass_fields__ if not re.search(rf"\b{name}\b", text)] == []
