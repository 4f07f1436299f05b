"""JSON Lines: every line is a record or a dead letter, wherever files split, and archives give all before their cut."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.raw import Batch, RawPart
from dagster_project.corpus.model.recipes import Columns, SourceRecipe
from dagster_project.corpus.sources import archives
from dagster_project.corpus.sources.batches import REASONS
from dagster_project.corpus.sources.jsonl import JsonLines

LINES = b"".join(b'{"text":"number %d","id":%d}\n' % (number, number) for number in range(12))
PACK = {
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}
PLAIN, TEXT = JsonLines(), Columns()
MAPPED = Columns(
    key="id",
    url="link",
    title="head",
    language="lang",
    license="meta.license",
    collected_at="seen",
    published_at="date",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jsonl")


def read(path: Path, source: JsonLines = PLAIN, columns: Columns = TEXT) -> list[Batch]:
    recipe = SourceRecipe("web", "jsonl", location=str(path), columns=columns)
    (item,) = source.objects(recipe)
    return [batch for part in source.parts(recipe, item) for batch in source.read(recipe, part)]


def rows(batches: Iterable[Batch]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    batches = list(batches)
    return [row for batch in batches for row in batch.records.to_pylist()], [
        row for batch in batches for row in batch.dead.to_pylist()
    ]


def read_bytes(folder: Path, data: bytes, name: str = "x.jsonl", **options: Any) -> tuple[list[Any], list[Any]]:
    path = folder / name
    path.write_bytes(data)
    return rows(read(path, **options))


def one(folder: Path, value: Any, columns: Columns = MAPPED) -> dict[str, Any]:
    records, dead = read_bytes(folder, json.dumps(value).encode(), columns=columns)
    assert len(records) + len(dead) == 1
    return (records or dead)[0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b'{"text": NaN}', "not JSON"),
        (b'{"text": "a"} {"text": "b"}', "not JSON"),
        (b"[" * 3000, "not JSON"),
        (b'"text"', "not an object"),
        (b"[1]", "not an object"),
        (b"null", "not an object"),
        (b"{}", "no text"),
        (b'{"text": null}', "no text"),
        (b'{"text": 3}', "text is not a string"),
        (b'{"text": {"a": "b"}}', "text is not a string"),
        (b'{"text": ""}', "empty text"),
        (b'{"text": " \\n\\u2003"}', "empty text"),
        (b'{"text": "caf\xe9"}', "not UTF-8"),
        (b'{"text": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"text": "\\ud800"}', "lone surrogate"),
        (b'{"text": "\\udc00x"}', "lone surrogate"),
        (b'{"text": "\\ud800\\u0041"}', "lone surrogate"),
        (b'{"text": "a", "id": 1.5}', "bad key"),
        (b'{"text": "a", "id": true}', "bad key"),
        (b'{"text": "a", "id": 18446744073709551616}', "bad key"),
        (b'{"text": "a", "link": {"href": "b"}}', "bad key"),
    ],
)
def test_a_bad_line_is_a_dead_letter_and_the_rest_goes_on(folder: Path, line: bytes, reason: str):
    good = b'{"text":"good"}'
    records, dead = read_bytes(folder, b"\n".join([good, line, good]), columns=Columns(key="id", url="link"))
    assert [record["text"] for record in records] == ["good", "good"]
    assert [(item["reason"], item["raw_position"]) for item in dead] == [(reason, len(good) + 1)]
    assert dead[0]["excerpt"] == line[:200]
    assert dead[0]["detail"]


def test_positions_are_bytes_and_blank_lines_are_nothing(folder: Path):
    records, dead = read_bytes(folder, b'\xef\xbb\xbf{"text":"a"}\r\n\n   \n{"text":"b"}')
    assert [(record["text"], record["raw_position"]) for record in records] == [("a", 0), ("b", 22)]
    assert dead == []


def test_every_column_lands_in_its_field_and_the_rest_in_metadata(folder: Path):
    row = one(
        folder,
        {
            "id": 7, "text": "t", "link": "https://e.org/", "head": "T", "lang": "en",
            "seen": "2024-05-01T02:00:00+02:00",
            "date": "2024-05-01", "meta": {"license": "MIT", "z": 1}, "a": [1.5, None], "é": "ü",
        },
    )  # fmt: skip
    assert (row["key"], row["url"], row["title"], row["language"]) == ("7", "https://e.org/", "T", "en")
    assert row["license_evidence"] == [{"kind": "record.license", "value": "MIT", "where": "column meta.license"}]
    assert row["collected_at"].isoformat() == row["published_at"].isoformat() == "2024-05-01T00:00:00+00:00"
    assert row["metadata"] == '{"a":[1.5,null],"meta":{"z":1},"é":"ü"}'


def test_nothing_declared_and_nothing_else_said_is_null(folder: Path):
    row = one(folder, {"text": "t", "id": "", "link": None, "meta": {"license": ""}})
    assert row["key"] is row["url"] is row["title"] is row["collected_at"] is row["metadata"] is None
    assert row["license_evidence"] == []


def test_a_license_list_is_one_item_each_and_long_values_are_cut(folder: Path):
    said = one(folder, {"text": "t", "meta": {"license": ["MIT", None, {"id": 1}, "x" * 5000]}})["license_evidence"]
    assert [len(item["value"]) for item in said] == [3, 8, 2000]


@pytest.mark.parametrize("date", ["yesterday", "2024-13-01", 20241301, 2024, True, 1e30, ["2024"], {"y": 2024}])
def test_a_date_that_cannot_be_read_stays_in_the_metadata(folder: Path, date: Any):
    row = one(folder, {"text": "t", "date": date})
    assert row["published_at"] is None
    assert json.loads(row["metadata"]) == {"date": date}


@pytest.mark.parametrize(
    ("date", "seconds"),
    [("1970-01-01", 0), ("1969-12-31T23:59:59.5Z", -1), ("20240501T000000Z", 1714521600), ("0001-01-01", -62135596800)],
)
def test_dates_are_seconds_of_utc_rounded_down(folder: Path, date: str, seconds: int):
    path = folder / "d.jsonl"
    path.write_text(json.dumps({"text": "t", "date": date}))
    (batch,) = read(path, columns=MAPPED)
    assert batch.records["published_at"].cast(pa.int64()).to_pylist() == [seconds]


def test_metadata_too_long_or_too_deep_is_dropped_and_named(folder: Path):
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    row = one(folder, {"text": "t", "long": "x" * 5000, "deep": deep, "n" * 300: 1, "kept": 1, "_dropped": 2})
    assert json.loads(row["metadata"]) == {"kept": 1, "_dropped": ["_dropped", "deep", "long", "n" * 200]}


def test_hostile_text_is_kept_as_it_is(folder: Path):
    text = "<script>\0\u202e'; DROP TABLE--\U0001f600"
    assert one(folder, {"text": text})["text"] == text


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text().filter(lambda name: name not in ("text", "_dropped")), VALUES, min_size=1, max_size=5))
@example({"a": 1e15, "b": 1e16, "c": 1e-4, "d": 1e-5, "e": -0.0, "f": 5e-324, "g": 123456789012345.6})
def test_metadata_is_canonical_json(folder: Path, value: dict[str, Any]):
    from dagster_project.corpus.model.canonical import canonical

    records, _ = read_bytes(folder, orjson.dumps({"text": "t", **value}), "m.jsonl")
    assert records[0]["metadata"] == canonical(value).decode()


PIECES = st.sampled_from(
    [
        b'{"text":"a"}', b'{"text":"\xc3\xa9","n":1}', b'{"text":""}', b'{"te', b"{}", b"7", b"\xff",
        b"\n", b"\n\n", b"\r\n", b" ",
        b"\xef\xbb\xbf", b'{"text":"\\ud800"}', b'{"text":"' + b"long" * 20 + b'"}', b"\x00",
    ]
)  # fmt: skip
RAW = st.one_of(st.binary(max_size=80), st.lists(PIECES, max_size=14).map(b"".join))


def expected_lines(data: bytes, limit: int) -> int:
    first, *others = data.split(b"\n")
    first = first if len(first) > limit else first.removeprefix(b"\xef\xbb\xbf")
    return sum(1 for line in (first, *others) if len(line) > limit or not (not line or line.isspace()))


@settings(max_examples=150, deadline=None)
@given(RAW, st.integers(1, 40), st.integers(8, 60), st.integers(1, 30))
@example(b"x", 1, 8, 1)
@example(b'{"text":"' + b"y" * 100, 7, 8, 3)
@example(b"\n\n\n", 1, 8, 1)
@example(b" " * 30 + b"x", 4, 8, 3)
@example(b"\xef\xbb\xbf" + b'{"text":"a"}', 4, 13, 3)
def test_any_bytes_in_any_parts_give_the_same_rows(folder: Path, data: bytes, part: int, line: int, block: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archives, "BLOCK_BYTES", block)
        whole = read_bytes(folder, data, source=JsonLines(part_bytes=1 << 20, line_bytes=line))
        split = read_bytes(folder, data, source=JsonLines(part_bytes=part, line_bytes=line))
    assert whole == split
    records, dead = whole
    if data:
        assert len(records) + len(dead) == expected_lines(data, line)
    else:
        assert [item["reason"] for item in dead] == ["empty object"]
    assert {item["reason"] for item in dead} <= REASONS


@settings(max_examples=100, deadline=None)
@given(RAW, st.sampled_from(sorted(PACK)))
def test_a_packed_file_gives_what_the_plain_one_gives(folder: Path, data: bytes, suffix: str):
    def bare(found: tuple[list[Any], list[Any]]) -> Any:
        return [[{**row, "raw_object": ""} for row in kind] for kind in found]

    assert bare(read_bytes(folder, data)) == bare(read_bytes(folder, PACK[suffix](data), f"p.jsonl{suffix}"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(sorted(PACK)), st.booleans())
def test_no_packed_bytes_raise(folder: Path, data: bytes, suffix: str, follows: bool):
    records, dead = read_bytes(folder, PACK[suffix](LINES) * follows + data, f"f.jsonl{suffix}")
    assert len(records) >= 12 * follows
    assert {item["reason"] for item in dead} <= REASONS


@pytest.mark.parametrize("suffix", sorted(PACK))
@pytest.mark.parametrize("block", [5, 64, 1 << 20])
def test_an_archive_cut_anywhere_gives_its_records_and_one_dead_letter(
    folder: Path, suffix: str, block: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(archives, "BLOCK_BYTES", block)
    packed = PACK[suffix](LINES)
    counts = []
    for cut in range(1, len(packed)):
        records, dead = read_bytes(folder, packed[:cut], f"cut.jsonl{suffix}")
        assert [item["reason"] for item in dead] == ["truncated archive"]
        assert f"after {len(records):,} records" in dead[0]["detail"]
        assert [record["text"] for record in records] == [f"number {number}" for number in range(len(records))]
        whole = sum(map(len, LINES.splitlines(True)[: len(records)]))
        assert dead[0]["raw_position"] in (whole, whole - 1)  # the last newline may be what was cut off
        counts.append(len(records))
    assert counts == sorted(counts)
    whole, dead = read_bytes(folder, packed, f"cut.jsonl{suffix}")
    assert (len(whole), dead) == (12, [])


def test_what_can_be_had_of_a_cut_gzip_is_had(folder: Path):
    packed = PACK[".gz"](LINES)
    assert len(read_bytes(folder, packed[:-8], "t.jsonl.gz")[0]) == 12


@pytest.mark.parametrize("suffix", sorted(PACK))
def test_members_that_follow_each_other_are_one_stream(folder: Path, suffix: str):
    packed = PACK[suffix](LINES[:200]) + PACK[suffix](LINES[200:])
    assert len(read_bytes(folder, packed, f"two.jsonl{suffix}")[0]) == 12


@pytest.mark.parametrize("suffix", sorted(PACK))
def test_damage_in_the_middle_keeps_what_came_before(folder: Path, suffix: str):
    packed = bytearray(PACK[suffix](LINES) + PACK[suffix](LINES))
    packed[len(packed) // 2 + 1 : len(packed) // 2 + 4] = b"\0\0\0"
    records, dead = read_bytes(folder, bytes(packed), f"hurt.jsonl{suffix}")
    assert len(records) >= 12
    assert [item["reason"] for item in dead] in (["corrupt archive"], ["truncated archive"])


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.jsonl.bz2", "x.jsonl.xz", "x.jsonl.zst"])
def test_an_empty_file_is_one_dead_letter(folder: Path, name: str):
    records, dead = read_bytes(folder, b"", name)
    assert (records, [item["reason"] for item in dead]) == ([], ["empty object"])


@pytest.mark.parametrize("suffix", sorted(PACK))
def test_an_archive_of_nothing_is_one_dead_letter(folder: Path, suffix: str):
    assert [item["reason"] for item in read_bytes(folder, PACK[suffix](b""), f"x.jsonl{suffix}")[1]] == ["empty object"]


def test_an_endless_line_is_let_go_and_the_rest_is_read(folder: Path):
    records, dead = read_bytes(
        folder,
        b'{"text":"a"}\n' + b"x" * (5 << 20) + b'\n{"text":"b"}\n',
        source=JsonLines(line_bytes=1 << 20),
    )
    assert [record["text"] for record in records] == ["a", "b"]
    assert [(item["reason"], item["raw_position"], item["excerpt"]) for item in dead] == [
        ("line too long", 13, b"x" * 200)
    ]
    assert records[1]["raw_position"] == 13 + (5 << 20) + 1


def test_large_files_split_and_packed_ones_do_not(folder: Path):
    source = JsonLines(part_bytes=100)
    for name, data, parts in (("l.jsonl", LINES, 4), ("l.jsonl.gz", LINES, 1)):
        (folder / name).write_bytes(data)
        recipe = SourceRecipe("web", "jsonl", location=str(folder / name))
        (item,) = source.objects(recipe)
        assert len(source.parts(recipe, item)) == parts
    assert RawPart(item.uri) in source.parts(recipe, item)


def test_a_file_that_went_away_is_a_sentence(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(LINES)
    recipe = SourceRecipe("web", "jsonl", location=str(path))
    source = JsonLines()
    (item,) = source.objects(recipe)
    path.unlink()
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        list(source.read(recipe, source.parts(recipe, item)[0]))
    with pytest.raises(SourceError, match="No such file"):
        source.checksum(replace(item, sha256=None))


def records_in(folder: Path, files: int, suffix: str) -> list[tuple[Any, ...]]:
    lines = [json.dumps({"id": n, "text": f"number {n}", "url": f"https://e.org/{n}"}) + "\n" for n in range(320)]
    for number in range(files):
        data = "".join(lines[number::files]).encode()
        (folder / f"part-{number:05}.jsonl{suffix}").write_bytes(PACK[suffix](data) if suffix else data)
    recipe = SourceRecipe("web", "jsonl", location=str(folder), columns=Columns(key="id", url="url"))
    parts = [part for item in PLAIN.objects(recipe) for part in PLAIN.parts(recipe, item)]
    records, dead = rows(batch for part in parts for batch in PLAIN.read(recipe, part))
    assert dead == []
    bare = [{name: row[name] for name in row if name not in ("raw_object", "raw_position")} for row in records]
    return sorted((row["key"], orjson.dumps(row, default=str)) for row in bare)


@pytest.mark.parametrize("suffix", ["", *sorted(PACK)])
def test_one_file_or_many_packed_in_each_way_are_the_same_records(tmp_path: Path, suffix: str):
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    assert records_in(tmp_path / "one", 1, "") == records_in(tmp_path / "many", 64, suffix)


def test_attributes_beside_the_documents_of_dolma_are_passed_over(tmp_path: Path):
    for name in ("documents/0.jsonl", "attributes/toxicity/0.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(LINES)

    def found(columns: Columns) -> list[str]:
        recipe = SourceRecipe("web", "jsonl", location=str(tmp_path), columns=columns)
        return [item.uri.removeprefix(tmp_path.as_uri()) for item in PLAIN.objects(recipe)]

    assert found(Columns(shape="dolma")) == ["/documents/0.jsonl"]
    assert len(found(Columns())) == 2


def test_a_bomb_gives_what_came_before_the_limit_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives.Blocks.__init__, "__defaults__", ("", archives.Limits(1 << 20, 400)))
    bomb = LINES + b" " * (8 << 20) + b"\n" + LINES
    records, dead = read_bytes(folder, PACK[".zst"](bomb), "bomb.jsonl.zst")
    assert len(records) == 12
    assert [item["reason"] for item in dead] == ["archive bomb"]


def test_a_tag_at_the_head_of_a_text_is_evidence(folder: Path):
    text = '.\\" Copyright\n.\\" SPDX-License-Identifier: GPL-2.0-or-later\n.TH LS 1\n'
    said = one(folder, {"text": text, "license": "MIT"}, Columns(license="license"))["license_evidence"]
    assert [(item["kind"], item["value"]) for item in said] == [
        ("file.spdx", "GPL-2.0-or-later"),
        ("record.license", "MIT"),
    ]
    assert one(folder, {"text": "Write SPDX-License-Identifier: MIT at the top."})["license_evidence"] == []
