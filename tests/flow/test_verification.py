"""Verification: a flipped byte anywhere is found and named, and so is a forgery whose hashes all agree."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.licenses import licensed
from dagster_project.corpus.lineage.walk import ancestors
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import put_object, read_shard, write_shard
from dagster_project.corpus.storage.stores import Store
from tests.corpora import library, write_jsonl, write_recipes
from tests.flow.forging import flipped, forge, found, newest, publish, verified, with_files, write_over
from tests.flow.test_identity import messy_rows
from tests.flow.test_mixes import PUBLISHED as RICH
from tests.flow.test_mixes import built as build_rich

MIX, MIXED = Partition("published", "notes@dev"), Partition("mixed", "notes@dev")
SNAPSHOT, LICENSED = Partition("snapshots", "notes@dev"), Partition("licensed", "notes@dev")
VERDICTS, FAMILIES = Partition("filtered", "notes@dev+plain"), Partition("families", "notes@dev")
SURVIVORS = Partition("deduplicated", "notes@dev")


def copied(store: Store, target: Store) -> Store:
    for entry in store.list(""):
        target.put_once(entry.path, store.get(entry.path))
    return target


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    """A mix of documents with exact and near copies, rejected ones, and dead letters."""
    folder, store = tmp_path_factory.mktemp("verified"), MemoryStore()
    rows = [*messy_rows(), {"id": "short", "text": "too short"}, {"id": "none"}]
    recipes = write_recipes(folder / "r", str(write_jsonl(folder / "all.jsonl", rows)))
    mix = recipes / "mixes" / "notes.yaml"
    mix.write_text(mix.read_text() + "exports: [parquet, jsonl]\n")
    source = recipes / "sources" / "notes.yaml"
    source.write_text(source.read_text() + "retain: copy\n")
    library(store, recipes).build(MIX)
    return store


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    """A mix with tokens, templates and every format."""
    store = MemoryStore()
    build_rich(store, tmp_path_factory.mktemp("rich"))
    return store


@pytest.fixture
def store(built: MemoryStore) -> Store:
    return copied(built, MemoryStore())


def below(store: Store, partition: Partition) -> list[tuple[str, Manifest]]:
    manifest = newest(store, partition)
    return [(str(partition), manifest), *((item.partition, known) for item, known in ancestors(store, manifest))]


def named(store: Store, partition: Partition) -> Iterator[str]:
    """Every object that a partition rests on: manifests, refs, builds and audits, shards, exports, models, copies."""
    for name, manifest in below(store, partition):
        yield f"manifests/{manifest.id}.json"
        yield f"builds/{manifest.facts['build_key']}.json"
        yield from (file.path for file in manifest.objects)
        yield from (item["copy"] for item in manifest.facts.get("raw_objects", ()) if "copy" in item)
        for entry in store.list(f"refs/{name}/"):
            if "/" not in entry.path.removeprefix(f"refs/{name}/"):
                yield entry.path
                yield f"builds/{refs.read_ref(store, entry.path).run['audit']}.json"


@pytest.mark.parametrize("sample", [None, 7, 0])
def test_what_was_built_is_whole(built: MemoryStore, rich: MemoryStore, sample: int | None) -> None:
    for store, partition in ((built, MIX), (rich, RICH)):
        report = verified(store, partition, sample=sample)
        assert found(report) == []
        assert report.raw.same == 1
        assert report.stages["published"].rows == report.stages["mixed"].rows == newest(store, partition).rows
        objects = {file.path for _, manifest in below(store, partition) for file in manifest.objects}
        assert sum(counts.objects for counts in report.stages.values()) >= len(objects)
        remade = {stage: counts.sampled for stage, counts in report.stages.items() if counts.sampled}
        documents = report.stages["snapshots"].rows
        assert remade.get("filtered", 0) == (documents if sample is None else sample)
        assert {*remade} == (
            {"published", "snapshots", "licensed", "signals", "fingerprints", "filtered", "families", "deduplicated"}
            if sample != 0
            else set()
        )


@pytest.mark.embedded
def test_a_flipped_byte_anywhere_is_found_and_named(built: MemoryStore, s3_store: S3Store) -> None:
    """On the real store, in one object of each kind: of each stage, suffix, and folder."""
    _flip_all(copied(built, s3_store), MIX, one_of_each=True)


@pytest.mark.slow
@pytest.mark.embedded
def test_a_flipped_byte_in_any_object_is_found_and_named(rich: MemoryStore, s3_store: S3Store) -> None:
    _flip_all(copied(rich, s3_store), RICH, one_of_each=False)


def test_a_flipped_byte_in_any_object_of_a_small_mix_is_found_and_named(store: Store) -> None:
    _flip_all(store, MIX, one_of_each=False)


def _flip_all(store: Store, partition: Partition, *, one_of_each: bool) -> None:
    version, paths = newest(store, partition).id, list(dict.fromkeys(named(store, partition)))
    if one_of_each:
        paths = list({_kind(path, store, partition): path for path in paths}.values())
    assert len(paths) > (10 if one_of_each else 50)
    for number, path in enumerate(paths):
        body = store.get(path)
        write_over(store, path, flipped(body, 7919 * (number + 1)))
        said = found(verified(store, partition, version, sample=0))
        assert any(sentence.startswith(f"{path} of ") for sentence in said), (path, said)
        write_over(store, path, body)
    assert found(verified(store, partition, sample=0)) == []


def _kind(path: str, store: Store, partition: Partition) -> str:
    if not path.startswith("data/"):
        return path.partition("/")[0]
    stages = [
        manifest.stage for _, manifest in below(store, partition) if path in {file.path for file in manifest.objects}
    ]
    return f"{stages[:1]} {path.partition('.')[2]}"


def test_every_byte_of_a_record_counts(store: Store) -> None:
    version = newest(store, VERDICTS).id
    for path in (f"manifests/{version}.json", f"refs/{VERDICTS}/00000001.json"):
        body = store.get(path)
        for at in range(0, len(body), max(1, len(body) // 60)):
            write_over(store, path, flipped(body, at))
            assert any(path in said for said in found(verified(store, VERDICTS, version, quick=True))), at
        write_over(store, path, body)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"garbage" * 50, None])
def test_garbage_and_missing_objects_end_nothing(store: Store, content: bytes | None) -> None:
    version, paths = newest(store, MIX).id, list(dict.fromkeys(named(store, MIX)))
    kept = paths[1:]  # without the manifest itself nothing below is known
    for path in kept if content is None else [path for path in kept if path.startswith("data/")]:
        if content is None:
            store.delete([path])
        else:
            write_over(store, path, content)
    said = found(verified(store, MIX, version))
    told = {sentence.partition(" of ")[0] for sentence in said}
    of_mix = [file.path for file in refs.load_manifest(store, version).objects]
    assert {*of_mix} <= told
    if content is not None:
        assert {path for path in kept if path.startswith("data/")} <= told


def test_every_missing_object_is_told_at_once_and_also_quickly(store: Store) -> None:
    paths = [file.path for _, manifest in below(store, MIX) for file in manifest.objects]
    store.delete(paths)
    for quick in (False, True):
        told = {problem.path for problem in verified(store, MIX, quick=quick).problems if problem.found == "gone"}
        assert set(paths) <= told


def test_quick_reads_no_bytes(store: Store) -> None:
    file = newest(store, SNAPSHOT).files[0]
    write_over(store, file.path, flipped(store.get(file.path), 99))
    assert found(verified(store, MIX, quick=True)) == []
    write_over(store, file.path, store.get(file.path)[:-1])
    assert found(verified(store, MIX, quick=True)) == [
        f"{file.path} of snapshots/notes@dev: its size should be {file.size_bytes} bytes and is "
        f"{file.size_bytes - 1} bytes"
    ]


def test_swapped_objects_are_both_named(store: Store) -> None:
    one, other = newest(store, VERDICTS).files[0].path, newest(store, LICENSED).files[0].path
    write_over(store, one, write_over(store, other, store.get(one)))
    told = {problem.path for problem in verified(store, MIX).problems}
    assert {one, other} <= told


def test_a_parquet_table_of_another_schema_is_named(store: Store) -> None:
    manifest = newest(store, VERDICTS)
    table = read_shard(store, manifest.files[0]).drop_columns(["edits"])
    file = write_shard(store, table, access="public", documents=manifest.files[0].documents)
    publish(store, VERDICTS, replace(manifest, files=(file,)))
    (problem, *_) = verified(store, VERDICTS).problems
    assert (problem.path, problem.what) == (file.path, "its schema")


def test_a_manifest_under_another_id_than_its_own(store: Store) -> None:
    """Its identity edited and its id computed anew: under the old name it is not what the ref names, and under the new
    one nothing names it."""
    manifest = newest(store, VERDICTS)
    edited = replace(manifest, identity=replace(manifest.identity, code_version="forged"))
    path = f"manifests/{manifest.id}.json"
    body = write_over(store, path, edited.encoded())
    assert found(verified(store, VERDICTS)) == [
        f"{path} of {VERDICTS}: the manifest should be as it was written and is manifest {manifest.id} holds the "
        f"identity of {edited.id}: it was altered; restore it"
    ]
    write_over(store, path, body)
    refs.put_manifest(store, edited)
    assert found(verified(store, VERDICTS)) == []
    report = verified(store, VERDICTS, edited.id)
    assert {(item.path, item.what) for item in report.problems} >= {
        (f"manifests/{edited.id}.json", "the version"),
        (f"builds/{manifest.facts['build_key']}.json", "id"),
    }


def test_a_record_sealed_again_is_caught_by_its_counts(store: Store) -> None:
    manifest = newest(store, VERDICTS)
    kept = {**manifest.profile["kept"], "documents": manifest.profile["kept"]["documents"] + 1}
    publish(store, VERDICTS, replace(manifest, profile={**manifest.profile, "kept": kept}))
    told = {problem.what for problem in verified(store, VERDICTS, sample=0).problems}
    assert told == {"the count kept/documents", "the sum of what was kept and removed"}


def test_a_publication_that_was_taken_away_is_missed(store: Store) -> None:
    forge(store, VERDICTS, lambda rows: _at(rows, 0, value=2.0))
    store.delete([f"refs/{VERDICTS}/00000001.json"])
    assert f"refs/{VERDICTS}/00000001.json" in {problem.path for problem in verified(store, VERDICTS).problems}


def _at(rows: list[dict[str, Any]], number: int, **values: Any) -> None:
    rows[number].update(values)


def test_a_forged_verdict_is_found_by_judging_again(store: Store) -> None:
    before = newest(store, VERDICTS).profile
    number = next(
        at for at, row in enumerate(read_shard(store, newest(store, VERDICTS).files[0]).to_pylist()) if row["keep"]
    )
    profile = {
        "kept": {**before["kept"], "documents": before["kept"]["documents"] - 1},
        "removed": {"content_words": {**before["removed"]["content_words"], "documents": 2}},
    }
    change = {"keep": False, "rule": "content_words", "value": 1.0}
    file = forge(store, VERDICTS, lambda rows: _at(rows, number, **change), profile=profile)
    assert found(verified(store, VERDICTS, sample=0)) == []
    report = verified(store, VERDICTS)
    assert {problem.path for problem in report.problems} == {file.path}
    told = {problem.what.partition(" ")[0]: (problem.expected, problem.found) for problem in report.problems}
    assert told == {"keep": ("True", "False"), "rule": ("nothing", "content_words"), "value": ("nothing", "1.0")}
    assert all(f"row {number}," in problem.what for problem in report.problems)


def test_a_forged_license_is_found_by_concluding_again(store: Store) -> None:
    before = newest(store, LICENSED).profile
    counts = dict(before["licenses"])
    counts["MIT"] -= 1
    counts["CC0-1.0"] = counts.get("CC0-1.0", 0) + 1
    at = next(
        number
        for number, row in enumerate(read_shard(store, newest(store, LICENSED).files[0]).to_pylist())
        if row["license"] == "MIT"
    )
    file = forge(store, LICENSED, lambda rows: _at(rows, at, license="CC0-1.0"), profile={"licenses": counts})
    assert found(verified(store, LICENSED, sample=0)) == []
    (problem,) = verified(store, LICENSED).problems
    assert (problem.path, problem.expected, problem.found) == (file.path, "MIT", "CC0-1.0")


def _near(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    for row in rows:
        for edge in row["edges"]:
            if edge["kind"] == "near":
                return row, edge
    raise AssertionError("no near copies")


def _more_alike(rows: list[dict[str, Any]]) -> None:
    _near(rows)[1]["similarity"] = 0.9999


def _of_a_stranger(rows: list[dict[str, Any]]) -> None:
    _, edge = _near(rows)
    edge["doc_id"] = next(item["doc_id"] for item in rows if not item["edges"])


def _exact(rows: list[dict[str, Any]]) -> None:
    _near(rows)[1].update(kind="exact", similarity=1.0)


def _of_nobody(rows: list[dict[str, Any]]) -> None:
    _near(rows)[1]["doc_id"] = bytes(16)


@pytest.mark.parametrize("change", [_more_alike, _of_a_stranger, _exact, _of_nobody])
def test_a_forged_edge_is_found_by_comparing_again(store: Store, change: Any) -> None:
    before = newest(store, FAMILIES).profile["edges"]
    moved = {"near": before["near"] - 1, "exact": before["exact"] + 1} if change is _exact else {}
    file = forge(store, FAMILIES, change, profile={"edges": {**before, **moved}})
    assert found(verified(store, FAMILIES, sample=0)) == []
    told = verified(store, FAMILIES).problems
    assert {problem.path for problem in told} == {file.path}
    assert any("its edge to" in problem.what for problem in told)


def test_a_forged_survivor_is_found_by_deciding_again(store: Store) -> None:
    """Of a family the other one survives."""

    def change(rows: list[dict[str, Any]]) -> None:
        one = next(row for row in rows if row["status"] == "suppressed")
        other = next(row for row in rows if row["doc_id"] == one["survivor"])
        names = ("status", "survivor", "kind", "similarity", "survivor_source", "survivor_license")
        for name in names:
            one[name], other[name] = other[name], one[name]
        one["survivor"] = other["survivor"] = one["doc_id"]

    file = forge(store, SURVIVORS, change)
    told = verified(store, SURVIVORS).problems
    assert {problem.path for problem in told if "document" in problem.what} == {file.path}
    assert {"status", "survivor"} <= {problem.what.partition(" ")[0] for problem in told}


def test_a_forged_text_is_never_what_its_id_says(store: Store) -> None:
    """The digest of a snapshot does not cover texts: their ids do, and these are all computed again."""
    before = newest(store, SNAPSHOT)
    size = read_shard(store, before.files[0]).column("text")[3].as_py()
    secret = "x" * len(size.encode())
    file = forge(store, SNAPSHOT, lambda rows: _at(rows, 3, text=secret))
    assert newest(store, SNAPSHOT).identity == before.identity
    (problem,) = verified(store, SNAPSHOT, sample=0).problems
    assert (problem.path, problem.what) == (file.path, "row 3")
    assert secret not in str(problem)


def test_a_side_table_of_another_shard_or_order(store: Store) -> None:
    manifest = newest(store, LICENSED)
    table = read_shard(store, manifest.files[0])
    turned = write_shard(store, table[::-1], access="public", documents=manifest.files[0].documents)
    publish(store, LICENSED, with_files(store, manifest, (turned,), {}))
    (problem,) = verified(store, LICENSED, sample=0).problems
    assert (problem.path, problem.what) == (turned.path, "its list of doc_ids")
    other = replace(manifest.files[0], documents="a" * 64)
    publish(store, LICENSED, replace(manifest, files=(other,)))
    told = found(verified(store, LICENSED, sample=0))
    assert len(told) == 2
    assert all("documents shard" in sentence and "covered" in sentence for sentence in told)


def test_members_that_did_not_survive_or_are_under_another_license(store: Store) -> None:
    survived = read_shard(store, newest(store, SURVIVORS).files[0]).to_pylist()
    lost = next(at for at, row in enumerate(survived) if row["status"] == "suppressed")

    def change(rows: list[dict[str, Any]]) -> None:
        rows[0].update(doc_id=survived[lost]["doc_id"], row=lost)
        rows[1].update(license="GPL-3.0-only")
        rows[2].update(row=10**6)

    forge(store, MIXED, change)
    told = {problem.what: problem.expected for problem in verified(store, MIXED, sample=0).problems}
    assert told[f"member {survived[lost]['doc_id'].hex()}"] == "a survivor of its corpus"
    assert "the effective one of its corpus" in told.values()
    assert any(expected.startswith("in row 1000000 of data/") for expected in told.values())


def test_a_published_text_is_made_again_of_its_document(store: Store) -> None:
    secret = "a forged text"
    before = newest(store, MIX)
    old = read_shard(store, before.files[0]).column("text")[2].as_py()
    size = before.profile["text_bytes"] + len(secret) - len(old.encode())
    file = forge(store, MIX, lambda rows: _at(rows, 2, text=secret), profile={"text_bytes": size})
    told = verified(store, MIX).problems
    assert any(problem.path == file.path and problem.what.startswith("text in row 2,") for problem in told)
    exports = [problem for problem in told if problem.what == "its texts"]
    assert len(exports) == 2  # both formats hold what it was
    assert secret not in " ".join(map(str, told))


def test_tokens_and_packed_sequences_are_made_again(rich: MemoryStore) -> None:
    store = copied(rich, MemoryStore())
    manifest = newest(store, RICH)
    for name, suffix, what in (
        ("numpy", "npy", "its numpy shard"),
        ("packed", "128.npy", "its sequences"),
        ("jsonl", "jsonl.zst", "its jsonl shard"),
    ):
        shards = manifest.facts["exports"][name]["shards"]
        files = [dict(shard["files"]) for shard in shards[:2]]
        wrong = {**files[0], suffix: {**files[1][suffix], "rows": files[0][suffix]["rows"]}}  # of the next shard
        exports = {**manifest.facts["exports"], name: {**manifest.facts["exports"][name]}}
        exports[name]["shards"] = [{**shards[0], "files": wrong}, *shards[1:]]
        publish(store, RICH, replace(manifest, facts={**manifest.facts, "exports": exports}))
        told = verified(store, RICH, sample=0).problems
        assert {problem.what for problem in told} == {what}, found(verified(store, RICH, sample=0))
        assert {problem.path for problem in told} <= {item["path"] for item in wrong.values()}


def test_the_order_manifest_of_another_shard(rich: MemoryStore) -> None:
    store = copied(rich, MemoryStore())
    manifest = newest(store, RICH)
    order = manifest.facts["order"]
    publish(store, RICH, replace(manifest, facts={**manifest.facts, "order": [order[1], order[0], *order[2:]]}))
    assert "its order manifest" in {problem.what for problem in verified(store, RICH, sample=0).problems}


def test_a_sample_is_the_same_again_and_another_seed_is_another(store: Store) -> None:
    number = 5
    file = forge(store, LICENSED, lambda rows: _at(rows, number, license_value="forged"))
    hits = {seed: bool(verified(store, LICENSED, sample=20, seed=seed).problems) for seed in range(12)}
    assert len(set(hits.values())) == 2
    assert hits == {seed: bool(verified(store, LICENSED, sample=20, seed=seed).problems) for seed in range(12)}
    (problem,) = verified(store, LICENSED).problems
    assert (problem.path, problem.found) == (file.path, "another")  # no word of evidence is told


def test_what_other_code_made_is_counted_and_not_judged(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dagster_project.corpus.verification.remaking.CODE", {"licensed": "other"})
    report = verified(store, LICENSED)
    counts = report.stages["licensed"]
    assert (found(report), counts.sampled, counts.not_made) == ([], 0, counts.rows)
    assert licensed.CODE_VERSION != "other"


def test_raw_objects_that_changed_or_went_are_told_apart(tmp_path: Path) -> None:
    store, path = MemoryStore(), write_jsonl(tmp_path / "all.jsonl", messy_rows())
    library(store, write_recipes(tmp_path / "r", str(path))).build(SNAPSHOT)
    path.write_text(path.read_text() + "\n")
    report = verified(store, SNAPSHOT)
    assert (found(report), report.raw.same, len(report.raw.changed), report.raw.out_of_reach) == ([], 0, 1, 0)
    path.unlink()
    report = verified(store, SNAPSHOT)
    assert (found(report), report.raw.same, report.raw.changed, report.raw.out_of_reach) == ([], 0, [], 1)


def test_a_version_is_told_in_json(store: Store) -> None:
    path, _ = put_object(store, b"nothing", access="public", suffix="txt")
    store.delete([newest(store, VERDICTS).files[0].path])
    told = json.loads(json.dumps(verified(store, VERDICTS).as_data()))
    assert told["problems"][0]["sentence"].startswith(newest(store, VERDICTS).files[0].path)
    assert told["stages"]["filtered"]["problems"] == 1
    assert path
