"""What a report is about: a version of a mix, its publication, and every version below it, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from dagster_project.corpus.lineage.trace import published_from
from dagster_project.corpus.lineage.walk import ancestors, layers_of, without_replays
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Input, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.statements.statements import Statement, statements_of
from dagster_project.corpus.storage.refs import load_manifest, resolve
from dagster_project.corpus.storage.stores import Store

SIDE_TABLES = ("licensed", "filtered", "counts", "language", "deduplicated", "passages")


@dataclass(frozen=True)
class Member:
    """A source in a corpus: its snapshot, the policy that judged it, and the side tables that cover it; source and
    policy by the names that they had when the corpus was first built."""

    corpus: str
    key: str
    policy: str
    snapshot: Manifest
    tables: Mapping[str, Manifest]  # by SIDE_TABLES; passages only where the corpus cuts some

    @cached_property
    def files(self) -> Mapping[tuple[str, str], File]:
        """(side table or "snapshots", digest of a documents shard) → the file that has its rows."""
        mine = {file.sha256 for file in self.snapshot.files}
        covering = {
            (name, file.documents): file
            for name, manifest in self.tables.items()
            for file in manifest.files
            if file.documents in mine
        }
        return {**covering, **{("snapshots", file.sha256): file for file in self.snapshot.files}}


@dataclass(frozen=True)
class Subject:
    """One version of a mix with everything that a report says of it."""

    store: Store
    mix: Partition
    mixed: Manifest
    published: Manifest | None
    members: Sequence[Member]
    replayed: Sequence[Member] = ()  # of the mixes that it replays, the partition of such a mix for a corpus

    @property
    def covering(self) -> Sequence[Member]:
        """All whose side tables cover something of the mix."""
        return (*self.members, *self.replayed)

    @property
    def recipe(self) -> Mapping[str, Any]:
        return self.mixed.identity.recipe

    @property
    def components(self) -> Sequence[Mapping[str, Any]]:
        components: Sequence[Mapping[str, Any]] = self.recipe["components"]
        return components

    @property
    def statements(self) -> list[Statement]:
        """What was stated of this version, then of its publication, each oldest first; more may be stated any time."""
        versions = [item.id for item in (self.mixed, self.published) if item]
        return [statement for version in versions for statement in statements_of(self.store, version)]

    def inputs(self) -> list[tuple[Input, Manifest]]:
        """Every version below the mix, each once."""
        return list(ancestors(self.store, self.mixed))

    def own_inputs(self) -> list[tuple[Input, Manifest]]:
        """The same without what stands only below mixes that it replays."""
        return list(ancestors(self.store, without_replays(self.mixed)))


def find_subject(store: Store, mix: Partition, version: str | None = None) -> Subject:
    """The newest version of a mix, or the one whose id begins with `version`; a publication means the mix under it."""
    found = load_manifest(store, resolve(store, mix, version))
    mix = Partition("mixed", mix.key)
    if found.stage == "published":
        return subject_of(store, mix, load_manifest(store, found.identity.inputs[0]), found)
    return subject_of(store, mix, found, published_from(store, mix, found.id))


def subject_of(store: Store, mix: Partition, mixed: Manifest, published: Manifest | None) -> Subject:
    """The same from manifests in hand, for a publication that has no ref yet."""
    return Subject(store, mix, mixed, published, _own(store, mixed), tuple(_replayed(store, mixed)))


def origin_of(component: Mapping[str, Any]) -> str:
    """What a component takes documents from, as `origin` of its recipe."""
    return str(component["corpus"] or f"mixed/{component['replay']}")


def _own(store: Store, mixed: Manifest) -> list[Member]:
    """The members of the corpora of a mix."""
    corpora = {key_of(item): load_manifest(store, item.id) for item in mixed.inputs if item.stage == "deduplicated"}
    asked = dict.fromkeys(filter(None, (component["corpus"] for component in mixed.identity.recipe["components"])))
    found = [load_manifest(store, item.id) for item in mixed.inputs if _is_group(item, "language")]
    languages = {_snapshot(store, language).id: language for language in found}
    cut = {key_of(item): load_manifest(store, item.id) for item in mixed.inputs if item.stage == "passages"}
    return [
        member
        for key in asked
        for name, layer in _layers(store, key, corpora[key])
        for member in _members(store, key, layer, languages, cut.get(name))
    ]


def _replayed(store: Store, mixed: Manifest) -> Iterator[Member]:
    """The members of all corpora below the mixes that a mix replays."""
    for item in mixed.inputs:
        if item.stage == "mixed":
            earlier = load_manifest(store, item.id)
            for member in (*_own(store, earlier), *_replayed(store, earlier)):
                yield replace(member, corpus=item.partition)


def key_of(item: Input) -> str:
    """The key in the partition under which an input was used: `web@1` of `signals/web@1/counts`."""
    return item.partition.split("/")[1]


def _layers(store: Store, key: str, corpus: Manifest) -> list[tuple[str, Manifest]]:
    """The layers of a corpus with the keys that they were used by, the earliest first."""
    layers = layers_of(store, corpus)
    names = {item.id: key_of(item) for layer in layers for item in layer.inputs}
    return [(names.get(layer.id, key), layer) for layer in layers]


def _members(
    store: Store, corpus: str, deduplicated: Manifest, languages: Mapping[str, Manifest], passages: Manifest | None
) -> list[Member]:
    found = {item.partition: load_manifest(store, item.id) for item in deduplicated.inputs}
    members = []
    for item in deduplicated.inputs:
        if item.stage != "filtered":
            continue
        key, _, policy = key_of(item).partition("+")
        snapshot = _snapshot(store, found[f"licensed/{key}"])
        tables = {
            "filtered": found[item.partition],
            "licensed": found[f"licensed/{key}"],
            "counts": next(table for name, table in found.items() if _is_counts(name, key)),
            "language": languages[snapshot.id],
            "deduplicated": deduplicated,
            **({"passages": passages} if passages else {}),
        }
        members.append(Member(corpus, key, policy, snapshot, tables))
    return members


def _snapshot(store: Store, side_table: Manifest) -> Manifest:
    for item in side_table.inputs:
        if item.stage == "snapshots":
            return load_manifest(store, item.id)
    raise IntegrityError(f"{side_table.stage} {side_table.id[:12]} names no snapshot: rebuild it")


def _is_counts(partition: str, key: str) -> bool:
    """Of the text that the member's policy leaves: `signals/web@1/counts`, or `….edited-<program>` after it."""
    return partition.rpartition("/")[0] == f"signals/{key}" and partition.rpartition("/")[2].split(".")[0] == "counts"


def _is_group(item: Input, group: str) -> bool:
    return item.stage == "signals" and item.partition.endswith(f"/{group}")
