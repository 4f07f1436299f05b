"""Tables for people: every cell is data, escaped and never markup; numbers stand to the right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from rich.table import Table

Rows = Sequence[Sequence[Any]]


def table(
    title: str, columns: Sequence[str], rows: Rows, total: Sequence[Any] = (), figures: Collection[str] = ()
) -> Table:
    """A table with a heading line; without rows it says so. `figures`: columns of numbers that are written already."""
    from rich import box
    from rich.table import Table

    grid = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_footer=bool(total))
    for number, name in enumerate(columns):
        numeric = name in figures or (bool(rows) and all(isinstance(row[number], int) for row in rows))
        footer = cell(total[number]) if total else ""
        grid.add_column(cell(name), footer=footer, justify="right" if numeric else "left", overflow="fold")
    for row in rows or [["none", *[""] * (len(columns) - 1)]]:
        grid.add_row(*map(cell, row))
    return grid


def cell(value: Any) -> Any:
    from rich.text import Text

    if isinstance(value, bool) or not isinstance(value, int):
        return Text("" if value is None else visible(str(value)))
    return Text(f"{value:,}")


def moment(seconds: float) -> str:
    """A time of publication in UTC."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
