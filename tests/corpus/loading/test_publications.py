"""Names of publications: the newest, one exact version, and what is none."""

from __future__ import annotations

import pytest

from dagster_project.corpus.loading.publications import publication
from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.loading.handmade import PARTITION, published


def test_a_name_means_the_newest_and_digits_one_version() -> None:
    store = MemoryStore()
    first, second = (published(store, formats=["jsonl"], name=name).manifest.id for name in ("one", "two"))
    for name in ("handmade@1", "published/handmade@1", f"handmade@1#{second[:8]}"):
        partition, manifest = publication(store, name)
        assert (partition, manifest.id) == (PARTITION, second)
    assert publication(store, f"published/handmade@1#{first[:12]}")[1].id == first


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("handmade", "published/handmade@dev is not built yet: run `florilegium build published/handmade@dev`"),
        ("mixed/handmade@1", "mixed/handmade@1 is no publication: name one, as published/name@version"),
        ("handmade@1#abcdef", "published/handmade@1 has no version abcdef"),
        ("../x@1", "'..' is not a stage"),
        ("handmade@1#x", "'x' is not a version id"),
    ],
)
def test_what_is_no_publication_is_a_sentence(name: str, message: str) -> None:
    with pytest.raises(PartitionError) as refused:
        publication(MemoryStore(), name) if "abcdef" not in name else publication(_with_one(), name)
    assert message in str(refused.value)


def _with_one() -> MemoryStore:
    store = MemoryStore()
    published(store, formats=["jsonl"])
    return store
