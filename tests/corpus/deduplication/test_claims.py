"""Claims: a copy whose survivor is missing, is another's or stands twice is not proved, whoever wrote it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from dagster_project.corpus.deduplication.claims import ClaimsTask, ProofTask, prove, send_claims
from dagster_project.corpus.deduplication.decisions import SCHEMA, STANDING, buckets_of
from dagster_project.corpus.storage.exchange import Exchange, ranges_of
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import write_shard

BUCKETS = 8


def name(text: str) -> bytes:
    return text.encode().ljust(16, b"\xff")


def row(doc: str, status: str, family: str | None = "F", survivor: str = "s", source: str = "one") -> dict[str, Any]:
    found = {"doc_id": name(doc), "status": status, "family": family and name(family)}
    if status == "suppressed":
        found |= {"survivor": name(survivor), "survivor_source": source}
    licensed = {"license": "MIT", "license_class": "permissive", "license_rule": "concluded:spdx"}
    filled = {"family_size": 2, **licensed, "license_findings": []}
    return {**dict.fromkeys(SCHEMA.names), **filled, **found}


def proof(*shards: list[dict[str, Any]], standing: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Shards of the sources `one`, `two` …"""
    store, named = MemoryStore(), iter(("one", "two"))
    files = [(next(named), write_shard(store, pa.Table.from_pylist(rows, SCHEMA), access="public")) for rows in shards]
    with Exchange(store) as address:
        claimed = [send_claims(ClaimsTask(address, number, (each,), BUCKETS)) for number, each in enumerate(files)]
        earlier = pa.Table.from_pylist(standing or [], STANDING)
        below = address.send_rows("standing", earlier, buckets_of(earlier.column("family"), BUCKETS), BUCKETS)
        found = {"proved": 0, "families_with_many_survivors": 0}
        for bucket in range(BUCKETS):
            claims = ranges_of([item.piece for item in claimed], bucket)
            task = ProofTask(store, claims, ranges_of([below], bucket))
            for key, value in prove(task).items():
                found[key] += value
        return found | {"stored": [item.counted["stored"] for item in claimed]}


SURVIVOR = row("s", "survivor")


def test_a_copy_is_proved_by_the_survivor_that_it_names() -> None:
    found = proof([SURVIVOR, row("a", "suppressed"), row("r", "rejected")], [row("b", "suppressed")])
    assert (found["proved"], found["families_with_many_survivors"]) == (2, 0)
    assert found["stored"] == [{"rejected": 1, "suppressed": 1, "survivor": 1}, {"suppressed": 1}]


@pytest.mark.parametrize(
    "copy",
    [
        row("a", "suppressed", survivor="x"),  # is not there
        row("a", "suppressed", source="two"),  # stands, but in another source
        row("a", "suppressed", family="G"),  # stands in another family
        row("a", "suppressed", family=None),  # is of no family
        row("a", "suppressed", survivor="r"),  # was rejected
    ],
)
def test_a_copy_whose_survivor_does_not_stand_is_not(copy: dict[str, Any]) -> None:
    assert proof([SURVIVOR, row("r", "rejected"), copy])["proved"] == 0


def test_a_survivor_that_stands_twice_proves_nothing() -> None:
    found = proof([SURVIVOR, SURVIVOR, row("a", "suppressed")])
    assert (found["proved"], found["families_with_many_survivors"]) == (0, 1)


def test_two_survivors_of_a_family_are_told_and_documents_alone_are_no_families() -> None:
    found = proof([SURVIVOR, row("t", "survivor"), row("x", "survivor", None), row("y", "survivor", None)])
    assert found["families_with_many_survivors"] == 1


def test_survivors_of_earlier_layers_prove_their_copies() -> None:
    below = {"family": name("F"), "doc_id": name("z"), "source": "old", "license": "MIT", "same_text": name("z")}
    rows = [row("a", "suppressed", survivor="z", source="old")]
    assert proof(rows)["proved"] == 0
    assert proof(rows, standing=[below])["proved"] == 1
