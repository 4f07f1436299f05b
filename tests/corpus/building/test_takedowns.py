"""Which versions differ by takedowns alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dagster_project.corpus.building.planner import Plan
from dagster_project.corpus.building.takedowns import differ_by_takedowns, with_holes
from dagster_project.corpus.mixing import mix
from dagster_project.corpus.model.manifests import Identity, Input, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.reaching.reach import Reach
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.refs import put_manifest
from dagster_project.corpus.storage.stores import Store

LEARNED = {"kind": "scorer", "positives": [{"partition": "deduplicated/notes@1"}, {"sha256": "f1"}], "model": "m1"}


def version(store: Store, stage: str, recipe: Mapping[str, Any], *inputs: Manifest, **profile: int) -> Manifest:
    ids = tuple(item.id for item in inputs)
    named = tuple(Input(item.stage, f"{item.stage}/notes@1", item.id) for item in inputs)
    return put_manifest(store, Manifest(Identity(stage, (), recipe, "1", ids, "0"), named, (), profile))


@pytest.mark.parametrize(
    ("changes", "is_takedown"),
    [
        ({"model": "m2"}, True),  # learned again without a document
        ({}, True),
        ({"model": "m2", "positives": [{"partition": "deduplicated/notes@1"}, {"sha256": "f2"}]}, False),
        ({"model": "m2", "seed": 2}, False),
    ],
)
def test_an_artifact_whose_files_changed_too_does_not_differ_by_takedowns(
    changes: dict[str, Any], is_takedown: bool
) -> None:
    store = MemoryStore()
    before, after = (version(store, "deduplicated", said) for said in ({}, {"withdrawn": {"entries": ["e"]}}))
    had = version(store, "artifacts", LEARNED, before)
    has = version(store, "artifacts", {**LEARNED, **changes}, after)
    assert differ_by_takedowns(store, had, has) == is_takedown
    mixed, anew = (version(store, "mixed", {}, *made) for made in ((before, had), (after, has)))
    assert differ_by_takedowns(store, mixed, anew) == is_takedown
    same = version(store, "artifacts", {**LEARNED, **changes}, before)
    assert not differ_by_takedowns(store, had, same)


def test_a_mix_that_holds_what_it_promised_not_to_hold_is_counted_again() -> None:
    store = MemoryStore()
    before, after = (version(store, "deduplicated", said) for said in ({}, {"withdrawn": {"entries": ["e"]}}))
    plan = Plan(mix.SCHEMA, "1", {}, (Input("deduplicated", "deduplicated/notes@1", after.id),), lambda work: after)
    newest = version(store, "mixed", {}, before, contaminated_members=1)
    assert with_holes(Reach(store), plan, Partition("mixed", "notes@1"), newest, lambda *_: []) is plan
