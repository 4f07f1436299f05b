"""From the bytes of a page to UTF-8: byte order mark, HTTP header, meta element, and at last what the bytes look like.

The order and the labels are the WHATWG's (encoding.spec.whatwg.org; html.spec.whatwg.org, section 13.2.3). Two lies are
common enough to be found out: UTF-8 labeled as a single-byte encoding, and a label under which the bytes make no sense.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

PRESCANNED = 1024  # bytes in which a meta element must say the encoding
TELLING = 1 << 16  # bytes looked at for whether a page is text
NOT_TEXT_SHARE = 0.05
# of Python's decoders, those that are what browsers mean by the label
CODECS = {"shift_jis": "cp932", "gbk": "gb18030", "euc_kr": "cp949", "big5": "big5hkscs", "iso8859-11": "cp874"}
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
REPLACEMENT = "\ufffd"
CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1b"})  # escape begins what ISO-2022-JP has instead of bytes above 127
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta[\s/][^>]{0,500}", re.IGNORECASE)
_CHARSET = re.compile(rb"""charset\s{0,8}=\s{0,8}["']?\s{0,8}([\w.:-]{1,40})""", re.IGNORECASE)


class Decoded(NamedTuple):
    """A page in UTF-8, without NUL."""

    page: bytes
    encoding: str
    said_by: str  # bom, http, meta or detected
    replaced: int  # sequences that are no characters


def decode(body: bytes, headers: Sequence[tuple[str, str]] = ()) -> Decoded:
    """The page in UTF-8, by the strongest evidence of its encoding."""
    encoding, said_by, start = _evidence(body, headers)
    decoded = _decoded(body[start:] if start else body, encoding, said_by)
    if said_by in ("http", "meta") and decoded.replaced * 1000 > len(decoded.page):
        second = _decoded(body, _looks(body), "detected")
        decoded = second if second.replaced * 10 < decoded.replaced else decoded
    return decoded


def is_text(page: bytes) -> bool:
    """Whether a decoded page is text rather than a picture or an archive."""
    sample = page[:TELLING]
    strange = len(sample) - len(sample.translate(None, CONTROLS)) + sample.count(REPLACEMENT.encode())
    return strange <= NOT_TEXT_SHARE * len(sample)


def _evidence(body: bytes, headers: Sequence[tuple[str, str]]) -> tuple[str, str, int]:
    """(encoding, what says so, bytes of the mark)."""
    for mark, encoding in MARKS:
        if body.startswith(mark):
            return encoding, "bom", len(mark)
    label: str | None
    types = [value for name, value in headers if name.lower() == "content-type"]
    if types and (label := _labeled(types[-1].encode("latin-1", "replace"))):
        return _unless_utf8(body, label, "http")
    for meta in _META.findall(_COMMENT.sub(b"", body[:PRESCANNED])):
        if label := _labeled(meta):
            # a label that could be read is in no encoding of two bytes
            return _unless_utf8(body, "utf-8" if label.startswith("utf-16") else label, "meta")
    if _is_utf8(body):
        return "utf-8", "detected", 0
    return _looks(body), "detected", 0


def _looks(body: bytes) -> str:
    """The encoding that bytes without a label look like: uchardet's statistics."""
    found = detect_encoding(body) or "utf-8"
    return CODECS.get(found, found)


def _labeled(text: bytes) -> str | None:
    match = _CHARSET.search(text)
    encoding = map_encoding_to_html5(match[1].decode(), fallback_utf8=False) if match else None
    return CODECS.get(encoding, encoding) if encoding else None


def _unless_utf8(body: bytes, encoding: str, said_by: str) -> tuple[str, str, int]:
    """A label of a single-byte encoding, under which all bytes make sense, gives way to what can only be UTF-8."""
    is_single = encoding.startswith(("cp125", "iso8859", "koi8", "mac", "cp866", "cp874"))
    if is_single and not body.isascii() and _is_utf8(body):
        return "utf-8", "detected", 0
    return encoding, said_by, 0


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decoded(body: bytes, encoding: str, said_by: str) -> Decoded:
    try:
        text, replaced = body.decode(encoding), 0
        page = body if encoding == "utf-8" else text.encode()
    except UnicodeError:
        text = body.decode(encoding, "replace").encode("utf-8", "replace").decode("utf-8")
        page, replaced = text.encode(), text.count(REPLACEMENT)
    return Decoded(page.replace(b"\0", b"") if b"\0" in page else page, encoding, said_by, replaced)
