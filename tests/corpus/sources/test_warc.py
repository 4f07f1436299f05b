"""WARC and WET: every record that could be a document is one or a dead letter, however the file is packed or split."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest

from dagster_project.corpus.extraction import main_content, pages
from dagster_project.corpus.model.documents import SITE_FILE_BYTES
from dagster_project.corpus.model.raw import RawObject
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.model.structure import NO_STRUCTURE
from dagster_project.corpus.snapshots.identify import identify
from dagster_project.corpus.sources import remote
from dagster_project.corpus.sources.registry import SOURCES
from dagster_project.corpus.sources.warc import Warc
from dagster_project.corpus.storage.s3 import S3Config
from tests.corpus.sources.warcs import DATE, WORDS, answer, packed, page, read, read_file, record, text_record, warcinfo

DATA = Path("/work/shared/data/warc")
WET = Warc(frozenset({"conversion"}), ".wet")
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}
URLS = [f"http://site.test/{number}" for number in range(1, 10)]


def extract(page: pages.Page, extractor: str) -> pages.Extracted | pages.Unextracted:
    text = re.sub(r"<[^<>]*>", "", page.body.decode("utf-8", "replace")).replace("\0", "").strip()
    if not text:
        return pages.Unextracted(pages.NO_CONTENT, "nothing but tags")
    return pages.Extracted(text, NO_STRUCTURE, None, None, (), (), (), 0, {"extractor": extractor})


@pytest.fixture(autouse=True)
def simple_extraction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_content, "extract", extract)


def many(count: int = 9) -> list[bytes]:
    return [warcinfo(), *(record(number) for number in range(1, count + 1))]


def test_a_page_is_a_record_with_what_the_archive_says_of_it(tmp_path: Path):
    block = answer(page(), "Content-Type: text/html; charset=utf-8")
    made = read(tmp_path, warcinfo() + record(1, block, fields=["WARC-IP-Address: 10.0.0.1"]))
    (row,) = made.records
    assert row["text"] == (WORDS * 4).strip()
    assert row["url"] == "http://site.test/1"
    assert row["raw_position"] == len(warcinfo())
    assert row["collected_at"].isoformat() == "2024-05-06T07:08:09+00:00"
    assert row["collected_confidence"] == "exact"
    assert row["date_evidence"][0]["value"] == DATE
    assert json.loads(row["metadata"]) == {
        "extractor": "resiliparse",
        "http": {"content_type": "text/html; charset=utf-8", "status": 200},
        "warc": {"ip": "10.0.0.1", "record_id": f"<urn:uuid:{1:032x}>", "type": "response"},
    }
    assert made.dead == made.sites == []


@pytest.mark.parametrize("suffix", PACK)
def test_every_packing_gives_the_same(suffix: str, tmp_path: Path):
    made = read(tmp_path, PACK[suffix](b"".join(many())), f"x.warc{suffix}")
    assert made.urls == URLS
    assert made.dead == []
    assert len({row["raw_position"] for row in made.records}) == 9


def test_a_member_for_each_record_gives_the_same(tmp_path: Path):
    data = packed(many())
    made = read(tmp_path, data, "x.warc.gz")
    assert made.urls == URLS
    assert [data[row["raw_position"] :][:3] for row in made.records] == [b"\x1f\x8b\x08"] * 9


def test_members_that_end_anywhere_give_the_same(tmp_path: Path):
    data = b"".join(many())
    made = read(tmp_path, packed(data[at : at + 333] for at in range(0, len(data), 333)), "x.warc.gz")
    assert (made.urls, made.dead) == (URLS, [])


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz"])
def test_what_a_file_is_called_does_not_decide_how_it_is_packed(name: str, tmp_path: Path):
    assert read(tmp_path, packed(many()), name).urls == URLS
    assert read(tmp_path, b"".join(many()), name).urls == URLS


@pytest.mark.parametrize(
    ("made", "reason", "detail"),
    [
        (record(1, answer(page(), status="404 Not Found")), "HTTP status", "404"),
        (record(1, answer(b"", status="301 Moved")), "HTTP status", "301"),
        (record(1, answer(page(), status="yes")), "HTTP status", "0"),
        (record(1, answer(b"\x89PNG", "Content-Type: image/png")), "not text", "image/png"),
        (record(1, answer(b"%PDF", "Content-Type: application/pdf; x=y")), "not text", "application/pdf"),
        (record(1, answer(b"")), "empty text", "0 bytes"),
        (record(1, answer(b" \r\n")), "empty text", "3 bytes"),
        (record(1, b""), "empty text", "0 bytes"),
        (record(1, answer(b"<p></p>")), "no main content", "nothing but tags"),
        (record(1, answer(b"\0\1\2\3" * 99, "Content-Type: text/plain")), "not text", "mostly no characters"),
        (record(1, b"\0\1\2\3" * 99), "not text", "mostly no characters"),
        (record(1, b"", "revisit", fields=["WARC-Profile: http://x/same"]), "revisit", "http://x/same"),
        (record(1, answer(b"\x1f\x8b\x08\0", "Content-Encoding: gzip")), "empty text", "0 bytes"),
        (record(1, answer(b"\x1f\x8b\x08\0" + b"\xff" * 40, "Content-Encoding: gzip")), "corrupt body", "Error -3"),
        (record(1, fields=["WARC-Segment-Number: 1"]), "page too long", "in segments"),
        (record(1, type="respnse"), "corrupt archive", "unknown type 'respnse'"),
    ],
)
def test_what_is_no_document_says_why(made: bytes, reason: str, detail: str, tmp_path: Path):
    found = read(tmp_path, made + record(2))
    assert found.reasons == [reason]
    assert detail in found.dead[0]["detail"]
    assert found.urls == URLS[1:2]


def test_what_is_expected_to_be_no_document_is_not_counted(tmp_path: Path):
    others = [record(number, type=type) for number, type in enumerate(["request", "metadata", "continuation"])]
    others.append(record(7, b"site.test. A 10.0.0.1", url="dns:site.test", content_type="text/dns"))
    others.append(text_record(8, b"wget -r").replace(b"http://site.test/8", b"metadata://gnu.org/arguments.txt"))
    made = read(tmp_path, warcinfo() + b"".join(others) + record(1))
    assert (made.urls, made.dead) == (URLS[:1], [])


@pytest.mark.parametrize("type", ["text/plain", "text/markdown", "Text/Plain; charset=utf-8"])
def test_text_stays_as_it_is(type: str, tmp_path: Path):
    text = "# Größe\n\n  eins\n\nzwei <b>\n"
    block = answer(text.encode(), f"Content-Type: {type}", "X-Robots-Tag: noai", "Content-Language: de")
    made = read(tmp_path, record(1, block) + text_record(2, text.encode(), type))
    assert [row["text"] for row in made.records] == [text] * 2
    assert [span["kind"] for span in made.records[0]["structure"]] == ["paragraph"] * 3
    assert made.records[0]["language"] == "de"
    assert [item["value"] for item in made.records[0]["reservations"]] == ["noai"]


def test_text_is_decoded_as_declared(tmp_path: Path):
    block = answer("Grüße, große Straße".encode("latin-1"), "Content-Type: text/plain; charset=iso-8859-1")
    (row,) = read(tmp_path, record(1, block)).records
    assert row["text"] == "Grüße, große Straße"


def test_a_page_as_a_resource_is_a_page(tmp_path: Path):
    (row,) = read(tmp_path, record(1, page(), "resource", content_type="text/html")).records
    assert row["text"] == (WORDS * 4).strip()


def test_wet_reads_conversions_and_nothing_else(tmp_path: Path):
    conversion = text_record(1, "größer als\n".encode(), type="conversion")
    made = read(tmp_path, packed([warcinfo(), conversion, record(2)]), "x.wet.gz", WET)
    assert [row["text"] for row in made.records] == ["größer als\n"]
    assert read(tmp_path, conversion + record(2)).urls == URLS[:2]


def test_angle_brackets_are_no_part_of_an_address(tmp_path: Path):
    assert read(tmp_path, record(1, url="<http://site.test/1>")).urls == URLS[:1]
    (row,) = read(tmp_path, record(1, url="")).records
    assert row["url"] is None


@pytest.mark.parametrize(("status", "text"), [("200 OK", "User-agent: *"), ("404 Not Found", ""), ("503 No", "")])
def test_robots_txt_speaks_for_its_site_and_is_no_record(status: str, text: str, tmp_path: Path):
    block = answer(b"User-agent: *", "Content-Type: text/plain", status=status)
    made = read(tmp_path, record(1, block, url="<HTTP://Site.Test:8080/robots.txt>") + record(2))
    (row,) = made.sites
    assert row["collected_at"].isoformat() == "2024-05-06T07:08:09+00:00"
    row.pop("collected_at")
    site = {"site": "http://site.test:8080", "path": "/robots.txt", "text": text, "status": int(status[:3])}
    assert row == site
    assert (made.urls, made.dead) == (URLS[1:2], [])


def test_site_files_are_cut_and_only_those_at_their_place_are_such(tmp_path: Path):
    long = answer("ä".encode() * SITE_FILE_BYTES, "Content-Type: text/plain")
    urls = ["http://a.test/ai.txt", "https://a.test/.well-known/tdmrep.json", "http://a.test/x/robots.txt"]
    made = read(tmp_path, b"".join(record(number, long, url=url) for number, url in enumerate(urls)))
    assert [(row["site"], row["path"]) for row in made.sites] == [
        ("http://a.test", "/ai.txt"),
        ("https://a.test", "/.well-known/tdmrep.json"),
    ]
    assert {len(row["text"].encode()) for row in made.sites} == {SITE_FILE_BYTES}
    assert made.urls == urls[2:]


def test_a_robots_txt_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path):
    block = answer(b"\x1f\x8b\x08\0" + b"\xff" * 40, "Content-Encoding: gzip")
    made = read(tmp_path, record(1, block, url="http://a.test/robots.txt"))
    assert (made.sites, made.reasons) == ([], ["corrupt body"])


def test_what_was_cut_is_marked(tmp_path: Path):
    cut = [record(1, fields=["WARC-Truncated: length"]), record(2, answer(page(), "Content-Length: 99999"))]
    said = [json.loads(row["metadata"])["warc"]["truncated"] for row in read(tmp_path, b"".join(cut)).records]
    assert said == ["length", f"{len(page())} of 99999 bytes"]


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_page_over_the_limit_is_passed_without_being_held(is_packed: bool, tmp_path: Path):
    items = [warcinfo(), record(1), record(2, answer(b"<p>" + b"a" * (40 << 20))), record(3)]
    path = tmp_path / "x.warc"
    path.write_bytes(packed(items) if is_packed else b"".join(items))
    del items
    tracemalloc.start()
    made = read_file(path, Warc(page_bytes=1 << 16))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert made.urls == [URLS[0], URLS[2]]
    assert made.reasons == ["page too long"]
    assert peak < 8 << 20


def test_a_body_that_unpacks_beyond_the_limit_is_too_long(tmp_path: Path):
    block = answer(gzip.compress(page() + b" " * (1 << 20)), "Content-Encoding: gzip")
    made = read(tmp_path, record(1, block) + record(2), source=Warc(page_bytes=1 << 16))
    assert (made.urls, made.reasons) == (URLS[1:2], ["page too long"])


def split(path: Path, source: Warc) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    recipe = SourceRecipe("web", "warc", location=str(path))
    (item,) = source.objects(recipe)
    parts = source.parts(recipe, item)
    batches = [batch for part in parts for batch in source.read(recipe, part)]
    records = [row for batch in batches for row in batch.records.to_pylist()]
    return records, [row for batch in batches for row in batch.dead.to_pylist()], len(parts)


@pytest.mark.parametrize("size", [60, 200, 999, 4_000, 100_000])
@pytest.mark.parametrize("is_packed", [True, False])
def test_parts_together_are_the_whole(size: int, is_packed: bool, tmp_path: Path):
    items = many(30)
    damaged = bytearray(packed(items) if is_packed else b"".join(items))
    for at in (len(damaged) // 3, len(damaged) // 2):
        damaged[at : at + 9] = b"\xff" * 9
    path = tmp_path / "x.warc"
    path.write_bytes(bytes(damaged) + (packed(items) if is_packed else b"".join(items)))
    whole = split(path, Warc())
    parts = split(path, Warc(part_bytes=size))
    assert parts[:2] == whole[:2]
    assert len(whole[0]) > 50
    assert (parts[2] > 1) == (size < 100_000)


def test_a_page_that_holds_records_gives_none_where_parts_begin(tmp_path: Path):
    """Whoever serves a page could else write records of other sites into the corpus."""
    forged = b"".join(record(number, url="https://trusted.test/").replace(b"aaaa", b"eeee") for number in range(50, 90))
    stored = gzip.compress(record(1, answer(b"<p>text " + packed([forged]) * 9)), compresslevel=0, mtime=0)
    plain = record(1, answer(b"<p>text " + forged))
    others = [record(number) for number in range(2, 10)]
    for data in (packed([warcinfo()]) + stored + packed(others), warcinfo() + plain + b"".join(others)):
        path = tmp_path / "x.warc"
        path.write_bytes(data)
        records, dead, parts = split(path, Warc(part_bytes=100))
        assert parts > 10
        assert [row["url"] for row in records] == URLS
        assert dead == []


def test_a_file_whose_records_do_not_name_it_does_not_split(tmp_path: Path):
    path = tmp_path / "x.warc"
    for data in (b"".join(many()[1:]), gzip.compress(b"".join(many())), b"".join(many())[:900], b"WARC/1.0"):
        path.write_bytes(data)
        assert len(Warc(part_bytes=10).parts(SourceRecipe("web", "warc"), RawObject(path.as_uri(), len(data), 0))) == 1


def test_one_file_or_many_give_the_same_documents(tmp_path: Path):
    def ids(folder: Path) -> set[bytes]:
        source, recipe = SOURCES["warc"], SourceRecipe("web", "warc", location=str(folder))
        batches = [
            batch for item in source.objects(recipe) for batch in source.read(recipe, source.parts(recipe, item)[0])
        ]
        return set(identify(pa.Table.from_batches([batch.records for batch in batches]), "web")["doc_id"].to_pylist())

    for name in ("one", "many"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "a.warc").write_bytes(b"".join(many()))
    for number, item in enumerate(many()):
        (tmp_path / "many" / f"{number}.warc.gz").write_bytes(packed([item]))
    assert ids(tmp_path / "one") == ids(tmp_path / "many")
    assert len(ids(tmp_path / "one")) == 9


@pytest.mark.skipif(not DATA.exists(), reason="the development data is not here")
@pytest.mark.parametrize("size", [100_000, 64 << 20])
@pytest.mark.parametrize(("name", "documents"), [("devref", 13), ("policy", 28), ("reference", 49)])
def test_real_crawls(name: str, documents: int, size: int):
    made = read_file(DATA / f"{name}-00000.warc.gz", Warc(part_bytes=size))
    assert (len(made.records), made.dead) == (documents, [])
    assert [(row["path"], row["status"]) for row in made.sites] == [("/robots.txt", 404)]


@pytest.mark.embedded
@pytest.mark.parametrize("is_packed", [True, False])
def test_parts_are_read_from_s3(is_packed: bool, embedded_s3: S3Config, monkeypatch: pytest.MonkeyPatch):
    keys = {"aws_access_key_id": embedded_s3.access_key, "aws_secret_access_key": embedded_s3.secret_key}
    environment = {name.upper(): value for name, value in keys.items()}
    for name, value in {
        **environment,
        "AWS_ENDPOINT_URL": embedded_s3.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=embedded_s3.endpoint, region_name="us-east-1", **keys)
    items = [*many()[:2], record(2, answer(b"<p>" + b"a" * 300_000)), *many()[3:]]
    name = f"warc/{is_packed}.warc"
    client.put_object(Bucket=embedded_s3.bucket, Key=name, Body=packed(items) if is_packed else b"".join(items))
    remote.s3.cache_clear()
    recipe = SourceRecipe("web", "warc", location=f"s3://{embedded_s3.bucket}/{name}")
    source = Warc(part_bytes=1_000, page_bytes=1 << 16)
    (item,) = source.objects(recipe)
    batches = [batch for part in source.parts(recipe, item) for batch in source.read(recipe, part)]
    remote.s3.cache_clear()
    assert [row["url"] for batch in batches for row in batch.records.to_pylist()] == [URLS[0], *URLS[2:]]
    assert [row["reason"] for batch in batches for row in batch.dead.to_pylist()] == ["page too long"]
