"""What the kind of an artifact has no use for, or lacks, is said before anything is built."""

from __future__ import annotations

import pytest

from dagster_project.corpus.model.artifact_recipes import (
    ArtifactRecipe,
    ClusteringRecipe,
    ExampleRecipe,
    TokenizerRecipe,
)
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import find
from dagster_project.corpus.scorers.complaints import complaints

EXAMPLE = (ExampleRecipe(file="x.txt"),)


@pytest.mark.parametrize(
    ("recipe", "complaint"),
    [
        (ArtifactRecipe("a", "scorer", negatives=EXAMPLE), "needs positives"),
        (ArtifactRecipe("a", "scorer", positives=EXAMPLE), "needs negatives"),
        (
            ArtifactRecipe("a", "ngram", positives=EXAMPLE, negatives=EXAMPLE),
            "needs negatives if it is a scorer, and o",
        ),
        (
            ArtifactRecipe("a", "scorer", positives=EXAMPLE, negatives=EXAMPLE, label="cc"),
            "cannot name its positive class 'cc'",
        ),
        (ArtifactRecipe("a", "model", file="m", format="kenlm", cuts=(20, 10)), "name two perplexities, the lower"),
        (ArtifactRecipe("a", "ngram", positives=EXAMPLE, file="m"), "is made here, so file"),
        (ArtifactRecipe("a", "ngram", positives=EXAMPLE, held_out=0.0), r"holds out 0\.0"),
        (ArtifactRecipe("a", "tokenizer"), "needs positives"),
        (ArtifactRecipe("a", "tokenizer", positives=EXAMPLE, negatives=EXAMPLE), "needs negatives if it is a scorer"),
        (ArtifactRecipe("a", "tokenizer", positives=EXAMPLE, held_out=1.0), r"holds out 1\.0"),
        (ArtifactRecipe("a", "tokenizer", file="t.json", positives=EXAMPLE), "has a file, so examples to learn from"),
        (ArtifactRecipe("a", "tokenizer", file="t.json", factory="x:y"), "so a factory means nothing"),
        (
            ArtifactRecipe("a", "tokenizer", file="t.json", tokenizer=TokenizerRecipe(300)),
            "which says all of the tokenizer but its separator",
        ),
        (
            ArtifactRecipe("a", "tokenizer", positives=EXAMPLE, tokenizer=TokenizerRecipe(separator="</s>")),
            "ends documents with '</s>', which is none of its special_tokens",
        ),
        (
            ArtifactRecipe("a", "ngram", positives=EXAMPLE, tokenizer=TokenizerRecipe(300)),
            "is no tokenizer, so the settings of one mean nothing",
        ),
        (ArtifactRecipe("a", "clusters"), "needs positives"),
        (ArtifactRecipe("a", "clusters", positives=EXAMPLE, negatives=EXAMPLE), "needs negatives if it is a scorer"),
        (ArtifactRecipe("a", "clusters", positives=EXAMPLE, file="m"), "is made here, so file"),
        (
            ArtifactRecipe("a", "ngram", positives=EXAMPLE, clustering=ClusteringRecipe(3)),
            "is not of kind clusters, so the settings of clustering mean nothing",
        ),
        (ArtifactRecipe("a", "model"), "needs file"),
        (ArtifactRecipe("a", "model", file="m", positives=EXAMPLE), "examples mean nothing"),
        (ArtifactRecipe("a", "model", file="m", factory="x:y"), "needs a factory if its format is python, and only"),
        (ArtifactRecipe("a", "model", format="python"), "needs a factory"),
    ],
)
def test_recipes_that_make_no_sense(recipe: ArtifactRecipe, complaint: str) -> None:
    assert any(complaint.replace(r"\.", ".") in said for said in complaints(recipe))
    with pytest.raises(Refused, match=f"artifact a .*{complaint}"):
        find(recipe)


@pytest.mark.parametrize(
    "recipe",
    [
        ArtifactRecipe("a", "tokenizer", positives=EXAMPLE),
        ArtifactRecipe("a", "tokenizer", positives=EXAMPLE, tokenizer=TokenizerRecipe(300, separator="")),
        ArtifactRecipe("a", "tokenizer", file="t.json", tokenizer=TokenizerRecipe(separator="</s>")),
        ArtifactRecipe("a", "ngram", positives=EXAMPLE),
        ArtifactRecipe("a", "clusters", positives=EXAMPLE, clustering=ClusteringRecipe(3)),
    ],
)
def test_recipes_that_do(recipe: ArtifactRecipe) -> None:
    assert list(complaints(recipe)) == []
