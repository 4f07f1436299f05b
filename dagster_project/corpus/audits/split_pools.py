"""From what the two sides of a split are drawn: dated documents in an order that seed and ids alone decide.

Members are what the mix holds and was published before a day; the others are survivors of its corpora, or of another
partition, that were published after one. Dates are trusted by their confidence, licenses are judged by the policy of
the mix on both sides, and what the takedown register means has left both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.audits.holdings import Held, Numbers, Shard, holdings
from dagster_project.corpus.audits.texts import held_texts, part_of
from dagster_project.corpus.deduplication import standing
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.kernels.sampling import keyed_hash
from dagster_project.corpus.kernels.texts import ids_of
from dagster_project.corpus.lineage.walk import inputs_of, layers_of
from dagster_project.corpus.mixing.license_gate import ADMITTED, REASON, LicenseGate
from dagster_project.corpus.mixing.members import key_of
from dagster_project.corpus.model.dates import DAY
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.mix_recipes import LicensePolicy
from dagster_project.corpus.reaching.reach import Reach
from dagster_project.corpus.storage.runs import Runs
from dagster_project.corpus.storage.shards import read_rows, read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.erased import erased_in
from dagster_project.corpus.takedowns.hits import Looked, by_shard, hits_of
from dagster_project.corpus.takedowns.register import read_register

TRUSTED = ("exact", "declared")
DATED = ("doc_id", "published_at", "published_confidence")
RANKED, MEMORY_BYTES = 4, 64 << 20  # columns: rank, shard, place or row, copies
BATCH = 256  # candidates whose texts are read at once
LICENSES = ("license", "license_class")
NO_ROWS = np.empty(0, np.int64)


@dataclass(frozen=True)
class Wanted:
    """Documents of one side: published before or from a day on."""

    label: int  # 1: members
    day: int
    seed: int
    trusted: tuple[str, ...] = TRUSTED


class Candidate(NamedTuple):
    """One document that may be drawn, its text as it is exported."""

    doc_id: bytes
    source: str
    text: str
    raw: str  # as its snapshot holds it
    day: int
    confidence: str
    license: str
    family: bytes | None
    copies: int


class Others(NamedTuple):
    """Shards that non-members may come from, and the rows that the takedown register means, by the digest of the
    documents shard."""

    shards: Sequence[standing.Shard]
    gone: Mapping[str, Numbers]


class PoolTask(NamedTuple):
    """One shard of a side; rows that are gone, and the license policy for those that are no members."""

    store: Store
    shard: Any  # Shard of holdings, or of deduplication.standing
    wanted: Wanted
    gone: Numbers
    policy: LicensePolicy


class Drawn(NamedTuple):
    """uint64[n, 3]: rank, place among the rows, copies; and why others were not."""

    rows: NDArray[np.uint64]
    reasons: Mapping[str, int]


@dataclass
class Pool:
    """One side, on disk in the order of its ranks."""

    store: Store
    shards: Sequence[Any]
    wanted: Wanted
    policy: LicensePolicy
    runs: Runs
    reasons: Counter[str]

    def candidates(self) -> Iterator[list[Candidate]]:
        """All of them in their order, some at a time."""
        for chunk in self.runs.sorted():
            for start in range(0, len(chunk), BATCH):
                yield self._read(chunk[start : start + BATCH].astype(np.int64))

    def _read(self, rows: NDArray[np.int64]) -> list[Candidate]:
        found: dict[int, Candidate] = {}
        for number in np.unique(rows[:, 1]).tolist():
            (places,) = np.nonzero(rows[:, 1] == number)
            read = _members if self.wanted.label else _others
            said = read(self.store, self.shards[number], rows[places, 2], self.policy)
            for place, candidate in zip(places.tolist(), said, strict=True):
                found[place] = candidate._replace(copies=int(rows[place, 3]))
        return [found[place] for place in range(len(rows))]


def pool_of(
    store: Store, engine: Engine, shards: Sequence[Any], wanted: Wanted, gone: Mapping[str, Numbers],
    policy: LicensePolicy, stack: ExitStack,
) -> Pool:  # fmt: skip
    """Rank the documents of one side."""
    pool = Pool(store, shards, wanted, policy, stack.enter_context(Runs(RANKED, MEMORY_BYTES)), Counter())
    nothing = np.empty(0, np.int64)
    tasks = (PoolTask(store, shard, wanted, gone.get(_documents(shard).sha256, nothing), policy) for shard in shards)
    for number, found in enumerate(engine.map(draw, tasks)):
        pool.runs.append(np.insert(found.rows, 1, np.uint64(number), axis=1))
        pool.reasons.update(found.reasons)
    return pool


def member_shards(store: Store, mixed: Manifest) -> list[Shard]:
    """What a mix holds, each shard of edits by itself: 32 bytes in memory for each text."""
    return [Shard(shard.source, shard.file, (held,)) for shard in holdings(store, mixed) for held in shard.held]


def corpora_of(store: Store, mixed: Manifest) -> list[Manifest]:
    """The corpora of a mix and of those that it replays."""
    earlier = inputs_of(store, mixed, "mixed")
    found = [*inputs_of(store, mixed, "deduplicated"), *(item for mix in earlier for item in corpora_of(store, mix))]
    return list({manifest.id: manifest for manifest in found}.values())


def others_of_corpora(store: Store, corpora: Sequence[Manifest]) -> Others:
    """The documents of corpora in all their layers, each shard once."""
    found = {
        shard.files["snapshots"].sha256: shard
        for corpus in corpora
        for layer in standing.standing_layers(store, corpus)
        for shard in layer.shards
    }
    layers = {layer.id: layer for corpus in corpora for layer in layers_of(store, corpus)}
    return Others(list(found.values()), Reach(store).gone_from(list(layers.values())).rows)


def others_of_snapshot(store: Store, key: str, snapshot: Manifest, licensed: Manifest) -> Others:
    """The documents of a snapshot, whatever any policy says of them."""
    concluded = {file.documents: file for file in licensed.files}
    if any(file.sha256 not in concluded for file in snapshot.files):
        raise Refused(f"licenses of snapshots/{key} {snapshot.id[:12]} are not concluded: build licensed/{key}")
    shards = [standing.Shard(key, {"snapshots": file, "licensed": concluded[file.sha256]}) for file in snapshot.files]
    asked = read_register(store).removing
    hits = hits_of(store, asked, Looked(key, snapshot, licensed, None))
    gone = {
        snapshot.files[number].sha256: np.unique(found.column("row").to_numpy().astype(np.int64))
        for number, found in by_shard(hits)
    }
    for item in erased_in(store, asked, [snapshot]):
        gone[item.documents] = np.union1d(gone.get(item.documents, NO_ROWS), item.rows)
    return Others(shards, gone)


def draw(task: PoolTask) -> Drawn:
    """Which documents of a shard may be drawn."""
    dated = read_shard(task.store, _documents(task.shard), DATED)
    held: Held | None = task.shard.held[0] if task.wanted.label else None
    rows = held.rows if held else np.arange(len(dated))
    table = dated.take(pa.array(rows))
    said = np.full(len(rows), "", object)
    _refuse(said, np.isin(rows, task.gone), "taken down")
    if not held:
        _refuse_others(said, task)
    confidence = pc.is_in(table.column("published_confidence"), pa.array(task.wanted.trusted))
    _refuse(said, ~confidence.to_numpy(), "no trusted date")
    days = _days(table.column("published_at"))
    is_in_time = days < task.wanted.day if task.wanted.label else days >= task.wanted.day
    _refuse(said, ~is_in_time, "published at another time")
    (chosen,) = np.nonzero(said == "")
    ranks = keyed_hash(key_of(task.wanted.seed, "split"), ids_of(table.column("doc_id").take(pa.array(chosen))))
    copies = held.members[chosen] if held else np.zeros(len(chosen), np.int64)
    columns = [ranks, chosen.astype(np.uint64), copies.astype(np.uint64)]
    return Drawn(np.column_stack(columns), Counter(said[said != ""].tolist()))


def _refuse_others(said: NDArray[Any], task: PoolTask) -> None:
    """Of documents that are no members only survivors whose license the mix lets in."""
    files = task.shard.files
    status = (
        read_shard(task.store, files["deduplicated"], ["status"]).column("status") if "deduplicated" in files else None
    )
    if status is not None:
        _refuse(said, pc.equal(status, "withdrawn").to_numpy(), "taken down")
        _refuse(said, ~pc.equal(status, "survivor").to_numpy(), "no survivor of its corpus")
    judged = LicenseGate(task.policy).decided(_licenses(task.store, files, None))
    reasons = judged.column(REASON).to_numpy()
    for reason in sorted({*reasons.tolist()} - {ADMITTED}):
        _refuse(said, reasons == reason, f"license: {reason}")


def _refuse(said: NDArray[Any], which: NDArray[np.bool_], reason: str) -> None:
    said[which & (said == "")] = reason


def _licenses(store: Store, files: Mapping[str, File], rows: Sequence[int] | None) -> pa.Table:
    """License, class and kind of evidence: effective where copies had their say."""
    of = "deduplicated" if "deduplicated" in files else "licensed"
    parts = [(files[of], list(LICENSES)), (files["licensed"], ["license_kind"])]
    read = [read_shard(store, *part) if rows is None else read_rows(store, part[0], rows, part[1]) for part in parts]
    return read[0].append_column("license_kind", read[1].column("license_kind"))


def _members(store: Store, shard: Shard, places: Numbers, policy: LicensePolicy) -> Iterator[Candidate]:
    held = part_of(shard.held[0], places)
    documents = read_rows(store, shard.file, held.rows.tolist(), [*DATED, "text"])
    texts = _held_texts(store, documents, held)
    yield from _candidates(documents, shard.source, texts, [""] * len(texts), [None] * len(texts))


def _held_texts(store: Store, documents: pa.Table, held: Held) -> list[str]:
    """The documents stand here in the order of the texts, and the edits in that of the shard."""
    table = documents.select(["doc_id", "text"])
    if held.edits:
        edits = read_rows(store, held.edits, held.rows.tolist(), ["edits"]).column("edits")
        table = edited(table.append_column("edits", edits))
    places = np.arange(len(held.rows))
    left: list[str] = held_texts(store, table, Held(None, places, held.cuts, places, places)).column("text").to_pylist()
    return left


def _others(store: Store, shard: standing.Shard, rows: Numbers, policy: LicensePolicy) -> Iterator[Candidate]:
    listed = rows.tolist()
    documents = read_rows(store, shard.files["snapshots"], listed, [*DATED, "text"])
    table = documents.select(["doc_id", "text"])
    if shard.edits:
        table = edited(table.append_column("edits", read_rows(store, shard.edits, listed, ["edits"]).column("edits")))
    licenses = LicenseGate(policy).decided(_licenses(store, shard.files, listed)).column("license").to_pylist()
    families: list[bytes | None] = [None] * len(listed)
    if "deduplicated" in shard.files:
        families = read_rows(store, shard.files["deduplicated"], listed, ["family"]).column("family").to_pylist()
    yield from _candidates(documents, shard.source, table.column("text").to_pylist(), licenses, families)


def _candidates(
    documents: pa.Table, source: str, texts: list[str], licenses: list[str], families: list[bytes | None]
) -> Iterator[Candidate]:
    days = _days(documents.column("published_at")).tolist()
    said = zip(
        *(documents.column(name).to_pylist() for name in ("doc_id", "text", "published_confidence")), strict=True
    )
    for (doc_id, raw, confidence), text, day, license, family in zip(
        said, texts, days, licenses, families, strict=True
    ):
        yield Candidate(doc_id, source, text, raw, day, confidence, license, family, 0)


def _days(moments: pa.ChunkedArray) -> Numbers:
    days: Numbers = pc.fill_null(moments.cast(pa.int64()), 0).to_numpy() // DAY
    return days


def _documents(shard: Any) -> File:
    found: File = shard.file if isinstance(shard, Shard) else shard.files["snapshots"]
    return found
