"""Units divided by weight: as one at a time, and never less of more."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.mixing.divisors import apportioned
from tests.oracles.divisors import one_by_one

PARTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), min_size=1, max_size=7)


@given(PARTS, st.integers(0, 60))
def test_units_go_to_the_largest_claim(parts: list[tuple[int, int]], total: int) -> None:
    weights, most = [Fraction(weight, 7) for weight, _ in parts], [limit for _, limit in parts]
    assert apportioned(total, weights, most) == one_by_one(total, weights, most)
    assert apportioned(total, weights) == one_by_one(total, weights, [total] * len(parts))


@given(
    st.lists(st.tuples(st.floats(0.001, 1000), st.integers(1, 10**12)), min_size=1, max_size=8),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.booleans(),
)
def test_of_more_nobody_gets_less(parts: list[tuple[float, int]], total: int, more: int, is_capped: bool) -> None:
    weights, most = [Fraction(str(weight)) for weight, _ in parts], [limit for _, limit in parts]
    less, larger = (apportioned(size, weights, most if is_capped else None) for size in (total, total + more))
    assert all(one <= other for one, other in zip(less, larger, strict=True))
    assert sum(larger) == (min(total + more, sum(most)) if is_capped else total + more)


def test_equal_weights_give_every_document_to_somebody_for_good() -> None:
    """Of one more, one gets one more; largest remainders would give a second one and take one back."""
    before = [0] * 5
    for total in range(1, 60):
        found = apportioned(total, [Fraction(3), Fraction(3), Fraction(2), Fraction(2), Fraction(1, 3)])
        assert sum(abs(one - other) for one, other in zip(before, found, strict=True)) == 1
        before = found
