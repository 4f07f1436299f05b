"""Parquet rows become the same records as JSON Lines, and broken files one dead letter."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.recipes import Columns, SourceRecipe
from dagster_project.corpus.sources.parquet import Parquet

PLAIN, TEXT = Parquet(), Columns()


def read(path: Path, columns: Columns = TEXT, source: Parquet = PLAIN) -> tuple[list[Any], list[Any]]:
    recipe = SourceRecipe("web", "parquet", location=str(path), columns=columns)
    (item,) = source.objects(recipe)
    batches = [batch for part in source.parts(recipe, item) for batch in source.read(recipe, part)]
    return [row for batch in batches for row in batch.records.to_pylist()], [
        row for batch in batches for row in batch.dead.to_pylist()
    ]


def written(folder: Path, table: pa.Table, **options: Any) -> Path:
    path = folder / "x.parquet"
    pq.write_table(table, path, **options)
    return path


def test_null_and_empty_texts_are_dead_letters_by_row(tmp_path: Path):
    records, dead = read(written(tmp_path, pa.table({"text": ["a", None, "", "b", " "]})))
    assert [(row["text"], row["raw_position"]) for row in records] == [("a", 0), ("b", 3)]
    assert [(row["reason"], row["raw_position"]) for row in dead] == [
        ("no text", 1),
        ("empty text", 2),
        ("empty text", 4),
    ]


def test_values_of_every_type_land_in_fields_or_metadata(tmp_path: Path):
    table = pa.table(
        {
            "text": pa.array(["t"], pa.large_string()),
            "id": pa.array([2**63], pa.uint64()),
            "seen": pa.array([datetime(2024, 5, 1, 2)], pa.timestamp("ns", "Europe/Paris")),
            "day": pa.array([date(2024, 5, 1)]),
            "far": pa.array([2**62], pa.timestamp("us")),
            "share": [float("nan")],
            "price": [Decimal("1.50")],
            "blob": [b"\xff"],
            "bytes": [b"ok"],
            "tags": [["a", "b"]],
            "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
            "word": pa.array(["w"]).dictionary_encode(),
            "meta": [{"license": "MIT", "n": 1}],
        }
    )
    columns = Columns(key="id", collected_at="seen", published_at="day", license="meta.license", title="word")
    (row,), dead = read(written(tmp_path, table), columns)
    assert (dead, row["key"], row["title"]) == ([], str(2**63), "w")
    assert row["collected_at"].isoformat() == "2024-05-01T02:00:00+00:00"
    assert row["published_at"].isoformat() == "2024-05-01T00:00:00+00:00"
    assert row["license_evidence"] == [{"kind": "record.license", "value": "MIT", "where": "column meta.license"}]
    said = json.loads(row["metadata"])
    assert said.pop("_dropped")[:1] == ["blob"]
    assert {name: said[name] for name in ("share", "price", "bytes", "tags", "map", "meta")} == {
        "share": None, "price": "1.50", "bytes": "ok", "tags": ["a", "b"], "map": [["k", 1]], "meta": {"n": 1},
    }  # fmt: skip


@pytest.mark.parametrize("kind", [pa.binary(), pa.string()])
def test_bytes_that_are_not_utf8_are_dead_letters(tmp_path: Path, kind: pa.DataType):
    text = pa.array([b"good", b"caf\xe9", "é".encode()], pa.binary())
    text = text if kind == pa.binary() else pa.Array.from_buffers(kind, 3, text.buffers())
    records, dead = read(written(tmp_path, pa.table({"text": text})))
    assert [row["text"] for row in records] == ["good", "é"]
    assert [(row["reason"], row["raw_position"]) for row in dead] == [("not UTF-8", 1)]


def test_row_groups_are_read_in_parts_and_positions_go_on(tmp_path: Path):
    texts = [f"text {number}" for number in range(1_000)]
    path = written(tmp_path, pa.table({"text": texts}), row_group_size=100)
    source = Parquet(part_bytes=3_000)
    recipe = SourceRecipe("web", "parquet", location=str(path))
    parts = source.parts(recipe, source.objects(recipe)[0])
    assert 1 < len(parts) < 10
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    records, _ = read(path, source=source)
    assert [(row["text"], row["raw_position"]) for row in records] == [(text, row) for row, text in enumerate(texts)]


def test_a_missing_column_is_refused_with_those_that_there_are(tmp_path: Path):
    path = written(tmp_path, pa.table({"body": ["a"], "meta": [{"x": 1}]}))
    with pytest.raises(SourceError, match=r"no column 'text', only body, meta: mend `columns` of source web"):
        read(path)
    with pytest.raises(SourceError, match=r"no column 'meta\.license', only body, meta"):
        read(path, Columns(text="body", license="meta.license"))
    with pytest.raises(SourceError, match="is struct<x: int64>, not text"):
        read(path, Columns(text="meta"))


@pytest.mark.parametrize("table", [pa.table({"text": pa.array([], pa.string())}), None])
def test_an_empty_file_is_one_dead_letter(tmp_path: Path, table: pa.Table | None):
    path = tmp_path / "x.parquet"
    if table is None:
        path.touch()
    else:
        written(tmp_path, table)
    assert [row["reason"] for row in read(path)[1]] == ["empty object"]


def test_a_file_cut_anywhere_is_one_dead_letter(tmp_path: Path):
    whole = written(tmp_path, pa.table({"text": [f"text {number}" for number in range(50)]})).read_bytes()
    path = tmp_path / "cut.parquet"
    for cut in range(1, len(whole), 7):
        path.write_bytes(whole[:cut])
        assert [row["reason"] for row in read(path)[1]] == ["corrupt archive"]


def test_damage_in_a_page_keeps_the_parts_before_it(tmp_path: Path):
    texts = [f"{number} " * 50 for number in range(300)]
    path = written(tmp_path, pa.table({"text": texts}), row_group_size=100, compression="zstd")
    place = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    body = bytearray(path.read_bytes())
    body[place : place + 40] = b"\xff" * 40
    path.write_bytes(body)
    records, dead = read(path, source=Parquet(part_bytes=1))
    assert len(records) == 200
    assert [(row["reason"], row["raw_position"]) for row in dead] == [("corrupt archive", 100)]


def test_a_shape_reads_a_published_file_and_what_it_lacks_is_unknown(tmp_path: Path):
    stamp = datetime(2024, 5, 1, 12)
    table = pa.table(
        {
            "raw_content": ["a", "b"],
            "doc_id": ["1", "2"],
            "meta": ['{"url": "https://e.org/1", "date_download": "2024-05-01T12:00:00Z"}', "no object"],
            "quality_signals": ["x" * 10_000] * 2,
        }
    )
    (first, second), _ = read(written(tmp_path, table), Columns(shape="redpajama-v2"))
    assert (first["text"], first["key"], first["url"]) == ("a", "1", "https://e.org/1")
    assert first["collected_at"].replace(tzinfo=None) == stamp
    assert (second["url"], second["collected_at"]) == (None, None)
    assert json.loads(second["metadata"]) == {"meta": "no object", "_dropped": ["quality_signals"]}


@pytest.mark.parametrize(
    "moments",
    [
        pa.array([datetime(2024, 5, 1)], pa.timestamp("ms")),
        pa.array([1714521600], pa.int64()),
        pa.array([1714521600.25], pa.float64()),
        pa.array([20240501], pa.int32()),
        pa.array(["20240501"]),
    ],
)
def test_dates_of_every_type_are_read(tmp_path: Path, moments: pa.Array):
    (row,), _ = read(written(tmp_path, pa.table({"text": ["a"], "at": moments})), Columns(published_at="at"))
    assert row["published_at"].isoformat() == "2024-05-01T00:00:00+00:00"


def test_a_column_within_text_is_taken_for_there(tmp_path: Path):
    path = written(tmp_path, pa.table({"text": ["a"], "meta": ['{"license": "MIT"}'], "n": [1]}))
    assert read(path, Columns(license="meta.license"))[0][0]["license_evidence"][0]["value"] == "MIT"
    with pytest.raises(SourceError, match=r"no column 'n\.license'"):
        read(path, Columns(license="n.license"))


def test_the_hub_s_layout_is_found_in_a_directory_and_by_a_glob(tmp_path: Path):
    for name in (
        "default/train-00000-of-00002.parquet",
        "default/train-00001-of-00002.parquet",
        "default/test-0.parquet",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        pq.write_table(pa.table({"text": [name]}), tmp_path / name)
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    source = Parquet()
    everything = source.objects(SourceRecipe("web", "parquet", location=str(tmp_path)))
    training = source.objects(SourceRecipe("web", "parquet", location=f"{tmp_path}/default/train-*.parquet"))
    assert (len(everything), len(training)) == (3, 2)


def test_zeros_in_a_text_are_kept_and_can_be_written_and_queried(tmp_path: Path):
    duckdb = pytest.importorskip("duckdb")
    (row,), _ = read(written(tmp_path, pa.table({"text": ["a\0b"]})))
    assert row["text"] == "a\0b"
    path = written(tmp_path, pa.table({"text": [row["text"]]}))
    (found,) = duckdb.sql(f"select text, length(text) from read_parquet('{path}')").fetchall()
    assert found == ("a\0b", 3)
