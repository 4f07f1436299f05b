"""Dates are concluded from the strongest evidence, and never from a claim that cannot be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model.dates import CONFIDENCE, DAY, KINDS, UNKNOWN, Conclusion, Dated, conclude

DATED = st.builds(
    Dated, st.sampled_from(["collected", "published"]), st.integers(0, 10**9), st.sampled_from([*KINDS]), st.just("x")
)


def test_stronger_evidence_decides_whatever_stands_first() -> None:
    said = [
        Dated("published", 50, "url", "/1970/"),
        Dated("published", 70, "meta", "x"),
        Dated("published", 60, "json-ld", "x"),
    ]
    assert conclude(said)[1] == Conclusion(60, "declared")


def test_of_equal_evidence_the_earliest_decides() -> None:
    assert conclude([Dated("published", 9, "meta", "b"), Dated("published", 8, "meta", "a")])[1].at == 8


def test_without_evidence_a_date_is_unknown() -> None:
    assert conclude([Dated("collected", 5, "warc-date", "x")]) == (Conclusion(5, "exact"), UNKNOWN)


def test_nothing_is_published_after_it_was_collected() -> None:
    collected = Dated("collected", 1000, "warc-date", "x")
    late, early = Dated("published", 1001 + DAY, "meta", "x"), Dated("published", 900, "http.last-modified", "x")
    assert conclude([collected, late])[1] == UNKNOWN
    assert conclude([collected, late, early])[1] == Conclusion(900, "inferred")
    assert conclude([collected, late._replace(at=1000 + DAY)])[1] == Conclusion(1000 + DAY, "declared")


@given(st.lists(DATED), st.randoms())
def test_the_order_of_evidence_does_not_matter(said: list[Dated], chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(said)
    chance.shuffle(shuffled)
    assert conclude(shuffled) == conclude(said)
    assert all(found.confidence in CONFIDENCE and (found.at is None) == (found == UNKNOWN) for found in conclude(said))
