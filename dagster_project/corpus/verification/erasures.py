"""Whether records of erasure say what was asked for. Whoever can write to a store could blank or delete an object and
record it as erased: such a record counts only for entries of the takedown register that remove and were applied with
erasure, and for documents that the table of erased documents has for these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.erasing.letters import left_out_documents
from dagster_project.corpus.erasing.meant import unmeant
from dagster_project.corpus.erasing.records import Raw, told_by_records
from dagster_project.corpus.erasing.standing import rows_of, said_by_snapshots
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.replacements import Replacement, path_of
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.erased import ERASED, PREFIX, erased_table, read_erasures
from dagster_project.corpus.takedowns.register import read_register
from dagster_project.corpus.verification.problems import Problem, noting, told
from dagster_project.corpus.verification.remaking import looked_up
from dagster_project.corpus.verification.replacements import NAMED

AT_ONCE = 1 << 16  # documents of a record that are looked up together


class Erasures:
    """What the register and the table of erased documents say; what is wrong with them themselves."""

    def __init__(self, store: Store):
        self.store = store
        self.entries = frozenset[str]()
        self.table: pa.Table = ERASED.empty_table()
        self.problems: list[Problem] = []
        with noting(self.problems, PREFIX, "takedowns", "the table of erased documents"):
            erasures = read_erasures(store)
            self.table = erased_table(store, erasures)
            asked = read_register(store).removing
            removing = {entry.id for entry in asked}
            self.entries = frozenset(removing & {*erasures.entries})
            if self.table.schema != ERASED:
                raise ValueError("another schema")
            self._strike(unmeant(store, self.table, asked, looked_up))

    def _strike(self, others: Sequence[tuple[bytes, str]]) -> None:
        """Documents that their entries do not mean were not asked for, whatever the table says."""
        for doc_id, entry in others[:NAMED]:
            expected = f"one that entry {told(entry)} means"
            self.problems.append(
                Problem(PREFIX, "takedowns", f"its document {told(doc_id.hex())}", expected, "another")
            )
        if others:
            struck = pa.Table.from_pylist([{"doc_id": item, "entry": entry} for item, entry in others], ERASED)
            self.table = self.table.join(struck, ERASED.names, join_type="left anti").cast(ERASED)

    def standing(self, doc_ids: Sequence[bytes]) -> Mapping[bytes, frozenset[str]]:
        """Of those documents that were erased, the entries for which, as they stand."""
        found: dict[bytes, frozenset[str]] = {}
        for start in range(0, len(doc_ids), AT_ONCE):
            some = pa.array(doc_ids[start : start + AT_ONCE], ID)
            rows = self.table.filter(pc.is_in(self.table.column("doc_id"), some)).to_pylist()
            for row in rows:
                if row["entry"] in self.entries:
                    found[row["doc_id"]] = found.get(row["doc_id"], frozenset()) | {row["entry"]}
        return found

    def unasked(self, record: Replacement, partition: str) -> Iterator[Problem]:
        """What of a record nobody asked for."""
        path = path_of(record.old.sha256)
        asked = frozenset(record.entries)
        for entry in sorted(asked - self.entries)[:NAMED]:
            expected = "in the register, for removal, and applied with erasure"
            yield Problem(path, partition, f"its entry {told(entry)}", expected, "not")
        standing = self.standing([bytes.fromhex(item) for item in record.doc_ids])
        others = [item for item in record.doc_ids if not standing.get(bytes.fromhex(item), frozenset()) & asked]
        for doc_id in sorted({*others})[:NAMED]:
            yield Problem(path, partition, f"its document {told(doc_id)}", "erased for one of its entries", "not")
        idle = asked & self.entries - frozenset().union(*standing.values())
        for entry in sorted(idle)[:NAMED]:
            yield Problem(path, partition, f"its entry {told(entry)}", "one that means its documents", "another")

    def not_of_order(self, record: Replacement, partition: str, order: File) -> Iterator[Problem]:
        """An export shard that went for documents that it does not hold; but a record may be of an earlier one with the
        same bytes, where this one holds an erased document, too."""
        ids = _ids_in(self.store, order)
        others = sorted({*record.doc_ids} - {doc_id.hex() for doc_id in ids})
        if others and not (self.standing(ids) and self._is_of_another(record)):
            expected, found = "of those that the export shard held", told(f"others, such as {others[0]}")
            yield Problem(path_of(record.old.sha256), partition, "its documents", expected, found)

    def _is_of_another(self, record: Replacement) -> bool:
        shards = [item.order for item in told_by_records(self.store).exports if record.old in item.files]
        held = (_ids_in(self.store, item) for item in shards if self.store.size(item.path) is not None)
        return any({*map(bytes.fromhex, record.doc_ids)} <= {*ids} for ids in held)

    def not_of_raw(
        self, record: Replacement, partition: str, uris: Sequence[str], *, is_copy: bool
    ) -> Iterator[Problem]:
        """Raw objects that hold none of the documents for which what quotes or keeps them went; of a copy as it was."""
        read = {raw for doc_id in record.doc_ids for raw in self.raw_objects.get(bytes.fromhex(doc_id), ())}
        known = {uri for uri, sha256 in read if not is_copy or sha256 == record.old.sha256}
        for uri in [uri for uri in uris if uri not in known][:NAMED]:
            expected = "one that an erased document of the record was read from"
            yield Problem(path_of(record.old.sha256), partition, f"raw object {told(uri)}", expected, "another")

    @cached_property
    def raw_objects(self) -> Mapping[bytes, frozenset[Raw]]:
        """Of every erased document where it was read from, as the snapshots of the store say."""
        found: dict[bytes, frozenset[Raw]] = {}
        ids = pa.array(self.table.column("doc_id").unique().to_pylist(), ID)
        for doc_id, raw in said_by_snapshots(self.store, partial(self._read_from, ids=ids)) if len(ids) else ():
            found[doc_id] = found.get(doc_id, frozenset()) | {raw}
        return found

    def _read_from(self, snapshot: Manifest, ids: pa.Array) -> Iterator[tuple[bytes, Raw]]:
        hashes = {item["uri"]: item["sha256"] for item in snapshot.facts.get("raw_objects", ())}
        rows = rows_of(self.store, snapshot, ids, ["raw_object"], looked_up)
        for table in chain(rows, self._left_out(snapshot, ids)):
            for doc_id, uri in zip(*(table.column(name).to_pylist() for name in ("doc_id", "raw_object")), strict=True):
                yield doc_id, (uri, hashes.get(uri, ""))

    def _left_out(self, snapshot: Manifest, ids: pa.Array) -> Iterator[pa.Table]:
        for item in snapshot.facts.get("dead_letters", ()):
            table = left_out_documents(read_shard(self.store, File(**item), ["raw_object", "reason", "detail"]))
            yield table.filter(pc.is_in(table.column("doc_id"), ids))


def _ids_in(store: Store, order: File) -> list[bytes]:
    found: list[bytes] = read_shard(store, order, ["doc_id"]).column("doc_id").unique().to_pylist()
    return found
