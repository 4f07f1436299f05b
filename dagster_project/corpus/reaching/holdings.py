"""What of a store takedowns reach: the newest version of every snapshot and corpus, and those that are asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dagster_project.corpus.lineage.walk import inputs_of, layers_of
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import ACCESS_CLASSES, FingerprintRecipe
from dagster_project.corpus.storage.refs import load_manifest, newest, read_ref
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.hits import Looked, parents_looked


class Newest:
    """The newest version of every partition of a stage, read once."""

    def __init__(self, store: Store):
        self.store = store
        self._found: dict[str, list[tuple[Partition, Manifest]]] = {}

    def of(self, stage: str) -> list[tuple[Partition, Manifest]]:
        if stage not in self._found:
            listed = newest(self.store, stage).items()
            self._found[stage] = [
                (partition, load_manifest(self.store, read_ref(self.store, entry.path).id))
                for partition, entry in listed
            ]
        return self._found[stage]


class Holdings:
    """Snapshots with the tables beside them, and corpora as the families of their layers. Documents shards are numbered
    in the order of their digests."""

    def __init__(self, newest: Newest, looked: Sequence[Looked], families: Sequence[Manifest]):
        """Families are of the last layers of corpora, and stand beside the newest."""
        self.store = store = newest.store
        every = {item.id: item for item in (*families, *(item for _, item in newest.of("families")))}
        self.chains = [layers_of(store, every[version]) for version in sorted(every)]
        self.layers = {layer.id: layer for chain in self.chains for layer in chain}
        self.prints = _prints(newest, self.layers.values())
        self.looked = _distinct([*looked, *_published(newest, self.prints)], store)
        self.snapshots = {item.snapshot.id: item.snapshot for item in self.looked}
        files = {file.sha256: file for snapshot in self.snapshots.values() for file in snapshot.files}
        self.files = [files[digest] for digest in sorted(files)]
        self.number = {file.sha256: number for number, file in enumerate(self.files)}
        self._covering = {
            (file.documents, part_of(manifest)): file for manifest in self.prints.values() for file in manifest.files
        }
        self._any = {documents: file for (documents, _), file in self._covering.items()}
        self.tables = {snapshot_id(item): item for item in self.prints.values()}  # of each snapshot one

    @property
    def made_of(self) -> list[object]:
        """What it is, as ids."""
        beside = [[item.source, item.snapshot.id, item.licensed.id if item.licensed else ""] for item in self.looked]
        return [sorted(beside), sorted(self.layers), sorted(chain[-1].id for chain in self.chains)]

    @property
    def access(self) -> str:
        """The strictest class of access of any snapshot."""
        classes: list[str] = [item.facts["access"] for item in self.snapshots.values()]
        return max(classes, key=ACCESS_CLASSES.index, default="public")

    def printed(self, shard: int, part: str = "") -> File | None:
        """The fingerprints of a documents shard by these parameters, or by any."""
        digest = self.files[shard].sha256
        return self._covering.get((digest, part)) if part else self._any.get(digest)

    def layer_files(self, layer: Manifest) -> Iterator[tuple[int, File]]:
        """The table of the families of a layer by the numbers of documents shards."""
        return ((self.number[file.documents], file) for file in layer.files)


def part_of(prints: Manifest) -> str:
    """What fingerprints of their parameters are called."""
    return FingerprintRecipe(**prints.identity.recipe).part


def _prints(newest: Newest, layers: Iterable[Manifest]) -> dict[str, Manifest]:
    found = {item.id: item for layer in layers for item in inputs_of(newest.store, layer, "fingerprints")}
    found |= {item.id: item for _, item in newest.of("fingerprints")}
    return dict(sorted(found.items()))


def _published(newest: Newest, prints: dict[str, Manifest]) -> Iterator[Looked]:
    """The snapshots that are newest, and those that fingerprints are of, each with what was concluded of it newest."""
    concluded = {snapshot_id(item): item for _, item in newest.of("licensed")}
    printed = {snapshot_id(item): item for item in reversed(prints.values())}
    for partition, snapshot in newest.of("snapshots"):
        yield Looked(partition.key, snapshot, concluded.get(snapshot.id), printed.get(snapshot.id))
    for manifest in prints.values():
        (item,) = (item for item in manifest.inputs if item.stage == "snapshots")
        key = item.partition.partition("/")[2]
        yield Looked(key, load_manifest(newest.store, item.id), concluded.get(item.id), printed[item.id])


def _distinct(looked: Iterable[Looked], store: Store) -> list[Looked]:
    """Each once, with those that the parents of their documents are in."""
    found: dict[tuple[str, str], Looked] = {}
    queue = list(looked)
    while queue:
        item = queue.pop(0)
        key = (item.snapshot.id, item.licensed.id if item.licensed else "")
        if key not in found:
            found[key] = item
            queue.extend(parents_looked(store, item))
    return list(found.values())


def snapshot_id(manifest: Manifest) -> str:
    """That of the documents that a side table covers; a derived source has those of its parents after it."""
    return next(item.id for item in manifest.inputs if item.stage == "snapshots")
