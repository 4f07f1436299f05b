"""A partition as the store has it: one version, or of signals and fingerprints one per part; and its data version for
Dagster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dagster_project.corpus.building.library import Built
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.refs import Ref
from dagster_project.corpus.storage.stores import Entry, Store
from dagster_project.defs.kept import Kept

_REFS: Kept[Ref] = Kept()  # a sensor asks for all of them, again and again


@dataclass(frozen=True)
class Standing:
    """The newest versions of one partition of an asset, by part."""

    stage: str
    key: str
    parts: tuple[tuple[Partition, Ref], ...]

    @property
    def data_version(self) -> str:
        """The version id; of a partition in parts, a digest over their ids."""
        if [partition.part for partition, _ in self.parts] == [""]:
            return self.parts[0][1].id
        return digest({partition.part: ref.id for partition, ref in self.parts})

    @property
    def number(self) -> int:
        """How many versions of it were published, those of all its parts together."""
        return sum(ref.number for _, ref in self.parts)

    def manifests(self, store: Store) -> list[Manifest]:
        return [refs.load_manifest(store, ref.id) for _, ref in self.parts]


def standing_of(built: Sequence[Built]) -> Standing:
    """What a build left standing."""
    first = built[0].partition
    return Standing(first.stage, first.key, tuple((item.partition, item.ref) for item in built))


def standing_in(store: Store, partition: Partition) -> Standing:
    """The whole partition to which a published one belongs: of signals all groups, whoever had them measured."""
    return next(standings(store, f"{partition.stage}/{partition.key}"))


def standings(store: Store, stage: str = "") -> Iterator[Standing]:
    """Every published partition of a store, or of one stage of it, or of one key of a stage: one listing, and one
    reading of each publication that was not read before."""
    found: dict[tuple[str, str], list[tuple[Partition, Ref]]] = {}
    for partition, entry in refs.newest(store, stage).items():
        found.setdefault((partition.stage, partition.key), []).append((partition, _ref(store, entry)))
    for (name, key), parts in found.items():
        yield Standing(name, key, tuple(sorted(parts, key=lambda item: item[0])))


def _ref(store: Store, entry: Entry) -> Ref:
    """A publication never changes; in a store that was made anew, another one stands there since another time."""
    return _REFS.get((store.location, entry), lambda: refs.read_ref(store, entry.path))
