"""Freeze raw objects into an immutable snapshot: every record becomes a document or a counted dead letter.

Parts of raw objects are read in parallel and written as shards; a part that was read before is found again by its
build key, also by another version of the source, and how much was is a fact of the version. What is global, the
occurrence numbers of equal texts and records met twice, is settled afterwards from row digests, and only the shards
concerned are rewritten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.engine.work import ShardResult, Work, assemble, watched
from dagster_project.corpus.erasing.blanking import blank
from dagster_project.corpus.erasing.leaving_out import LeftOut, erase_rows, left_out, out_of
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.documents import DOCUMENTS, NOT_DIGESTED, ORDINARY, RECORDS
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.raw import RawObject, RawPart, Source
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.snapshots.dead_letters import DeadLetters
from dagster_project.corpus.snapshots.identify import identify
from dagster_project.corpus.snapshots.parents import settle_parents
from dagster_project.corpus.snapshots.profile import profile
from dagster_project.corpus.snapshots.repeats import Captured, captures, settle_repeats
from dagster_project.corpus.snapshots.retain import Open, changed, keep, path_of
from dagster_project.corpus.snapshots.site_files import Sites, gather_sites
from dagster_project.corpus.storage.refs import find_build, record_build
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import read_shard, stands, write_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.erased import ERASED, record_erased

CODE_VERSION = "5"
SHARD_TEXT_BYTES = 64 << 20
SHARD_DOCUMENTS = 100_000  # a column of Arrow holds 2 GiB of values: 20 KB for each of so many documents
GROUP_BYTES = 32 << 20  # small raw objects are read together up to about this size
Erased = tuple[list[bytes], list[str]]  # columns of ERASED


def freeze(
    work: Work,
    recipe: SourceRecipe,
    source: Source,
    objects: Sequence[RawObject],
    copies: Mapping[str, str],
    open: Open,
    parents: Sequence[Manifest] = (),
) -> Manifest:
    """Build the snapshot of a source from its raw objects, whose checksums are known. `copies`: where those that are
    gone were kept, by uri; where the recipe says so, all others are opened and copied first. `parents`: the snapshots
    that a derived source stands on."""
    to_copy = [item for item in objects if item.uri not in copies] if retains(recipe) else []
    stood = {item.uri for item in to_copy if work.store.size(path_of(item, work.access)) is not None}
    kept = {**(copies if retains(recipe) else {}), **keep(work, to_copy, open)}
    out = left_out(work.store)
    alone = replace(work, inputs=())  # what is read does not depend on the parents
    tasks = [
        PartsTask(work.store, alone.key("parts", recipe.reading, name), work.access, recipe, source, parts, items, out)
        for name, parts, items in grouped(recipe, source, objects)
    ]
    read = list(watched(work, work.engine.map(read_parts, tasks), len(tasks)))
    forget_changed(tasks, source, source.objects(recipe))
    captured = [item for result in read for item in result.shards]
    orphans, orphaned = Counter[str](), list[File]()
    if recipe.derived_from:
        captured, orphans, orphaned = settle_parents(work, captured, parents)
    shards, repeats = settle_repeats(work, captured, out)
    erased = pa.concat_tables([ERASED.empty_table(), *(pa.table([*item.erased], schema=ERASED) for item in read)])
    if erased.num_rows:
        record_erased(work.store, (), erased, work.access)
        holding = {uri for task, result in zip(tasks, read, strict=True) for uri in objects_holding(task, result)}
        fresh = {kept[uri] for uri in (holding - stood - copies.keys()) & kept.keys()}
        work.store.delete(sorted(fresh))  # no copy of what was erased, whoever else has the same bytes
        kept = {uri: path for uri, path in kept.items() if path not in fresh}
    dead = Counter(repeats.reasons) + orphans
    for result in read:
        dead.update(result.dead)
    sites = gather_sites(work, [file for result in read for file in result.sites])
    said = {**work.recipe, "dead_letters": dict(sorted(dead.items())), "site_files": sites.digest}
    said |= {"retain": recipe.retain} if retains(recipe) else {}
    said |= {"erased": sorted(erased.column("entry").unique().to_pylist())} if erased.num_rows else {}
    manifest = assemble(replace(work, recipe=said), iter(shards))
    counted = {
        "site_files": sites.rows,
        "records": sum(result.records for result in read),  # as readers gave them, whatever became of them since
        "documents": manifest.rows,
        "dead_letters": dict(sorted(dead.items())),
    }
    refuse_too_many_dead_letters(recipe, counted)
    letters = [*(file for result in read for file in result.letters), *orphaned, *repeats.letters]
    facts = {
        **manifest.facts,
        "source": asdict(recipe),
        "raw_objects": [recorded(item, kept) for item in objects],
        "reading": reading(tasks, read, objects),
        "dead_letters": [asdict(file) for file in letters],
        "site_files": [asdict(file) for file in sites.files],
    }
    return replace(manifest, profile={**manifest.profile, **counted}, facts=facts)


def refuse_too_many_dead_letters(recipe: SourceRecipe, counted: Mapping[str, Any]) -> None:
    bad = sum(count for reason, count in counted["dead_letters"].items() if reason not in ORDINARY)
    total = counted["records"]
    if bad > recipe.max_bad_records * total:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in counted["dead_letters"].items())
        raise Refused(
            f"{recipe.name}: {bad:,} of {total:,} records cannot be read ({reasons}), more than max_bad_records "
            f"{recipe.max_bad_records}: mend the input or raise the limit"
        )


def retains(recipe: SourceRecipe) -> bool:
    return recipe.retain == "copy"


def recorded(item: RawObject, copies: Mapping[str, str]) -> dict[str, Any]:
    """A raw object as a fact of the version."""
    return asdict(item) | ({"copy": copies[item.uri]} if item.uri in copies else {})


def reading(
    tasks: Sequence[PartsTask], results: Sequence[PartsResult], objects: Sequence[RawObject]
) -> dict[str, dict[str, int]]:
    """How many raw objects, of how many bytes, were read for this version, and of how many every shard was found."""
    read = {item.uri for task, result in zip(tasks, results, strict=True) if not result.found for item in task.objects}
    counted = {}
    for name, chosen in {"read": True, "reused": False}.items():
        sizes = [item.size for item in objects if (item.uri in read) == chosen]
        counted[name] = {"objects": len(sizes), "bytes": sum(sizes)}
    return counted


def grouped(
    recipe: SourceRecipe, source: Source, objects: Sequence[RawObject]
) -> Iterator[tuple[Any, tuple[RawPart, ...], tuple[RawObject, ...]]]:
    """What one task reads, what that is called, and the objects it is from. Large objects are split, small ones share
    a task."""
    small = [(int(digest(item.uri), 16), item) for item in objects if item.size < GROUP_BYTES]
    for members in shared(small):
        parts = tuple(part for item in members for part in source.parts(recipe, item))
        beside = sorted({part.beside for part in parts})
        yield [beside, *([item.uri, item.sha256] for item in members)], parts, tuple(members)
    for item in objects:
        if item.size >= GROUP_BYTES:
            for part in source.parts(recipe, item):
                yield [item.uri, item.sha256, asdict(part)], (part,), (item,)


def shared(small: Sequence[tuple[int, RawObject]], bit: int = 255) -> Iterator[list[RawObject]]:
    """Groups of at most GROUP_BYTES by the leading bits of a hash of the name. A group that grows too large is split
    in two, two halves that fit together are one again, and no other group notices: an object that came, went or
    changed re-reads its own alone."""
    if sum(item.size for _, item in small) <= GROUP_BYTES or len(small) == 1:
        yield from [[item for _, item in small]] if small else []
        return
    for side in (0, 1):
        yield from shared([(name, item) for name, item in small if name >> bit & 1 == side], bit - 1)


@dataclass(frozen=True)
class PartsTask:
    """Some parts of raw objects, as they travel to a worker."""

    store: Store
    key: str
    access: str
    recipe: SourceRecipe
    source: Source
    parts: tuple[RawPart, ...]
    objects: tuple[RawObject, ...]
    out: LeftOut | None = None  # what was erased, and does not come back


@dataclass(frozen=True)
class PartsResult:
    """What reading them gave: shards of documents, files of dead letters and their counts by reason, site files, and
    how many records that was before any of it was written; whether it was found from an earlier reading; columns of
    ERASED for the documents whose text was left out; and the raw objects in which these stand."""

    shards: tuple[Captured, ...]
    letters: tuple[File, ...]
    dead: Mapping[str, int]
    sites: tuple[File, ...]
    records: int
    found: bool
    erased: Erased = ([], [])
    holders: tuple[str, ...] = ()


def read_parts(task: PartsTask) -> PartsResult:
    """Find the shards of these parts or make them."""
    record = find_build(task.store, task.key)
    if record and all(stands(task.store, file) for file in files_of(record)):
        return _found(task, record)
    shards: list[Captured] = []
    letters, sites = DeadLetters(task.store, task.access), Sites(task.store, task.access)
    gone = [ERASED.empty_table()]
    for records in _shard_sized(task, letters, sites):
        documents = identify(records, task.recipe.name)
        if task.out:
            out = out_of(task.store, documents, task.out, task.recipe.key)
            documents = blank(documents, out.chosen)
            gone.append(out.erased)
            letters.leave_out(documents.column("raw_object").filter(pa.array(out.chosen)))
        file = write_shard(task.store, documents, access=task.access)
        shard = ShardResult(file, profile(documents), entries(documents, NOT_DIGESTED).tobytes())
        shards.append(Captured(shard, captures(documents).tobytes()))
    letters.flush()
    sites.flush()
    refuse_changed(task)
    erased = _columns(pa.concat_tables(gone))
    record_build(
        task.store,
        task.key,
        {
            "shards": [{"file": asdict(shard.file), "profile": shard.profile} for shard, _ in shards],
            "letters": [asdict(file) for file in letters.files],
            "dead": dict(letters.counts),
            "sites": [asdict(file) for file in sites.files],
            "records": letters.records,
            **({"erased": [[item.hex() for item in erased[0]], erased[1]]} if erased[0] else {}),
            **({"holders": sorted(letters.silenced)} if letters.silenced else {}),
        },
    )
    dead = dict(letters.counts)
    files = tuple(letters.files), dead, tuple(sites.files)
    return PartsResult(
        tuple(shards), *files, letters.records, found=False, erased=erased, holders=tuple(sorted(letters.silenced))
    )


def files_of(record: Mapping[str, Any]) -> Iterator[File]:
    """Every file that reading some parts wrote."""
    for item in record["shards"]:
        yield File(**item["file"])
    for item in (*record["letters"], *record["sites"]):
        yield File(**item)


def objects_holding(task: PartsTask, result: PartsResult) -> set[str]:
    """The raw objects of a task in which erased documents stand; all of them, where its rows name none of these."""
    objects = {item.uri for item in task.objects}
    named = {*result.holders}
    return (named if named and named <= objects else objects) if result.erased[0] else set()


def refuse_changed(task: PartsTask) -> None:
    """What was read must be what was planned: small objects are hashed again before they are recorded."""
    for item in task.objects:
        if item.size < GROUP_BYTES and task.source.checksum(item) != item.sha256:
            raise changed(item)


def forget_changed(tasks: Sequence[PartsTask], source: Source, now: Sequence[RawObject]) -> None:
    """Large objects, of which many tasks read a part, are looked at once in the end; what was read of one that changed
    meanwhile is forgotten."""
    same = {(item.uri, item.size, item.modified_ns) for item in now}
    for task in tasks:
        for item in task.objects:
            if (item.uri, item.size, item.modified_ns) not in same and source.checksum(item) != item.sha256:
                task.store.delete([f"builds/{other.key}.json" for other in tasks if item in other.objects])
                raise changed(item)


def _shard_sized(task: PartsTask, letters: DeadLetters, sites: Sites) -> Iterator[pa.Table]:
    """Records of all parts, in tables of about SHARD_TEXT_BYTES of text and at most SHARD_DOCUMENTS and a batch."""
    held: list[pa.RecordBatch] = []
    held_bytes = held_rows = 0
    for part in task.parts:
        for batch in task.source.read(task.recipe, part):
            letters.records += batch.records.num_rows + batch.dead.num_rows
            letters.add(batch.dead)
            sites.add(batch.sites)
            if batch.records.num_rows:
                held.append(batch.records)
                held_bytes += pc.sum(pc.binary_length(batch.records.column("text"))).as_py()
                held_rows += batch.records.num_rows
            if held_bytes >= SHARD_TEXT_BYTES or held_rows >= SHARD_DOCUMENTS:
                yield pa.Table.from_batches(held, RECORDS)
                held, held_bytes, held_rows = [], 0, 0
    if held:
        yield pa.Table.from_batches(held, RECORDS)


def _found(task: PartsTask, record: Mapping[str, Any]) -> PartsResult:
    """An earlier reading of the same parts; its rows are digested again from what stands in the shards."""
    columns = [name for name in DOCUMENTS.names if name not in NOT_DIGESTED]
    shards = []
    gone = [_table(record.get("erased", ([], [])))]
    holders = set(record.get("holders", ()))
    for item in record["shards"]:
        file, told = File(**item["file"]), item["profile"]
        rows = read_shard(task.store, file, columns)
        if task.out and (out := out_of(task.store, rows, task.out, task.recipe.key)).chosen.any():
            file, whole = erase_rows(task.store, file, out, task.access)
            rows, told = whole.select(columns), profile(whole)
            gone.append(out.erased)
            holders.update(whole.column("raw_object").filter(pa.array(out.chosen)).to_pylist())
        shard = ShardResult(file, told, entries(rows).tobytes())
        shards.append(Captured(shard, captures(rows).tobytes()))
    return PartsResult(
        tuple(shards),
        tuple(File(**item) for item in record["letters"]),
        record["dead"],
        tuple(File(**item) for item in record["sites"]),
        record["records"],
        found=True,
        erased=_columns(pa.concat_tables(gone)),
        holders=tuple(sorted(holders)),
    )


def _columns(erased: pa.Table) -> Erased:
    """What was left out as lists, which travel and are recorded."""
    return erased.column("doc_id").to_pylist(), erased.column("entry").to_pylist()


def _table(recorded: Sequence[Sequence[str]]) -> pa.Table:
    ids, names = recorded
    return pa.table([[bytes.fromhex(item) for item in ids], names], schema=ERASED)
