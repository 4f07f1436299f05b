"""Every fault once, the quick ones always, the others with `-m slow`; and that the accounts can fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from dagster_project.corpus.model.partitions import parse
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from tests.corpora import documents, library, write_jsonl, write_recipes
from tests.faults.__main__ import FAULTS, line, summed
from tests.faults.accounts import half_published, held, lost, wrong, wrong_anywhere
from tests.faults.bench import Bench, Outcome, Skipped, opened_bench
from tests.faults.building import MIX, Ended
from tests.faults.proxy import Fault, proxied

QUICK = ("driver killed", "outage", "clock jumps by days", "disk of the builder full", "no conditional PUT")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with opened_bench(tmp_path_factory.mktemp("faults")) as found:
        yield found


@pytest.mark.embedded
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in FAULTS]
)
def test_a_fault_loses_nothing_and_publishes_no_half(name: str, bench: Bench) -> None:
    try:
        outcome = FAULTS[name](bench, Random(f"test {name}"))
    except Skipped as reason:
        pytest.skip(str(reason))
    assert outcome.problems == []


# ---- the accounts ---------------------------------------------------------------------------------------------


@pytest.fixture
def built(tmp_path: Path) -> MemoryStore:
    store = MemoryStore()
    recipes = write_recipes(tmp_path / "recipes", str(write_jsonl(tmp_path / "raw.jsonl", documents(20))), words=500)
    library(store, recipes).build(parse(MIX)[0])
    return store


def test_what_is_whole_is_neither_lost_nor_half(built: MemoryStore) -> None:
    objects = held(built)
    assert lost(objects, objects) == half_published(built) == wrong_anywhere(built) == []


@pytest.mark.parametrize("prefix", ["data/", "manifests/"])
def test_a_publication_of_what_is_gone_is_half(prefix: str, built: MemoryStore) -> None:
    before = held(built)
    manifest = refs.load_manifest(built, refs.resolve(built, parse("mixed/notes@dev")[0]))
    path = manifest.files[0].path if prefix == "data/" else f"manifests/{manifest.id}.json"
    built.delete([path])
    assert lost(before, held(built)) == [path]
    assert any(problem.startswith("refs/mixed/notes@dev/00000001.json") for problem in half_published(built))
    assert any(path in problem for problem in wrong(built, MIX))


def test_what_changed_is_lost_and_half(built: MemoryStore) -> None:
    before = held(built)
    path = refs.load_manifest(built, refs.resolve(built, parse(MIX)[0])).files[0].path
    built.put(path, built.get(path)[:-1])
    assert lost(before, held(built)) == [path]
    assert half_published(built) == [f"refs/{MIX}/00000001.json names {path}, which is not whole"]


def test_endings_are_told_apart() -> None:
    ends = [
        (0, ""),
        (-9, ""),
        (1, "error: x is full: free some space."),
        (1, "error: something unexpected happened (a)"),
    ]
    assert [Ended(*end).how for end in ends] == ["completed", "killed", "refused", "crashed"]
    assert Ended(1, "KeyError: 'a'").how == "crashed"
    row = summed([Outcome(["killed"], lost=["a", "b"]), Outcome(["refused"], missing=["c"])])
    assert line("x", row).split(" | ")[1:] == ["2", "0", "1", "1", "0", "2", "0", "1", "0 |"]
    assert row["problems"] == ["a", "b", "c"]


@pytest.mark.embedded
def test_the_proxy_passes_on_and_takes_conditions_off(s3_store: S3Store) -> None:
    def through(config: S3Config) -> tuple[bool, bool, bytes, list[str]]:
        store = S3Store(config)
        first, second = store.put_once("a", b"1"), store.put_once("a", b"2")
        return first, second, store.get("a"), [entry.path for entry in store.list("")]

    with proxied(s3_store.config, lambda request: None) as (config, proxy):
        assert through(config) == (True, False, b"1", ["a"])
    assert (proxy.requests, proxy.faults) == (5, 0)
    s3_store.delete(["a"])
    with proxied(s3_store.config, lambda request: Fault(is_bare=True)) as (config, proxy):
        assert through(config) == (True, True, b"2", ["a"])
