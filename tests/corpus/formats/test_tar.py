"""Archives that are cut short, or lie about their sizes, end in a refusal and not in a loop."""

from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest

from dagster_project.corpus.formats.tar import SIZE, SIZE_DIGITS, Member, ending, headers, members


def archive(*bodies: bytes) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for number, body in enumerate(bodies):
            member = tarfile.TarInfo(f"{number:012d}.txt")
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return sink.getvalue()


def read(body: bytes) -> list[Member]:
    return [*members(np.frombuffer(body, np.uint8))]


def test_members_are_found_where_they_lie() -> None:
    found = read(archive(b"", b"a" * 513, b"b"))
    assert found == [("000000000000.txt", 512, 0), ("000000000001.txt", 1024, 513), ("000000000002.txt", 2560, 1)]


@pytest.mark.parametrize("size", [0, 1, 8**11 - 1])
def test_a_header_is_that_of_tarfile(size: int) -> None:
    member = tarfile.TarInfo("999999999999.json")
    member.size = size
    found = headers("json", np.array([10**12 - 1]), np.array([size]))
    assert found.to_pylist() == [member.tobuf(tarfile.USTAR_FORMAT)]


@pytest.mark.parametrize("size", [0, 512, 9216, 9728, 10240])
def test_an_archive_ends_with_a_whole_record(size: int) -> None:
    assert (size + len(ending(size))) % 10240 == 0
    assert len(ending(size)) >= 1024


@pytest.mark.parametrize("size", [b"-0000001000", b"00000001001", b"77777777777", b"x0000000000"])
def test_sizes_that_lie_are_told(size: bytes) -> None:
    body = bytearray(archive(b"")[:1024])
    body[SIZE : SIZE + SIZE_DIGITS] = size
    with pytest.raises(ValueError, match=r"is cut short|invalid literal"):
        read(bytes(body))
