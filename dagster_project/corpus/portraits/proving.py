"""Whether spans that a portrait shows are true: the version is read, and compared letter for letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.portraits.asking import Span
from dagster_project.corpus.portraits.matching import Match, matches
from dagster_project.corpus.portraits.spans import Least
from dagster_project.corpus.portraits.texts import shards_of
from dagster_project.corpus.storage.stores import Store

VERBATIM, IN_PARTS, FALSE = "verbatim", "in parts", "false"


class Proof(NamedTuple):
    """What is true of a span: it stands in a document as a whole, its n-grams stand in several, or not all of them
    anywhere. `matches` are the maximal spans that share an n-gram's width of characters or more with it."""

    span: Span
    verdict: str
    matches: tuple[Match, ...]


def proofs_of(
    store: Store, engine: Engine, manifest: Manifest, texts: Sequence[str], spans: Sequence[Sequence[Span]], width: int
) -> list[list[Proof]]:
    """The proof of each span of each text."""
    asked = [number for number, shown in enumerate(spans) if shown]
    found = matches(store, engine, shards_of(store, manifest), [texts[number] for number in asked], Least(width))
    by_text: dict[int, list[Match]] = {}
    for match in found.found:
        by_text.setdefault(asked[match.text], []).append(match)
    return [[_proof(span, by_text.get(number, ()), width) for span in shown] for number, shown in enumerate(spans)]


def _proof(span: Span, found: Sequence[Match], width: int) -> Proof:
    near = tuple(item for item in found if min(item.end, span.end) - max(item.start, span.start) >= width)
    if any(item.start <= span.start and span.end <= item.end for item in near):
        return Proof(span, VERBATIM, near)
    grams = range(span.start, span.end, width)
    is_held = [any(item.start <= at and at + width <= item.end for item in near) for at in grams]
    return Proof(span, IN_PARTS if all(is_held) else FALSE, near)
