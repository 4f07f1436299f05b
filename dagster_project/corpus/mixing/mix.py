"""Build a mix: gate, rank, apportion, order. The rows of a mix are its training order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.engine.work import ShardResult, Work, add_profile, assemble
from dagster_project.corpus.mixing.candidates import Candidates, Labels
from dagster_project.corpus.mixing.choosing import Choice
from dagster_project.corpus.mixing.cuts import Cutter
from dagster_project.corpus.mixing.members import MEMBER, Members
from dagster_project.corpus.mixing.promises import Promises
from dagster_project.corpus.mixing.repetition import Repetition
from dagster_project.corpus.mixing.selection import Gate, counted
from dagster_project.corpus.mixing.warnings import refuse, warnings_of
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.mix_recipes import MixRecipe
from dagster_project.corpus.storage.disk_arrays import DiskArrays
from dagster_project.corpus.storage.rows import column_of, entries
from dagster_project.corpus.storage.shards import write_shard

CODE_VERSION = "6"
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("component", pa.string(), nullable=False),
        pa.field("phase", pa.string(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),  # of its component: 0 for the first
        pa.field("index", pa.int64(), nullable=False),  # its place in the order, from 0; none where one was taken down
        pa.field("source", pa.string(), nullable=False),  # source@version
        pa.field("license", pa.string(), nullable=False),  # as the license policy chose it
        pa.field("license_class", pa.string(), nullable=False),
        pa.field("license_offered", pa.string(), nullable=False),  # what there was to choose from, mostly the same
        pa.field("license_kind", pa.string()),  # of the evidence that the license was concluded from; null without any
        pa.field("language", pa.string(), nullable=False),
        pa.field("words", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64()),  # null where the mix names no tokenizer
        pa.field("family", pa.uint64(), nullable=False),  # the first half of the id of its family, or of its own id
        pa.field("parent", pa.uint64(), nullable=False),  # the same of its first parent, or of its own id
        pa.field("cut", pa.int64()),  # bytes of its text, from the beginning, that are taken; null where all are
        pa.field("control", pa.int32()),  # the number of the control token that it stands behind; null without one
        pa.field("documents", pa.string(), nullable=False),  # digest of the documents shard: where, so not digested
        pa.field("row", pa.int32(), nullable=False),
        pa.field("edits", pa.string(), nullable=False),  # digest of the shard with its edits; empty where none are
    ]
)
PLACES = frozenset({"documents", "row", "edits"})
BY = ("component", "phase", "source", "license", "license_class", "language")
MEMBERS_PER_SHARD = 1 << 18


def build_mix(
    work: Work,
    recipe: MixRecipe,
    shards: Sequence[Candidates],
    cutter: Cutter,
    artifacts: Mapping[str, Manifest] | None = None,
    untrusted: frozenset[str] = frozenset(),
) -> Manifest:
    """The members of a mix in their order, with what was asked, what there was, and what was turned away. `artifacts`:
    the benchmarks that it promises to be clean of, by key."""
    with ExitStack() as stack:
        choice, repetition = _chosen(work, recipe, shards, artifacts or {}, cutter, stack)
        amounts = choice.amounts()
        members = _noted(choice.members(amounts), repetition)
        manifest = assemble(work, _write(work, choice, members), ordered=True)
        _refuse_nothing(choice, manifest.rows)
        facts = _facts(choice, manifest.profile, repetition, untrusted)
        told = {"asked": choice.asked(amounts), **_turned_away(choice)}
    return replace(manifest, profile={**manifest.profile, **told}, facts={**manifest.facts, **facts})


def plan_mix(
    work: Work,
    recipe: MixRecipe,
    shards: Sequence[Candidates],
    cutter: Cutter,
    artifacts: Mapping[str, Manifest] | None = None,
    untrusted: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """What `build_mix` would take, with nothing ordered or written: profile and facts as they would stand."""
    profile: dict[str, Any] = {}
    with ExitStack() as stack:
        choice, repetition = _chosen(work, recipe, shards, artifacts or {}, cutter, stack)
        amounts = choice.amounts()
        for phase in range(len(recipe.in_phases)):
            for members in _noted(choice.taken(amounts, phase), repetition):
                table = _table(choice, members, 0)
                add_profile(profile, {"rows": len(members), **profile_of(table), **choice.promises.profile(members)})
        _refuse_nothing(choice, profile.get("rows", 0))
        facts = _facts(choice, profile, repetition, untrusted)
        return {**profile, "asked": choice.asked(amounts), **_turned_away(choice), **facts}


def profile_of(members: pa.Table) -> dict[str, Any]:
    """Documents, words and tokens of a mix by component, phase, source, license, class and language; copies."""
    first = pc.equal(members.column("copy"), 0)
    tokens = members.column("tokens")
    return {
        "words": pc.sum(members.column("words")).as_py() or 0,
        **({"tokens": pc.sum(tokens).as_py()} if tokens.null_count < len(members) else {}),
        "cut": len(members) - members.column("cut").null_count,
        "repeats": len(members) - (pc.sum(first).as_py() or 0),
        "distinct": _counts(members.column("component").filter(first)),
        **{f"by_{name}": _by(members, name) for name in BY},
    }


def _chosen(
    work: Work,
    recipe: MixRecipe,
    shards: Sequence[Candidates],
    artifacts: Mapping[str, Manifest],
    cutter: Cutter,
    stack: ExitStack,
) -> tuple[Choice, Repetition]:
    gate, promises = Gate(recipe.components, recipe.licenses), Promises(recipe, artifacts)
    labels = Labels(recipe, [shard.file.rows for shard in shards], stack.enter_context(DiskArrays()))
    choice = Choice(recipe, shards, gate, promises, labels, cutter)
    choice.rank(work, stack)
    names = list(dict.fromkeys(shard.source for shard in shards))
    repetition = Repetition(np.array([names.index(shard.source) for shard in shards], np.int64), names)
    stack.callback(repetition.close)
    return choice, repetition


def _noted(members: Iterable[Members], repetition: Repetition) -> Iterator[Members]:
    for chunk in members:
        repetition.add(chunk)
        yield chunk


def _facts(
    choice: Choice, profile: Mapping[str, Any], repetition: Repetition, untrusted: frozenset[str]
) -> dict[str, Any]:
    found = repetition.counted()
    warned = warnings_of(choice.mix, profile, found, untrusted)
    refuse(warned)
    return {
        "title": choice.mix.title,
        "clean_of": choice.promises.facts(profile),
        "repetition": found,
        "warnings": [item.told for item in warned],
    }


def _refuse_nothing(choice: Choice, rows: int) -> None:
    """A mix without members is none: say what became of the candidates."""
    if rows:
        return
    told = []
    for index, component in enumerate(choice.mix.components):
        out = choice.gate.turned_away[component.name] + choice.gate.reasons[component.name]
        reasons = f" ({', '.join(f'{reason} {number:,}' for reason, number in sorted(out.items()))})" if out else ""
        may = sum(pool.available["documents"] for pool in choice.pools if pool.component == index)
        told.append(f"{component.name} turned away {out.total():,}{reasons} and may take {may:,}")
    raise Refused(
        f"the mix would hold no document: of a budget of {choice.mix.budget.amount:,} {choice.mix.budget.unit}, "
        f"{'; '.join(told)}: raise the budget, or relax the selection or the license policy"
    )


def _turned_away(choice: Choice) -> dict[str, Any]:
    gate = choice.gate
    return {
        "turned_away": counted(gate.turned_away),
        "excluded_by_license": counted(gate.excluded),
        "license_reasons": counted(gate.reasons),
        **({"license_choices": choices} if any((choices := counted(gate.choices)).values()) else {}),
        **choice.promises.refused,
    }


def _write(work: Work, choice: Choice, ordered: Iterable[Members]) -> Iterator[ShardResult]:
    first = 0
    for members in _shard_sized(ordered):
        table = _table(choice, members, first)
        first += len(members)
        file = write_shard(work.store, table, access=work.access)
        profile = {**profile_of(table), **choice.promises.profile(members)}
        yield ShardResult(file, profile, entries(table, PLACES).tobytes())
    work.progress(2 * len(choice.shards), 2 * len(choice.shards))


def _table(choice: Choice, members: Members, first: int) -> pa.Table:
    """Members as rows, the first of them at this place of the order."""
    shards, mix = choice.shards, choice.mix
    shard = pa.array(members["shard"])
    columns = {
        "doc_id": column_of(np.ascontiguousarray(members["doc_id"])),
        "component": pa.array([item.name for item in mix.components]).take(pa.array(members["component"])),
        "phase": pa.array([item.name for item in mix.in_phases]).take(pa.array(members["phase"])),
        "copy": pa.array(members["copy"].astype(np.int32)),
        "index": pa.array(np.arange(first, first + len(members))),
        "source": pa.array([item.source for item in shards], pa.string()).take(shard),
        "words": pa.array(members["words"].astype(np.int64)),
        "tokens": pa.array(members["tokens"].astype(np.int64)) if mix.tokenizer else pa.nulls(len(members), pa.int64()),
        "documents": pa.array([item.file.sha256 for item in shards], pa.string()).take(shard),
        "family": pa.array(members["family"]),
        "parent": pa.array(members["parent"]),
        "cut": pa.array(members["cut"].astype(np.int64), mask=members["keep"] == 0),
        "row": pa.array(choice.places.of(members)),
        "edits": pa.array([item.edits for item in shards], pa.string()).take(shard),
        **choice.labels.of(members),
    }
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    return {item["values"]: item["counts"] for item in sorted(column.value_counts().to_pylist(), key=_value)}


def _value(item: Mapping[str, Any]) -> str:
    return str(item["values"])


def _by(members: pa.Table, name: str) -> dict[str, dict[str, int]]:
    units = [unit for unit in ("words", "tokens") if members.column(unit).null_count < len(members)]
    grouped = members.group_by(name).aggregate([([], "count_all"), *((unit, "sum") for unit in units)])
    rows = sorted(grouped.to_pylist(), key=lambda row: str(row[name]))
    return {row[name]: {"documents": row["count_all"], **{unit: row[f"{unit}_sum"] for unit in units}} for row in rows}


def _shard_sized(ordered: Iterable[Members]) -> Iterator[NDArray[np.void]]:
    """Members in pieces of MEMBERS_PER_SHARD, however they come."""
    held = np.empty(0, MEMBER)
    for chunk in ordered:
        held = np.concatenate([held, chunk])
        while len(held) >= MEMBERS_PER_SHARD:
            yield held[:MEMBERS_PER_SHARD]
            held = held[MEMBERS_PER_SHARD:]
    if len(held):
        yield held
