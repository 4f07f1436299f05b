"""Parents as records name them: ids, lists, spans, JSON in text; what names none is a dead letter with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.model.errors import RecipeError
from dagster_project.corpus.model.raw import RawPart
from dagster_project.corpus.model.reading import read_recipe
from dagster_project.corpus.model.recipes import Columns, SourceRecipe
from dagster_project.corpus.sources.batches import BAD_PARENT
from dagster_project.corpus.sources.descent import MOST_PARENTS, BadParent, parents_in
from dagster_project.corpus.sources.jsonl import JsonLines
from dagster_project.corpus.sources.parquet import Parquet
from tests.corpora import write_jsonl

ONE, TWO = "0f" * 16, "A1" * 16
FIRST, SECOND = ({"doc_id": bytes.fromhex(item), "start": None, "end": None} for item in (ONE, TWO))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ONE, [FIRST]),
        ([ONE, TWO, ONE], [FIRST, SECOND]),
        (f'["{ONE}", {{"doc_id": "{TWO}"}}]', [FIRST, SECOND]),
        ({"doc_id": ONE, "start": 3, "end": 9}, [{**FIRST, "start": 3, "end": 9}]),
        ([{"doc_id": ONE, "end": 9}, {"doc_id": ONE, "start": 9}], [{**FIRST, "end": 9}, {**FIRST, "start": 9}]),
        ([], []),
    ],
)
def test_every_spelling_of_parents_is_read(value: Any, expected: list[dict[str, Any]]) -> None:
    assert parents_in(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "note 1",
        ONE[:-1],
        f"[{ONE}",
        7,
        True,
        [None],
        {"start": 1},
        {"doc_id": ONE, "at": 4},
        {"doc_id": ONE, "start": -1},
        {"doc_id": ONE, "start": 1.0},
        {"doc_id": ONE, "end": True},
        {"doc_id": ONE, "end": 0},
        {"doc_id": ONE, "start": 9, "end": 9},
        {"doc_id": ONE, "start": 2**63},
        [[ONE]],
        [ONE] * (MOST_PARENTS + 1),
    ],
)
def test_everything_else_is_refused(value: Any) -> None:
    with pytest.raises(BadParent):
        parents_in(value)


def recipe(location: Path, format: str) -> SourceRecipe:
    columns = Columns(parents="made.of", generator="made.by")
    return SourceRecipe("made", format, location=str(location), columns=columns, derived_from=("notes",))


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_both_formats_read_parents_and_generator(tmp_path: Path, format: str) -> None:
    made = [
        {"of": [{"doc_id": ONE, "start": 0, "end": 4}, {"doc_id": TWO, "start": None, "end": None}], "by": "m"},
        {"of": [{"doc_id": "n1", "start": None, "end": None}], "by": "m"},
        {"of": None, "by": None},
    ]
    rows = [{"text": f"text {number}", "made": item} for number, item in enumerate(made)]
    path = tmp_path / f"rows.{format}"
    if format == "jsonl":
        write_jsonl(path, rows)
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    source = JsonLines() if format == "jsonl" else Parquet()
    (batch,) = source.read(recipe(path, format), RawPart(path.as_uri()))
    told = batch.records.select(["text", "parents", "generator", "metadata"]).to_pylist()
    assert told == [
        {
            "text": "text 0",
            "parents": [{"doc_id": bytes.fromhex(ONE), "start": 0, "end": 4}, SECOND],
            "generator": "m",
            "metadata": None,
        },
        {"text": "text 2", "parents": [], "generator": None, "metadata": told[1]["metadata"]},
    ]
    (dead,) = batch.dead.to_pylist()
    assert (dead["raw_position"] > 0, dead["reason"]) == (True, BAD_PARENT)
    assert dead["detail"] == "column made.of holds no id of 32 hexadecimal digits"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("derived_from: [notes]\n", "columns.parents"),
        ("columns: {parents: of}\n", "derived_from"),
        ("derived_from: [notes, notes]\ncolumns: {parents: of}\n", "stands here twice"),
        ("derived_from: [No Name]\ncolumns: {parents: of}\n", "cannot be a reference"),
    ],
)
def test_a_recipe_says_both_or_neither(said: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        read_recipe("sources/made.yaml", f"name: made\nformat: jsonl\n{said}")


def test_a_format_without_columns_has_no_parents() -> None:
    with pytest.raises(RecipeError, match="is for jsonl and parquet, which have columns, and text has none"):
        read_recipe("sources/made.yaml", "name: made\nformat: text\nderived_from: [n]\ncolumns: {parents: of}\n")
