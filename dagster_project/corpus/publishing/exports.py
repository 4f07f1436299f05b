"""Shards in the order of the mix: text joined to members by a two-pass scatter, so that no shard needs all others.

Pass one reads every documents shard once and sends each member's text to the shard it belongs to; pass two sorts what a
shard received and writes it in every format asked for (`formats/`), beside its rows and its part of the order manifest.
Where there are many shards, texts go to groups of them first (relaying.py). Shards begin by words; one of more bytes
than a table should hold becomes several. On the disk of the driver are 24 bytes for each member.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.engine.work import ShardResult, Steps, Work, assemble
from dagster_project.corpus.formats.formats import FORMATS
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.mix_recipes import PACKED, PackingRecipe
from dagster_project.corpus.model.rendering_recipes import RenderingRecipe
from dagster_project.corpus.publishing.gathering import SCHEMA, Gather, Gathered, Within, gather
from dagster_project.corpus.publishing.promises import Promises
from dagster_project.corpus.publishing.relaying import Arrived, levels_of, relayed
from dagster_project.corpus.publishing.scattering import Scatter, scatter
from dagster_project.corpus.publishing.splitting import Span, around, divided, spans
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.tokenizers import load_tokenizer
from dagster_project.corpus.storage.exchange import Address, Exchange
from dagster_project.corpus.storage.runs import Cursor, Runs
from dagster_project.corpus.storage.shards import iterate_shard, put_object

__all__ = ["CODE_VERSION", "SCHEMA", "Exporting", "export"]
CODE_VERSION = "6"
MEMORY_BYTES = 256 << 20
CODE = np.uint64(1)  # the first code of a pair of shards; a cursor asks for what is below a number of at least 1


@dataclass(frozen=True)
class Exporting:
    """How a mix is exported: formats, where shards begin, and what its tokens are."""

    formats: tuple[str, ...]
    shard_words: int
    tokenizer: Artifact | None = None
    tokenizer_version: Mapping[str, str] = field(default_factory=dict)  # its key and id
    packing: PackingRecipe = field(default_factory=PackingRecipe)
    promises: Promises = field(default_factory=Promises)
    rendering: RenderingRecipe = field(default_factory=RenderingRecipe)
    seed: int = 0  # of what is drawn for rendering
    whole: Manifest | None = None  # the mix before documents were taken down, whose shards begin at the same places

    def check(self) -> None:
        """Refuse formats that hold tokens where there are none."""
        wanting = [name for name in self.formats if name == PACKED or FORMATS[name].needs_tokens]
        if wanting and self.tokenizer is None:
            raise Refused(f"{', '.join(wanting)}: of tokens alone, and the mix names no tokenizer: name one")


def export(work: Work, mix: Manifest, files: Mapping[str, File], exporting: Exporting) -> Manifest:
    """Write the shards of a mix. `files` maps the digest of a shard, of documents or of their edits, to its file."""
    exporting.check()
    gathered: list[Gathered] = []
    with ExitStack() as stack:
        address = stack.enter_context(Exchange(work.store))
        placed = stack.enter_context(Runs(3, MEMORY_BYTES))
        whole = exporting.whole or mix
        starts = _starts(work, whole, exporting.shard_words)
        pairs, rows = _place(work, mix, starts, placed)
        steps = Steps(work, len(pairs) + len(starts))
        levels = levels_of(starts)
        sent = steps.map(scatter, _scatters(address, placed, pairs, files, levels.starts[0]))
        arrived = relayed(steps, address, levels, sent)
        found = spans(starts, rows, whole.rows)
        found = divided(work.store, found, arrived, around(exporting.rendering), work.engine.map)
        steps.total += len(found) - len(starts)
        gathers = _gathers(work, mix, found, arrived, exporting)

        def shards() -> Iterator[ShardResult]:
            for item in steps.map(gather, gathers):
                gathered.append(item)
                yield item.shard

        manifest = assemble(work, shards(), ordered=True)
    told = {
        "starts": [span.start for span in found],
        "total": whole.rows,
        **_facts(work, manifest, exporting, gathered),
    }
    return replace(manifest, facts={**manifest.facts, **told})


def _starts(work: Work, whole: Manifest, shard_words: int) -> NDArray[np.int64]:
    """The places at which export shards begin: a new one whenever another `shard_words` words have gone before."""
    starts: list[int] = []
    index, before, last = 0, 0, -1
    for file in whole.files:
        for batch in iterate_shard(work.store, file, ["words"]):
            words = batch.column("words").to_numpy()
            shard = (before + np.cumsum(words) - words) // shard_words
            starts += (np.flatnonzero(np.diff(shard, prepend=last)) + index).tolist()
            index, before, last = index + len(words), before + int(words.sum()), int(shard[-1])
    return np.array(starts, np.int64)


def _place(
    work: Work, mix: Manifest, starts: NDArray[np.int64], placed: Runs
) -> tuple[Sequence[tuple[str, str]], NDArray[np.int64]]:
    """Fill rows (code of a pair of documents shard and edits, row, index). Returns the pairs in the order of their
    codes, and how many members each export shard has."""
    codes: dict[tuple[str, str], int] = {}
    members = np.zeros(len(starts), np.int64)
    for file in mix.files:
        for batch in iterate_shard(work.store, file, ["documents", "edits", "row", "index"]):
            code = _codes(batch, codes)
            row, index = batch.column("row").to_numpy(), batch.column("index").to_numpy()
            placed.append(np.column_stack([code + CODE, row.astype(np.uint64), index.astype(np.uint64)]))
            shards, rows = np.unique(np.searchsorted(starts, index, side="right") - 1, return_counts=True)
            members[shards] += rows
    return list(codes), members


def _codes(batch: pa.RecordBatch, known: dict[tuple[str, str], int]) -> NDArray[np.uint64]:
    """The code of the pair of every row; pairs that are new get the next ones."""
    documents, edits = (batch.column(name).dictionary_encode() for name in ("documents", "edits"))
    together = documents.indices.to_numpy().astype(np.int64) * len(edits.dictionary) + edits.indices.to_numpy()
    distinct, place = np.unique(together, return_inverse=True)
    names = documents.dictionary.to_pylist(), edits.dictionary.to_pylist()
    pairs = [(names[0][number // len(names[1])], names[1][number % len(names[1])]) for number in distinct.tolist()]
    return np.array([known.setdefault(pair, len(known)) for pair in pairs], np.uint64)[place]


def _scatters(
    address: Address,
    placed: Runs,
    pairs: Sequence[tuple[str, str]],
    files: Mapping[str, File],
    starts: NDArray[np.int64],
) -> Iterator[Scatter]:
    cursor = Cursor(3, placed.sorted())
    for number, (documents, edits) in enumerate(pairs):
        if missing := [name for name in (documents, edits) if name and name not in files]:
            raise IntegrityError(f"no shard {missing[0][:12]} among the inputs of this mix: rebuild it")
        rows = cursor.before(number + 2).astype(np.int64)
        yield Scatter(address, number, files[documents], files.get(edits), rows[:, 1], rows[:, 2], starts)


def _gathers(
    work: Work, mix: Manifest, found: Sequence[Span], arrived: Arrived, exporting: Exporting
) -> Iterator[Gather]:
    ends = np.cumsum([file.rows for file in mix.files])
    for number, span in enumerate(found):
        yield Gather(
            store=work.store,
            key=work.key("gather", span.start, span.end, span.first, span.rows),
            access=work.access,
            number=number,
            span=span,
            sent=arrived.ranges(span.shard),
            members=_within(mix.files, ends, span),
            formats=exporting.formats,
            tokenizer=exporting.tokenizer,
            packing=exporting.packing,
            rendering=exporting.rendering,
            seed=exporting.seed,
            searched=exporting.promises.indexes,
        )


def _within(files: Sequence[File], ends: NDArray[np.int64], span: Span) -> Within:
    """`ends`: the rows of the mix up to the end of each file."""
    first = min(int(np.searchsorted(ends, span.first, side="right")), len(files) - 1)
    last = int(np.searchsorted(ends, span.first + span.rows))
    return Within(tuple(files[first : max(first, last) + 1]), int(ends[first]) - files[first].rows)


def _facts(work: Work, manifest: Manifest, exporting: Exporting, gathered: Sequence[Gathered]) -> dict[str, Any]:
    """Where every file of every format lies, the order manifest, and the digest of the tokens."""
    told = {
        "exports": {name: _exported(work, name, gathered) for name in exporting.formats},
        "order": [asdict(item.order) for item in gathered],
        "clean_of": exporting.promises.facts(manifest.profile),
    }
    if exporting.tokenizer is None:
        return told
    assert exporting.tokenizer.model is not None
    found = load_tokenizer(exporting.tokenizer.model, exporting.tokenizer.loading)
    ids = {"vocabulary": found.vocabulary, "separator": found.separator}
    controls = [control.token for control in exporting.rendering.controls]
    marks = {"controls": {token: found.special_id(token) for token in controls}} if controls else {}
    streams = [item.stream for item in gathered]
    return {
        **told,
        "tokenizer": {**exporting.tokenizer_version, **ids, **marks},
        "stream": {"shards": streams, "digest": digest(streams)},
    }


def _exported(work: Work, name: str, gathered: Sequence[Gathered]) -> dict[str, Any]:
    shards: list[dict[str, Any]] = [
        {
            "rows": item.shard.file.rows,
            "files": {suffix: asdict(file) for suffix, file in item.exports[name].files.items()},
            "facts": dict(item.exports[name].facts),
        }
        for item in gathered
    ]
    index = {} if name == PACKED else FORMATS[name].index([shard["facts"] for shard in shards])
    return {"shards": shards, "index": {file: asdict(_put(work, file, body)) for file, body in index.items()}}


def _put(work: Work, name: str, body: bytes) -> File:
    path, sha256 = put_object(work.store, body, access=work.access, suffix=name.rpartition(".")[2])
    return File(path, sha256, len(body), 0)
