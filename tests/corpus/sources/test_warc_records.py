"""Damaged archives: what is whole is read, what is not is one dead letter, and nothing goes missing without a word."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from dagster_project.corpus.extraction import main_content
from dagster_project.corpus.sources.archives import Limits
from dagster_project.corpus.sources.warc import Warc, _window
from dagster_project.corpus.sources.warc_members import Break, Members, Start
from dagster_project.corpus.sources.warc_records import Frame, Records
from tests.corpus.sources.test_warc import DATA, extract
from tests.corpus.sources.warcs import Made, answer, packed, page, read, read_file, record, warcinfo

ITEMS = [warcinfo(), *(record(number) for number in range(1, 7))]
MEMBERS = [packed([item]) for item in ITEMS]


@pytest.fixture(autouse=True)
def simple_extraction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_content, "extract", extract)


def numbers(made: Made) -> list[int]:
    return [int(url.rpartition("/")[2]) for url in made.urls]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("cut", "left", "reason"),
    [
        (30, [1, 2, 3, 4, 5], "truncated archive"),  # in the body
        (len(ITEMS[6]) - 60, [1, 2, 3, 4, 5], "truncated archive"),  # in the head
        (len(ITEMS[6]) - 3, [1, 2, 3, 4, 5], "corrupt archive"),  # of "WARC/" not even that much is left
        (4, [1, 2, 3, 4, 5, 6], None),  # the line ends after a record
        (5, [1, 2, 3, 4, 5], "truncated archive"),
    ],
)
def test_a_plain_file_that_was_cut(cut: int, left: list[int], reason: str | None, tmp_path: Path):
    made = read(tmp_path, b"".join(ITEMS)[:-cut])
    assert numbers(made) == left
    assert made.reasons == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("cut", "left"),
    [
        *((1, [1, 2, 3, 4, 5, 6]), (8, [1, 2, 3, 4, 5, 6]), (60, [1, 2, 3, 4, 5])),
        (len(MEMBERS[6]) - 85, [1, 2, 3, 4, 5]),  # in the head
        (len(MEMBERS[6]) - 5, [1, 2, 3, 4, 5]),
    ],
)
def test_a_packed_file_that_was_cut(cut: int, left: list[int], tmp_path: Path):
    made = read(tmp_path, b"".join(MEMBERS)[:-cut], "x.warc.gz")
    assert numbers(made) == left
    assert made.reasons == ["truncated archive"]
    assert f"{len(MEMBERS[6]) - cut:,} packed bytes skipped" in made.dead[0]["detail"]


@pytest.mark.parametrize("at", [0, 3, 12, 60, len(MEMBERS[3]) // 2, len(MEMBERS[3]) - 7, len(MEMBERS[3]) - 2])
def test_a_damaged_member_costs_its_own_record(at: int, tmp_path: Path):
    start = sum(map(len, MEMBERS[:3]))
    made = read(tmp_path, flipped(b"".join(MEMBERS), start + at), "x.warc.gz")
    if made.dead:  # some bytes of a gzip header say nothing
        assert numbers(made) == [1, 2, 4, 5, 6]
        assert made.reasons == ["corrupt archive"]
        assert made.dead[0]["raw_position"] == start
        assert f"{len(MEMBERS[3])} packed bytes skipped" in made.dead[0]["detail"]
    else:
        assert numbers(made) == [1, 2, 3, 4, 5, 6]


def test_a_member_is_found_behind_what_looks_like_the_beginning_of_one(tmp_path: Path):
    made = read(tmp_path, b"".join([*MEMBERS[:2], b"\x1f\x8b\x08", *MEMBERS[2:]]), "x.warc.gz")
    assert (numbers(made), made.reasons) == ([1, 2, 3, 4, 5, 6], ["corrupt archive"])


@pytest.mark.parametrize(
    "head", [b"WARC/", b"WARC/1.0\r\n", b"WARC/1.0\nM", b"\x1f\x8b\x08\0", b"\x1f\x8b\x08" + b"\0" * 20, b"\xff" * 9]
)
@pytest.mark.parametrize("is_packed", [True, False])
def test_a_damaged_beginning_does_not_decide_how_a_file_is_packed(head: bytes, is_packed: bool, tmp_path: Path):
    items = MEMBERS if is_packed else ITEMS
    made = read(tmp_path, head + b"".join(items), "x.warc.gz" if is_packed else "x.warc")
    assert (numbers(made), made.reasons) == ([1, 2, 3, 4, 5, 6], ["corrupt archive"])


def test_two_damaged_members_are_two_dead_letters(tmp_path: Path):
    data = list(MEMBERS)
    for number in (2, 3):
        data[number] = flipped(data[number], len(data[number]) - 6)  # the checksum
    made = read(tmp_path, b"".join(data), "x.warc.gz")
    assert (numbers(made), made.reasons) == ([1, 4, 5, 6], ["corrupt archive"] * 2)


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("by", [-50, 20, 333, 100_000, 30_000_000, 10**17])
def test_a_wrong_length_costs_its_own_record(by: int, is_packed: bool, tmp_path: Path):
    block = answer(page())
    items = [*ITEMS[:3], record(3, block, length=len(block) + by), *ITEMS[4:]]
    made = read(tmp_path, packed(items) if is_packed else b"".join(items), source=Warc(page_bytes=1 << 20))
    assert numbers(made) == [1, 2, 4, 5, 6]
    assert set(made.reasons) <= {"corrupt archive", "truncated archive"}
    assert len(made.dead) == 1
    assert "'response'" in made.dead[0]["detail"]


@pytest.mark.parametrize("ends", [b"", b"\r\n", b"\n", b"\r\n" * 9])
def test_line_ends_after_a_record_may_be_missing_or_many(ends: bytes, tmp_path: Path):
    made = read(tmp_path, b"".join(item.removesuffix(b"\r\n\r\n") + ends for item in ITEMS))
    assert (numbers(made), made.dead) == ([1, 2, 3, 4, 5, 6], [])


@pytest.mark.parametrize("head", [b"Content-Length", b"\r\nContent-Length: 7"])
def test_a_record_needs_one_length(head: bytes, tmp_path: Path):
    bad = ITEMS[3].replace(
        b"Content-Length", b"Kontent-Laenge" if head == b"Content-Length" else head[2:] + b"\r\nContent-Length", 1
    )
    made = read(tmp_path, b"".join([*ITEMS[:3], bad, *ITEMS[4:]]))
    assert (numbers(made), made.reasons) == ([1, 2, 4, 5, 6], ["corrupt archive"])
    assert made.dead[0]["raw_position"] == sum(map(len, ITEMS[:3]))


@pytest.mark.parametrize("garbage", [b"garbage\r\n" * 40, b"WARC/1.0\r\n" * 40, b"\x1f\x8b\x08\0" * 9, b"\0" * 99])
@pytest.mark.parametrize("is_packed", [True, False])
def test_garbage_between_records_costs_none(garbage: bytes, is_packed: bool, tmp_path: Path):
    items = MEMBERS if is_packed else ITEMS
    made = read(tmp_path, b"".join([*items[:3], garbage, *items[3:]]))
    assert numbers(made) == [1, 2, 3, 4, 5, 6]
    assert made.reasons == ([] if is_packed and not garbage.strip(b"\0") else ["corrupt archive"])
    assert all(str(len(garbage)) in row["detail"] for row in made.dead)


def test_heads_with_line_ends_of_unix_are_read(tmp_path: Path):
    heads = [item.partition(b"\r\n\r\n") for item in ITEMS]
    made = read(tmp_path, b"".join(head.replace(b"\r\n", b"\n") + b"\n\n" + rest for head, _, rest in heads))
    assert (numbers(made), made.dead) == ([1, 2, 3, 4, 5, 6], [])


@pytest.mark.parametrize("suffix", [".warc", ".warc.gz", ".warc.bz2", ".warc.xz", ".warc.zst"])
def test_an_empty_file_says_so(suffix: str, tmp_path: Path):
    assert read(tmp_path, b"", f"x{suffix}").reasons == ["empty object"]


def test_packed_nothing_is_empty(tmp_path: Path):
    assert read(tmp_path, gzip.compress(b""), "x.warc.gz").reasons == ["empty object"]


@pytest.mark.parametrize("data", [b"<!doctype html><html>hello</html>", b"GIF89a", b"W", b"WARC/1.0", b"\x1f\x8b\x08"])
@pytest.mark.parametrize("suffix", [".warc", ".warc.gz"])
def test_what_is_no_archive_is_one_dead_letter(data: bytes, suffix: str, tmp_path: Path):
    made = read(tmp_path, data, f"x{suffix}")
    assert len(made.dead) == 1
    assert made.dead[0]["excerpt"] in (data, None)
    assert made.dead[0]["raw_position"] == 0


def test_a_broken_stream_gives_what_stands_before_the_break(tmp_path: Path):
    data = pa.compress(b"".join(ITEMS), codec="zstd", asbytes=True)
    made = read(tmp_path, data[:-9], "x.warc.zst")
    assert made.reasons[-1] == "truncated archive"
    assert numbers(made) == list(range(1, len(made.records) + 1))


@pytest.mark.parametrize(
    "line", [b"garbage\n", b"WARC/1.0\r\n", b"WARC/1.0\r\nA: b\r\n\r\n", b"\x1f\x8b\x08\0\0\0\0\0\0\0", b"\r\n"]
)
@pytest.mark.parametrize("suffix", [".warc", ".warc.gz"])
def test_much_garbage_is_one_dead_letter_in_little_memory(line: bytes, suffix: str, tmp_path: Path):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(line * 15_000)
    tracemalloc.start()
    made = read_file(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(made.dead) == 1
    assert peak < 8 << 20


def test_ten_million_lines_of_garbage_are_passed_soon(tmp_path: Path):
    path = tmp_path / "x.warc"
    path.write_bytes(b"garbage\n" * 10_000_000)
    start = time.process_time()
    assert read_file(path).reasons == ["corrupt archive"]
    assert time.process_time() - start < 5


def test_a_member_that_is_a_bomb_is_left_for_the_next():
    data = packed([ITEMS[0], b"WARC/" + b"\0" * 3_000_000, ITEMS[1]])
    events = list(Members(io.BytesIO(data), 0, Limits(1 << 20, 400)).events())
    (broken,) = [event for event in events if isinstance(event, Break)]
    assert broken.damage.reason == "archive bomb"
    assert events[-2:] == [Start(len(data) - len(MEMBERS[1])), ITEMS[1]]


@pytest.mark.skipif(not DATA.exists(), reason="the development data is not here")
@pytest.mark.parametrize("name", ["devref", "policy", "reference"])
def test_whole_archives_are_read_as_fastwarc_reads_them(name: str):
    path = DATA / f"{name}-00000.warc.gz"
    with open(path, "rb") as raw:
        ours = list(Records(_window(raw, ".gz", 0), lambda _: True, 1 << 30))
    with open(path, "rb") as raw:
        theirs = [
            (item.stream_pos, item.headers["WARC-Record-ID"], item.reader.read())
            for item in ArchiveIterator(raw, WarcRecordType.any_type, parse_http=False)
        ]
    assert [
        (item.position, item.fields["warc-record-id"], item.block) for item in ours if isinstance(item, Frame)
    ] == theirs
    assert len(ours) == len(theirs)
