"""The records of a WARC file: their heads and blocks (ISO 28500), and what stands between them that is no record.

FastWARC parses the fields; the framing is ours, for its iterator ends at the first byte out of place, and passes a cut
record, a length that is missing or a body that runs over the next record without a word. A record is believed when its
length leads to the end of it: a blank line, the next record, or the end of the file or gzip member.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from dagster_project.corpus.sources.archives import Damage
from dagster_project.corpus.sources.batches import CORRUPT, EXCERPT_BYTES, TRUNCATED
from dagster_project.corpus.sources.warc_heads import (
    HEAD_BYTES,
    HEAD_END,
    SIGN,
    START,
    START_BYTES,
    Fields,
    Head,
    last_start,
    parse_head,
)
from dagster_project.corpus.sources.warc_windows import Window

LINE_ENDS = b"\r\n"
BLANK = re.compile(rb"[\r\n]{0,64}")
NO_RECORD = Damage(CORRUPT, "no record begins here")


class Frame(NamedTuple):
    """One record as it stands in the file; `block` is None when it is longer than the limit or was not wanted."""

    position: int
    fields: Fields
    length: int
    block: bytes | None


class Lost(NamedTuple):
    """Bytes that are no record, from one record to the next."""

    position: int
    reason: str
    detail: str
    excerpt: bytes


class Records:
    """The records that a window shows; `is_last(begins, fields)` ends them before the first of the next part."""

    def __init__(
        self,
        window: Window,
        is_wanted: Callable[[Fields], bool],
        limit: int,
        is_last: Callable[[int | None, Fields], bool] = lambda _begins, _fields: False,
    ):
        self._window, self._is_wanted, self._limit, self._is_last = window, is_wanted, limit, is_last
        self._lost: Lost | None = None
        self._plain = self._packed = 0  # bytes lost since the last record

    def __iter__(self) -> Iterator[Frame | Lost]:
        window = self._window
        while self._has_more():
            if not window.held:  # a member that was lost, in which there was at least one record
                yield from self._found(if_packed=True)
                self._pass_break()
                continue
            head = self._head()
            if isinstance(head, Damage):
                self._lose(head)
                self._pass_start()
                continue
            yield from self._found()
            if self._is_last(window.begins(), head.fields):
                return
            if (frame := self._frame(head)) is not None:
                yield frame
        yield from self._found()

    def _has_more(self) -> bool:
        """Go to the next byte that is no line end; whether there is one, or at least a place of loss."""
        window = self._window
        if window.data.startswith(b"\r\n\r\n", window.at):
            window.drop(4)
        while window.fill(1) and window.data[window.at] in LINE_ENDS:
            window.drop(len(_blank(window, 0)))
        return window.held > 0 or window.broken is not None

    def _pass_break(self) -> None:
        window = self._window
        if window.broken is not None:
            self._lose(window.broken.damage)
            self._packed += window.broken.skipped
            window.resume()

    def _head(self) -> Head | Damage:
        window = self._window
        if window.held < START_BYTES:
            window.fill(START_BYTES)
        if not START.match(window.data, window.at):
            return NO_RECORD
        size = self._head_size()
        if size is None:
            is_cut = window.held < HEAD_BYTES and (window.broken is None or window.broken.damage.reason == TRUNCATED)
            return Damage(TRUNCATED if is_cut else CORRUPT, "a record's head without end")
        return parse_head(bytes(window.data[window.at : window.at + size]))

    def _head_size(self) -> int | None:
        """The bytes up to and with the first blank line."""
        window, sought = self._window, 0
        while True:
            found = HEAD_END.search(window.data, window.at + sought, window.at + HEAD_BYTES)
            if found is not None:
                return found.end() - window.at
            sought = max(window.held - 2, 0)
            if window.held >= HEAD_BYTES or not window.fill(window.held + 1):
                return None

    def _pass_start(self) -> None:
        """Leave a start that leads nowhere: to the last one in what its head may be, or the first one after that."""
        window = self._window
        reach = min(window.held, HEAD_BYTES)
        if not START.match(window.data, window.at):
            return self._seek(1)
        size = self._head_size() or reach
        last = last_start(bytes(window.data[window.at : window.at + size + START_BYTES]))
        if last is not None and last < size:
            return self._drop(last)
        return self._seek(max(size - START_BYTES, 1))

    def _seek(self, count: int) -> None:
        """Drop `count` bytes, and what follows up to the next start or place of loss."""
        window = self._window
        self._drop(min(count, window.held))
        while True:
            at = window.data.find(SIGN, window.at)
            if at < 0:
                self._drop(max(window.held - len(SIGN) + 1, 0))
                if not window.fill(window.held + 1):
                    return self._drop(window.held)
            else:
                self._drop(at - window.at)
                window.fill(START_BYTES)
                if START.match(window.data, window.at):
                    return None
                self._drop(1)

    def _frame(self, head: Head) -> Frame | None:
        """The record of a head; None when it is damaged, and then the window stands where the next may begin."""
        window, place = self._window, self._window.place()
        is_long = head.length > self._limit
        back = window.offset + head.size
        excerpt = b""
        if is_long:
            excerpt = bytes(window.data[window.at : window.at + EXCERPT_BYTES])
            window.drop(head.size)
            damage = self._skip(head.length) or self._damage_after(0)
        else:
            size = head.size + head.length
            damage = self._damage_within(head, size) or self._damage_after(size)
        if damage is not None:
            excerpt = excerpt or bytes(window.data[window.at : window.at + EXCERPT_BYTES])
            detail = f"{damage.detail}, in a record of type {head.fields.get('warc-type', '')[:40]!r}"
            self._lost = Lost(place, damage.reason, detail, excerpt)
            self._leave(head, is_long, back)
            return None
        if is_long:
            return Frame(place, head.fields, head.length, None)
        block = None
        if self._is_wanted(head.fields):
            with memoryview(window.data) as data:
                block = bytes(data[window.at + head.size : window.at + size])
        window.drop(size)
        return Frame(place, head.fields, head.length, block)

    def _leave(self, head: Head, is_long: bool, back: int) -> None:
        """Go to the next start behind the head of a damaged record, or as near to it as the file allows."""
        window = self._window
        if not is_long:
            return self._seek(head.size)
        if window.size is not None:
            window.go_to(back)
        return self._seek(0)

    def _damage_within(self, head: Head, size: int) -> Damage | None:
        window = self._window
        if not window.fill(size):
            return self._cut(window.held - head.size, head.length)
        for at in window.members_within(size - 1):
            if START.match(window.data, window.at + at):
                return _cut_by_next(at - head.size, head.length)
        return None

    def _cut(self, there: int, length: int) -> Damage:
        broken = self._window.broken
        if broken is not None:
            return broken.damage
        return Damage(TRUNCATED, f"the file ends after {max(there, 0):,} of {length:,} bytes")

    def _skip(self, length: int) -> Damage | None:
        """Pass a block that is too long to be held."""
        window, left = self._window, length
        if window.size is not None:
            if length > window.size - window.offset:
                return Damage(TRUNCATED, f"the file ends after {window.size - window.offset:,} of {length:,} bytes")
            window.go_to(window.offset + length)
            return None
        while left:
            if not window.fill(1):
                return self._cut(length - left, length)
            window.fill(min(left, START_BYTES))
            count = min(left, window.held)
            for at in window.members_within(count - 1):
                window.fill(at + START_BYTES)
                if START.match(window.data, window.at + at):
                    window.drop(at)
                    return _cut_by_next(length - left + at, length)
            window.drop(count)
            left -= count
        return None

    def _damage_after(self, size: int) -> Damage | None:
        """What shows that a record does not end after the next `size` bytes."""
        window = self._window
        end = window.at + size
        is_more = window.fill(size + 5)  # one byte beyond the blank line: then the gzip member was checked to its end
        if is_more and window.data.startswith(b"\r\n\r\n", end):
            return None
        blank = _blank(window, size)
        if any(at >= size for at in window.members_within(size + len(blank))):
            return None
        if not window.fill(size + len(blank) + 1):
            broken = window.broken
            return broken.damage if broken is not None and broken.damage.reason != TRUNCATED else None
        if blank.startswith((b"\r\n\r\n", b"\n\n")):
            return None
        window.fill(size + len(blank) + START_BYTES)
        if START.match(window.data, window.at + size + len(blank)):
            return None
        return Damage(CORRUPT, "its Content-Length does not lead to its end")

    def _lose(self, damage: Damage) -> None:
        """Bytes that belong to no record begin here, unless they did before."""
        window = self._window
        if self._lost is None:
            excerpt = bytes(window.data[window.at : window.at + EXCERPT_BYTES])
            self._lost = Lost(window.place(), damage.reason, damage.detail, excerpt)

    def _drop(self, count: int) -> None:
        self._plain += count
        self._window.drop(count)

    def _found(self, if_packed: bool = False) -> Iterator[Lost]:
        """What was lost up to here, with the bytes that this was; if asked so, only when a member was lost already."""
        if if_packed and not self._packed:
            return
        if self._lost is not None:
            skipped = f"{self._packed:,} packed bytes" if self._packed else f"{self._plain:,} bytes"
            yield self._lost._replace(detail=f"{self._lost.detail}; {skipped} skipped")
        self._lost, self._plain, self._packed = None, 0, 0


def _cut_by_next(there: int, length: int) -> Damage:
    return Damage(CORRUPT, f"the next record begins after {max(there, 0):,} of {length:,} bytes")


def _blank(window: Window, size: int) -> bytes:
    found = BLANK.match(window.data, window.at + size)
    return found[0] if found else b""
