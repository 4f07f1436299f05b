"""What a recipe names and nobody has is told with its line and with what there is, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.corpus.building.loose_ends import unknown_license
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.filtering.rules import RULES
from dagster_project.corpus.model.errors import RecipeError
from tests.corpus.building.recipe_texts import write


def test_references_that_find_nothing_are_problems_with_lines(tmp_path):
    write(tmp_path, "sources/a.yaml", "name: a\nformat: jsonlines\n")
    write(tmp_path, "policies/p.yaml", "name: p\nrules:\n  - {rule: wrods, min: 1}\n")
    write(tmp_path, "corpora/c.yaml", "name: c\nmembers:\n  - source: nothing\n    policy: p\n")
    write(tmp_path, "mixes/m.yaml", "name: m\nbudget: {words: 1}\ncomponents:\n  - {name: all, corpus: d}\n")
    with pytest.raises(RecipeError) as refusal:
        find_recipes([tmp_path], rules=["words"])
    found = {(Path(item.file).name, item.line, item.field): item.message for item in refusal.value.problems}
    assert "use one of jsonl" in found["a.yaml", 2, "format"]
    assert "use one of words" in found["p.yaml", 3, "rules[0].rule"]
    assert "is not a source" in found["c.yaml", 3, "members[0].source"]
    assert "use one of c@dev" in found["m.yaml", 4, "components[0].corpus"]


def test_every_problem_of_every_file_comes_at_once(tmp_path):
    write(
        tmp_path, "sources/a.yaml", "name: a\nformat: jsonl\nlicense: CC-BYSA-4.0\nlicense_evidence: x\nlanguages: en\n"
    )
    write(tmp_path, "sources/b.yaml", "name: bee\nformat: [\n")
    write(
        tmp_path, "sources/c.yaml", "name: c\nformat: jsnl\ncollection_license: MIT AND (\npolicy: gophr\nhomepage: x\n"
    )
    write(tmp_path, "policies/p.yaml", "name: p\nrules:\n- {rule: wrods, min: 1}\nmax_removed: 3\n")
    write(tmp_path, "corpora/k.yaml", "name: k\nmembers:\n- {source: bee, policy: p}\n- {source: z, policy: p}\n")
    with pytest.raises(RecipeError) as refusal:
        find_recipes([tmp_path, tmp_path / "nowhere"], rules=["words"])
    mine = [item for item in refusal.value.problems if item.file.startswith(str(tmp_path))]
    assert [(Path(item.file).name, item.line, item.field) for item in mine] == [
        ("k.yaml", 4, "members[1].source"),
        ("nowhere", 1, ""),
        ("p.yaml", 3, "rules[0].rule"),
        ("p.yaml", 4, "max_removed"),
        ("a.yaml", 3, "license"),
        ("a.yaml", 5, "languages"),
        ("b.yaml", 3, ""),
        ("c.yaml", 2, "format"),
        ("c.yaml", 3, "collection_license"),
        ("c.yaml", 4, "policy"),
        ("c.yaml", 5, "homepage"),
    ]


def test_sources_derived_from_themselves_are_told_before_anything_is_built(tmp_path):
    derived = "format: jsonl\ncolumns: {parents: of}\nderived_from: "
    write(tmp_path, "sources/a.yaml", f'name: a\nversion: "1"\n{derived}[b@1]\n')
    write(tmp_path, "sources/b.yaml", f'name: b\nversion: "1"\n{derived}[a@1]\n')
    write(tmp_path, "sources/b2.yaml", f'name: b\nversion: "2"\n{derived}[c@1]\n')
    write(tmp_path, "sources/c.yaml", 'name: c\nversion: "1"\nformat: jsonl\n')
    with pytest.raises(RecipeError) as refusal:
        find_recipes([tmp_path])
    assert [(Path(item.file).name, item.line, item.field) for item in refusal.value.problems] == [
        ("a.yaml", 5, "derived_from"),
        ("b.yaml", 5, "derived_from"),
    ]
    assert refusal.value.problems[0].message.startswith("b@1 is derived from a@1, and so from itself")


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("MIT", None),
        ("(MIT OR Apache-2.0) AND CC-BY-SA-4.0", None),
        ("LicenseRef-Own", None),
        ("NOASSERTION", None),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", None),
        ("CC-BYSA-4.0", "(did you mean CC-BY-SA-4.0?)"),
        ("MIT AND Apache2", "(did you mean Apache-2.0?)"),
        ("a sentence about a license", "join them by AND, OR or WITH"),
        ("", "state NOASSERTION"),
    ],
)
def test_licenses_are_spdx_expressions(expression, says):
    found = unknown_license(expression)
    assert found is None if says is None else says in str(found)


def test_the_policy_of_a_source_must_exist(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "notes.yaml").write_text("name: notes\nformat: jsonl\nlocation: n.jsonl\npolicy: gophr\n")
    with pytest.raises(RecipeError, match=r"notes.yaml:4: policy: 'gophr' is not a policy: use one of gopher"):
        find_recipes([tmp_path])


ARTIFACT = """name: a
kind: scorer
license: {license}
positives: [{{partition: {positive}}}]
negatives:
- {{file: bad.txt}}
- {{partition: {negative}}}
"""


@pytest.mark.parametrize(
    ("changed", "field", "line", "says"),
    [
        ({"license": "CC-BYSA-4.0"}, "license", 3, "did you mean CC-BY-SA-4.0"),
        ({"positive": "snapshots/nothing@1"}, "positives[0].partition", 4, "'nothing@1' is not a source: use one of "),
        ({"positive": "snapshots/notes@2"}, "positives[0].partition", 4, "'notes@2' is not a source"),
        ({"positive": "filtered/notes@1+gophr"}, "positives[0].partition", 4, "is not a policy: use one of gopher"),
        ({"negative": "published/nothing@1"}, "negatives[1].partition", 7, "'nothing@1' is not a mix: use one of "),
        ({}, "", 0, ""),
        ({"negative": "filtered/notes@1+gopher.control-7"}, "", 0, ""),
    ],
)
def test_what_the_examples_of_an_artifact_name_must_exist(tmp_path: Path, changed, field, line, says) -> None:
    write(tmp_path, "sources/notes.yaml", "name: notes\nversion: '1'\nformat: jsonl\nlocation: n.jsonl\n")
    named = {"license": "MIT", "positive": "snapshots/notes@1", "negative": "published/demo@dev", **changed}
    write(tmp_path, "artifacts/a.yaml", ARTIFACT.format(**named))
    if not says:
        find_recipes([tmp_path])
        return
    with pytest.raises(RecipeError) as refusal:
        find_recipes([tmp_path])
    (problem,) = refusal.value.problems
    assert (problem.field, problem.line) == (field, line)
    assert says in problem.message


def test_an_artifact_with_problems_is_not_judged_as_a_whole(tmp_path: Path) -> None:
    """What could not be read has its default, and of that no more is told: here there are negatives, with a slip."""
    write(tmp_path, "artifacts/a.yaml", "name: a\nkind: scorer\npositives: [{file: a.txt}]\nnegatives: {file: b.txt}\n")
    write(tmp_path, "artifacts/b.yaml", "name: b\nkind: scorer\nlicense: MTI\npositives: [{file: a.txt}]\n")
    with pytest.raises(RecipeError) as refusal:
        find_recipes([tmp_path])
    found = [(Path(item.file).name, item.field) for item in refusal.value.problems]
    assert found == [("a.yaml", "negatives"), ("b.yaml", ""), ("b.yaml", "license")]


@pytest.mark.parametrize(
    ("rule", "model", "says"),
    [
        ("score", "bpe", "'bpe' is of kind tokenizer: name a model or a scorer"),
        ("perplexity", "bpe", "'bpe' is of kind tokenizer: name a model or a scorer"),
        ("contaminated_items", "bpe", "'bpe' is of kind tokenizer: name an artifact of kind benchmark"),
        ("tokens", "grams", "'grams' is of kind ngram: name an artifact of kind tokenizer"),
        ("score", "topics", "'topics' is of kind clusters: name a model or a scorer"),
        ("perplexity", "grams", ""),
        ("tokens", "bpe", ""),
    ],
)
def test_a_rule_names_an_artifact_of_the_kind_that_it_judges(tmp_path: Path, rule: str, model: str, says: str) -> None:
    for name, kind in {"bpe": "tokenizer", "grams": "ngram", "topics": "clusters"}.items():
        write(tmp_path, f"artifacts/{name}.yaml", f"name: {name}\nkind: {kind}\npositives: [{{file: a.txt}}]\n")
    write(tmp_path, "policies/p.yaml", f"name: p\nrules:\n  - {{rule: {rule}, max: 9, model: {model}}}\n")
    if not says:
        find_recipes([tmp_path], RULES)
        return
    with pytest.raises(RecipeError) as refusal:
        find_recipes([tmp_path], RULES)
    (problem,) = refusal.value.problems
    assert (problem.field, problem.line, problem.message) == ("rules[0].model", 3, says)
