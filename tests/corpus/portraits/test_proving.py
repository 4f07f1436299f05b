"""What is true of spans, as told by looking at every match for every n-gram."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.portraits.asking import Span
from dagster_project.corpus.portraits.matching import Holder, Match
from dagster_project.corpus.portraits.proving import FALSE, IN_PARTS, UNKNOWN, VERBATIM, Known

WIDTH = 4
BOUNDS = st.tuples(st.integers(0, 30), st.integers(WIDTH, 12)).map(lambda pair: (pair[0], sum(pair)))
Bounds = tuple[int, int]


def matches(bounds: list[Bounds]) -> list[Match]:
    """Those that are within no other one, in order."""
    outer = {one for one in bounds if not any(one != o and o[0] <= one[0] and one[1] <= o[1] for o in bounds)}
    holders = [Holder(bytes([n]) * 16, 0, None, None, None, None, None) for n in range(len(outer))]
    return [Match(0, *found, 1, holder) for found, holder in zip(sorted(outer), holders, strict=True)]


@settings(deadline=None)
@given(st.lists(BOUNDS, max_size=8), st.integers(0, 30), st.integers(1, 5), st.sampled_from([FALSE, UNKNOWN]))
def test_proofs_are_those_of_looking_everywhere(bounds: list[Bounds], start: int, grams: int, lacking: str) -> None:
    found, span = matches(bounds), Span(start, start + WIDTH * grams, grams, 0.0)
    proof = Known(found).proof(span, WIDTH, lacking)
    near = [item for item in found if min(item.end, span.end) - max(item.start, span.start) >= WIDTH]
    assert list(proof.matches) == near
    whole = [item for item in near if item.start <= span.start and span.end <= item.end]
    held = [any(item.start <= at and at + WIDTH <= item.end for item in near) for at in range(start, span.end, WIDTH)]
    assert proof.verdict == (VERBATIM if whole else IN_PARTS if all(held) else lacking)
    assert {*proof.holders} <= {*near}
    told = [
        any(item.start <= at and at + WIDTH <= item.end for item in proof.holders)
        for at in range(start, span.end, WIDTH)
    ]
    assert told == held
    assert len(proof.holders) == 1 or not whole
