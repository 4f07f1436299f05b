"""A mix of which nothing is left keeps no takedown from the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.corpus.building.taking_down import take_down
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.register import add
from tests.corpora import prose
from tests.flow.test_erasure import holding
from tests.flow.test_reach import opened, plain

MIX = "name: all\nbudget: {documents: 2}\ncomponents: [{name: all, corpus: all}]\n"
PUBLISHED = Partition("published", "all@dev")


@pytest.mark.parametrize("erase", [False, True])
def test_an_emptied_mix_is_named_and_all_else_is_done(tmp_path: Path, erase: bool) -> None:
    sources = {"web": {"a": prose(1), "b": prose(2)}, "other": {"c": prose(3), "d": prose(4)}}
    corpora = {"all": plain("web"), "apart": plain("other")}
    found = opened(tmp_path, sources, corpora, MIX)
    found.build(PUBLISHED)
    apart = Partition("deduplicated", "apart@dev")
    found.build(apart)
    version = found.planner.newest(apart).id
    add(found.store, [Entry("source", "web"), Entry("text", "ab" * 16), Entry("source", "other")])
    done = take_down(found, erase=erase)
    lacking = {str(item.partition): item.lacking for item in done.affected}
    assert lacking.keys() == {"deduplicated/all@dev", "deduplicated/apart@dev", "mixed/all@dev"}
    assert lacking.pop("mixed/all@dev").startswith("cannot be rebuilt: nothing is left of this mix")
    assert {*lacking.values()} == {""}
    assert found.planner.newest(apart).id != version
    assert bool(holding(found.store, prose(1), prose(3))) != erase
    is_withdrawn = "published/all@dev" in {item.partition for item in done.withdrawn}
    assert is_withdrawn == erase
