"""Artifact recipes that cannot be used are refused where they are read, with the line and what is allowed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe, ExampleRecipe, TokenizerRecipe, TrainingRecipe
from dagster_project.corpus.model.artifact_rules import complaints
from dagster_project.corpus.model.errors import RecipeError
from dagster_project.corpus.model.reading import read_recipe

RECIPE = """name: quality
kind: scorer
version: {version}
positives:
  - {{{positive}}}
negatives: [{{file: bad.txt}}]
training: {{{training}}}
{more}
"""


def read(positive: str = "file: good.txt", training: str = "", more: str = "", version: str = "dev") -> ArtifactRecipe:
    text = RECIPE.format(positive=positive, training=training, more=more, version=version)
    return read_recipe("artifacts/quality.yaml", text).recipe


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ("dim: 0", "training.dim: 0 is not allowed here; use a whole number from 1 to 1,000"),
        ("dim: -1", "training.dim: -1 is not allowed here; use a whole number from 1 to 1,000"),
        ("dim: 1001", "training.dim: 1001"),
        ("epoch: 0", "training.epoch: 0 is not allowed here; use a whole number from 1 to 1,000"),
        ("epoch: -5", "training.epoch: -5"),
        ("lr: 0", "training.lr: 0.0 is not allowed here; use a number above 0, to 5"),
        ("lr: -0.1", "training.lr: -0.1"),
        ("lr: 5.01", "training.lr: 5.01"),
        ("word_ngrams: 0", "training.word_ngrams: 0 is not allowed here; use a whole number from 1 to 10"),
        ("word_ngrams: 11", "training.word_ngrams: 11"),
        ("ws: 0", "training.ws: 0 is not allowed here; use a whole number from 1 to 100"),
        ("min_count: 0", "training.min_count: 0"),
        ("bucket: 0", "training.bucket: 0 is not allowed here; use a whole number from 1 to 100,000,000"),
        ("dim: 1000, bucket: 100000000", "training.bucket: times 4 · dim is 400,000,000,000 bytes of model; use at mo"),
    ],
)
def test_what_fasttext_cannot_learn_with(training: str, said: str) -> None:
    with pytest.raises(RecipeError) as refused:
        read(training=training)
    (problem,) = refused.value.problems
    assert str(problem).startswith(f"artifacts/quality.yaml:7: {said}")


@pytest.mark.parametrize(
    "training", ["dim: 1, epoch: 1, word_ngrams: 1, bucket: 1", "lr: 5, dim: 1000, word_ngrams: 10"]
)
def test_the_bounds_are_allowed(training: str) -> None:
    assert read(training=training).kind == "scorer"


SHAPES = "use snapshots/source@version, filtered/source@version+policy or published/mix@version"


@pytest.mark.parametrize(
    ("positive", "said"),
    [
        ("partition: web@1", "positives[0].partition: 'web@1' is not a stage: use one of snapshots,"),
        ("partition: snapshots/web", "positives[0].partition: 'web' cannot name a partition of snapshots"),
        ("partition: filtered/web@1", "positives[0].partition: 'web@1' cannot name a partition of filtered"),
        ("partition: mixed/web@1", f"positives[0].partition: 'mixed/web@1' holds no texts to learn from; {SHAPES}"),
        ("partition: snapshots/web@1/counts", "positives[0].partition: 'snapshots/web@1/counts' holds no texts"),
        (
            "partition: snapshots/web@1/",
            "positives[0].partition: 'snapshots/web@1/' is spelled oddly; use snapshots/web@1",
        ),
        (
            "partition: 'snapshots/web@1#'",
            "positives[0].partition: 'snapshots/web@1#' is spelled oddly; use snapshots/w",
        ),
        ("partition: 'snapshots/web@1#abcdef'", "positives[0].partition: 'snapshots/web@1#abcdef' names one build"),
        ("file: a.txt, partition: snapshots/web@1", "positives[0]: names both of partition and file; name exactly one"),
        ("field: body", "positives[0]: names neither of partition and file; name exactly one"),
        (
            "file: a.txt, sha256: abc",
            "positives[0].sha256: 'abc' is not a SHA-256; use its 64 hexadecimal digits, in s",
        ),
        (f"file: a.txt, sha256: {'A' * 64}", f"positives[0].sha256: '{'A' * 64}' is not a SHA-256"),
        (f"file: a.txt, sha256: 'sha256:{'a' * 57}'", "positives[0].sha256: 'sha256:aaa"),
        (f"partition: snapshots/web@1, sha256: {'a' * 64}", "positives[0].sha256: is of a file, and none is named"),
        (
            "partition: snapshots/web@1, keep: rejected",
            "positives[0].keep: is about verdicts, and these texts have none",
        ),
        ("file: a.txt, documents: 0", "positives[0].documents: 0 is not allowed here; use a whole number from 1 to"),
    ],
)
def test_examples_that_cannot_be_found(positive: str, said: str) -> None:
    with pytest.raises(RecipeError) as refused:
        read(positive)
    (problem,) = refused.value.problems
    assert str(problem).startswith(f"artifacts/quality.yaml:5: {said}")


def test_examples_that_can() -> None:
    for said in ("snapshots/web@1", "filtered/web@1+gopher", "published/mix@1"):
        assert read(f"partition: {said}").positives == (ExampleRecipe(partition=said),)
    assert read("partition: filtered/web@1+gopher, keep: rejected").positives[0].keep == "rejected"
    assert read(f"file: a.txt, sha256: {'0a' * 32}").positives[0].sha256 == "0a" * 32


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("file: m.bin\nsha256: 12", "sha256: '12' is not"),
        (f"sha256: {'a' * 64}", "sha256: is of a file, and none is named; leave it out"),
        ("seed: -1", "seed: -1 is not allowed here; use a whole number from 0 to 2,147,483,647"),
        ("seed: 2147483648", "seed: 2147483648"),
        ("max_tokens: 0", "max_tokens: 0 is not allowed here; use a whole number from 1 to 1,000,000"),
    ],
)
def test_the_rest(more: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said.replace("(", r"\(")):
        read(more=more)


TOKENIZER = "name: t\nkind: tokenizer\npositives: [{{file: a.txt}}]\ntokenizer: {{{settings}}}\n"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("vocabulary: 255", "tokenizer.vocabulary: 255 is not allowed here; use a whole number from 256 to 16,777,216"),
        (
            "vocabulary: 256",
            "tokenizer.vocabulary: 256 has no room for every byte and the special tokens; use 257 or m",
        ),
        ("vocabulary: 16777217", "tokenizer.vocabulary: 16777217"),
        ("min_frequency: 0", "tokenizer.min_frequency: 0 is not allowed here; use a whole number from 1"),
        ("special_tokens: [end]", "tokenizer.special_tokens: 'end' could be a token of a text; use signs and letters"),
        ("special_tokens: ['']", "tokenizer.special_tokens: '' could be a token"),
        ("special_tokens: ['<||>']", "tokenizer.special_tokens: '<||>' could be a token"),
        ('special_tokens: ["\'s"]', 'tokenizer.special_tokens: "\'s" could be a token'),
        ("special_tokens: ['<a b>']", "tokenizer.special_tokens: '<a b>' could be a token"),
        (
            "special_tokens: ['<a>', '<a>']",
            "tokenizer.special_tokens: <a> stands in this list already; each token once",
        ),
        ("normalization: nfkc", "tokenizer.normalization: "),
    ],
)
def test_what_no_tokenizer_can_learn_with(settings: str, said: str) -> None:
    with pytest.raises(RecipeError) as refused:
        read_recipe("artifacts/t.yaml", TOKENIZER.format(settings=settings))
    (problem,) = refused.value.problems
    assert str(problem).startswith(f"artifacts/t.yaml:4: {said}")


def test_what_a_tokenizer_can() -> None:
    settings = "vocabulary: 258, special_tokens: ['<|a|>', '[CLS]'], separator: '[CLS]', normalization: nfc"
    recipe = read_recipe("artifacts/t.yaml", TOKENIZER.format(settings=settings)).recipe
    assert recipe.tokenizer == TokenizerRecipe(258, 2, ("<|a|>", "[CLS]"), "[CLS]", False, "nfc")


@pytest.mark.parametrize("version", ["1.", "1.edited-0123456789ab", "edited-0123456789ab"])
def test_versions_that_end_like_a_view(version: str) -> None:
    with pytest.raises(RecipeError, match="cannot be told from the view of a measurement"):
        read(version=f"'{version}'")


def test_a_recipe_that_was_not_read_is_judged_alike() -> None:
    bad = ExampleRecipe(partition="web")
    recipe = ArtifactRecipe(
        "q", "scorer", positives=(bad,), sha256="12", training=TrainingRecipe(dim=0, lr=float("nan"))
    )
    found = list(complaints(recipe))
    assert [said.partition(":")[0] for said in found] == [
        "sha256",
        "sha256",
        "training.lr",
        "training.dim",
        "positives[0].partition",
    ]
    assert not list(complaints(ArtifactRecipe("q", "scorer")))


CLUSTERS = "name: topics\nkind: clusters\npositives: [{{file: a.txt}}]\nclustering: {{{settings}}}\n"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("clusters: 0", "clustering.clusters: 0 is not allowed here; use a whole number from 1 to 999"),
        ("clusters: 1000", "clustering.clusters: 1000 is not allowed here"),
        ("iterations: 0", "clustering.iterations: 0 is not allowed here"),
        ("sample: 0", "clustering.sample: 0 is not allowed here; use a whole number from 1 to 1,000,000"),
    ],
)
def test_settings_of_clusters(settings: str, said: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        read_recipe("artifacts/topics.yaml", CLUSTERS.format(settings=settings))
    (problem,) = refusal.value.problems
    assert str(problem).startswith(f"artifacts/topics.yaml:4: {said}")
    name, value = settings.split(": ")
    recipe = read_recipe("artifacts/topics.yaml", CLUSTERS.format(settings="")).recipe
    assert isinstance(recipe, ArtifactRecipe)
    changed = replace(recipe, clustering=replace(recipe.clustering, **{name: int(value)}))
    assert [item for item in complaints(changed) if item.startswith(said)]
