"""Documents of mixes in which a text stands: portraits say where to look, and texts are compared as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.portraits.asking import portrait_of
from dagster_project.corpus.portraits.spans import SHORTEST
from dagster_project.corpus.portraits.texts import TextShard, shards_of
from dagster_project.corpus.storage.stores import Store


@dataclass(frozen=True)
class WithinTask:
    """One shard in which a text is looked for."""

    store: Store
    shard: TextShard
    text: str


def documents_with(store: Store, engine: Engine, versions: Sequence[Manifest], text: str) -> list[bytes]:
    """The documents in some versions in whose text another one stands, letter for letter. Versions whose portrait knows
    nothing of a long text are not read, and a shard that several have is read once."""
    if len(text) < SHORTEST:
        raise Refused(f"a text of {len(text)} characters stands everywhere: give at least {SHORTEST}")
    shards: dict[str, TextShard] = {}
    for manifest in versions:
        portrait = portrait_of(store, engine, manifest)
        if len(text) < portrait.header.certain or portrait.spans([text])[0]:
            shards |= {shard.parts[0].file.sha256: shard for shard in shards_of(store, manifest)}
    tasks = [WithinTask(store, shards[digest], text) for digest in sorted(shards)]
    return sorted({doc_id for found in engine.map(holders, tasks) for doc_id in found})


def holders(task: WithinTask) -> list[bytes]:
    """The documents of one shard that hold the text."""
    found: list[bytes] = []
    for table in task.shard.read(task.store):
        holds = pc.match_substring(table.column("text"), task.text)
        found += table.column("doc_id").filter(holds).to_pylist()
    return found
