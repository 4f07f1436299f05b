"""Recipes are read strictly: every problem of every file, with its line, and never any other exception."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.model.errors import RecipeError
from dagster_project.corpus.model.mix_recipes import Budget
from dagster_project.corpus.model.reading import KINDS, read_recipe, read_recipes, survey_recipes
from dagster_project.corpus.model.recipe_rules import LIMITS
from dagster_project.corpus.model.recipes import Columns, SourceRecipe, StepRecipe, as_data

SOURCE = """\
name: web
version: "1"
format: jsonl
location: data/*.jsonl.zst
columns:
  text: content.body
  key: id
languages: [en, cy]
max_bad_records: 1e-3
"""
MIX = """\
name: small
budget: {words: 1000}
components:
  - name: all
    corpus: web@1
    weight: 2
seed: 7
exports: [jsonl]
"""


def problems(file: str, text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(RecipeError) as refusal:
        read_recipe(file, text)
    return [(item.line, item.field, item.message) for item in refusal.value.problems]


def test_a_source_is_read_with_its_types():
    assert read_recipe("sources/web.yaml", SOURCE).recipe == SourceRecipe(
        name="web",
        version="1",
        format="jsonl",
        location="data/*.jsonl.zst",
        columns=Columns(text="content.body", key="id"),
        languages=("en", "cy"),
        max_bad_records=0.001,
    )


def test_a_mix_is_read_with_its_types():
    recipe = read_recipe("mixes/small.yaml", MIX).recipe
    assert (recipe.budget, recipe.seed, recipe.exports) == (Budget(words=1000), 7, ("jsonl",))
    assert isinstance(recipe.components[0].weight, float)


def test_rules_keep_their_order_and_limits():
    text = "name: p\nrules:\n- {rule: words, min: 50, max: 100000}\n- {rule: language, any_of: [en]}\n"
    rules = read_recipe("policies/p.yaml", text).recipe.rules
    assert rules == (StepRecipe("words", min=50.0, max=100_000.0), StepRecipe("language", any_of=("en",)))


def test_null_stands_for_no_limit():
    text = "name: p\nrules: [{rule: words, min: 1, max: null}]\n"
    assert read_recipe("policies/p.yaml", text).recipe.rules[0].max is None


def test_fields_remember_their_lines():
    read = read_recipe("mixes/small.yaml", MIX)
    assert (
        str(read.problem("components[0].corpus", "is unknown"))
        == "mixes/small.yaml:5: components[0].corpus: is unknown"
    )
    assert read.problem("components[0].sources", "…").line == 4


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        ("name: web\nformat: jsonl\nformt: x\n", 3, "formt", "did you mean format?"),
        ("name: web\n", 1, "format", "is missing; it is text"),
        ("name: web\nformat: jsonl\nversion: 1\n", 3, "version", 'put it in quotes, "1"'),
        ("name: web\nformat: jsonl\nversion: 1.10\n", 3, "version", 'put it in quotes, "1.10"'),
        ("name: web\nformat: jsonl\nversion: 2024-05-01T00:00:00\n", 3, "version", "put it in quotes"),
        ("name: web\nformat: jsonl\ncountry: NO\n", 3, "country", 'put it in quotes, "NO"'),
        ("name: web\nformat: jsonl\nlanguages: [de, no]\n", 3, "languages[1]", 'put it in quotes, "no"'),
        ("name: web\n\tformat: jsonl\n", 2, "", "is not YAML"),
        ("name: web\nformat: jsonl\nnotes: [&a [x], *a]\n", 3, "", "anchors and aliases are not allowed"),
        ("name: web\nformat: jsonl\n<<: {title: x}\n", 3, "'<<'", "is not a field here"),
        ("name: web\nformat: no\n", 2, "format", 'put it in quotes, "no"'),
        ("name: Web\nformat: jsonl\n", 1, "name", "a-z 0-9"),
        ("name: a..b\nformat: jsonl\n", 1, "name", "without '..'"),
        ("name: web\nformat: jsonl\naccess: publik\n", 3, "access", "did you mean public?"),
        ("name: web\nformat: jsonl\nmax_bad_records: 5%\n", 3, "max_bad_records", "it is a number"),
        ("name: web\nformat: jsonl\nmax_bad_records: .nan\n", 3, "max_bad_records", "it is a number"),
        ("name: web\nformat: jsonl\nmax_bad_records: 1.5\n", 3, "max_bad_records", "from 0 to 1"),
        ("name: web\nformat: jsonl\nlanguages: en\n", 3, "languages", "a list, each item text"),
        ("name: web\nformat: jsonl\nlanguages: [en, 3]\n", 3, "languages[1]", "'3' is not allowed here"),
        ("name: web\nformat: jsonl\ncolumns: {txt: a}\n", 3, "columns.txt", "did you mean text?"),
        ("name: web\nformat: jsonl\ncolumns: {text: a..b}\n", 3, "columns.text", "is not a column"),
        ("name: web\nformat: jsonl\nname: other\n", 3, "name", "said twice, first on line 1"),
        ("name: &a web\nformat: *a\n", 1, "", "anchors and aliases are not allowed"),
        ("name: web\nformat: jsonl\n---\nname: b\n", 3, "", "one recipe per file"),
        ("name: web\nformat: jsonl\nnotes: !!python/object:os.system x\n", 3, "notes", "is not allowed here"),
        ('name: web\nformat: jsonl\nlocation: "a\\0b"\n', 3, "location", "holds a control character"),
        ("name: [\n", 2, "", "is not YAML"),
        ("name: caf\udce9\n", 1, "", "save it as UTF-8"),
        ("", 1, "", "is empty"),
        ("- a\n", 1, "", "a list is not allowed here"),
        ("[" * 5000, 1, "", "nests deeper"),
        (MIX, 1, "", "move it to mixes/"),
    ],
)
def test_a_source_is_refused(text, line, field, says):
    (problem,) = problems("sources/web.yaml", text)
    assert problem[:2] == (line, field)
    assert says in problem[2]


@pytest.mark.parametrize(
    ("before", "after", "field", "says"),
    [
        ("{words: 1000}", "{words: 1, documents: 1}", "budget", "words and documents of words, tokens and documents"),
        ("{words: 1000}", "{}", "budget", "has none of words, tokens and documents"),
        ("{words: 1000}", "{words: 0}", "budget.words", "a number above 0"),
        ("{words: 1000}", "{words: 1e3}", "budget.words", "a whole number, or null"),
        ("weight: 2", "weight: 0", "components[0].weight", "a number above 0"),
        ("weight: 2", "max_epochs: 0", "components[0].max_epochs", "use 1 to 1,000"),
        ("weight: 2", "corpus: Web", "components[0].corpus", "said twice"),
        ("web@1", "web/1", "components[0].corpus", "name or name@version"),
        ("seed: 7", "seed: 0x10", "seed", "a whole number"),
        ("seed: 7", "seed: -1", "seed", "is not a seed"),
        ("[jsonl]", "[]", "exports", "give at least one"),
        ("[jsonl]", "[jsonl, jsonl]", "exports", "jsonl stands here twice"),
        ("[jsonl]", "[csv]", "exports[0]", "one of parquet, jsonl"),
        ("seed: 7", "- {name: all, corpus: b}", "", "is not YAML"),
    ],
)
def test_a_mix_is_refused(before, after, field, says):
    (problem,) = problems("mixes/small.yaml", MIX.replace(before, after))
    assert problem[1] == field
    assert says in problem[2]


@pytest.mark.parametrize("word", ["yes", "no", "'yes'", "conditional"])
def test_a_choice_needs_no_quotes_though_yaml_takes_it_for_a_truth_value(word):
    recipe = read_recipe("sources/web.yaml", f"name: web\nformat: jsonl\nredistribution: {word}\n").recipe
    assert recipe.redistribution == word.strip("'")


@pytest.mark.parametrize("word", ["true", "Yes", "on"])
def test_other_truth_values_are_no_choice(word):
    (problem,) = problems("sources/web.yaml", f"name: web\nformat: jsonl\ncommercial: {word}\n")
    assert problem[1] == "commercial"


def test_a_plain_day_is_its_own_text():
    text = "name: web\nformat: jsonl\nversion: 2024-05-01\ncollection: {start: 2024-02-29, end: '2024-03-01'}\n"
    recipe = read_recipe("sources/web.yaml", text).recipe
    assert (recipe.version, recipe.collection.start, recipe.collection.end) == (
        "2024-05-01",
        "2024-02-29",
        "2024-03-01",
    )


def test_a_bad_field_hides_no_problem_of_the_others():
    text = "name: Web\nformat: jsonl\nlanguages: en\nlicense: MIT\ncollection: {start: 2024-02-02, end: 2024-01-01}\n"
    text += "access: private\nredistribution: yes please\nmax_bad_records: 7\n"
    assert [(line, field) for line, field, _ in problems("sources/web.yaml", text)] == [
        (1, "name"), (1, "license_evidence"), (3, "languages"), (5, "collection.start"), (7, "redistribution"),
        (8, "max_bad_records"),
    ]  # fmt: skip


def test_a_survey_keeps_what_can_be_read_and_the_names_of_the_rest():
    files = [("sources/a.yaml", "name: ann\nformat: jsonl\nlanguages: 3\n"), ("policies/b.yaml", "name: bob\nx: [")]
    survey = survey_recipes([*files, ("sources/c.yaml", SOURCE)])
    assert [item.recipe.name for item in survey.found] == ["ann", "web"]
    assert [(item.file, item.line) for item in survey.problems] == [("sources/a.yaml", 3), ("policies/b.yaml", 2)]
    assert survey.unread == {("policies", "b"), ("policies", "bob")}


def test_components_have_names_of_their_own():
    text = MIX.replace("seed: 7", "  - {name: all, corpus: b}\nseed: 7").replace("  - {", "  - {")
    (problem,) = problems("mixes/small.yaml", text)
    assert problem == (7, "components[1]", "all stands in this list already; each name once")


def test_a_rule_needs_a_limit_that_can_be_met():
    text = "name: p\nrules:\n- rule: a\n- {rule: b, min: 3, max: 2}\n- {rule: b, max: 2}\n"
    found = problems("policies/p.yaml", text)
    assert [(line, field) for line, field, _ in found] == [(3, "rules[0]"), (4, "rules[1].min")]


NO_LIMIT = "has no limit, so it would keep everything"


def test_a_quarantine_is_of_a_rule_and_may_stand_beside_it():
    text = "name: p\nrules:\n- {rule: a, max: 5}\n- {rule: a, max: 0, quarantine: true, released: l.txt}\n"
    rules = read_recipe("policies/p.yaml", text).recipe.rules
    assert [rule.label for rule in rules] == ["a", "a[quarantine]"]
    plain = "name: p\nrules: [{rule: a, max: 0, quarantine: false}]\n"
    assert read_recipe("policies/p.yaml", plain).recipe.rules == (StepRecipe("a", max=0.0),)


@pytest.mark.parametrize(
    ("step", "field", "message"),
    [
        ("edit: redact, quarantine: true", "quarantine", "is about a rule, and this step is edit redact; leave it out"),
        ("policy: q, quarantine: true", "quarantine", "is about a rule, and this step is policy q; leave it out"),
        ("policy: q, released: l.txt", "released", "is about a rule, and this step is policy q; leave it out"),
        (
            "rule: a, max: 0, released: l.txt",
            "released",
            "lets documents out of quarantine, and this step has none; say quarantine: true beside it",
        ),
        (
            "rule: a, words: 9, quarantine: true, released: l.txt",
            "released",
            "would add documents to a budget of words; give a min, or leave it out",
        ),
        ("rule: a, quarantine: true", "", f"{NO_LIMIT}; give one of {', '.join(LIMITS)}"),
    ],
)
def test_a_quarantine_that_means_nothing_is_refused(step: str, field: str, message: str):
    (problem,) = problems("policies/p.yaml", f"name: p\nrules:\n- {{{step}}}\n")
    assert problem == (3, ".".join(filter(None, ("rules[0]", field))), message)


def test_all_problems_of_all_files_come_at_once():
    with pytest.raises(RecipeError) as refusal:
        read_recipes([("sources/a.yaml", "name: A\nformat: 1\n"), ("x/b.yaml", "name: b"), ("sources/c.yaml", SOURCE)])
    assert [(item.file, item.line) for item in refusal.value.problems] == [
        ("sources/a.yaml", 1),
        ("sources/a.yaml", 2),
        ("x/b.yaml", 1),
    ]


def test_one_directory_says_a_name_once():
    with pytest.raises(
        RecipeError, match=r"sources/b\.yaml:1: name: the same name and version stand in sources/a\.yaml"
    ):
        read_recipes([("sources/a.yaml", SOURCE), ("sources/b.yaml", SOURCE)])
    assert len(read_recipes([("x/sources/a.yaml", SOURCE), ("y/sources/b.yaml", SOURCE)])) == 2


def test_a_recipe_is_plain_data():
    assert as_data(read_recipe("sources/web.yaml", SOURCE).recipe)["languages"] == ["en", "cy"]


FIELDS = [
    "name",
    "version",
    "format",
    "columns",
    "rules",
    "rule",
    "min",
    "members",
    "components",
    "budget",
    "words",
    "x",
]
SCALARS = st.one_of(
    st.sampled_from(
        ["1", "-0", "1e3", ".inf", "yes", "null", "~", "web", "0x1F", "1:30", "'1'", "!!set {}", "<<", "=", "|", "?"]
    ),
    st.text(max_size=8),
)
FLOW = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=12,
)
BLOCK = st.lists(st.tuples(st.sampled_from(FIELDS), FLOW), max_size=8).map(
    lambda pairs: "".join(f"{key}: {value}\n" for key, value in pairs)
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(list(KINDS)),
    st.one_of(BLOCK, FLOW, st.text(max_size=60), st.text("[]{}:-&*!|>'\"%@`?\\ \nUux0", max_size=40)),
)
def test_no_text_raises_anything_else(kind, text):
    problems = ()
    try:
        assert isinstance(read_recipe(f"{kind}/x.yaml", text).recipe, KINDS[kind])
    except RecipeError as error:
        problems = error.problems or [None]
    assert all(item.line >= 1 and item.message for item in problems)
