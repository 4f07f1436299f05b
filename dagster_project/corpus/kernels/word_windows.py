"""Sixty-four bytes of text as sets of positions: what the cutter of ASCII pieces knows of each, without a loop."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.vectors import ALL, NONE, WIDTH, below, bytes_between

TAB, CARRIAGE_RETURN, SEPARATOR, SPACE, FIRST_MARK, LAST_MARK = 9, 13, 28, 32, 33, 126
PERIOD, ZERO, NINE = map(ord, ".09")
CAPITAL_A, CAPITAL_Z, SMALL_A, SMALL_Z = map(ord, "AZaz")


class Window(NamedTuple):
    """Bit k stands for the k-th byte from where the window begins; all are ASCII classes."""

    stops: np.uint64  # whitespace as str.isspace has it, and whatever is at or after the end of the text
    marks: np.uint64  # graphic characters, letters and digits among them: neither control nor beyond ASCII
    small: np.uint64
    capital: np.uint64
    digits: np.uint64
    periods: np.uint64


@inlined
def no_window() -> Any:
    """A window that nothing is known of: it has no stop."""
    return Window(NONE, NONE, NONE, NONE, NONE, NONE)


@inlined
def window(data: Any, limit: Any, at: Any, end: Any) -> Any:
    """The window on data[at:end], which is not empty; nothing is read at or after `limit`."""
    found = _window(data, at) if at + WIDTH <= limit else _window_by_byte(data, limit, at)
    if end - at < WIDTH:
        beyond = ALL << np.uint64(end - at)
        return Window(found.stops | beyond, found.marks, found.small, found.capital, found.digits, found.periods)
    return found


@inlined
def _window(data: Any, at: Any) -> Any:
    return Window(
        bytes_between(data, at, TAB, CARRIAGE_RETURN) | bytes_between(data, at, SEPARATOR, SPACE),
        bytes_between(data, at, FIRST_MARK, LAST_MARK),
        bytes_between(data, at, SMALL_A, SMALL_Z),
        bytes_between(data, at, CAPITAL_A, CAPITAL_Z),
        bytes_between(data, at, ZERO, NINE),
        bytes_between(data, at, PERIOD, PERIOD),
    )


@compiled
def _window_by_byte(data: Any, limit: Any, at: Any) -> Any:
    """The same where fewer than sixty-four bytes are left."""
    stops = marks = small = capital = digits = periods = NONE
    for i in range(limit - at):
        byte, bit = np.int64(data[at + i]), np.uint64(i)
        stops |= np.uint64(TAB <= byte <= CARRIAGE_RETURN or SEPARATOR <= byte <= SPACE) << bit
        marks |= np.uint64(FIRST_MARK <= byte <= LAST_MARK) << bit
        small |= np.uint64(SMALL_A <= byte <= SMALL_Z) << bit
        capital |= np.uint64(CAPITAL_A <= byte <= CAPITAL_Z) << bit
        digits |= np.uint64(ZERO <= byte <= NINE) << bit
        periods |= np.uint64(byte == PERIOD) << bit
    return Window(stops, marks, small, capital, digits, periods)


@inlined
def after(view: Any, size: Any) -> Any:
    """The window that begins `size` bytes later; the bytes that come into it are unknown."""
    if size >= WIDTH:
        return no_window()
    by = np.uint64(size)
    return Window(
        view.stops >> by, view.marks >> by, view.small >> by, view.capital >> by, view.digits >> by, view.periods >> by
    )


@inlined
def within(view: Any, size: Any) -> Any:
    """The window on the first `size` bytes alone, fewer than sixty-four."""
    inside = below(size)
    return Window(
        view.stops & inside,
        view.marks & inside,
        view.small & inside,
        view.capital & inside,
        view.digits & inside,
        view.periods & inside,
    )
