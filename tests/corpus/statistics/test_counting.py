"""Counting over shards: one bucket or many, and little or much held at once, give the same; scratch is left clean."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from dagster_project.corpus.statistics import counting
from dagster_project.corpus.statistics.counting import Gather, Scatter, gather, receivers, scatter, united
from dagster_project.corpus.statistics.tallies import FACETS, Ranked, added, ranked, tally
from dagster_project.corpus.storage.exchange import Exchange, ranges_of
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.statistics.samples import counted_slowly, read_of

Row = dict[str, object]


def rows(count: int, seed: int) -> list[Row]:
    """Documents of two languages on many hosts, a few of them on most."""
    chance = random.Random(seed)
    return [
        {
            "language": chance.choice(["en", "de"]),
            "declared": chance.choice([None, "en", "de-AT"]),
            **dict.fromkeys(("text_bytes", "boilerplate_characters", "with_url"), 1),
            "words": chance.randrange(50),
            "license": "MIT",
            "license_class": "permissive",
            "host": f"w.{int(chance.paretovariate(0.6))}.org",
            "domain": f"{int(chance.paretovariate(0.6))}.org",
            **dict.fromkeys(("published_at", "collected_at")),
            **dict.fromkeys(("published_confidence", "collected_confidence"), "unknown"),
        }
        for _ in range(count)
    ]


def through(monkeypatch: pytest.MonkeyPatch, shards: list[list[Row]], buckets: int) -> Ranked:
    """The way of the stage, less its shards: rows are handed over as they would be read."""
    store, waiting = MemoryStore(), iter(shards)
    monkeypatch.setattr(counting, "read_documents", lambda *_: read_of(next(waiting)))
    whole = ranked(added([]))
    with Exchange(store) as address:
        pieces = [
            scatter(Scatter(address, number, None, (), buckets)).piece  # type: ignore[arg-type]
            for number in range(len(shards))
        ]
        for bucket in range(buckets):
            whole = united(whole, gather(Gather(store, ranges_of(pieces, bucket))))
    return whole


def plain(found: Ranked) -> list[list[Row]]:
    sums = sorted(found.whole.to_pylist(), key=lambda row: (row["facet"], row["language"]))
    return [found.first.to_pylist(), sums]


@pytest.mark.parametrize("buckets", [1, 4, 16])
def test_buckets_and_shards_do_not_show(monkeypatch: pytest.MonkeyPatch, buckets: int) -> None:
    shards = [rows(400, seed) for seed in range(5)]
    everything = [row for shard in shards for row in shard]
    expected = plain(ranked(tally(read_of(everything))))
    assert plain(through(monkeypatch, shards, buckets)) == expected
    monkeypatch.setattr(counting, "HELD_TALLIES", 50)
    assert plain(through(monkeypatch, shards, buckets)) == expected
    slow = {key: counts for key, counts in counted_slowly(everything).items() if key[:2] == ("domain", "en")}
    assert len(slow) > 100
    best = sorted(slow, key=lambda key: (-slow[key][0], key[2]))[:100]
    place = list(FACETS).index("domain")
    named = [row for row in expected[0] if (row["facet"], row["language"]) == (place, "en")]
    assert [(row["value"], row["documents"], row["words"]) for row in named] == [(key[2], *slow[key]) for key in best]


def test_every_bucket_gets_its_share() -> None:
    tallies = tally(read_of(rows(3000, 1)))
    found = receivers(tallies, 4)
    assert {int(bucket) for bucket in found} == {0, 1, 2, 3}
    again = receivers(tallies.take(pa.array(range(tallies.num_rows - 1, -1, -1))), 4)
    assert again[::-1].tolist() == found.tolist()
