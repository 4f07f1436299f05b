"""What is told of a mix before it is built, each at its field."""

from __future__ import annotations

from typing import Any

import pytest

from dagster_project.corpus.mixing.complaints import complaints
from dagster_project.corpus.model.errors import RecipeError
from dagster_project.corpus.model.mix_recipes import MixRecipe
from dagster_project.corpus.model.reading import read_recipe

MIX = """
name: m
budget: {words: 100}
components:
  - {name: a, corpus: c@1}
  - {name: b, corpus: c@1, where: "words > 10"}
"""


def read(more: str = "", text: str = MIX) -> MixRecipe:
    recipe: MixRecipe = read_recipe("mixes/m.yaml", text + more).recipe
    return recipe


def problems(more: str = "", text: str = MIX) -> list[tuple[str, str]]:
    with pytest.raises(RecipeError) as caught:
        read(more, text)
    return [(problem.field, problem.message) for problem in caught.value.problems]


def test_a_good_mix_has_nothing_to_be_told() -> None:
    assert list(complaints(read("licenses: {allow: [permissive, MIT], deny: [GPL-3.0-only]}\n"))) == []


@pytest.mark.parametrize(
    ("more", "field", "message"),
    [
        ("order: {policy: curriculum, by: 'random()'}\n", "order.by", "random"),
        ("licenses: {allow: [permisive]}\n", "licenses.allow[0]", "neither a license class nor an SPDX expression"),
        ("licenses: {deny: ['GPL (']}\n", "licenses.deny[0]", "neither a license class nor an SPDX expression"),
        ("exports: [parquet, megatron]\n", "exports[1]", "megatron holds tokens alone"),
        ("exports: [packed]\n", "exports[0]", "packed holds tokens alone"),
        ("packing: {length: 512}\n", "packing", "which is not among the exports"),
    ],
)
def test_what_cannot_be_used_is_told_at_its_field(more: str, field: str, message: str) -> None:
    ((found, said),) = complaints(read(more))
    assert found == field
    assert message in said


def test_expressions_of_components_are_looked_at() -> None:
    bad = MIX.replace("words > 10", "read_csv('/etc/passwd') is null")
    ((field, _),) = complaints(read(text=bad))
    assert field == "components[1].where"


PHASES = "phases: [{{name: a, share: {0}}}, {{name: b, share: {1}, weights: {2}}}]\n"


@pytest.mark.parametrize(
    ("more", "field", "message"),
    [
        (PHASES.format(0.5, 0.4, "{}"), "phases", "have shares that come to 0.9; make them 1"),
        (PHASES.format(0.5, 0.5, "{x: 1}"), "phases[1].weights", "name x, and components are a, b"),
        (PHASES.format(0.5, 0.5, "{a: -1}"), "phases[1].weights", "gives a the weight -1"),
        (PHASES.format(0.5, 0.5, "{a: 0}"), "phases[1].weights", "give nobody a weight above 0"),
        (PHASES.format(0.5, 0.5, "{}") + "order: {policy: interleaved}\n", "order", "say it in each phase"),
        ("order: {policy: curriculum}\n", "order.by", "is what a curriculum sorts by"),
        ("order: {by: words}\n", "order.by", "is what a curriculum sorts by"),
        ("packing: {mode: buckets, length: 1000}\n", "packing.length", "1000 is not a power of two"),
        ("clean_of: []\ncontaminated: exclude\n", "contaminated", "clean_of names none"),
        ("tokenizer: 'T T'\n", "tokenizer", "cannot be a reference"),
    ],
)
def test_fields_that_do_not_agree_are_refused(more: str, field: str, message: str) -> None:
    found = problems(more)
    assert any(name == field and message in said for name, said in found), found


@pytest.mark.parametrize(
    ("component", "field", "message"),
    [
        ("share: 0.2, budget: {words: 5}", "components[0].share", "is a second amount beside budget"),
        ("budget: {documents: 5}", "components[0].budget", "is not in words, as the mix is"),
        ("control: random", "components[0].control", "there is no where, quantile, sample or rehydrate"),
        ("quantile: {of: words, above: 0.5, up_to: 0.5}", "components[0].quantile.above", "nothing could pass"),
        ("max_epochs: 0", "components[0].max_epochs", "use 1 to 1,000"),
        ("rehydrate: 9", "components[0].rehydrate", "use 0 to 4"),
    ],
)
def test_components_that_cannot_be_meant_are_refused(component: str, field: str, message: Any) -> None:
    found = problems(text=MIX.replace("{name: a, corpus: c@1}", f"{{name: a, corpus: c@1, {component}}}"))
    assert any(name == field and message in said for name, said in found), found


def test_tokens_need_a_tokenizer() -> None:
    assert problems(text=MIX.replace("words: 100", "tokens: 100"))[0][1].endswith("name one, or say words")


REPLAY = """
name: m
budget: {words: 100}
components:
  - {name: a, corpus: c@1, where: "quality.score > 1"}
  - {name: b, replay: base@1}
"""


@pytest.mark.parametrize(
    ("said", "field", "lacking"),
    [
        ("where: title = 'x'", "components[1].where", "title"),
        ("sample: copies * quality.score", "components[1].sample", "quality.score"),
        ("quantile: {of: bytes, above: 0.5}", "components[1].quantile.of", "bytes"),
        ("balance: {by: domain}", "components[1].balance.by", "domain"),
    ],
)
def test_replayed_members_tell_no_more_than_stands_in_the_mix(said: str, field: str, lacking: str) -> None:
    ((found, message),) = complaints(read(text=REPLAY.replace("base@1", f"base@1, {said}")))
    assert found == field
    assert message.startswith(f"reads {lacking}, and replayed members tell no more than source, component")


def test_what_is_asked_of_all_components_is_asked_of_replayed_members() -> None:
    curriculum = "order: {policy: curriculum, by: BY}\n"
    assert list(complaints(read(curriculum.replace("BY", "words / copies"), REPLAY))) == []
    ((field, message),) = complaints(read(curriculum.replace("BY", "language_score"), REPLAY))
    assert (field, message.split(",")[0]) == ("order.by", "reads language_score")


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ("", "components[1]", "has neither of corpus and replay"),
        ("corpus: c, replay: base", "components[1]", "has both of corpus and replay"),
        ("replay: base#0123456789", "components[1].replay", "names no version; use name@version#digits"),
        ("replay: base@1#012", "components[1].replay", "names no version; use name@version#digits"),
        ("replay: BASE", "components[1].replay", "cannot be a reference"),
        ("replay: base, domains: [a.test]", "components[1].domains", "is of the documents of a corpus"),
        ("replay: base, rehydrate: 1", "components[1].rehydrate", "is of the documents of a corpus"),
    ],
)
def test_a_component_has_a_corpus_or_replays(said: str, field: str, message: str) -> None:
    text = REPLAY.replace("{name: b, replay: base@1}", f"{{name: b, {said}}}" if said else "{name: b}")
    ((found, told),) = problems(text=text)
    assert (found, message in told) == (field, True), told
