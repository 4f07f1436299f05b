"""A sample of rows made again, shard by shard: side tables of documents, edges, survivors, and what was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.deduplication import survivors
from dagster_project.corpus.formats.formats import FORMATS
from dagster_project.corpus.loading.exports import export_of
from dagster_project.corpus.loading.shards import Reader
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.refs import read_manifest
from dagster_project.corpus.storage.rows import encode_rows
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification import deciding, edges, texts
from dagster_project.corpus.verification.edges import Untrue
from dagster_project.corpus.verification.problems import Problem, noting, told
from dagster_project.corpus.verification.remaking import MAKERS, Remake, remade
from dagster_project.corpus.verification.sampling import sampled
from dagster_project.corpus.verification.survey import Survey
from dagster_project.corpus.verification.texts import TextsTask
from dagster_project.corpus.verification.versions import Below, Version

FAMILIES, DEDUPLICATED = "families", "deduplicated"
REMADE = (*MAKERS, FAMILIES, DEDUPLICATED)
TOLD = frozenset(
    {"rule", "license", "license_class", "license_kind", "status", "kind"}
)  # columns of texts that are ours


@dataclass(frozen=True)
class Side:
    """A side table of one documents shard: its file, and the version that it is of."""

    version: str
    stage: str
    partition: str
    file: File


@dataclass(frozen=True)
class DocumentsTask:
    """Some rows of one documents shard, and the side tables that cover it."""

    store: Store
    partition: str
    file: File
    rows: tuple[int, ...]
    sides: tuple[Side, ...]
    erased: frozenset[bytes]


@dataclass
class Sampled:
    """What came of making rows again, by stage: how many were, and how many could not be."""

    problems: list[tuple[str, Problem]] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    not_made: Counter[str] = field(default_factory=Counter)


def document_tasks(
    store: Store, below: Below, survey: Survey, sample: int | None, seed: int
) -> Iterator[DocumentsTask]:
    """A task for every documents shard that the sample has rows of and that can be read."""
    shards = {
        file.sha256: (item.partition, file)
        for item in below.versions
        if item.stage == "snapshots"
        for file in item.manifest.files
    }
    sides: dict[str, list[Side]] = {}
    for item in below.versions:
        for file in item.manifest.files if item.stage in REMADE else ():
            if file.path not in survey.damaged:
                sides.setdefault(file.documents, []).append(Side(item.manifest.id, item.stage, item.partition, file))
    found = [shards[name] for name in sorted(shards)]
    for number, rows in sampled([file for _, file in found], sample, seed):
        partition, file = found[number]
        if file.path not in survey.damaged:
            covering = tuple(sides.get(file.sha256, ()))
            erased = frozenset(survey.erased)
            yield DocumentsTask(store, partition, file, tuple(rows.tolist()), covering, erased)


def text_tasks(store: Store, published: Version, survey: Survey, sample: int | None, seed: int) -> Iterator[TextsTask]:
    """The same of the rows of a publication."""
    files, first = published.manifest.files, np.cumsum([0, *(file.rows for file in published.manifest.files)])
    for number, rows in sampled(files, sample, seed):
        if files[number].path not in survey.damaged | survey.gone:
            yield TextsTask(
                store,
                published.manifest.id,
                published.partition,
                number,
                int(first[number]),
                tuple(rows.tolist()),
                frozenset(survey.erased),
                frozenset(survey.damaged | survey.replaced),
            )


def check_documents(task: DocumentsTask) -> Sampled:
    """Make the side tables of some documents again."""
    found, problems = Sampled(), list[Problem]()
    with noting(problems, task.file.path, task.partition, "a sample of its documents"):
        documents = read_rows(task.store, task.file, task.rows)
        stays = pc.invert(pc.is_in(documents.column("doc_id"), pa.array(sorted(task.erased), pa.binary(16))))
        rows = [row for row, is_whole in zip(task.rows, stays.to_pylist(), strict=True) if is_whole]
        documents = documents.filter(stays).combine_chunks()
        if not rows:
            return found
        found.rows["snapshots"] += len(rows)
        for side in task.sides:
            _remake(task, side, documents, rows, found)
    found.problems += [("snapshots", problem) for problem in problems]
    return found


def _remake(task: DocumentsTask, side: Side, documents: pa.Table, rows: Sequence[int], found: Sampled) -> None:
    problems: list[Problem] = []
    with noting(problems, side.file.path, side.partition, "a sample of its rows"):
        manifest = read_manifest(task.store, side.version)
        remake = Remake(task.store, manifest, side.partition, documents, task.file.sha256, rows)
        chosen, wrong = _compared(side, remake)
        found.rows[side.stage] += chosen
        found.not_made[side.stage] += len(rows) - chosen
        problems += (_wrong(side, documents, rows, item) for item in wrong)
    found.problems += [(side.stage, problem) for problem in problems]


def _compared(side: Side, remake: Remake) -> tuple[int, list[Untrue]]:
    """How many rows of a side table could be made again, and what they say otherwise."""
    if side.stage == FAMILIES:
        known = edges.is_known(remake.manifest)
        return (len(remake.rows), list(edges.untrue(remake, side.file))) if known else (0, [])
    if side.stage == DEDUPLICATED and remake.manifest.identity.code_version != survivors.CODE_VERSION:
        return 0, []
    everything = list(range(len(remake.rows)))
    chosen, made = deciding.decided_again(remake) if side.stage == DEDUPLICATED else (everything, remade(remake))
    if made is None:
        return 0, []
    rows = [remake.rows[at] for at in chosen]
    said = read_rows(remake.store, side.file, rows) if rows else made
    return len(rows), [Untrue(rows[at], *told) for at, *told in differing(said, made)]


def differing(said: pa.Table, made: pa.Table) -> Iterator[tuple[int, str, str, str]]:
    """(row, column, value made, value said) wherever two tables of one shape differ."""
    for name in made.column_names:
        one, other = (encode_rows(table.select([name])) for table in (said, made))
        for row in np.flatnonzero(pc.not_equal(one, other).to_numpy(zero_copy_only=False)).tolist():
            yield row, name, *(_shown(name, table.column(name)[row]) for table in (made, said))


def _shown(name: str, value: pa.Scalar) -> str:
    """Numbers, names of rules and licenses; of all else nothing, for it may be the words of a document."""
    kind = value.type
    is_plain = pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return told(value.as_py()) if is_plain or name in TOLD else "its value"


def _wrong(side: Side, documents: pa.Table, rows: Sequence[int], wrong: Untrue) -> Problem:
    doc_id = documents.column("doc_id")[rows.index(wrong.row)].as_py().hex()
    what = f"{wrong.what} in row {wrong.row}, document {doc_id},"
    found = "another" if wrong.found == wrong.expected else wrong.found
    return Problem(side.file.path, side.partition, what, wrong.expected, found)


def check_texts(task: TextsTask) -> Sampled:
    """Make some rows of a publication again, and their tokens."""
    found, problems = Sampled(), list[Problem]()
    manifest = read_manifest(task.store, task.version)
    file = manifest.files[task.number]
    if not texts.is_known(manifest):
        found.not_made["published"] += len(task.rows)
        return found
    with noting(problems, file.path, task.partition, "a sample of its rows"):
        said, made = read_rows(task.store, file, task.rows), texts.made_again(task, manifest)
        stays = [doc_id not in task.erased for doc_id in said.column("doc_id").to_pylist()]
        for row, name, expected, value in differing(said, made.table):
            if stays[row]:
                problems.append(_wrong_text(task, file, said, row, name, (expected, value)))
        if made.tokens is not None:
            for row in _wrong_tokens(task, manifest, said, made.tokens):
                if stays[row]:
                    problems.append(_wrong_text(task, file, said, row, "its tokens", ("those of its text", "others")))
        found.rows["published"] += sum(stays)
    found.problems += [("published", problem) for problem in problems]
    return found


def _wrong_text(task: TextsTask, file: File, said: pa.Table, row: int, what: str, values: tuple[str, str]) -> Problem:
    doc_id, (expected, found) = said.column("doc_id")[row].as_py().hex(), values
    found = "another" if found == expected else found
    return Problem(file.path, task.partition, f"{what} in row {task.rows[row]}, document {doc_id},", expected, found)


def _wrong_tokens(task: TextsTask, manifest: Manifest, said: pa.Table, made: Sequence[Any]) -> Iterator[int]:
    """Rows whose tokens in an export are not those of their text."""
    exports: Mapping[str, Any] = manifest.facts.get("exports", {})
    for name in sorted((name for name in exports if name in FORMATS), key=lambda name: not FORMATS[name].seeks):
        files = exports[name]["shards"][task.number]["files"].values()
        if {item["path"] for item in files} & task.damaged:
            continue
        reader = Reader(task.store, export_of(manifest, name), ranged=True)
        for row, index in enumerate(said.column("index").to_pylist()):
            (sample,) = reader.samples(index, index + 1)
            if sample.tokens is None:
                break
            if not np.array_equal(sample.tokens, made[row]):
                yield row
        else:
            return
