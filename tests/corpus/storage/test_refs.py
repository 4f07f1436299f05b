"""Publication: racing publishers lose nothing and undo nothing, identical work adds no version, names stay bound."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from dagster_project.corpus.model.errors import IntegrityError, MissingObject, Moved, PartitionError, Refused
from dagster_project.corpus.model.manifests import File, Identity, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.stores import Store

DEV, BOUND = Partition("mixed", "demo@dev"), Partition("mixed", "demo@1")


def manifest(name: str) -> Manifest:
    identity = Identity("mixed", (("doc_id", "binary"),), {"name": name}, "1", ("a" * 64,), "d" * 64)
    return Manifest(identity, (), (File("data/public/x", "0" * 64, 1, 2),), {"rows": 2}, {"access": "public"})


def test_publishing_the_same_version_adds_nothing(store: Store) -> None:
    first = refs.publish(store, DEV, "a" * 64, build_key="k", started_from=None)
    again = refs.publish(store, DEV, "a" * 64, build_key="other", started_from=None)
    assert (first.number, again.number, len(refs.history(store, DEV))) == (1, 1, 1)


def test_what_tools_leave_in_a_bucket_is_no_publication(store: Store) -> None:
    ref = refs.publish(store, DEV, "a" * 64, build_key="k", started_from=None)
    for stray in ("refs/DS_Store", "refs/mixed/00000001.json", f"refs/{DEV}/zzz.tmp", f"refs/{DEV}/00000001.json.bak"):
        store.put_once(stray, b"x")
    assert [*refs.published(store)] == [*refs.published(store, "mixed")] == [DEV]
    assert refs.latest(store, DEV) == ref
    assert refs.history(store, DEV) == [ref]


def test_racing_publishers_lose_nothing_and_undo_nothing(store: Store) -> None:
    def publish(number: int) -> str:
        for _ in range(200):
            try:
                started = refs.latest(store, DEV)
                return refs.publish(store, DEV, f"{number:064x}", build_key=str(number), started_from=started).id
            except Moved:
                continue
        raise AssertionError("never got through")

    with ThreadPoolExecutor(8) as pool:
        published = sorted(pool.map(publish, range(8)))
    history = refs.history(store, DEV)
    assert sorted(ref.id for ref in history) == published
    assert [ref.number for ref in history] == list(range(1, 9))


def test_a_publisher_that_was_overtaken_is_told() -> None:
    store = MemoryStore()
    started = refs.latest(store, DEV)
    refs.publish(store, DEV, "a" * 64, build_key="a", started_from=started)
    with pytest.raises(Moved, match=r"mixed/demo@dev moved to aaaaaaaaaaaa"):
        refs.publish(store, DEV, "b" * 64, build_key="b", started_from=started)
    assert refs.resolve(store, DEV) == "a" * 64


def test_a_version_name_is_bound_to_its_first_build() -> None:
    store = MemoryStore()
    first = refs.publish(store, BOUND, "a" * 64, build_key="a", started_from=None)
    with pytest.raises(Refused, match="give the recipe a new version"):
        refs.publish(store, BOUND, "b" * 64, build_key="b", started_from=first)
    corrected = refs.publish(store, BOUND, "b" * 64, build_key="b", started_from=first, reason="wrong license table")
    assert (corrected.number, corrected.reason) == (2, "wrong license table")


def test_names_resolve_to_versions() -> None:
    store = MemoryStore()
    first = refs.publish(store, DEV, "ab" * 32, build_key="a", started_from=None)
    refs.publish(store, DEV, "ac" * 32, build_key="b", started_from=first)
    assert refs.resolve(store, DEV) == "ac" * 32
    assert refs.resolve(store, DEV, "abab") == "ab" * 32
    with pytest.raises(PartitionError, match="means 2 versions"):
        refs.resolve(store, DEV, "a")
    with pytest.raises(PartitionError, match="has no version ffff"):
        refs.resolve(store, DEV, "ffff")
    with pytest.raises(PartitionError, match="not built yet"):
        refs.resolve(store, Partition("mixed", "other@dev"))


def test_signal_groups_do_not_mix_with_their_partition() -> None:
    store = MemoryStore()
    group = Partition("signals", "web@1", "counts")
    refs.publish(store, group, "a" * 64, build_key="a", started_from=None)
    assert refs.latest(store, Partition("signals", "web@1")) is None
    assert list(refs.published(store)) == [group]


def test_the_newest_of_all_are_found_by_one_listing() -> None:
    store = MemoryStore()
    whole, group = Partition("signals", "web@1"), Partition("signals", "web@1", "counts")
    for partition, versions in {group: "a", whole: "ab", DEV: "abc"}.items():
        for version in versions:
            started = refs.latest(store, partition)
            refs.publish(store, partition, version * 64, build_key="a", started_from=started, reason="test")
    found = {str(partition): entry.path for partition, entry in refs.newest(store).items()}
    numbers = {DEV: 3, whole: 2, group: 1}
    assert found == {str(partition): f"refs/{partition}/0000000{number}.json" for partition, number in numbers.items()}
    assert list(refs.newest(store, "signals/web@1")) == [whole, group]


def test_a_manifest_reads_back_and_knows_its_id() -> None:
    store = MemoryStore()
    written = refs.put_manifest(store, manifest("one"))
    read = refs.load_manifest(store, written.id)
    assert (read.id, read.rows, read.files) == (written.id, 2, written.files)


def test_the_same_version_in_other_files_is_the_one_that_stands() -> None:
    store = MemoryStore()
    first = refs.put_manifest(store, manifest("one"))
    other = Manifest(first.identity, (), (File("data/public/y", "1" * 64, 1, 2),), {}, {})
    assert refs.put_manifest(store, other).files == first.files


@pytest.mark.parametrize(
    ("field", "value", "message"), [("format", 99, "has format 99"), ("logical_digest", "e" * 64, "it was altered")]
)
def test_an_altered_or_unknown_manifest_is_refused(field: str, value: object, message: str) -> None:
    store = MemoryStore()
    written = refs.put_manifest(store, manifest("one"))
    record = json.loads(written.encoded())
    record["identity"][field] = value
    store.put(f"manifests/{written.id}.json", json.dumps(record).encode())
    with pytest.raises(IntegrityError, match=message):
        refs.load_manifest(store, written.id)


def test_manifests_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when several threads read: what is forgotten is read again."""
    monkeypatch.setattr(refs, "MOST_FILES", 4)
    store = MemoryStore()
    versions = [refs.put_manifest(store, manifest(f"m{number}")) for number in range(9)]  # of one file each
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda item: refs.load_manifest(store, item.id), versions * 20))
    assert found == versions * 20
    known = refs._remembered[store]
    assert known.files == 4
    store.delete([f"manifests/{item.id}.json" for item in versions])
    assert sum(known.get(item.id) is not None for item in versions) == 2
    with pytest.raises(MissingObject):
        refs.read_manifest(store, versions[-1].id)
