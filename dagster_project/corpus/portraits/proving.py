"""Whether spans that a portrait shows are true: the version is read, and compared letter for letter."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.portraits.asking import Span
from dagster_project.corpus.portraits.matching import Match, matches
from dagster_project.corpus.portraits.spans import Least
from dagster_project.corpus.portraits.texts import shards_of
from dagster_project.corpus.storage.stores import Store

VERBATIM, IN_PARTS, FALSE, UNKNOWN = "verbatim", "in parts", "false", "unknown"


class Proof(NamedTuple):
    """What is true of a span: it stands in a document as a whole, its n-grams stand in several, or not all of them
    anywhere; unknown, where that could not be told, for documents of the version were not followed to their end.
    `matches` are the maximal spans that share an n-gram's width of characters or more with it, `holders` those of them
    in which its n-grams stand, one where that is enough."""

    span: Span
    verdict: str
    matches: tuple[Match, ...]
    holders: tuple[Match, ...]


def proofs_of(
    store: Store, engine: Engine, manifest: Manifest, texts: Sequence[str], spans: Sequence[Sequence[Span]], width: int
) -> list[list[Proof]]:
    """The proof of each span of each text."""
    asked = [number for number, shown in enumerate(spans) if shown]
    if not asked:
        return [[] for _ in spans]
    found = matches(store, engine, shards_of(store, manifest), [texts[number] for number in asked], Least(width))
    by_text: dict[int, list[Match]] = {}
    for match in found.found:
        by_text.setdefault(asked[match.text], []).append(match)
    lacking = UNKNOWN if found.cut_short else FALSE
    proved = []
    for number, shown in enumerate(spans):
        known = Known(by_text.get(number, ()))
        proved.append([known.proof(span, width, lacking) for span in shown])
    return proved


class Known:
    """The maximal spans of one text, in order: as none is within another one, their ends ascend with their starts."""

    def __init__(self, found: Sequence[Match]):
        self.found = found
        self.starts, self.ends = [item.start for item in found], [item.end for item in found]

    def proof(self, span: Span, width: int, lacking: str) -> Proof:
        """Of one span; `lacking`: what it is to lack an n-gram."""
        first, last = bisect_left(self.ends, span.start + width), bisect_right(self.starts, span.end - width)
        near = tuple(self.found[first:last])
        if whole := self._around(span.start, span.end):
            return Proof(span, VERBATIM, near, (whole,))
        grams = [self._around(at, at + width) for at in range(span.start, span.end, width)]
        verdict = IN_PARTS if all(grams) else lacking
        return Proof(span, verdict, near, tuple(dict.fromkeys(item for item in grams if item)))

    def _around(self, start: int, end: int) -> Match | None:
        """A match within which a span lies: of those that begin early enough the last one ends last."""
        place = bisect_right(self.starts, start)
        return self.found[place - 1] if place and self.ends[place - 1] >= end else None
