"""Whether every member of a mix is the document that it says, survived in its corpus or stands in the mix that is
replayed, and says what the tables below say of it. On the disk of the driver are 88 bytes for each member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.keys import ids_of
from dagster_project.corpus.mixing.distinct import Row, distinct_rows
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.orders import ORDER_OF
from dagster_project.corpus.storage.runs import Cursor, Runs
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.admission import LABELS
from dagster_project.corpus.verification.membership import COLUMNS, MembersTask, Side, check_members
from dagster_project.corpus.verification.versions import Below, Version

__all__ = ["check_members", "member_tasks"]
FIRST = 1  # the first code; a cursor asks for what is below a number of at least 1
MEMORY_BYTES = 256 << 20
NUMBERS = ("row", "family", "words", "parent", "copy", "cut", "tokens")  # the last two one more than they are
READ = ("doc_id", "documents", *NUMBERS, *LABELS)
SIDES = ("deduplicated", "licensed", "signals", "passages", "filtered")


def member_tasks(store: Store, below: Below, mix: Version, damaged: set[str]) -> Iterator[MembersTask]:
    """A task for every documents shard that has members and can be read."""
    shards = {
        file.sha256: (item.partition, file)
        for item in below.versions
        if item.stage == "snapshots"
        for file in item.manifest.files
    }
    sides, corpora = _sides(below, mix, damaged), _corpora(below)
    replayed = below.inputs(mix, "mixed")
    codes, labels = dict[str, int](), dict[Row, int]()
    with Runs(COLUMNS + 1, MEMORY_BYTES) as placed, Runs(COLUMNS + 1, MEMORY_BYTES) as earlier:
        _place(store, mix, damaged, placed, codes, labels)
        for item in replayed:
            _place(store, item, damaged, earlier, codes, labels)
        cursor, before = Cursor(COLUMNS + 1, placed.sorted()), Cursor(COLUMNS + 1, earlier.sorted())
        for number, documents in enumerate(codes):
            rows, others = (found.before(number + FIRST + 1)[:, 1:] for found in (cursor, before))
            partition, file = shards.get(documents, ("", File("", documents, 0, 0)))
            if len(rows) and file.path not in damaged:
                yield MembersTask(
                    store, mix.path, mix.partition, mix.manifest.identity.recipe, partition, file,
                    corpora, tuple(sides.get(documents, ())), tuple(labels), rows.tobytes(), others.tobytes(),
                )  # fmt: skip


def _sides(below: Below, mix: Version, damaged: set[str]) -> dict[str, list[Side]]:
    """By documents shard, all tables that tell of members: of the mix, of those that it replays, of the one whose order
    it has, and of what these stand on."""
    known, found = below.by_id, dict[str, list[Side]]()
    queue, seen = [mix], {mix.manifest.id}
    while queue:
        version = queue.pop(0)
        named = [item.id for item in version.manifest.inputs]
        if version.stage == "mixed":
            named.append(version.manifest.identity.recipe.get(ORDER_OF, ""))
        for item in [known[name] for name in named if name in known and name not in seen]:
            seen.add(item.manifest.id)
            if item.stage in ("mixed", "deduplicated", "passages"):
                queue.append(item)
            if item.stage in SIDES and (version.stage == "mixed" or item.stage in ("deduplicated", "filtered")):
                columns = frozenset(name for name, _ in item.manifest.identity.schema)
                for file in item.manifest.files:
                    if file.path not in damaged:
                        found.setdefault(file.documents, []).append(Side(item.stage, item.partition, columns, file))
    return found


def _corpora(below: Below) -> dict[str, frozenset[str]]:
    """By the partition of a corpus, with those that it stands on."""

    def layers(version: Version) -> frozenset[str]:
        return frozenset({version.partition}).union(*map(layers, below.inputs(version, "deduplicated")))

    found: dict[str, frozenset[str]] = {}
    for version in below.versions:
        if version.stage == "deduplicated":
            found[version.partition] = found.get(version.partition, frozenset()) | layers(version)
    return found


def _place(
    store: Store, mix: Version, damaged: set[str], placed: Runs, codes: dict[str, int], labels: dict[Row, int]
) -> None:
    for file in mix.manifest.files:
        if file.path not in damaged:
            for batch in iterate_shard(store, file, READ):
                placed.append(_records(batch, codes, labels))


def _records(batch: pa.RecordBatch, codes: dict[str, int], labels: dict[Row, int]) -> NDArray[np.uint64]:
    high, low = ids_of(batch.column("doc_id"))
    shard = _numbered(distinct_rows([batch.column("documents")]), {(name,): code for name, code in codes.items()})
    for (name,), code in shard[1].items():
        codes[str(name)] = code
    label = _numbered(distinct_rows([batch.column(name) for name in LABELS]), labels)[0]
    numbers = [_unsigned(batch.column(name)) for name in NUMBERS[:-2]]
    numbers += [_unsigned(pc.add(pc.fill_null(batch.column(name), -1), 1)) for name in NUMBERS[-2:]]
    return np.column_stack([shard[0] + np.uint64(FIRST), high, low, label, *numbers])


def _unsigned(column: pa.Array) -> NDArray[np.uint64]:
    return np.ascontiguousarray(column.to_numpy()).astype(np.uint64)


def _numbered(found: Any, known: dict[Row, int]) -> tuple[NDArray[np.uint64], dict[Row, int]]:
    rows, codes = found
    numbers = np.array([known.setdefault(row, len(known)) for row in rows], np.uint64)
    return numbers[codes], known
