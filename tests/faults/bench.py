"""Where a fault is tried: a store in which a mix stands, a second build of it from more documents that is disturbed,
and the build after that, which must end with the versions of an undisturbed one."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dagster_project.corpus.model.partitions import parse
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.embedded import embedded
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from dagster_project.corpus.storage.stores import Store
from tests.corpora import documents, library, write_jsonl, write_recipes
from tests.faults.accounts import Objects, fill, half_published, held, kept, lost, versions, wrong, wrong_anywhere
from tests.faults.building import COMPLETED, MIX, REFUSED, Ended, Order, build

WORDS = 2000


@dataclass
class Outcome:
    """What became of one try. `odd`: what ended otherwise than it should, as a crash instead of a sentence."""

    ended: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    half_published: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # from recovery

    seconds: float = 0.0

    @property
    def problems(self) -> list[str]:
        return [*self.odd, *self.lost, *self.half_published, *self.missing]


class Skipped(Exception):
    """A fault that this machine does not allow to be made."""


@dataclass(frozen=True)
class Bench:
    """What all tries share. `before`: the objects of the first build; `expected`: the versions after the second, and
    how often each partition was published."""

    folder: Path
    home: Path  # of the embedded server
    config: S3Config
    recipes: Path
    before: Objects
    expected: dict[str, tuple[str, int]]

    def order(self, **odd: Any) -> Order:
        """A build in a part of the store of its own, where the first one stands."""
        config = replace(self.config, prefix=f"faults/{secrets.token_hex(6)}")
        fill(S3Store(config), self.before)
        return Order(self.recipes, self.new_folder(), config, **odd)

    def new_folder(self) -> Path:
        folder = self.folder / secrets.token_hex(6)
        folder.mkdir()
        return folder


@contextlib.contextmanager
def opened_bench(folder: Path) -> Iterator[Bench]:
    """A bench whose server runs until the block ends."""
    raw = folder / "raw"
    write_jsonl(raw / "0.jsonl", documents(40))
    write_jsonl(raw / "1.jsonl", documents(40, start=25))
    recipes = write_recipes(folder / "recipes", str(raw), words=WORDS)
    store = MemoryStore()
    _build_here(store, recipes)
    before = held(store)
    write_jsonl(raw / "2.jsonl", documents(40, start=50))
    write_jsonl(raw / "3.jsonl", documents(40, start=75))
    _build_here(store, recipes)
    with embedded(folder / "server") as config:
        yield Bench(folder, folder / "server", config, recipes, before, published(store))


def _build_here(store: Store, recipes: Path) -> None:
    lib = library(store, recipes)
    lib.answers = True
    lib.build(parse(MIX)[0])


def published(store: Store) -> dict[str, tuple[str, int]]:
    """The newest version of every partition, and the number of publications."""
    return {name: (version, len(refs.history(store, parse(name)[0]))) for name, version in versions(store).items()}


def settle(
    bench: Bench,
    order: Order,
    ended: Sequence[Ended],
    *,
    should: Sequence[str],
    saying: str = "",
    before: Objects | None = None,
    damaged: Sequence[str] = (),
    again: Sequence[str] = (),
) -> Outcome:
    """Count what the fault did, build again without it, and count again. `should`: how the disturbed builds may end;
    `saying`: words of the sentence of those that are refused; `before`: what stood, if not the
    first build alone; `damaged`: paths that the fault itself destroyed, which must be whole in the end; `again`:
    options of the next build."""
    store = S3Store(order.config)
    before = bench.before if before is None else before
    outcome = Outcome([item.how for item in ended], [item.said for item in ended if item.said])
    outcome.odd += [f"{item.how} ({item.code}): {item.said}" for item in ended if not _is_right(item, should, saying)]
    after = held(store)
    outcome.lost += lost({path: body for path, body in before.items() if path not in damaged}, after)
    if not damaged:
        outcome.half_published += half_published(kept(after)) or wrong_anywhere(kept(after))
    next_one = build(replace(order, options=tuple(again), jump=(0.0, 0.0), temporary=None, timeout_seconds=60))
    if next_one.how != COMPLETED:
        outcome.missing.append(f"the next build: {next_one.how}, {next_one.said}")
    final = held(store)
    outcome.lost += lost(before, final)
    outcome.half_published += half_published(kept(final))
    outcome.missing += _unlike(bench, kept(final)) or wrong(kept(final), MIX)
    return outcome


def _is_right(item: Ended, should: Sequence[str], saying: str) -> bool:
    return item.how in should and (item.how != REFUSED or saying in item.said)


def _unlike(bench: Bench, store: Store) -> list[str]:
    """Partitions whose newest version is not the one of an undisturbed build, or was published another time."""
    found = published(store)
    wanted = bench.expected.items()
    return [f"{name}: {found.get(name)} instead of {facts}" for name, facts in wanted if found.get(name) != facts]
