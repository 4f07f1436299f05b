"""Stores whose objects are of another age than they are, and copies of them."""

from __future__ import annotations

from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.stores import Store

DAY = 86_400


def copied(store: Store, days: float = 0) -> MemoryStore:
    """The same objects, each so many days older."""
    made = MemoryStore()
    for entry in store.list(""):
        made.put_once(entry.path, store.get(entry.path))
        age(made, entry.path, days)
    return made


def age(store: MemoryStore, path: str, days: float) -> None:
    body, at = store._objects[path]
    store._objects[path] = (body, at - days * DAY)


def paths(store: Store) -> set[str]:
    return {entry.path for entry in store.list("")}
