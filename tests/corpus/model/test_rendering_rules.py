"""Renderings that cannot be meant are refused where they are read, with what is allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model.recipe_rules import FIELD_RULES, WHOLE_RULES
from dagster_project.corpus.model.rendering_recipes import (
    TEMPLATE_FIELDS,
    ControlRecipe,
    RenderingRecipe,
    TemplateRecipe,
    pieces_of,
)
from dagster_project.corpus.model.rendering_rules import named_by, warnings_of


def said(cls, field, value):
    return FIELD_RULES[cls, field](value)


def complaints(*templates, tokens=()):
    controls = tuple(ControlRecipe(token, "words > 1") for token in tokens)
    return list(WHOLE_RULES[RenderingRecipe](RenderingRecipe(templates, controls)))


def test_a_template_is_taken_apart():
    assert pieces_of("{{a}} {host}{title}\n{text}}}") == (("{a} ", "", "\n", "}"), ("host", "title", "text"))
    assert pieces_of("") == (("",), ())


@given(st.lists(st.tuples(st.text(), st.sampled_from(TEMPLATE_FIELDS))), st.text())
def test_pieces_are_what_was_put_together(parts, last):
    def doubled(text):
        return text.replace("{", "{{").replace("}", "}}")

    written = "".join(f"{doubled(literal)}{{{field}}}" for literal, field in parts) + doubled(last)
    found = pieces_of(written)
    assert list(zip(found.literals, found.fields, strict=False)) == parts
    assert found.literals[-1] == last


@pytest.mark.parametrize("template", ["URL: {host}\n\n{text}", "{text}", "{{{title}}}{text}{title}"])
def test_templates_that_can_be(template):
    assert said(TemplateRecipe, "text", template) is None


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{hots} {a.b} {text}", "names 'a.b', 'hots', and fields are text, url, host, domain, title, source, license"),
        ("{} {text}", "names '', and fields are"),
        ("{host}", "has {text} 0 times; put it once"),
        ("{text} {text}", "has {text} 2 times; put it once"),
        ("{host {text}", "is no template: "),
        ("} {text}", "is no template: Single '}' encountered"),
        ("{host:>10} {text}", "is no template: {host} has a format of its own"),
        ("{host!r} {text}", "is no template: {host} has a format of its own"),
    ],
)
def test_templates_that_cannot_be(template, message):
    assert message in said(TemplateRecipe, "text", template)


@pytest.mark.parametrize("token", ["", "a b", "<|low|>\n", "\x1b", "x" * 101])
def test_tokens_that_cannot_be(token):
    assert "is no token; use 1 to 100 characters without white space" in said(ControlRecipe, "token", token)
    assert said(ControlRecipe, "token", "<|low|>") is None


def test_other_fields():
    assert "is not a share" in said(TemplateRecipe, "share", 1.1)
    assert said(TemplateRecipe, "share", 0.0) is None
    assert "cannot be a name" in said(TemplateRecipe, "name", "A b")
    assert "is empty" in said(ControlRecipe, "where", "")


def test_shares_that_meet_come_to_one_at_most():
    a, b = TemplateRecipe("a", share=0.7, phases=("x",)), TemplateRecipe("b", share=0.4, components=("web",))
    assert complaints(a, TemplateRecipe("c", share=0.7, phases=("y",))) == []
    assert complaints(*(TemplateRecipe(f"t{number}", share=0.1) for number in range(10))) == []
    assert complaints(a, b) == [
        ("templates", "have shares that come to 1.1 in phase x of component web; make them 1 or less")
    ]
    assert complaints(TemplateRecipe("a"), TemplateRecipe("b")) == [
        ("templates", "have shares that come to 2; make them 1 or less")
    ]


def test_names_and_tokens_once():
    assert ("templates[1]", "a stands in this list already; each name once") in complaints(
        TemplateRecipe("a", share=0.1), TemplateRecipe("a", share=0.1)
    )
    message = "<|low cannot be told from <|low|>; use tokens that differ throughout"
    assert complaints(tokens=("<|low|>", "<|low")) == [("controls[1].token", message)]


@pytest.mark.parametrize(
    "template",
    ["<|low|> {text}", "<{title}\n{text}", "<|l{title}|>\n{text}", "{title}|>\n{text}", "{title}{host}\n{text}",
     "{title}low{text}", "{text}>"],
)  # fmt: skip
def test_templates_that_could_spell_a_token_with_a_field_are_refused(template):
    recipe = TemplateRecipe("a", template)
    assert complaints(recipe) == []
    ((field, message),) = complaints(recipe, tokens=("<|low|>",))
    assert field == "templates[0].text"
    assert "could spell the control token <|low|> together with a field" in message


@given(
    st.lists(st.sampled_from("<|low> "), max_size=4).map("".join), st.lists(st.text("<|low> "), min_size=3, max_size=3)
)
def test_templates_that_are_let_through_never_spell_a_token(literal, values):
    recipe = TemplateRecipe("a", f"{literal}{{title}}{literal[::-1]}{{host}} {{text}}{literal}")
    values = [value.replace("<|low|>", " ") for value in values]
    if not complaints(recipe, tokens=("<|low|>",)):
        filled = recipe.text.format(**dict(zip(("title", "host", "text"), values, strict=True)))
        assert "<|low|>" not in filled


def test_phases_and_components_must_be_those_of_the_mix():
    rendering = RenderingRecipe((TemplateRecipe("a", phases=("stabel",), components=("web",)),))
    assert list(named_by(rendering, ["stable", "end"], ["web"])) == [
        ("templates[0].phases", "name stabel, and phases are stable, end")
    ]
    assert list(named_by(rendering, ["stabel"], ["web", "books"])) == []


def test_a_last_phase_that_is_not_plain_is_warned_of():
    (warning,) = warnings_of(RenderingRecipe((TemplateRecipe("a"),)), "main", ["web", "books"])
    assert warning[0] == "rendering.templates"
    assert "the last phase, main, has a template on every document" in warning[1]
    for plain in (
        TemplateRecipe("a", phases=("stable",)),
        TemplateRecipe("a", share=0.9),
        TemplateRecipe("a", components=("web",)),
    ):
        assert warnings_of(RenderingRecipe((plain,)), "main", ["web", "books"]) == []
    assert warnings_of(RenderingRecipe(), "main", ["web"]) == []
