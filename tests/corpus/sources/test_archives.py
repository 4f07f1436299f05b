"""Packed streams give all their bytes in blocks, tell of damage, and stop at what was packed to burst."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.sources import archives
from dagster_project.corpus.sources.archives import DECODERS, Blocks, Limits

PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}
LIMITS = Limits()
TIGHT = Limits(plain_bytes=1 << 20, ratio=400)


def unpacked(data: bytes, suffix: str, limits: Limits = LIMITS) -> tuple[bytes, str | None]:
    blocks = Blocks(io.BytesIO(data), suffix, limits)
    plain = b"".join(blocks)
    return plain, blocks.damage.reason if blocks.damage else None


def test_every_decoder_is_tried_here():
    assert PACK.keys() == DECODERS.keys()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=4), st.sampled_from(sorted(PACK)), st.integers(1, 64))
def test_streams_that_follow_each_other_are_one(pieces: list[bytes], suffix: str, block: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archives, "BLOCK_BYTES", block)
        assert unpacked(b"".join(map(PACK[suffix], pieces)), suffix) == (b"".join(pieces), None)


def test_zeros_between_xz_streams_are_padding():
    packed = lzma.compress(b"one") + b"\0" * 8 + lzma.compress(b"two") + b"\0" * 4
    assert unpacked(packed, ".xz") == (b"onetwo", None)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(PACK)), st.data())
def test_a_cut_gives_a_beginning_and_says_so(suffix: str, data: st.DataObject):
    plain = bytes(range(256)) * 40
    packed = PACK[suffix](plain)
    got, reason = unpacked(packed[: data.draw(st.integers(1, len(packed) - 1))], suffix)
    assert plain.startswith(got)
    assert reason == "truncated archive"


def test_what_stands_before_the_damage_in_xz_is_had():
    plain = b"".join(b"line %d\n" % number for number in range(20_000))
    packed = bytearray(lzma.compress(plain, check=lzma.CHECK_NONE))
    packed[-1] ^= 0xFF  # in the footer: all of the text can be read
    got, reason = unpacked(bytes(packed), ".xz")
    assert reason == "corrupt archive"
    assert got in (plain, plain[:-1])  # of the last byte lzma says nothing before it looks further
    packed[len(packed) // 2 :] = b"\0" * (len(packed) - len(packed) // 2)
    got, reason = unpacked(bytes(packed), ".xz")
    assert reason == "corrupt archive"
    assert got[:10_000] == plain[:10_000]


def test_xz_that_asks_for_gigabytes_is_not_given_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "XZ_MEMORY_BYTES", 1 << 20)
    assert unpacked(lzma.compress(b"text" * 100, preset=9), ".xz") == (b"", "corrupt archive")


def test_the_old_lzma_format_is_not_taken_for_xz():
    assert unpacked(lzma.compress(b"text", lzma.FORMAT_ALONE), ".xz") == (b"", "corrupt archive")


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_a_bomb_stops_at_the_limit(suffix: str):
    bomb = PACK[suffix](bytes(8 << 20))
    got, reason = unpacked(bomb, suffix, TIGHT)
    assert reason == "archive bomb"
    assert len(got) <= max(TIGHT.plain_bytes, TIGHT.ratio * len(bomb))


@pytest.mark.parametrize("suffix", sorted(PACK))
@pytest.mark.parametrize("limits", [Limits(8 << 20, 1), Limits(1, 10_000_000)])
def test_size_or_ratio_alone_makes_no_bomb(suffix: str, limits: Limits):
    plain = bytes(8 << 20)
    assert unpacked(PACK[suffix](plain), suffix, limits) == (plain, None)


def test_a_bomb_within_a_bomb_is_unpacked_once():
    inner = gzip.compress(bytes(4 << 20), mtime=0)
    assert unpacked(gzip.compress(inner, mtime=0), ".gz", TIGHT) == (inner, None)
