"""Tallies: the same numbers as counting one document at a time, however the documents lie in shards."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.statistics.tallies import FACETS, LIMITS, TALLY, added, added_totals, ranked, tally, total
from tests.corpus.statistics.samples import DOCUMENT, NUMBERS, counted_slowly, read_of

SHARDS = st.lists(st.lists(DOCUMENT, max_size=12), max_size=5)


def rows_of(tallies: pa.Table) -> dict[tuple[str, str, str], tuple[int, int]]:
    names = list(FACETS)
    return {
        (names[row["facet"]], row["language"], row["value"]): (row["documents"], row["words"])
        for row in tallies.to_pylist()
    }


@settings(max_examples=150, deadline=None)
@given(SHARDS)
def test_tallies_of_shards_are_the_counts_of_all_documents(shards: list[list[dict[str, Any]]]) -> None:
    whole = added(tally(read_of(rows)) for rows in shards)
    assert whole.schema == TALLY
    assert rows_of(whole) == counted_slowly([row for rows in shards for row in rows])


@settings(max_examples=60, deadline=None)
@given(SHARDS)
def test_totals_add_up(shards: list[list[dict[str, Any]]]) -> None:
    sums: dict[str, Counter[str]] = {}
    for row in (row for rows in shards for row in rows):
        sums.setdefault(row["language"], Counter())["documents"] += 1
        sums[row["language"]].update({name: row[name] for name in NUMBERS})
    found = {row.pop("language"): row for row in added_totals(total(read_of(rows)) for rows in shards).to_pylist()}
    assert {language: Counter(row) for language, row in found.items()} == sums


def tallies_of(rows: list[tuple[str, str, str, int]]) -> pa.Table:
    names = list(FACETS)
    return pa.Table.from_pylist(
        [
            {"facet": names.index(facet), "language": language, "value": value, "class": "", "documents": n, "words": 3}
            for facet, language, value, n in rows
        ],
        TALLY,
    )


def test_a_ranking_names_the_first_and_counts_all() -> None:
    domains = [("domain", "en", f"{number:03d}.org", 1 + (number % 2)) for number in range(150)]
    found = ranked(tallies_of([*domains, ("domain", "de", "a.de", 1), ("host", "en", "www.a.org", 5)]))
    named = [row for row in found.first.to_pylist() if row["language"] == "en"]
    expected = sorted(domains, key=lambda item: (-item[3], item[2]))[:100]
    assert [row["value"] for row in named] == [value for _, _, value, _ in expected]
    whole = {(row.pop("facet"), row.pop("language")): row for row in found.whole.to_pylist()}
    place = list(FACETS).index
    assert whole[place("domain"), "en"] == {"values": 150, "documents": 225, "words": 450}
    assert whole[place("host"), "en"] == {"values": 1, "documents": 5, "words": 3}
    assert LIMITS[place("host")] == 0


def test_nothing_is_ranked_as_nothing() -> None:
    assert [table.num_rows for table in ranked(added([]))] == [0, 0]
