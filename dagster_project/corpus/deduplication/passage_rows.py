"""The rows of passages: what each document of a shard shares with others, and the edits that cut it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.ranking import ROW, Searched
from dagster_project.corpus.deduplication.removals import Cuts, Removals, removals, united
from dagster_project.corpus.deduplication.statuses import is_survivor
from dagster_project.corpus.deduplication.substrings import Spans
from dagster_project.corpus.engine.blocks import blocks
from dagster_project.corpus.engine.work import ShardResult
from dagster_project.corpus.kernels.composing import compose
from dagster_project.corpus.kernels.counts import count
from dagster_project.corpus.kernels.editing import Edits, edited, from_arrow, to_arrow
from dagster_project.corpus.kernels.row_order import Rows
from dagster_project.corpus.kernels.texts import Offsets, buffers
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.edits import EDITS
from dagster_project.corpus.model.recipes import PassageRecipe
from dagster_project.corpus.storage.rows import column_of, entries
from dagster_project.corpus.storage.shards import write_shard
from dagster_project.corpus.storage.stores import Store

KINDS = ("substring", "line", "paragraph")
SUBSTRING, LINE, PARAGRAPH = range(len(KINDS))
COLUMNS = 7  # of a row: place, kind and whether it is first, start, end, copies, rank and start of the first
EMPTIED = "emptied"
ROW_MASK = (1 << int(ROW)) - 1
PASSAGE = pa.struct(
    [
        pa.field("kind", pa.string(), nullable=False),  # of KINDS
        pa.field("start", pa.int64(), nullable=False),  # in bytes of the text that its policy leaves
        pa.field("end", pa.int64(), nullable=False),
        pa.field("copies", pa.int64(), nullable=False),  # documents that hold it, or its most common window
        pa.field("first", ID, nullable=False),  # the document that has it first, perhaps this one
        pa.field("first_start", pa.int64(), nullable=False),
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("status", pa.string(), nullable=False),  # as in `deduplicated`; or emptied, of whom no word is left
        pa.field("passages", pa.list_(PASSAGE), nullable=False),  # substrings; and the lines and paragraphs to be cut
        pa.field("repeated_bytes", pa.int64(), nullable=False),  # in substrings that stand elsewhere, too
        pa.field("repeated_lines", pa.int64(), nullable=False),
        pa.field("repeated_paragraphs", pa.int64(), nullable=False),
        pa.field("cut_bytes", pa.int64(), nullable=False),
        pa.field("edits", EDITS, nullable=False),  # of the stored text: those of its policy, and the cuts
        pa.field("words", pa.int64(), nullable=False),  # of the text that they leave
    ]
)


@dataclass(frozen=True)
class PassageTask:
    """One shard with the repeated passages of its survivors, as bytes."""

    store: Store
    access: str
    shard: Searched
    recipe: PassageRecipe
    ranks: bytes  # of the survivors, row by row
    rows: bytes
    firsts: bytes  # for each row, the id of the document that has the passage first


class Repeated(NamedTuple):
    """The passages of some survivors, in the order of these."""

    owners: NDArray[np.int64]  # places among the survivors
    kinds: NDArray[np.int64]
    spans: Spans
    firsts: NDArray[np.void]  # ids

    def where(self, chosen: NDArray[np.bool_]) -> Repeated:
        spans = Spans._make(column[chosen] for column in self.spans)
        return Repeated(self.owners[chosen], self.kinds[chosen], spans, self.firsts[chosen])


def write_passages(task: PassageTask) -> ShardResult:
    """The rows of one shard."""
    table = task.shard.read(task.store, "text", "edits", "status", "words")
    rows, profile = table_of(table, task)
    file = write_shard(task.store, rows, access=task.access, documents=task.shard.documents.sha256)
    return ShardResult(file, {**profile, "by_source": {task.shard.name: profile}}, entries(rows).tobytes())


def table_of(table: pa.Table, task: PassageTask) -> tuple[pa.Table, dict[str, Any]]:
    """The rows of documents (text, edits, status, words), and what was counted."""
    survivors, ranks = np.flatnonzero(is_survivor(table).to_numpy()), np.frombuffer(task.ranks, np.int64)
    data, offsets = buffers(edited(table.select(["doc_id", "text", "edits"]).take(survivors)).column("text"))
    found = _repeated(task, survivors, ranks)
    is_cut = _is_cut(found, task.recipe)
    keep, spare_lists = task.recipe.keep, task.recipe.spare_lists
    length, texts = task.recipe.length, (ranks, data, offsets)
    removed = removals(found.where(is_cut).spans, texts, length, keep=keep, spare_lists=spare_lists)
    cut_bytes = _sums(removed.edits.firsts, removed.edits.ends - removed.edits.starts)
    edits = compose(from_arrow(table.column("edits")), _widened(removed.edits, survivors, table.num_rows))
    words = _words(table, edits, survivors[cut_bytes > 0])
    status = np.array(table.column("status").to_pylist(), object)
    status[survivors[(cut_bytes > 0) & (words[survivors] == 0)]] = EMPTIED
    numbers = {**_counted(found, offsets), "cut_bytes": cut_bytes}
    columns = {
        "doc_id": table.column("doc_id"),
        "status": pa.array(status, pa.string()),
        "passages": _lists(found.where(is_cut | (found.kinds == SUBSTRING)), survivors, table.num_rows),
        **{name: pa.array(_placed(column, survivors, table.num_rows)) for name, column in numbers.items()},
        "edits": to_arrow(edits),
        "words": pa.array(words),
    }
    rows = pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)
    return rows, _profile(rows, numbers, removed, len(data))


def _repeated(task: PassageTask, survivors: NDArray[np.int64], ranks: NDArray[np.int64]) -> Repeated:
    rows: Rows = np.frombuffer(task.rows, np.uint64).reshape(-1, COLUMNS)
    place, kind, start, end, copies, first_rank, first_start = rows.astype(np.int64).T
    owners = np.searchsorted(survivors, place & ROW_MASK)
    spans = Spans(ranks[owners], start, end, copies, first_rank, first_start, (kind & 1).astype(np.bool_))
    return Repeated(owners, kind >> 1, spans, np.frombuffer(task.firsts, "V16"))


def _is_cut(found: Repeated, recipe: PassageRecipe) -> NDArray[np.bool_]:
    """Which passages the recipe wants cut, the first ones among them."""
    is_cut: NDArray[np.bool_] = (found.kinds == SUBSTRING) & recipe.cut
    for kind, most in ((LINE, recipe.cut_lines), (PARAGRAPH, recipe.cut_paragraphs)):
        is_cut |= (found.kinds == kind) & (found.spans.copies > most) & (most > 0)
    return is_cut


def _counted(found: Repeated, offsets: Offsets) -> dict[str, NDArray[np.int64]]:
    """Bytes in repeated substrings, lines and paragraphs of each survivor."""
    survivors, substrings = len(offsets) - 1, found.where(found.kinds == SUBSTRING)
    lines, paragraphs = (np.bincount(found.owners[found.kinds == k], minlength=survivors) for k in (LINE, PARAGRAPH))
    begins, (start, end) = offsets[substrings.owners], substrings.spans[1:3]
    covered = united(Cuts(substrings.owners, begins + start, begins + end))
    bytes_ = np.zeros(survivors, np.int64)
    np.add.at(bytes_, covered.rows, covered.ends - covered.starts)
    return {"repeated_bytes": bytes_, "repeated_lines": lines, "repeated_paragraphs": paragraphs}


def _widened(edits: Edits, survivors: NDArray[np.int64], rows: int) -> Edits:
    """Edits of survivors as edits of all documents."""
    counts = _placed(np.diff(edits.firsts), survivors, rows)
    return edits._replace(firsts=np.append(0, np.cumsum(counts)))


def _words(table: pa.Table, edits: Edits, cut: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of documents that are cut, the words of what is left."""
    words: NDArray[np.int64] = table.column("words").to_numpy().copy()
    documents = table.select(["doc_id", "text"]).append_column("edits", to_arrow(edits)).take(cut)
    words[cut] = np.concatenate([count(*block.texts, block.words)["words"] for block in blocks(documents)])
    return words


def _placed(values: NDArray[np.int64], survivors: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """Numbers of survivors at their rows, and zero at all others."""
    placed = np.zeros(rows, np.int64)
    placed[survivors] = values
    return placed


def _sums(firsts: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sum of the values of each group."""
    return np.diff(np.append(0, np.cumsum(values))[firsts])


def _lists(found: Repeated, survivors: NDArray[np.int64], rows: int) -> pa.ListArray:
    counts = _placed(np.bincount(found.owners, minlength=len(survivors)), survivors, rows)
    spans = found.spans
    columns = [
        pa.array(KINDS).take(pa.array(found.kinds)),
        *(pa.array(column) for column in (spans.start, spans.end, spans.copies)),
        column_of(found.firsts),
        pa.array(spans.first_start),
    ]
    values = pa.StructArray.from_arrays(columns, fields=list(PASSAGE))
    return pa.ListArray.from_arrays(pa.array(np.append(0, np.cumsum(counts)), pa.int32()), values)


def _profile(rows: pa.Table, numbers: Mapping[str, NDArray[np.int64]], removed: Removals, size: int) -> dict[str, Any]:
    """What the survivors of a shard share and lose."""
    parallels = {"before": removed.before._asdict(), "after": removed.after._asdict()}
    return {
        "status": dict(sorted(Counter(rows.column("status").to_pylist()).items())),
        "bytes": size,
        **{name: int(column.sum()) for name, column in numbers.items()},
        "documents_with_cuts": int((numbers["cut_bytes"] > 0).sum()),
        "spared": removed.spared,
        "spared_bytes": removed.spared_bytes,
        "parallels": parallels,
    }
