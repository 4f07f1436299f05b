"""The head of a WARC record: where one begins, where it ends, and its fields (ISO 28500, section 4)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fastwarc.warc import HeaderMap

from dagster_project.corpus.sources.archives import Damage
from dagster_project.corpus.sources.batches import CORRUPT

HEAD_BYTES = 64 << 10
SIGN = b"WARC/"
START_BYTES = 32
START = re.compile(rb"WARC/\d\.\d{1,2}[ \t]{0,8}\r?\n[A-Za-z]")
HEAD_END = re.compile(rb"\n\r?\n")
LINE_END = re.compile(rb"\r?\n")
LENGTH = re.compile("[0-9]{1,18}")

Fields = Mapping[str, str]  # names in lower case; the first value of each, without white space around it


class Head(NamedTuple):
    """What a record says of itself, and the bytes that this takes."""

    fields: Fields
    size: int
    length: int  # of the block that follows


def parse_head(data: bytes) -> Head | Damage:
    """The fields of a record from its first line to its blank line."""
    if last_start(data) is not None:
        return Damage(CORRUPT, "a record begins in the head of another")
    map = HeaderMap()
    map.parse(io.BytesIO(data if data.count(b"\n") == data.count(b"\r\n") else LINE_END.sub(b"\r\n", data)), True)
    fields = {name.lower(): value for name, value in reversed(map.to_tuples())}
    length = fields.get("content-length", "")
    if not LENGTH.fullmatch(length) or data.lower().count(b"\ncontent-length:") > 1:
        return Damage(CORRUPT, "a record without one Content-Length")
    return Head(fields, len(data), int(length))


def last_start(data: bytes) -> int | None:
    """The last place but the first at which a record begins."""
    return max((at for at in _places(data, SIGN, 1) if START.match(data, at)), default=None)


def _places(data: bytes, sign: bytes, start: int) -> Iterator[int]:
    at = data.find(sign, start)
    while at >= 0:
        yield at
        at = data.find(sign, at + 1)
