"""What every source must do, run for each of them on raw objects of its own."""

from __future__ import annotations

import itertools
import json
import pickle
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.documents import DEAD_LETTERS, RECORDS, SITE_FILES
from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.recipes import Columns, SourceRecipe
from dagster_project.corpus.model.structure import KINDS
from dagster_project.corpus.sources.batches import BATCH_BYTES, BATCH_RECORDS, EXCERPT_BYTES, REASONS
from dagster_project.corpus.sources.registry import SOURCES, Batch, RawObject, source_for
from tests.corpus.sources.warcs import packed, record, text_record, warcinfo

ROWS = 4_500
BAD = range(0, ROWS, 9)
COLUMNS = Columns(key="id", url="url", title="title", license="license", published_at="date")


def row(number: int) -> dict[str, object]:
    text = None if number in BAD else f"text {number} " * 20
    return {"id": number, "text": text, "url": None, "title": "t", "license": "MIT", "date": "2024-05-01", "n": number}


def jsonl(folder: Path) -> SourceRecipe:
    lines = "".join(json.dumps(row(number)) + "\n" for number in range(ROWS))
    (folder / "b.jsonl").write_text(lines)
    (folder / "a.jsonl.zst").write_bytes(pa.compress(lines.encode(), codec="zstd", asbytes=True))
    return SourceRecipe("web", "jsonl", location=str(folder), columns=COLUMNS)


def parquet(folder: Path) -> SourceRecipe:
    table = pa.Table.from_pylist([row(number) for number in range(ROWS)])
    pq.write_table(table, folder / "a.parquet", row_group_size=1_000)
    pq.write_table(table, folder / "b.parquet")
    return SourceRecipe("web", "parquet", location=str(folder), columns=COLUMNS)


def installed(format: str) -> Callable[[Path], SourceRecipe]:
    return lambda _: SourceRecipe(format, format)


def warc(format: str) -> Callable[[Path], SourceRecipe]:
    """Texts that say nothing of their site and one file that does, some of them cut, and a file that is no archive."""

    def make(folder: Path) -> SourceRecipe:
        kind = {"type": "conversion"} if format == "wet" else {}
        texts = [
            text_record(number, b"" if number % 9 == 0 else b"text %d " % number * 20, **kind) for number in range(200)
        ]
        items = [warcinfo(), *texts, record(777, url="http://site.test/robots.txt")]
        (folder / f"a.{format}.gz").write_bytes(packed(items)[:-30])
        (folder / f"b.{format}").write_bytes(b"".join(items))
        (folder / f"c.{format}").write_bytes(b"garbage")
        return SourceRecipe("web", format, location=str(folder))

    return make


TREES = {"html": ".html", "markdown": ".md", "text": ".txt", "rst": ".rst"}


def tree(format: str) -> Callable[[Path], SourceRecipe]:
    def make(folder: Path) -> SourceRecipe:
        for number in range(40):
            path = folder / str(number % 3) / f"{number}{TREES[format]}"
            path.parent.mkdir(exist_ok=True)
            path.write_text("" if number % 9 == 0 else f"<h1>Title</h1>\n\n<p>Words of text {number}.</p>\n" * 8)
        (folder / "1" / "LICENSE").write_text("MIT License\n\nCopyright")
        return SourceRecipe("docs", format, location=str(folder))

    return make


MAKERS = {
    "jsonl": jsonl,
    "parquet": parquet,
    **{name: tree(name) for name in TREES},
    **{name: warc(name) for name in ("warc", "wet")},
    **{name: installed(name) for name in ("python-manual", "python-readmes", "python-code")},
}


@pytest.fixture(params=sorted(SOURCES))
def recipe(request: pytest.FixtureRequest, tmp_path: Path) -> SourceRecipe:
    return MAKERS[request.param](tmp_path)


def some(recipe: SourceRecipe) -> list[RawObject]:
    """The objects of a source; of python-code the smallest, for time."""
    objects = SOURCES[recipe.format].objects(recipe)
    return sorted(objects, key=lambda item: item.size)[:60] if recipe.format == "python-code" else objects


def read(recipe: SourceRecipe, item: RawObject) -> Iterator[Batch]:
    source = SOURCES[recipe.format]
    return itertools.chain.from_iterable(source.read(recipe, part) for part in source.parts(recipe, item))


def test_objects_are_sorted_and_found_again(recipe: SourceRecipe):
    source = SOURCES[recipe.format]
    objects = source.objects(recipe)
    assert objects
    assert [item.uri for item in objects] == sorted({item.uri for item in objects})
    assert all(re.match(r"[a-z0-9]+:", item.uri) and item.size >= 0 and item.sha256 is None for item in objects)
    assert source.objects(recipe) == objects


def test_checksums_are_sha256_and_hold(recipe: SourceRecipe):
    source = SOURCES[recipe.format]
    for item in some(recipe)[:20]:
        assert re.fullmatch(r"[0-9a-f]{64}", source.checksum(item))
        assert source.checksum(item) == source.checksum(item)


def test_batches_have_the_schemas_and_stay_bounded(recipe: SourceRecipe):
    for item in some(recipe):
        for records, dead, sites in read(recipe, item):
            records.validate(full=True)
            dead.validate(full=True)
            sites.validate(full=True)
            assert records.schema == RECORDS
            assert dead.schema == DEAD_LETTERS
            assert sites.schema == SITE_FILES
            assert 0 < records.num_rows + dead.num_rows + sites.num_rows <= BATCH_RECORDS
            assert records.num_rows <= 1 or (pc.sum(pc.binary_length(records["text"])).as_py() or 0) <= BATCH_BYTES


def test_reading_twice_gives_the_same_in_the_same_order(recipe: SourceRecipe):
    for item in some(recipe)[:20]:
        assert list(read(recipe, item)) == list(read(recipe, item))


def test_records_say_where_they_lay(recipe: SourceRecipe):
    for item in some(recipe):
        positions = []
        for records, dead, _ in read(recipe, item):
            assert set(records["raw_object"].to_pylist() + dead["raw_object"].to_pylist()) == {item.uri}
            positions += records["raw_position"].to_pylist() + dead["raw_position"].to_pylist()
        assert len(set(positions)) == len(positions)


def test_records_have_text_and_canonical_metadata(recipe: SourceRecipe):
    for item in some(recipe):
        for records, _, _ in read(recipe, item):
            assert not any(text.isspace() or not text for text in records["text"].to_pylist())
            for text in filter(None, records["metadata"].to_pylist()):
                assert canonical(json.loads(text)).decode() == text
            evidence = itertools.chain.from_iterable(records["license_evidence"].to_pylist())
            assert all(said["kind"] and said["value"] and said["where"] for said in evidence)


def test_dead_letters_have_a_fixed_reason_and_a_short_excerpt(recipe: SourceRecipe):
    for item in some(recipe):
        for _, dead, _ in read(recipe, item):
            assert set(dead["reason"].to_pylist()) <= REASONS
            assert all(len(excerpt or b"") <= EXCERPT_BYTES for excerpt in dead["excerpt"].to_pylist())


def test_spans_lie_in_the_text_and_in_order(recipe: SourceRecipe):
    for item in some(recipe):
        for records, _, _ in read(recipe, item):
            for text, spans in zip(records["text"].to_pylist(), records["structure"].to_pylist(), strict=True):
                length = len(text.encode())
                assert all(span["kind"] in KINDS and 0 <= span["start"] <= span["end"] <= length for span in spans)
                assert [(s["start"], -s["end"]) for s in spans] == sorted((s["start"], -s["end"]) for s in spans)


def test_sources_and_their_parts_travel_to_workers(recipe: SourceRecipe):
    source = SOURCES[recipe.format]
    (item, *_) = some(recipe)
    for value in (source, item, source.parts(recipe, item)):
        assert pickle.loads(pickle.dumps(value)) == value


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_records_and_dead_letters_add_up(format: str, tmp_path: Path):
    recipe = MAKERS[format](tmp_path)
    for item in SOURCES[format].objects(recipe):
        batches = list(read(recipe, item))
        assert sum(batch.records.num_rows for batch in batches) == ROWS - len(BAD)
        assert sum(batch.dead.num_rows for batch in batches) == len(BAD)
        keys = [key for batch in batches for key in batch.records["key"].to_pylist()]
        assert keys == [str(number) for number in range(ROWS) if number not in BAD]


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
@pytest.mark.parametrize("location", ["", "nowhere", "no*where.jsonl", "empty"])
def test_what_is_not_there_is_a_sentence(format: str, location: str, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    place = str(tmp_path / location) if location else ""
    with pytest.raises(SourceError, match="source web") as refusal:
        SOURCES[format].objects(SourceRecipe("web", format, location=place))
    assert "\n" not in str(refusal.value)


def test_an_unknown_format_is_told_with_those_that_there_are():
    with pytest.raises(SourceError, match="'jsonll' is not a format of sources: use one of jsonl, python-manual"):
        source_for("jsonll")
