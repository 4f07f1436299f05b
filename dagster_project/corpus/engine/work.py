"""One build under way: what it reads, what it is called, where it writes, and how its shards become a manifest."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.engine.engines import Engine, Item, Result
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.manifests import File, Identity, Input, Manifest
from dagster_project.corpus.storage.rows import ENTRY, ordered_digest, unordered_digest
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store


def no_progress(done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Work:
    """Everything a stage needs to build one version. `recipe` is the part of the recipe that decides the rows."""

    store: Store
    engine: Engine
    stage: str
    schema: pa.Schema
    code_version: str
    recipe: Mapping[str, Any]
    inputs: tuple[Input, ...]
    access: str = "public"
    progress: Callable[[int, int], None] = field(default=no_progress, compare=False)

    def key(self, *parts: Any) -> str:
        """The build key of this work, or of one shard of it when `parts` name what the shard is made of."""
        return digest(
            [self.stage, self.code_version, self.access, self.recipe, [item.id for item in self.inputs], *parts]
        )


@dataclass(frozen=True)
class ShardResult:
    """One finished shard: its file, its share of the profile, and the digests of its rows (ENTRY bytes)."""

    file: File
    profile: Mapping[str, Any]
    entries: bytes


def assemble(
    work: Work, results: Iterable[ShardResult], *, ordered: bool = False, facts: Mapping[str, Any] | None = None
) -> Manifest:
    """Shard results as one manifest: files in shard order, profiles summed, rows digested."""
    files: list[File] = []
    profile: dict[str, Any] = {}

    def digests() -> Iterable[np.ndarray[Any, np.dtype[np.void]]]:
        for result in results:
            files.append(result.file)
            add_profile(profile, result.profile)
            yield np.frombuffer(result.entries, dtype=ENTRY)

    if ordered:
        logical = ordered_digest(digests())
    else:
        with Spool(ENTRY) as spool:
            for chunk in digests():
                spool.append(chunk)
            logical = unordered_digest(spool)
    return Manifest(
        identity=Identity(
            stage=work.stage,
            schema=schema_names(work.schema),
            recipe=work.recipe,
            code_version=work.code_version,
            inputs=tuple(item.id for item in work.inputs),
            logical_digest=logical,
        ),
        inputs=work.inputs,
        files=tuple(files),
        profile={"rows": sum(file.rows for file in files), **profile},
        facts={"libraries": libraries(), **(facts or {})},
    )


def watched(work: Work, results: Iterator[Result], total: int) -> Iterator[Result]:
    """Results as they come, with progress reported."""
    work.progress(0, total)
    for done, result in enumerate(results, 1):
        work.progress(done, total)
        yield result


class Steps:
    """Maps of one build, one after the other, whose progress is reported as one."""

    def __init__(self, work: Work, total: int):
        self.work, self.total, self.done = work, total, 0
        work.progress(0, total)

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        for result in self.work.engine.map(task, items):
            self.done += 1
            self.work.progress(self.done, self.total)
            yield result


def schema_names(schema: pa.Schema) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, str(field.type)) for field in schema)


def add_profile(total: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Sum nested counts in place."""
    for name, value in part.items():
        if isinstance(value, Mapping):
            add_profile(total.setdefault(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value


def libraries() -> dict[str, str]:
    """What wrote the bytes: facts beside the identity, never part of it."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("pyarrow", "numpy", "numba")}}
