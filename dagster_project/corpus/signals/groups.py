"""The signal groups: each measures some columns of the documents and is a manifest of its own.

A new group is one module with `measure` and one line in GROUPS. Integers are stored and ratios derived by the rules;
model scores are quantized, so that ids agree across processors. A group that reads text measures any view of it; one
that takes an artifact or a list of the user is another measurement with each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from dagster_project.corpus.engine.blocks import blocks
from dagster_project.corpus.engine.tables import (
    Column,
    ShardTask,
    check_rows,
    find_shard,
    keep_shard,
    map_shards,
    shard_tasks,
    zipped,
)
from dagster_project.corpus.engine.work import Work, add_profile
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.scorers.tokenizers import decided_by
from dagster_project.corpus.signals import (
    addresses,
    clusters,
    consent,
    contamination,
    counting,
    edits,
    language,
    lexicon,
    lines,
    perplexity,
    privacy,
    repetition,
    scores,
    texture,
    tokens,
)
from dagster_project.corpus.storage.stores import Store

TEXT = ("text",)
Measure = Callable[..., tuple[pa.Table, Mapping[str, Any]]]  # of a block and a recipe; with `sites`, takes them by name


@dataclass(frozen=True)
class Group:
    """How one group is measured. `code_version` changes whenever its output does; `recipe` names models by hash."""

    code_version: str
    schema: pa.Schema
    columns: tuple[str, ...]
    measure: Measure
    recipe: Callable[[], Mapping[str, Any]] = dict
    takes: Literal["", "artifact", "list", "edits"] = ""
    sites: Callable[[Store, Manifest], Any] | None = None  # what it reads of a snapshot beside its documents

    @property
    def has_views(self) -> bool:
        return self.columns == TEXT


GROUPS: dict[str, Group] = {
    "counts": Group(counting.CODE_VERSION, counting.SCHEMA, TEXT, counting.measure),
    "lines": Group(lines.CODE_VERSION, lines.SCHEMA, TEXT, lines.measure),
    "repetition": Group(repetition.CODE_VERSION, repetition.SCHEMA, TEXT, repetition.measure),
    "language": Group(language.CODE_VERSION, language.SCHEMA, TEXT, language.measure, language.model_record),
    "addresses": Group(addresses.CODE_VERSION, addresses.SCHEMA, ("url",), addresses.measure, addresses.decided_by),
    "texture": Group(texture.CODE_VERSION, texture.SCHEMA, TEXT, texture.measure),
    "privacy": Group(privacy.CODE_VERSION, privacy.SCHEMA, TEXT, privacy.measure, privacy.decided_by),
    "edits": Group(edits.CODE_VERSION, edits.SCHEMA, TEXT, edits.measure, takes="edits"),
    "lexicon": Group(lexicon.CODE_VERSION, lexicon.SCHEMA, TEXT, lexicon.measure, takes="list"),
    "scores": Group(scores.CODE_VERSION, scores.SCHEMA, TEXT, scores.measure, takes="artifact"),
    "perplexity": Group(perplexity.CODE_VERSION, perplexity.SCHEMA, TEXT, perplexity.measure, takes="artifact"),
    "tokens": Group(tokens.CODE_VERSION, tokens.SCHEMA, TEXT, tokens.measure, decided_by, takes="artifact"),
    "clusters": Group(clusters.CODE_VERSION, clusters.SCHEMA, TEXT, clusters.measure, takes="artifact"),
    "contamination": Group(
        contamination.CODE_VERSION, contamination.SCHEMA, TEXT, contamination.measure, takes="artifact"
    ),
    "consent": Group(consent.CODE_VERSION, consent.SCHEMA, consent.COLUMNS, consent.measure, sites=consent.site_files),
}
PLAIN = tuple(name for name, group in GROUPS.items() if not group.takes)  # measured of every snapshot


def group_of(column: str) -> str:
    """The group that holds a signal."""
    for name, group in GROUPS.items():
        if column in group.schema.names[1:]:
            return name
    known = sorted(column for group in GROUPS.values() for column in group.schema.names[1:])
    raise Refused(f"{column!r} is not a signal: use one of {', '.join(known)}")


def measure(work: Work, snapshot: Manifest, group: Group, edited: Manifest | None = None, **taken: Any) -> Manifest:
    """One row of signals for every document of a snapshot, or of the text that these edits leave."""
    return map_shards(work, snapshot.files, *reading(work, snapshot, group, edited, **taken))


def tasks_of(
    work: Work, snapshot: Manifest, group: Group, edited: Manifest | None = None, **taken: Any
) -> list[ShardTask]:
    """The same as one task for every shard, which may be done together with those of other groups."""
    return shard_tasks(work, snapshot.files, *reading(work, snapshot, group, edited, **taken))


def reading(
    work: Work, snapshot: Manifest, group: Group, edited: Manifest | None = None, **taken: Any
) -> tuple[Measuring, list[Column]]:
    """What a group does to a shard, and the columns that it wants."""
    if group.sites:
        taken["sites"] = group.sites(work.store, snapshot)
    columns = [Column(snapshot, group.columns), *([Column(edited, ("edits",))] if edited else [])]
    return Measuring(group.measure, taken), columns


@dataclass(frozen=True)
class Measuring:
    """A group at work on the documents of a shard."""

    measure: Measure
    taken: Mapping[str, Any]

    def __call__(self, documents: pa.Table, recipe: Mapping[str, Any]) -> tuple[pa.Table, Mapping[str, Any]]:
        (measured,) = measure_blocks([(self, recipe)], documents)
        return measured


def measure_blocks(
    wanted: Sequence[tuple[Measuring, Mapping[str, Any]]], documents: pa.Table
) -> list[tuple[pa.Table, Mapping[str, Any]]]:
    """The rows of one shard by each of some groups, in blocks that share what is found in their text."""
    tables: list[list[pa.Table]] = [[] for _ in wanted]
    profiles: list[dict[str, Any]] = [{} for _ in wanted]
    for block in blocks(documents):
        for number, (measuring, recipe) in enumerate(wanted):
            table, counted = measuring.measure(block, recipe, **measuring.taken)
            tables[number].append(table)
            add_profile(profiles[number], counted)
    return [(pa.concat_tables(parts), profile) for parts, profile in zip(tables, profiles, strict=True)]


def measure_together(tasks: Sequence[ShardTask]) -> None:
    """Make the shards of several groups of one view from one reading of the text; those that stand are left."""
    missing = [task for task in tasks if not find_shard(task)]
    if not missing:
        return
    documents = zipped(missing[0].store, missing[0].columns)
    wanted = [(task.function, task.recipe) for task in missing if isinstance(task.function, Measuring)]
    for task, (table, profile) in zip(missing, measure_blocks(wanted, documents), strict=True):
        keep_shard(task, check_rows(table, task), profile)
