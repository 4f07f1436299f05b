"""The charts of the page: bars of named amounts, columns of a histogram, a funnel, pairs as a matrix, and flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dagster_project.corpus.publishing.provenance.pictures import (
    BAR,
    LINE,
    LOSS,
    NARROW,
    SOFT,
    Canvas,
    box,
    canvas,
    write,
)

Rows = Sequence[Mapping[str, Any]]
ROW, TEXT_ROW = 40, 16  # pixels of a bar with its name; of a line of text
STEPS = (0.5, 1, 2, 5, 10, 20, 25)  # percent between two lines of a histogram, of which there are at most five
LEAST = 1.5  # pixels of a bar that is not nothing
MATRIX_CELL = 46


def bars(width: float, rows: Rows) -> Canvas:
    """Rows of name, share of the whole, and what is `said` of it: the name stands above its bar."""
    on = canvas(width, ROW * max(len(rows), 1) + 4)
    for place, row in enumerate(rows):
        top = ROW * place
        told = f"{row['name']}: {row['said']}"
        write(on, 0, top + 15, row["name"], width=width * 0.58)
        write(on, width, top + 15, row["said"], ha="right", color=SOFT)
        box(on, (0, top + 20), (width, 12), LINE, told)
        if row["share"]:
            box(on, (0, top + 20), (max(LEAST, width * row["share"]), 12), BAR, told)
    return on


def columns(width: float, rows: Rows, series: Mapping[str, str]) -> Canvas:
    """A histogram: rows of name and one share per series, in percent; `series` are their paints."""
    height, left, foot = (240, 40, 26) if width > NARROW else (200, 34, 24)
    on = canvas(width, height)
    highest = max((row[name] for row in rows for name in series), default=0) or 1
    step, unit = (width - left) / max(len(rows), 1), (height - foot - 14) / highest
    apart = next((step for step in STEPS if highest / step <= 4), 50)
    for line in range(int(highest / apart) + 1):
        bottom = height - foot - line * apart * unit
        box(on, (left, bottom), (width - left, 1), LINE)
        write(on, left - 5, bottom + 4, f"{line * apart:g} %", ha="right", color=SOFT, size=11)
    every = max(1, round(44 / step + 0.5))
    for place, row in enumerate(rows):
        x, thick = left + place * step + step * 0.12, step * 0.76 / len(series)
        for number, (name, color) in enumerate(series.items()):
            tall = max(LEAST, row[name] * unit) if row[name] else 0
            if tall:
                told = f"{row['told']}: {row['said'][name]}"
                box(on, (x + number * thick, height - foot - tall), (thick * 0.94, tall), color, told)
        if place % every == 0:
            write(on, x, height - 7, row["name"], color=SOFT, size=11)
    return on


def matrix(width: float, names: Sequence[str], cells: Mapping[tuple[int, int], int], unit: str) -> Canvas:
    """Amounts of pairs, the lower half of them; longer is more. Names stand at the rows, their numbers above."""
    left = width * 0.42 if width <= NARROW else 300
    cell = min(MATRIX_CELL, (width - left) / max(len(names), 1))
    on = canvas(width, 22 + 30 * len(names))
    most = max(cells.values(), default=0) or 1
    for row, name in enumerate(names):
        top = 22 + 30 * row
        write(on, left + cell * (row + 0.5), 15, str(row + 1), ha="center", color=SOFT)
        write(on, 0, top + 19, f"{row + 1}  {name}", width=left - 8)
        for column in range(row + 1):
            amount = cells.get((column, row), 0)
            corner = (left + cell * column + 1, top + 1)
            told = f"{names[column]} and {name}: {amount:,} {unit}"
            box(on, corner, (cell - 2, 28), LINE, told)
            if amount:
                box(on, corner, (max(LEAST, (cell - 2) * amount / most), 28), BAR, told)
    return on


def funnel(width: float, rows: Rows) -> Canvas:
    """Stages with what each loses on the way to the next: what stays is dark, what leaves is red."""
    heights = [42 + TEXT_ROW * len(row["losses"]) for row in rows]
    on = canvas(width, sum(heights) + 4)
    longest = max((row["value"] for row in rows), default=0) or 1
    top = 0.0
    for row, height in zip(rows, heights, strict=True):
        write(on, 0, top + 15, row["name"], width=width * 0.6, weight="bold")
        write(on, width, top + 15, row["said"], ha="right", weight="bold")
        long = max(LEAST, width * row["value"] / longest) if row["value"] else 0
        stays = max(0.0, width * row["stays"] / longest)
        box(on, (0, top + 20), (width, 14), LINE, "")
        box(on, (0, top + 20), (long, 14), LOSS, f"{row['name']}: {row['said']}")
        box(on, (0, top + 20), (min(stays, long), 14), BAR, f"{row['name']}, kept for the next stage")
        for number, loss in enumerate(row["losses"]):
            write(on, 10, top + 48 + TEXT_ROW * number, loss, width=width - 12, color=LOSS, size=11)
        top += height
    return on
