"""Recipe directories: later ones override, names are found, and what nobody has is told with what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.corpus.building.recipes import find_recipes, unknown_license
from dagster_project.corpus.model.errors import PartitionError, RecipeError
from dagster_project.corpus.model.recipes import MemberRecipe
from dagster_project.corpus.sources.registry import SOURCES


def write(directory: Path, name: str, text: str) -> Path:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return directory


def source(name: str, version: str = "dev", more: str = "") -> str:
    return f'name: {name}\nversion: "{version}"\nformat: jsonl\n{more}'


def test_the_packaged_recipes_are_sound():
    recipes = find_recipes()
    for recipe in recipes.sources:
        assert recipe.format in SOURCES
        assert recipe.license_evidence
    assert {"python-manual", "python-readmes", "python-code"} <= {recipe.name for recipe in recipes.sources}
    assert recipes.source("python-manual@dev").license == "PSF-2.0"


def test_a_later_directory_overrides_by_name_and_version(tmp_path):
    first = write(tmp_path / "a", "sources/x.yaml", source("x", "1", "title: first\n"))
    second = write(tmp_path / "b", "sources/y.yml", source("x", "1", "title: second\n"))
    write(second, "sources/x2.yaml", source("x", "2"))
    recipes = find_recipes([first, second])
    assert recipes.source("x@1").title == "second"
    assert recipes.source("x@2").title == ""
    assert find_recipes([second, first]).source("x@1").title == "first"


def test_a_name_alone_means_dev_or_the_only_version(tmp_path):
    write(tmp_path, "sources/a.yaml", source("a", "1"))
    write(tmp_path, "sources/b1.yaml", source("b", "1"))
    write(tmp_path, "sources/b2.yaml", source("b", "2"))
    write(tmp_path, "sources/c1.yaml", source("c", "1"))
    write(tmp_path, "sources/c.yaml", source("c"))
    recipes = find_recipes([tmp_path])
    assert recipes.source("a").version == "1"
    assert recipes.source("c").version == "dev"
    with pytest.raises(PartitionError, match="b has several versions and none is dev: say one of b@1, b@2"):
        recipes.source("b")


def test_an_unknown_name_is_told_with_the_closest_first(tmp_path):
    write(tmp_path, "sources/a.yaml", source("aardvark"))
    with pytest.raises(PartitionError, match=r"'python-cod' is not a source: .* python-code@dev, .*aardvark@dev"):
        find_recipes([tmp_path]).source("python-cod")
    with pytest.raises(PartitionError, match="'x' is not a mix: use one of"):
        find_recipes([tmp_path]).mix("x")


def test_a_relative_location_starts_at_the_recipe_directory(tmp_path):
    write(tmp_path, "sources/a.yaml", source("a", more="location: data/*.jsonl\n"))
    write(tmp_path, "sources/b.yaml", source("b", more="location: s3://bucket/prefix\n"))
    write(tmp_path, "sources/c.yaml", source("c", more="location: /data\n"))
    recipes = find_recipes([tmp_path])
    assert recipes.source("a").location == str(tmp_path / "data/*.jsonl")
    assert recipes.source("b").location == "s3://bucket/prefix"
    assert recipes.source("c").location == "/data"


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


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_directory_without_recipes_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecipeError, match="sources/, policies/, corpora/, mixes/"):
        find_recipes([tmp_path / name])


def test_bytes_that_are_no_text_are_one_problem_among_all(tmp_path):
    write(tmp_path, "sources/b.yaml", "name: B\n")
    (tmp_path / "sources/a.yaml").write_bytes(b"name: a\nformat: caf\xe9\n")
    with pytest.raises(RecipeError, match=r"a\.yaml:2: .*not UTF-8[^\n]*\n.*b\.yaml:1: "):
        find_recipes([tmp_path])


def test_a_source_with_a_policy_is_a_corpus_of_itself(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "notes.yaml").write_text("name: notes\nformat: jsonl\nlocation: n.jsonl\npolicy: gopher\n")
    corpus = find_recipes([tmp_path]).corpus("notes")
    assert (corpus.key, corpus.members) == ("notes@dev", (MemberRecipe("notes@dev", "gopher"),))
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / "notes.yaml").write_text("name: notes\nmembers: [{source: notes, policy: code}]\n")
    assert find_recipes([tmp_path]).corpus("notes").members[0].policy == "code"


def test_the_policy_of_a_source_must_exist(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "notes.yaml").write_text("name: notes\nformat: jsonl\nlocation: n.jsonl\npolicy: gophr\n")
    with pytest.raises(RecipeError, match=r"notes.yaml:4: policy: 'gophr' is not a policy: use one of gopher"):
        find_recipes([tmp_path])
