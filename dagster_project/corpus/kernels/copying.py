"""How the text of a page is copied around its marks, and what of it a reader sees."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels import references as r
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import needle


@bare
def copy_raw(page: Any, start: Any, end: Any, room: Any) -> Any:
    """Copy bytes in which character references mean nothing."""
    i = start
    while i < end:
        code = k.code_at(page, i) if page[i] >= 0xF3 else 0
        if code:
            k.put_literal(room, code)
            i += 4
        else:
            k.put_byte(room, page[i])
            i += 1


@bare
def copy_escaped(page: Any, start: Any, end: Any, room: Any, knows_references: Any) -> Any:
    """Copy bytes that were no text as text, in which no tag may begin; returns how many are visible."""
    visible, i = 0, start
    while i < end:
        byte = page[i]
        if byte == m.LESS or (byte == m.AMPERSAND and not knows_references):
            k.put_byte(room, m.AMPERSAND)
            k.put_byte(room, 108 if byte == m.LESS else 97)  # &lt; &amp;
            if byte != m.LESS:
                k.put_byte(room, 109)
            k.put_byte(room, 116 if byte == m.LESS else 112)
            k.put_byte(room, m.SEMICOLON)
            i, visible = i + 1, visible + 1
        else:
            i, seen = _copy_one(page, i, end, room)
            visible += seen
    return visible


@bare
def copy_text(page: Any, start: Any, end: Any, room: Any) -> Any:
    """Copy bytes of text or of a tag; returns how many characters of them are visible."""
    out, state = room.out, room.state
    visible, i, at = 0, start, state[k.OUT]
    while i < end:
        byte = page[i]
        if byte != m.AMPERSAND and byte != 0xC2 and byte < 0xF3 and (byte < 0xE1 or byte > 0xE3):
            out[at] = byte
            at += 1
            visible += byte > 32 and (byte < 128 or byte > 0xC2)
            i += 1
        else:
            state[k.OUT] = at
            i, seen = _copy_one(page, i, end, room)
            visible += seen
            at = state[k.OUT]
    state[k.OUT] = at
    return visible


@bare
def _copy_one(page: Any, i: Any, end: Any, room: Any) -> Any:
    """Copy one character or reference; returns (where it ends, whether it is visible)."""
    byte = page[i]
    if byte == m.AMPERSAND:
        stop, code = r.reference(page, i)
        if stop > end:
            stop, code = i + 1, r.NO_REFERENCE
        if code >= k.PRIVATE and code < 0x110000:
            k.put_literal(room, code)
        else:
            for place in range(i, stop):
                k.put_byte(room, page[place])
        return stop, not (code == 32 or 9 <= code <= 13 or code == 0xA0)
    code = k.code_at(page, i) if byte >= 0xF3 else 0
    if code:
        k.put_literal(room, code)
        return i + 4, True
    size = r.white(page, i, end) if byte >= 0xC2 else 0
    k.put_byte(room, byte)
    return i + 1, byte > 32 and (byte < 128 or byte >= 0xC2) and size == 0


@bare
def copy_cdata(page: Any, at: Any, room: Any) -> Any:
    """Copy a CDATA section as it is; returns where it ends."""
    end = at + 9
    while end + 2 < len(page) and not (page[end] == 93 and page[end + 1] == 93 and page[end + 2] == m.GREATER):
        end += 1
    end = min(end + 3, len(page))
    copy_raw(page, at, end, room)
    return end


PILCROWS = (needle("&para;"), needle("&#182;"), needle("&#xb6;"))


@bare
def put_filler(page: Any, start: Any, end: Any, room: Any) -> Any:
    """Write k.FILLER after a text that would be taken for an icon, unless it is one."""
    while start < end and m.is_space(page[start]):
        start += 1
    while start < end and m.is_space(page[end - 1]):
        end -= 1
    if end - start == 3 and page[end - 1] >= 0x80:
        is_icon = page[start] == 0xEE or (page[start] == 0xEF and page[start + 1] <= 0xA3)
        if not is_icon:
            k.put_code(room, k.FILLER)
    elif 3 < end - start <= r.LONGEST_REFERENCE and _is_short(page, start, end):
        k.put_code(room, k.FILLER)


@bare
def _is_short(page: Any, start: Any, end: Any) -> Any:
    """Whether a text with a character reference may be three bytes once that is read, and not a mere ¶ or icon."""
    references, others, i = 0, 0, start
    while i < end:
        stop, code = r.reference(page, i) if page[i] == m.AMPERSAND else (i + 1, r.NO_REFERENCE)
        if code == 0xB6 or 0xE000 <= code <= 0xF8FF:
            return False
        references += code != r.NO_REFERENCE
        others += code == r.NO_REFERENCE
        i = stop
    return references > 0 and others < 3 and not m.begins(page, start, end, PILCROWS[0])
