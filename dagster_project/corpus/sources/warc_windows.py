"""A window that moves over the plain bytes of a WARC file, up to the next place where bytes were lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from dagster_project.corpus.sources.warc_members import Break, Event, Start

PASSED_BYTES = 1 << 18  # how many bytes that were passed are held, before they are let go together


class Window:
    """`data[at:]` is what comes next, as much as was asked for and perhaps more.

    `broken` says that after these bytes some were lost; nothing beyond is shown until `resume`. For files that can be
    read from any plain byte on, `reopen` gives the events from there, and `size` says how many bytes there are.
    """

    def __init__(
        self,
        events: Iterator[Event],
        base: int = 0,
        reopen: Callable[[int], Iterator[Event]] | None = None,
        size: int | None = None,
    ):
        self.data, self.at, self.broken, self.size = bytearray(), 0, None, size
        self._events, self._base, self._reopen = events, base, reopen
        self._members: deque[tuple[int, int]] = deque()  # (plain byte, file byte) at which members ahead begin
        self._member: tuple[int, int] | None = None  # the one in which the next byte lies
        self._placed, self._last = 0, -1

    data: bytearray
    at: int
    broken: Break | None

    @property
    def offset(self) -> int:
        """The plain byte that comes next."""
        return self._base + self.at

    @property
    def held(self) -> int:
        return len(self.data) - self.at

    def fill(self, count: int) -> bool:
        """Whether so many bytes come next; then they are held."""
        while len(self.data) - self.at < count:
            if self.broken is not None or (event := next(self._events, None)) is None:
                return False
            if isinstance(event, bytes):
                self.data += event
            elif isinstance(event, Start):
                self._members.append((self._base + len(self.data), event.position))
            else:
                self.broken = event
        return True

    def drop(self, count: int) -> None:
        """Pass so many of the bytes held."""
        self.at += count
        if self.at > PASSED_BYTES:
            del self.data[: self.at]
            self._base, self.at = self._base + self.at, 0

    def resume(self) -> None:
        """Drop what is held and go on behind the bytes that were lost."""
        self.drop(self.held)
        self.broken = None

    def go_to(self, offset: int) -> None:
        """Continue at any plain byte, in files whose size is known."""
        assert self._reopen is not None
        self._events, self.broken = self._reopen(offset), None
        self.data, self._base, self.at = bytearray(), offset, 0

    def begins(self) -> int | None:
        """The byte of the file at which the next byte begins a gzip member, or lies where there are none."""
        self._enter()
        if self._member is None:
            return self.offset
        return self._member[1] if self._member[0] == self.offset else None

    def place(self) -> int:
        """Where the next byte lies, as a number that is given once: its plain byte, or in gzip the file's byte at which
        its member begins, plus how many places were given in that member."""
        self._enter()
        found = self.offset if self._member is None else self._member[1] + self._placed
        self._placed += 1
        self._last = found if found > self._last else self._last + 1
        return self._last

    def members_within(self, count: int) -> Sequence[int]:
        """Where members begin, counted from here: here, inside the next `count` bytes, or right behind them."""
        here = self._base + self.at
        if not self._members or self._members[0][0] > here + count:
            return ()
        return [plain - here for plain, _ in self._members if here <= plain <= here + count]

    def _enter(self) -> None:
        here = self._base + self.at
        while self._members and self._members[0][0] <= here:
            self._member, self._placed = self._members.popleft(), 0
