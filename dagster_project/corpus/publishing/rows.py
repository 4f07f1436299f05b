"""The rows of a mix beside the side tables that cover them, block by block: what profiles cannot say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.publishing.subject import Member, Subject, origin_of
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

BLOCK_MEMBERS = 1 << 20  # members held at once; every block reads the wanted columns of the shards that it touches
MEMBER_COLUMNS = (
    *("doc_id", "component", "phase", "copy", "index", "source", "license", "license_class"),
    *("words", "documents", "row"),
)

Wanted = Mapping[str, Sequence[str]]  # columns by side table; "snapshots" for those of the documents themselves


def joined(subject: Subject, wanted: Wanted) -> Iterator[tuple[Member, pa.Table]]:
    """Members of the mix with the wanted columns, one table per documents shard and block; a column that two tables
    have is called by the latter, too, as `licensed.license`. Of several corpora below a replayed mix that hold a shard
    the first one tells."""
    covering = [(member, file.sha256) for member in subject.covering for file in member.snapshot.files]
    members = {(member.corpus, digest): member for member, digest in reversed(covering)}
    origins = {component["name"]: origin_of(component) for component in subject.components}
    for block in blocks(subject):
        for component, digest, rows in _groups(block):
            member = members[origins[component], digest]
            yield member, _joined(subject.store, member, digest, rows, wanted)


def beside(store: Store, member: Member, wanted: Wanted) -> Iterator[pa.Table]:
    """Every document of a source in a corpus, with the wanted columns, one table per documents shard."""
    for file in member.snapshot.files:
        parts = [read_shard(store, _file(member, name, file.sha256), columns) for name, columns in wanted.items()]
        yield pa.table({name: part.column(name) for part in parts for name in part.column_names})


def blocks(subject: Subject) -> Iterator[pa.Table]:
    """The member table in blocks of about BLOCK_MEMBERS."""
    held: list[pa.Table] = []
    for file in subject.mixed.files:
        held.append(read_shard(subject.store, file, MEMBER_COLUMNS))
        if sum(table.num_rows for table in held) >= BLOCK_MEMBERS:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _groups(block: pa.Table) -> Iterator[tuple[str, str, pa.Table]]:
    """The rows of a block by component, source and documents shard, in that order."""
    keys = pa.compute.binary_join_element_wise(
        *[block.column(name) for name in ("component", "source", "documents")], "\0"
    )
    encoded = keys.combine_chunks().dictionary_encode()
    codes, names = encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    for number in sorted(range(len(names)), key=names.__getitem__):
        component, _, digest = names[number].rsplit("\0", 2)
        yield component, digest, block.take(pa.array(order[bounds[number] : bounds[number + 1]]))


def _joined(store: Store, member: Member, digest: str, rows: pa.Table, wanted: Wanted) -> pa.Table:
    for name, columns in wanted.items():
        part = read_shard(store, _file(member, name, digest), columns).take(rows.column("row"))
        for column in columns:
            called = f"{name}.{column}" if column in rows.column_names else column
            rows = rows.append_column(called, part.column(column))
    return rows


def _file(member: Member, table: str, digest: str) -> File:
    return member.files[table, digest]
