"""Flows as bands between the columns of their stages, each as thick as its amount. Nodes keep the order in which the
graph names them, so that versions of a mix can be held side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from dagster_project.corpus.publishing.provenance.flows import PHASES, STAGES, SURVIVORS, Flow, Node
from dagster_project.corpus.publishing.provenance.pictures import (
    ACCENT,
    BAR,
    GAIN,
    LOSS,
    SERIES,
    SOFT,
    Canvas,
    band,
    box,
    canvas,
    write,
)

STEP, NODE, LABEL = 166, 10, 146  # pixels from column to column, of a node, and of what is written beside it
TOP, TALL, GAP = 34, 400, 7  # where columns begin, the tallest of them without gaps, and between two nodes
LINES = {True: 30, False: 16}  # pixels of a label of two lines, of one
HEADS = ("records read", "documents", "kept by policies", "survivors", "looked at", "in the mix", "phases")
LEAST = 0.8


class Placed(NamedTuple):
    """Where a node stands: its upper left corner and its height."""

    x: float
    y: float
    height: float


def sankey(flow: Flow, unit: str) -> Canvas:
    """The flow in one unit; for a page that can be scrolled sideways."""
    amounts = {node: flow.amount(node) for node in flow.nodes}
    scale = _scale(amounts)
    places = _places(amounts, scale)
    width = STEP * (len(STAGES) - 1) + NODE + LABEL
    on = canvas(width, max((place.y + place.height for place in places.values()), default=0) + 30)
    for column, head in enumerate(HEADS if unit == "documents" else ("words read", *HEADS[1:])):
        write(on, STEP * column, 14, head, color=SOFT, weight="bold")
    left, right = dict.fromkeys(places, 0.0), dict.fromkeys(places, 0.0)
    for (source, target), amount in sorted(flow.links.items(), key=lambda item: _order(item[0], places)):
        thick = max(LEAST, amount * scale)
        begins = (places[source].x + NODE, places[source].y + right[source])
        ends = (places[target].x, places[target].y + left[target])
        told = f"{_said(source)} → {_said(target)}: {amount:,} {unit}"
        band(on, (begins, ends), thick, _paint(target if target.kind == "loss" else source), told)
        right[source] += amount * scale
        left[target] += amount * scale
    for node, place in places.items():
        told = f"{_said(node)}: {amounts[node]:,} {unit}"
        box(on, (place.x, place.y), (NODE, max(LEAST, place.height)), _paint(node), told)
        if _is_named(node):
            write(on, place.x + NODE + 5, place.y + 11, node.name, width=LABEL, size=11)
        write(on, place.x + NODE + 5, place.y + (24 if _is_named(node) else 11), f"{amounts[node]:,}", size=11)
    return on


def _scale(amounts: Mapping[Node, int]) -> float:
    """Pixels for one."""
    totals: dict[int, int] = defaultdict(int)
    for node, amount in amounts.items():
        totals[node.column] += amount
    return TALL / (max(totals.values(), default=0) or 1)


def _places(amounts: Mapping[Node, int], scale: float) -> dict[Node, Placed]:
    """Columns from the top, what is lost or gained below what goes on; no label covers another."""
    next_free: dict[int, float] = defaultdict(lambda: float(TOP))
    places = {}
    for node, amount in amounts.items():
        height, y = amount * scale, next_free[node.column]
        places[node] = Placed(STEP * node.column, y, height)
        next_free[node.column] = y + max(height, LINES[_is_named(node)]) + GAP
    return places


def _order(pair: tuple[Node, Node], places: Mapping[Node, Placed]) -> tuple[float, ...]:
    source, target = pair
    return source.column, places[source].y, target.column, places[target].y


def _is_named(node: Node) -> bool:
    """Sources between the first column and the last say their number alone."""
    return node.kind != "source" or node.column == 0


def _said(node: Node) -> str:
    """A node for a person: `web@1, kept by policies`."""
    if node.kind in ("loss", "gain", "phase"):
        return node.name
    return f"{node.name}, {HEADS[node.column]}"


def _paint(node: Node) -> str:
    if node.kind in ("loss", "gain"):
        return LOSS if node.kind == "loss" else GAIN
    if node.column == PHASES:
        return ACCENT
    return SERIES[node.number % len(SERIES)] if node.column <= SURVIVORS else BAR
