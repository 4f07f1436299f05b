"""The members of earlier mixes as candidates of a mix that replays them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from dagster_project.corpus.engine.tables import Part, ShardTask, check_rows, find_shard, keep_shard
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.lineage.walk import texts_of
from dagster_project.corpus.mixing.candidates import Candidates
from dagster_project.corpus.mixing.replays import Replayed, replayed
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.signals.groups import GROUPS, Group, Measuring
from dagster_project.corpus.storage.shards import read_rows, read_shard, write_shard
from dagster_project.corpus.takedowns.gone import Numbers

SEARCHING = GROUPS["contamination"]
TOKENS = GROUPS["tokens"]


class Counted(NamedTuple):
    """What is measured of a text only while a mix is built: a group, the artifact that it takes, its column, and what
    stands before that in the table of a mix."""

    group: Group
    artifact: Manifest
    column: str
    prefix: str


@dataclass(frozen=True)
class Counting:
    """A measurement of replayed documents, as it travels to a worker: of some rows of a shard."""

    task: ShardTask
    text: File
    edits: File | None


def replayed_candidates(
    work: Work, origin: str, mix: Manifest, counted: Sequence[Counted], gone: Mapping[str, Numbers]
) -> list[Candidates]:
    """The distinct members of a version of a mix that are not gone, with what is counted of their text: as the earlier
    mix knew it, else measured."""
    texts = texts_of(work.store, mix)
    shards = [_shard(work, origin, texts, item) for item in replayed(work.store, mix, gone)]
    for item in counted:
        known = [shard.parts[0].file for shard in shards]
        files = known if _knows(mix, item) else _measured(work, shards, texts, item)
        parts = [Part(file, (item.column,), item.prefix) for file in files]
        shards = [replace(shard, parts=(*shard.parts, part)) for shard, part in zip(shards, parts, strict=True)]
    return shards


def _shard(work: Work, origin: str, texts: Mapping[str, File], found: Replayed) -> Candidates:
    table = found.table
    file = write_shard(work.store, table, access=work.access, documents=found.documents)
    documents = _found(texts, found.documents)
    return Candidates(origin, found.source, documents, (Part(file, tuple(table.column_names)),), found.edits)


def _knows(mix: Manifest, item: Counted) -> bool:
    """Does a mix tell what an artifact would count: its tokens by the same tokenizer, or that it repeats nothing?"""
    is_same = item.artifact.id in [of.id for of in mix.inputs if of.stage == "artifacts"]
    return is_same and (item.group is TOKENS or mix.profile.get("contaminated_members") == 0)


def _measured(work: Work, shards: Sequence[Candidates], texts: Mapping[str, File], item: Counted) -> Iterator[File]:
    measuring = Measuring(item.group.measure, {"artifact": artifact_of(work.store, item.artifact)})
    return work.engine.map(count, [_counting(work, shard, texts, item, measuring) for shard in shards])


def _counting(
    work: Work, shard: Candidates, texts: Mapping[str, File], item: Counted, measuring: Measuring
) -> Counting:
    chosen = shard.parts[0].file
    task = ShardTask(
        store=work.store,
        key=work.key("replayed", item.prefix, item.artifact.id, chosen.sha256, shard.file.sha256, shard.edits),
        access=work.access,
        schema=item.group.schema,
        recipe={},
        function=measuring,
        documents=chosen,
        columns=(),
    )
    return Counting(task, shard.file, _found(texts, shard.edits) if shard.edits else None)


def count(item: Counting) -> File:
    """Find what is measured of some documents of a shard, or measure the text that their edits leave."""
    task = item.task
    if found := find_shard(task):
        return found[0]
    chosen = read_shard(task.store, task.documents, ["doc_id", "row"])
    rows = chosen.column("row").to_pylist()
    table = read_rows(task.store, item.text, rows, ["doc_id", "text"])
    if not table.column("doc_id").equals(chosen.column("doc_id")):
        raise IntegrityError(f"{item.text.path} does not hold the documents that a mix took of it: restore it")
    if item.edits:
        edits = read_rows(task.store, item.edits, rows, ["edits"]).column("edits")
        table = table.append_column("edits", edits)
    counted, profile = task.function(table, task.recipe)
    return keep_shard(task, check_rows(counted, task), profile)


def _found(texts: Mapping[str, File], digest: str) -> File:
    if digest not in texts:
        raise IntegrityError(f"no shard {digest[:12]} among the inputs of the replayed mix: rebuild it")
    return texts[digest]
