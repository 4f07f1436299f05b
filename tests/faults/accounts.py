"""What a store holds before and after a fault, counted by reading all of it: what is lost, what is half published."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.corpus.model.partitions import STAGES, parse
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.verify import verify
from dagster_project.corpus.verification.versions import walk

LASTING = ("data/", "manifests/", "builds/", "refs/")  # what is written once and never changed
SAMPLE = 20  # documents that are made again

Objects = Mapping[str, bytes]


def held(store: Store) -> Objects:
    """Every object that lasts."""
    paths = [entry.path for prefix in LASTING for entry in store.list(prefix)]
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(paths, pool.map(store.get, paths), strict=True))


def fill(store: Store, objects: Objects) -> None:
    """Bring a store to a state that was kept."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.put_once, objects.keys(), objects.values()))


def lost(before: Objects, after: Objects) -> list[str]:
    """Paths of objects that are gone, or no longer what they were."""
    return [path for path, body in before.items() if after.get(path) != body]


def kept(objects: Objects) -> MemoryStore:
    """The same in memory, where they are asked quicker."""
    store = MemoryStore()
    for path, body in objects.items():
        store.put_once(path, body)
    return store


def half_published(store: Store) -> list[str]:
    """Publications that name what is not there, or not whole: a manifest, an object of it, or an input."""
    return [problem for entry in store.list("refs/") for problem in _half(store, entry.path)]


def _half(store: Store, path: str) -> list[str]:
    try:
        ref = refs.read_ref(store, path)
        manifest = refs.read_manifest(store, ref.id)
    except FlorilegiumError as error:
        return [f"{path}: {error}"]
    missing = [file.path for file in manifest.objects if _digest(store, file.path) != file.sha256]
    inputs = [f"manifests/{item.id}.json" for item in manifest.inputs]
    missing += [name for name in inputs if store.size(name) is None]
    return [f"{path} names {name}, which is not whole" for name in missing]


def _digest(store: Store, path: str) -> str:
    return hashlib.sha256(store.get(path)).hexdigest() if store.size(path) is not None else ""


def versions(store: Store) -> dict[str, str]:
    """The newest version of every partition."""
    return {str(item): refs.resolve(store, item) for item in refs.published(store)}


def wrong(store: Store, name: str) -> list[str]:
    """What verification finds at and below the newest version of a partition, or why it cannot begin."""
    partition, _ = parse(name)
    try:
        version = refs.resolve(store, partition)
    except FlorilegiumError as error:
        return [str(error)]
    report = verify(store, LocalEngine(1), partition, version, sample=SAMPLE)
    return [str(problem) for problem in report.problems]


def wrong_anywhere(store: Store) -> list[str]:
    """The same for every partition, each version looked at once."""
    seen, found = set[str](), list[str]()
    for partition in sorted(refs.published(store), key=lambda item: STAGES.index(item.stage), reverse=True):
        version = refs.resolve(store, partition)
        if version not in seen:
            seen |= {item.manifest.id for item in walk(store, partition, version).versions}
            found += wrong(store, str(partition))
    return list(dict.fromkeys(found))
