"""Build a mix: gate, apportion, rank, order. The rows of a mix are its training order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.engine.tables import Part, zipped
from dagster_project.corpus.engine.work import ShardResult, Work, assemble
from dagster_project.corpus.mixing.apportionment import Share, apportion
from dagster_project.corpus.mixing.ordering import MEMBER, keyed, take
from dagster_project.corpus.mixing.promises import Promises
from dagster_project.corpus.mixing.selection import READ, Gate, counted
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.recipes import MixRecipe
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import write_shard
from dagster_project.corpus.storage.spool import Spool

CODE_VERSION = "2"
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("component", pa.string(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),  # source@version
        pa.field("license", pa.string(), nullable=False),
        pa.field("license_class", pa.string(), nullable=False),
        pa.field("words", pa.int64(), nullable=False),
        pa.field("documents", pa.string(), nullable=False),  # digest of the documents shard: where, so not digested
        pa.field("row", pa.int32(), nullable=False),
        pa.field("edits", pa.string(), nullable=False),  # digest of the shard with its edits; empty where none are
    ]
)
PLACES = frozenset({"documents", "row", "edits"})
MEMBERS_PER_SHARD = 1 << 18


@dataclass(frozen=True)
class Candidates:
    """One documents shard of a corpus and the side tables that cover it."""

    corpus: str
    source: str
    file: File
    parts: tuple[Part, ...]
    edits: str = ""  # digest of the shard whose edits its text has, if it has any


def build_mix(
    work: Work, recipe: MixRecipe, shards: Sequence[Candidates], artifacts: Mapping[str, Manifest] | None = None
) -> Manifest:
    """The members of a mix in their order, with what was asked, what there was, and what was turned away. `artifacts`:
    the benchmarks that it promises to be clean of, by key."""
    gate, promises = Gate(recipe.components, recipe.licenses), Promises(recipe, artifacts or {})
    by_words = recipe.budget.words is not None
    names = [component.name for component in recipe.components]
    with ExitStack() as stack:
        ranked = [stack.enter_context(Spool(MEMBER)) for _ in recipe.components]
        licenses = Licenses()
        available = rank_candidates(work, recipe, shards, gate, ranked, licenses, promises)
        shares = apportion(
            recipe.components, recipe.budget, [item["words" if by_words else "documents"] for item in available]
        )
        ordered = stack.enter_context(Spool(MEMBER))
        for spool, share in zip(ranked, shares, strict=True):
            for members in take(spool, share.amount, by_words=by_words):
                ordered.append(keyed(members, recipe.seed, "order", names))
        manifest = assemble(work, _write(work, recipe, shards, ordered, licenses, promises), ordered=True)
    asked = _asked(shares, available, by_words)
    turned_away = {"excluded_by_license": counted(gate.excluded), **promises.refused}
    return replace(
        manifest,
        profile={**manifest.profile, "asked": asked, **turned_away},
        facts={**manifest.facts, "title": recipe.title, "clean_of": promises.facts(manifest.profile)},
    )


def rank_candidates(
    work: Work,
    recipe: MixRecipe,
    shards: Sequence[Candidates],
    gate: Gate,
    ranked: Sequence[Spool],
    licenses: Licenses,
    promises: Promises,
) -> list[dict[str, int]]:
    """Fill one spool per component with what it may take, ranked by keyed hash; returns what there is of each.

    The side tables are read here and nowhere else: licenses are kept for the members that are taken later.
    """
    available = [{"documents": 0, "words": 0} for _ in recipe.components]
    names = [component.name for component in recipe.components]
    for number, shard in enumerate(shards):
        table = zipped(work.store, shard.parts)
        licenses.add(table)
        promises.add(table)
        for eligible in gate.pass_through(table.select(list(READ)), shard.corpus, shard.source):
            rows = promises.admit(names[eligible.component], number, eligible.rows)
            members = _members(table, number, eligible.component, rows)
            ranked[eligible.component].append(keyed(members, recipe.seed, "rank", names))
            available[eligible.component]["documents"] += len(members)
            available[eligible.component]["words"] += int(members["words"].sum())
        work.progress(number + 1, 2 * len(shards))
    return available


def _members(table: pa.Table, shard: int, component: int, rows: NDArray[np.int64]) -> NDArray[np.void]:
    chosen = table.select(["doc_id", "words"]).take(rows)
    members = np.zeros(len(rows), MEMBER)
    members["doc_id"] = np.frombuffer(b"".join(chosen.column("doc_id").to_pylist()), "V16")
    members["words"] = chosen.column("words").to_numpy()
    members["component"], members["shard"], members["row"] = component, shard, rows
    return members


def _write(
    work: Work,
    recipe: MixRecipe,
    shards: Sequence[Candidates],
    ordered: Spool,
    licenses: Licenses,
    promises: Promises,
) -> Iterator[ShardResult]:
    for members in _shard_sized(ordered):
        table = _table(recipe, shards, licenses, members)
        file = write_shard(work.store, table, access=work.access)
        yield ShardResult(file, {**profile(table), **promises.profile(members)}, entries(table, PLACES).tobytes())
    work.progress(2 * len(shards), 2 * len(shards))


class Licenses:
    """License columns by shard, as codes into one list of distinct (expression, class): 4 bytes per document."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], int] = {}
        self.codes: list[NDArray[np.int32]] = []

    def add(self, shard: pa.Table) -> None:
        """The next shard, in the order of the candidates."""
        pairs = zip(shard.column("license").to_pylist(), shard.column("license_class").to_pylist(), strict=True)
        self.codes.append(np.array([self.known.setdefault(pair, len(self.known)) for pair in pairs], np.int32))

    def of(self, members: NDArray[np.void]) -> list[tuple[str, str]]:
        pairs = list(self.known)
        return [pairs[self.codes[shard][row]] for shard, row in zip(members["shard"], members["row"], strict=True)]


def _table(recipe: MixRecipe, shards: Sequence[Candidates], licenses: Licenses, members: NDArray[np.void]) -> pa.Table:
    names = pa.array([component.name for component in recipe.components])
    sources = pa.array([shard.source for shard in shards])
    digests = pa.array([shard.file.sha256 for shard in shards])
    edits = pa.array([shard.edits for shard in shards])
    found = licenses.of(members)
    ids = np.ascontiguousarray(members["doc_id"])
    return pa.table(
        [
            pa.FixedSizeBinaryArray.from_buffers(ID, len(members), [None, pa.py_buffer(ids)]),
            names.take(pa.array(members["component"])),
            pa.array(members["copy"]),
            sources.take(pa.array(members["shard"])),
            pa.array([expression for expression, _ in found], pa.string()),
            pa.array([name for _, name in found], pa.string()),
            pa.array(members["words"]),
            digests.take(pa.array(members["shard"])),
            pa.array(members["row"]),
            edits.take(pa.array(members["shard"])),
        ],
        schema=SCHEMA,
    )


def profile(members: pa.Table) -> dict[str, Any]:
    """Documents and words of a mix by component, source, license and license class, and repeated copies."""
    words = members.column("words").to_numpy()
    by = {name: _by(members.column(name), words) for name in ("component", "source", "license", "license_class")}
    copies = members.column("copy").to_numpy()
    return {
        "words": int(words.sum()),
        "repeats": int((copies > 0).sum()),
        **{f"by_{name}": value for name, value in by.items()},
    }


def _by(column: pa.ChunkedArray, words: NDArray[np.int64]) -> dict[str, dict[str, int]]:
    table = (
        pa.table({"value": column, "words": words}).group_by("value").aggregate([("words", "sum"), ("words", "count")])
    )
    rows = sorted(table.to_pylist(), key=lambda row: str(row["value"]))
    return {row["value"]: {"documents": row["words_count"], "words": row["words_sum"]} for row in rows}


def _shard_sized(ordered: Spool) -> Iterator[NDArray[np.void]]:
    """Sorted members in pieces of MEMBERS_PER_SHARD, whatever the buckets."""
    held = np.empty(0, MEMBER)
    for chunk in ordered.sorted():
        held = np.concatenate([held, chunk])
        while len(held) >= MEMBERS_PER_SHARD:
            yield held[:MEMBERS_PER_SHARD]
            held = held[MEMBERS_PER_SHARD:]
    if len(held):
        yield held


def _asked(shares: Sequence[Share], available: Sequence[Mapping[str, int]], by_words: bool) -> dict[str, Any]:
    unit = "words" if by_words else "documents"
    return {
        share.component: {unit: share.amount, "available": dict(have)}
        for share, have in zip(shares, available, strict=True)
    }


def recipe_of(recipe: MixRecipe) -> dict[str, Any]:
    """What of the mix recipe decides its members and their order, and what it promises of them: not its name, title or
    exports."""
    data = asdict(recipe)
    promised = ("clean_of", "contaminated") if recipe.clean_of else ()
    return {name: data[name] for name in ("components", "budget", "seed", "licenses", *promised)}
