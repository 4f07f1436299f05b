"""Whether every member of a mix is the document that it says, survived in its corpus, and has the license that it has
there. On the disk of the driver are 40 bytes for each member."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.keys import id_bytes, ids_of
from dagster_project.corpus.licenses.expressions import NOASSERTION, licenses_in
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.runs import Cursor, Runs
from dagster_project.corpus.storage.shards import iterate_shard, read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.problems import Problem, noting, told
from dagster_project.corpus.verification.versions import Below, Version

COLUMNS = 5  # of member rows: code of the documents shard, row, id (2), number of the license
FIRST = 1  # the first code; a cursor asks for what is below a number of at least 1
MEMORY_BYTES = 256 << 20
READ = ("doc_id", "documents", "row", "license")
NAMED = 5  # members of a shard that are told one by one
STANDS = ("status", "license")


@dataclass(frozen=True)
class MembersTask:
    """The members of one documents shard. `decided`: what the corpora of the mix decided of it; without any, as of what
    an earlier mix is replayed of, they need not have survived there."""

    store: Store
    path: str  # of the record of the mix
    partition: str
    documents: File
    decided: tuple[File, ...]
    licenses: tuple[str, ...]
    rows: bytes  # uint64[n, COLUMNS]


def member_tasks(store: Store, below: Below, mix: Version, damaged: set[str]) -> Iterator[MembersTask]:
    """A task for every documents shard that has members and can be read."""
    shards = {file.sha256: file for item in below.versions if item.stage == "snapshots" for file in item.manifest.files}
    decided: dict[str, list[File]] = {}
    for item in below.inputs(mix, "deduplicated"):
        for file in item.manifest.files:
            decided.setdefault(file.documents, []).append(file)
    with Runs(COLUMNS, MEMORY_BYTES) as placed:
        codes, licenses = dict[str, int](), dict[str, int]()
        for file in mix.manifest.files:
            if file.path not in damaged:
                for batch in iterate_shard(store, file, READ):
                    placed.append(_records(batch, codes, licenses))
        cursor = Cursor(COLUMNS, placed.sorted())
        for number, documents in enumerate(codes):
            rows = cursor.before(number + FIRST + 1)
            file = shards.get(documents, File("", documents, 0, 0))
            beside = tuple(item for item in decided.get(documents, ()) if item.path not in damaged)
            if file.path not in damaged:
                yield MembersTask(store, mix.path, mix.partition, file, beside, tuple(licenses), rows.tobytes())


def check_members(task: MembersTask) -> list[Problem]:
    """What is wrong with the members of one documents shard."""
    problems: list[Problem] = []

    def wrong(what: str, expected: str, found: str) -> None:
        problems.append(Problem(task.path, task.partition, what, expected, found))

    rows = np.frombuffer(task.rows, np.uint64).reshape(-1, COLUMNS)
    at, ids = rows[:, 1].astype(np.int64), id_bytes(rows[:, 2], rows[:, 3])
    if not task.documents.path:
        wrong(f"documents shard {told(task.documents.sha256)} of {len(rows)} members", "below it", "nowhere")
        return problems
    with noting(problems, task.documents.path, task.partition):
        said = id_bytes(*ids_of(read_shard(task.store, task.documents, ["doc_id"]).column("doc_id")))
        is_there = at < len(said)
        is_there[is_there] &= said[at[is_there]] == ids[is_there]
        for number in np.flatnonzero(~is_there)[:NAMED].tolist():
            what = f"member {ids[number].tobytes().hex()}"
            wrong(what, f"in row {at[number]} of {task.documents.path}", "not there")
        _decided(task, at[is_there], ids[is_there], rows[is_there, 4], wrong)
    return problems


def _decided(
    task: MembersTask, at: NDArray[np.int64], ids: NDArray[np.void], license_: NDArray[np.uint64], wrong: Any
) -> None:
    """What the corpora decided of these documents; one of them that let it survive under its license is enough."""
    named = np.array(task.licenses, object)[license_.astype(np.int64)]
    for number in np.flatnonzero(named == "")[:NAMED].tolist():
        wrong(f"the license of member {ids[number].tobytes().hex()}", f"an expression, or {NOASSERTION}", "empty")
    if not task.decided:
        return
    survives, agrees = np.zeros(len(at), np.bool_), np.zeros(len(at), np.bool_)
    for file in task.decided:
        table = read_shard(task.store, file, STANDS).take(pa.array(at))
        status, licenses = (table.column(name).to_numpy() for name in STANDS)
        survives |= status == "survivor"
        agrees |= np.array([_fits(*pair) for pair in zip(named, licenses, strict=True)], np.bool_)
    for number in np.flatnonzero(~survives)[:NAMED].tolist():
        wrong(f"member {ids[number].tobytes().hex()}", "a survivor of its corpus", "none")
    for number in np.flatnonzero(survives & ~agrees)[:NAMED].tolist():
        what = f"the license of member {ids[number].tobytes().hex()}"
        wrong(what, "the effective one of its corpus", told(named[number]))


def _fits(taken: str, effective: str) -> bool:
    """Whether a license is the effective one, or one of those that it offers."""
    try:
        return taken == effective or {*licenses_in(taken)} <= {*licenses_in(effective)}
    except Refused:
        return False


def _records(batch: pa.RecordBatch, codes: dict[str, int], licenses: dict[str, int]) -> NDArray[np.uint64]:
    high, low = ids_of(batch.column("doc_id"))
    row = batch.column("row").to_numpy().astype(np.uint64)
    numbered = (_numbers(batch.column("documents"), codes), _numbers(batch.column("license"), licenses))
    return np.column_stack([numbered[0] + np.uint64(FIRST), row, high, low, numbered[1]])


def _numbers(column: pa.Array, known: dict[str, int]) -> NDArray[np.uint64]:
    coded = column.dictionary_encode()
    numbers = [known.setdefault(value, len(known)) for value in coded.dictionary.to_pylist()]
    found: NDArray[np.uint64] = np.array(numbers, np.uint64)[coded.indices.to_numpy()]
    return found
