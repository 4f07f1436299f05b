"""Two versions compared: what came, went and changed agrees with sets in memory, and every stage can be asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.corpus.lineage.diff import KINDS, compare, differences
from dagster_project.corpus.model.documents import record_id
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.spool import Spool
from tests.corpora import documents, library, prose, write_jsonl

RECIPES = {
    "policies/long": {"name": "long", "rules": [{"rule": "content_words", "min": 20}]},
    "corpora/web": {"name": "web", "members": [{"source": "web", "policy": "long"}], "max_removed": 1.0},
    "mixes/web": {"name": "web", "budget": {"documents": 5}, "components": [{"name": "all", "corpus": "web"}]},
}


def write(folder: Path, rows: list[dict], **fields: str) -> Path:
    write_jsonl(folder / "raw.jsonl", rows)
    source = {
        "name": "web",
        "format": "jsonl",
        "location": str(folder / "raw.jsonl"),
        "columns": {"key": "id", "license": "license"},
    }
    for name, recipe in {**RECIPES, "sources/web": source | {"max_bad_records": 1.0} | fields}.items():
        path = folder / "recipes" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(recipe))
    return folder / "recipes"


def version(store: MemoryStore, folder: Path, rows: list[dict], stage: str = "snapshots") -> Manifest:
    return library(store, write(folder, rows)).build(Partition(stage, "web@dev")).manifest


def newest(store: MemoryStore, name: str) -> Manifest:
    stage, _, key = name.partition("/")
    return refs.load_manifest(store, refs.resolve(store, Partition(stage, *key.split("/"))))


def test_records_are_added_removed_changed_and_named(tmp_path: Path):
    store = MemoryStore()
    rows = [{"id": f"d{n}", "text": f"text {n}"} for n in range(10)]
    before = version(store, tmp_path, rows)
    rows[3]["text"] = "another"
    after = version(store, tmp_path, [*rows[:7], *rows[8:], {"id": "new", "text": "new"}])
    found = compare(store, before, after, kind="changed")
    assert found.documents
    assert found.documents.by == "record_id"
    assert found.documents.counts == {"added": 1, "removed": 1, "changed": 1, "unchanged": 8}
    (item,) = found.documents.listed
    assert (item.id, item.told["locator"]) == (record_id("web", "d3").hex(), "d3")
    assert len(item.before) == len(item.after) == 1
    assert item.before != item.after
    for kind, name in {"added": "new", "removed": "d7"}.items():
        listed = compare(store, before, after, kind=kind).documents
        assert listed
        assert [item.told["locator"] for item in listed.listed] == [name]
    assert {item.name for item in found.counts} >= {"text_bytes"}


def test_a_list_has_its_limit_and_its_order(tmp_path: Path):
    store = MemoryStore()
    before = version(store, tmp_path, [])
    after = version(store, tmp_path, [{"id": f"d{n}", "text": "x"} for n in range(50)])
    some, more = (compare(store, before, after, kind="added", limit=limit).documents for limit in (3, 20))
    assert some
    assert more
    assert (len(some.listed), len(more.listed)) == (3, 20)
    assert more.listed[:3] == some.listed


TEXTS = st.dictionaries(st.sampled_from("abcdefgh"), st.sets(st.sampled_from(["x", "y", "z"]), min_size=1))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=TEXTS, after=TEXTS, on_disk=st.booleans())
def test_counts_are_those_of_sets(
    tmp_path_factory: pytest.TempPathFactory, before: Mapping[str, set], after: Mapping[str, set], on_disk: bool
):
    """A key may have several texts: captures of one address."""
    store, folder = MemoryStore(), tmp_path_factory.mktemp("law")
    first, second = (
        version(store, folder, [{"id": key, "text": text} for key, texts in rows.items() for text in sorted(texts)])
        for rows in (before, after)
    )
    with pytest.MonkeyPatch.context() as patched:
        if on_disk:
            patched.setattr("dagster_project.corpus.lineage.diff.Spool", lambda dtype: Spool(dtype, 1))
        found = compare(store, first, second).documents
    assert found
    both = before.keys() & after.keys()
    same = sum(before[key] == after[key] for key in both)
    assert found.counts == {
        "added": len(after.keys() - before.keys()),
        "removed": len(before.keys() - after.keys()),
        "changed": len(both) - same,
        "unchanged": same,
    }


def test_every_stage_compares_with_itself_and_with_another(tmp_path: Path):
    store = MemoryStore()
    rows = documents(12)
    version(store, tmp_path, rows, "published")
    names = [str(partition) for partition in refs.published(store)]
    first = {name: newest(store, name) for name in names}
    rows[2]["text"] = "too short now"
    rows[4]["text"] = prose(4) + "\nAnd one line more."
    version(store, tmp_path, [*rows, *documents(2, start=100)], "published")
    for name in names:
        same = compare(store, first[name], first[name])
        assert (same.recipe, same.inputs, same.counts) == ((), (), ())
        assert not same.documents or set(same.documents.counts) == set(KINDS)
        assert not same.documents or same.documents.counts["unchanged"] == sum(same.documents.counts.values())
    found = {name: compare(store, first[name], newest(store, name), kind="added").documents for name in names}
    assert found["filtered/web@dev+long"]
    assert found["filtered/web@dev+long"].counts == {"added": 3, "removed": 2, "changed": 0, "unchanged": 10}
    deduplicated = found["deduplicated/web@dev"]
    assert deduplicated
    assert deduplicated.by == "doc_id"
    assert (deduplicated.counts["added"], deduplicated.counts["removed"]) == (3, 2)
    assert {item.told["locator"] for item in deduplicated.listed} == {"d4", "d100", "d101"}
    mixed = compare(store, first["mixed/web@dev"], newest(store, "mixed/web@dev"), kind="removed").documents
    assert mixed
    assert mixed.counts["added"] - mixed.counts["removed"] == 0
    assert all(item.told["locator"].startswith("d") for item in mixed.listed)


def test_recipes_and_inputs_that_differ_are_named(tmp_path: Path):
    store = MemoryStore()
    version(store, tmp_path, documents(3), "licensed")
    before = newest(store, "licensed/web@dev")
    lib = library(store, write(tmp_path, documents(4), title="Changed", license="MIT", license_evidence="here"))
    after = lib.build(Partition("licensed", "web@dev")).manifest
    found = compare(store, before, after)
    assert ("license", "NOASSERTION", "MIT") in found.recipe
    (item,) = found.inputs
    assert item == ("snapshots/web@dev", before.identity.inputs[0], after.identity.inputs[0])


def test_two_stages_are_not_compared(tmp_path: Path):
    store = MemoryStore()
    after = version(store, tmp_path, documents(3), "licensed")
    with pytest.raises(Refused, match="snapshots and licensed cannot be compared"):
        compare(store, newest(store, "snapshots/web@dev"), after)


def test_differences_name_leaves():
    before = {"a": {"b": 1, "c": (1, 2)}, "d": [{"x": 1}], "e": True}
    after = {"a": {"b": 2, "c": [1, 2]}, "d": [{"x": 1}, {"x": 2}], "f": None}
    assert differences(before, after) == (("a.b", 1, 2), ("d[1].x", None, 2), ("e", True, None))
