"""The same text under two licenses: members of a mix whose exact copies, in any layer, were concluded otherwise.

Members and all documents below the mix meet by the text that they share, sorted on disk beyond a memory limit: 41 bytes
for each. The evidence of both is read for the examples alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.building.license_cells import EXAMPLES, with_texts
from dagster_project.corpus.licenses.expressions import NOASSERTION
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.publishing.rows import joined
from dagster_project.corpus.publishing.subject import Member, Subject
from dagster_project.corpus.storage.shards import read_rows, read_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

MEMORY_BYTES = 128 << 20
MET = np.dtype(
    [
        ("key", "<u8"),  # the two halves of the first document that has the text
        ("low", "<u8"),
        ("side", "u1"),  # 0 is a member of the mix, 1 any document of its corpora
        ("license", "<u4"),  # number of the license as concluded
        ("member", "<u4"),  # where the document stands: number of its source in a corpus, of its shard, and row
        ("shard", "<u4"),
        ("row", "<u4"),
    ]
)
SIDE_OF_MIX, SIDE_OF_CORPUS = 0, 1
MOST = np.iinfo(np.uint32).max


@dataclass
class Conflict:
    """Texts of members that stand under one license there and under another elsewhere."""

    texts: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


class Licenses:
    """Licenses by number; 0 is what nobody knows."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {NOASSERTION: 0}

    def of(self, column: pa.ChunkedArray) -> NDArray[np.uint32]:
        coded = column.combine_chunks().dictionary_encode()
        known = [self.numbers.setdefault(name, len(self.numbers)) for name in coded.dictionary.to_pylist()]
        return np.array(known, np.uint32)[coded.indices.to_numpy()] if len(column) else np.empty(0, np.uint32)


def conflicts_of(subject: Subject) -> list[dict[str, Any]]:
    """Each pair of licenses that the same texts stand under, with their number and evidence of both sides for some."""
    known, licenses = with_texts(subject), Licenses()
    members = list(known.covering)
    found: dict[tuple[str, str], Conflict] = {}
    with Spool(MET, MEMORY_BYTES) as spool:
        for records in chain(_of_mix(known, members, licenses), _of_corpora(known.store, members, licenses)):
            spool.append(records)
        names = list(licenses.numbers)
        for chunk in spool.sorted():
            for mine, theirs in contrary(chunk):
                conflict = found.setdefault((names[mine["license"]], names[theirs["license"]]), Conflict())
                conflict.texts += 1
                if len(conflict.examples) < EXAMPLES:
                    told = {"member": _told(known.store, members, mine), "copy": _told(known.store, members, theirs)}
                    conflict.examples.append(told)
    return [
        {"license": pair[0], "other": pair[1], "texts": conflict.texts, "examples": conflict.examples}
        for pair, conflict in sorted(found.items())
    ]


def _of_mix(subject: Subject, members: Sequence[Member], licenses: Licenses) -> Iterator[NDArray[np.void]]:
    numbers = {(member.corpus, member.key): number for number, member in enumerate(members)}
    wanted: Mapping[str, Sequence[str]] = {"families": ("same_text",), "licensed": ("license",)}
    for member, table in joined(subject, wanted):
        first = table.filter(pc.equal(table.column("copy"), 0))
        if not len(first):
            continue
        shards = [file.sha256 for file in member.snapshot.files]
        records = _records(first, licenses.of(first.column("licensed.license")))
        records["member"] = numbers[member.corpus, member.key]
        records["shard"] = shards.index(first.column("documents")[0].as_py())
        records["row"] = first.column("row").to_numpy()
        yield records


def _of_corpora(store: Store, members: Sequence[Member], licenses: Licenses) -> Iterator[NDArray[np.void]]:
    """Of documents that share their text; where corpora have layers, of all: who has copies above does not know it."""
    layered = {member.corpus for member in members if _layers(member, members) > 1}
    for number, member in enumerate(members):
        for shard, file in enumerate(member.snapshot.files):
            table = read_shard(store, _file(member, "families", file), ["doc_id", "same_text"])
            concluded = read_shard(store, _file(member, "licensed", file), ["license"]).column("license")
            records = _records(table, licenses.of(concluded))
            records["side"], records["member"], records["shard"] = SIDE_OF_CORPUS, number, shard
            records["row"] = np.arange(len(records))
            shared = np.ones(len(records), bool) if member.corpus in layered else _is_shared(table)
            yield records[shared & (records["license"] > 0)]


def _layers(member: Member, members: Sequence[Member]) -> int:
    return len({other.tables["deduplicated"].id for other in members if other.corpus == member.corpus})


def _is_shared(table: pa.Table) -> NDArray[np.bool_]:
    shared: NDArray[np.bool_] = table.column("same_text").is_valid().to_numpy()
    return shared


def _records(table: pa.Table, licenses: NDArray[np.uint32]) -> NDArray[np.void]:
    texts = pc.coalesce(table.column("same_text"), table.column("doc_id")).to_pylist()
    halves = np.frombuffer(b"".join(texts), "<u8").reshape(-1, 2)
    records = np.zeros(len(texts), MET)
    records["key"], records["low"], records["license"] = halves[:, 0], halves[:, 1], licenses
    return records


def contrary(chunk: NDArray[np.void]) -> Iterator[tuple[NDArray[np.void], NDArray[np.void]]]:
    """A member and a copy for each other license that a text of the mix stands under."""
    changes = (chunk["key"][1:] != chunk["key"][:-1]) | (chunk["low"][1:] != chunk["low"][:-1])
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    ends = np.append(starts[1:], len(chunk))
    least = np.minimum.reduceat(np.where(chunk["license"] > 0, chunk["license"], MOST), starts)
    most = np.maximum.reduceat(chunk["license"], starts)
    several = (chunk["side"][starts] == SIDE_OF_MIX) & (least < most)
    for start, end in zip(starts[several], ends[several], strict=True):
        rows = chunk[start:end][chunk["license"][start:end] > 0]
        mine = rows[0]  # the member, or a copy where nobody knows the license of the member
        others = rows[(rows["side"] == SIDE_OF_CORPUS) & (rows["license"] != mine["license"])]
        for license_ in np.unique(others["license"]):
            yield mine, others[others["license"] == license_][0]


def _told(store: Store, members: Sequence[Member], record: NDArray[np.void]) -> dict[str, Any]:
    """A document with the evidence from which its license was concluded."""
    member = members[int(record["member"])]
    file = _file(member, "licensed", member.snapshot.files[int(record["shard"])])
    names = ("doc_id", "license", "license_kind", "license_value", "license_rule")
    (row,) = read_rows(store, file, [int(record["row"])], list(names)).to_pylist()
    told = {name.removeprefix("license_"): row[name] for name in names[1:]}
    return {"doc_id": row["doc_id"].hex(), "source": member.key, "corpus": member.corpus, **told}


def _file(member: Member, table: str, documents: File) -> File:
    return member.files[table, documents.sha256]
