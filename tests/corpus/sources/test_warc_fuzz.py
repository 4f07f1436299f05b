"""Archives with any damage: reading ends, says what it lost, and gives every record that the damage did not touch."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.corpus.extraction import main_content
from dagster_project.corpus.sources.batches import EXCERPT_BYTES, REASONS
from dagster_project.corpus.sources.warc import Warc
from tests.corpus.sources.test_warc import extract
from tests.corpus.sources.warcs import Made, answer, packed, page, read, record, text_record, warcinfo

ITEMS = [
    warcinfo(),
    record(1),
    record(2, answer(page(), "Content-Encoding: br")),
    text_record(3, "größer\n".encode() * 20),
    record(4, type="request", block=b"GET / HTTP/1.1\r\n\r\n"),
    record(5),
    record(6, answer(page(), status="404 Not Found")),
    text_record(7, b"text\n" * 30, type="conversion"),
    record(8),
]
PARTS = {"plain": ITEMS, "packed": [packed([item]) for item in ITEMS]}
URLS = {1: 1, 3: 3, 5: 5, 7: 7, 8: 8} | {2: 2}
SIGNS = [
    b"WARC/1.0\r\n",
    b"\r\n\r\n",
    b"Content-Length: 99999\r\n",
    b"\x1f\x8b\x08",
    b"\0\0",
    b"\xff" * 9,
    b"HTTP/1.1 ",
]


class Damaged(NamedTuple):
    """A file, which of its records were touched, and whether it is packed."""

    data: bytes
    touched: frozenset[int]
    is_packed: bool


@st.composite
def damaged(draw: st.DrawFn) -> Damaged:
    """Bytes are replaced, cut out, inserted or doubled at up to three places, and the end may be missing."""
    is_packed = draw(st.booleans())
    parts = [bytearray(part) for part in PARTS["packed" if is_packed else "plain"]]
    touched = set()
    for _ in range(draw(st.integers(0, 3))):
        number = draw(st.integers(0, len(parts) - 1))
        part = parts[number]
        if not part:
            continue
        start = draw(st.integers(0, len(part) - 1))
        count = draw(st.integers(0, 30))
        new = draw(st.binary(max_size=30) | st.sampled_from(SIGNS) | st.just(bytes(part[start : start + 300]) * 2))
        part[start : start + count] = new
        touched.add(number)
    if draw(st.booleans()):
        last = draw(st.integers(0, len(parts) - 1))
        cut = draw(st.integers(1, max(len(parts[last]), 1)))
        parts[last] = parts[last][: len(parts[last]) - cut]
        touched |= set(range(last, len(parts)))
        parts = parts[: last + 1]
    return Damaged(b"".join(parts), frozenset(touched), is_packed)


@pytest.fixture(autouse=True)
def simple_extraction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_content, "extract", extract)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def check(made: Made, item: Damaged) -> None:
    assert {row["reason"] for row in made.dead} <= REASONS
    assert all(row["detail"] and len(row["excerpt"] or b"") <= EXCERPT_BYTES for row in made.dead)
    assert not any(row["text"].isspace() or not row["text"] for row in made.records)
    positions = [row["raw_position"] for row in made.records + made.dead]
    assert len(set(positions)) == len(positions)
    assert all(0 <= position <= len(item.data) for position in positions)
    first = min(item.touched, default=len(ITEMS))
    kept = [number for number in URLS if number not in item.touched and (item.is_packed or number < first)]
    for number in kept:
        assert made.urls.count(f"http://site.test/{number}") >= 1, (number, made.dead)
    if not item.touched:
        assert (len(made.records), made.reasons) == (6, ["HTTP status"])
    lost = len(URLS) - len({url for url in made.urls if url in {f"http://site.test/{number}" for number in URLS}})
    assert lost == 0 or len(made.dead) > 0 or len(made.records) >= len(URLS) or is_cut_between(item)


def is_cut_between(item: Damaged) -> bool:
    """Whether the end is missing from a place at which a record may end, which nothing in the file can tell."""
    return max(item.touched, default=0) == len(ITEMS) - 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(item=damaged())
def test_damage_costs_only_what_it_touches(item: Damaged, folder: Path):
    check(read(folder, item.data, "x.warc.gz" if item.is_packed else "x.warc"), item)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(item=damaged(), size=st.integers(40, 3_000))
def test_parts_of_a_damaged_file_are_the_whole(item: Damaged, size: int, folder: Path):
    name = "x.warc.gz" if item.is_packed else "x.warc"
    assert read(folder, item.data, name, Warc(part_bytes=size)) == read(folder, item.data, name)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.lists(st.binary(max_size=40) | st.sampled_from([*SIGNS, *ITEMS, *PARTS["packed"]]), max_size=9).map(
        b"".join
    )
)
def test_any_bytes_are_records_or_dead_letters(data: bytes, folder: Path):
    for name in ("x.warc", "x.warc.gz", "x.warc.zst", "x.warc.bz2"):
        made = read(folder, data, name)
        assert set(made.reasons) <= REASONS
        assert made.records or made.dead or made.sites or data
