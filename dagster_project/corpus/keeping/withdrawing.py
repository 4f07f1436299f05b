"""Takedowns of one store in another: requests, the table of erased documents, and what stands in the place of objects.

They are carried whole, whatever version is replicated: a request holds for every copy. A request that removes over
there goes on to, whatever was decided of it here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import pyarrow.compute as pc

from dagster_project.corpus.erasing.asked import answer_of, put_answer
from dagster_project.corpus.erasing.erase import strictest_access
from dagster_project.corpus.erasing.owned import owned
from dagster_project.corpus.erasing.standing import rows_of
from dagster_project.corpus.keeping.copying import CopyTask, copy
from dagster_project.corpus.keeping.marking import Listing
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.portraits.portrait import PREFIX as PORTRAITS
from dagster_project.corpus.portraits.portrait import forget
from dagster_project.corpus.storage.replacements import Replacement, find_replacement, put_replacement
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns import register
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import erased_table, read_erasures, record_erased


class Carried(NamedTuple):
    """Requests that are new or decided anew over there, and objects of which nothing or less stands there now."""

    requests: int
    erased: int


def carry(source: Store, target: Store, listed: Listing, wanted: set[str]) -> Carried:
    """Bring the takedowns of a store to another. `wanted`: hashes of objects that are to be copied; of these and of all
    that stand there the erasures are carried, before anything is copied. `listed`: the source."""
    requests = _requests(source, target)
    erasures = read_erasures(source)
    if erasures.number and erasures != read_erasures(target):
        record_erased(target, erasures.entries, erased_table(source, erasures), strictest_access(source))
    for entry in register.read_register(source).entries:
        if (answer := answer_of(source, entry.id)).documents:
            put_answer(target, entry.id, answer)
    return Carried(requests, _erase(source, target, listed, wanted))


def refuse_erased_there(source: Store, target: Store, snapshots: Sequence[tuple[str, Manifest]]) -> None:
    """Refused where a text that was erased over there stands in a snapshot here: whatever is copied may hold it, such
    as mixes that were made here alone. `snapshots`: with their names."""
    there = erased_table(target, read_erasures(target))
    ids = there.column("doc_id").combine_chunks().unique()
    for name, snapshot in snapshots if len(ids) else ():
        for rows in rows_of(source, snapshot, ids, ["text"]):
            if len(standing := rows.filter(pc.not_equal(rows.column("text"), ""))):
                asked = there.filter(pc.equal(there.column("doc_id"), standing.column("doc_id")[0])).column("entry")[0]
                raise Refused(
                    f"{name} has {len(standing)} documents that were erased in {target.location}, for takedown "
                    f"{asked.as_py()[:12]}, and whose text stands here: take them down here with --erase, too"
                )


def _requests(source: Store, target: Store) -> int:
    here, there = register.read_register(source).entries, register.read_register(target).entries
    known = {entry.id: entry for entry in there}
    new = [
        entry
        for entry in here
        if known.get(entry.id) != entry and not (entry.decision != "remove" and _removes(known.get(entry.id)))
    ]
    if new:
        register.add(target, new)
    return len(new)


def _removes(entry: Entry | None) -> bool:
    return entry is not None and entry.decision == "remove"


def _erase(source: Store, target: Store, listed: Listing, wanted: set[str]) -> int:
    """The successor first, then the record, then the end of what it replaces."""
    records, data = listed.by_id["replacements"], listed.by_id["data"]
    made = {hash: found for hash in records if (found := find_replacement(source, hash))}
    concerned = {hash for hash, item in made.items() if hash in wanted or target.size(item.old.path) is not None}
    own = owned(target, {hash for hash in concerned if made[hash].new is None})
    erased = 0
    for item in _chains(made, {hash for hash in concerned if not _is_erased(target, made, hash)}):
        if item.new and item.new.sha256 in data and item.new.sha256 not in made:
            copy(CopyTask(source, target, data[item.new.sha256], item.new.sha256))
        if not put_replacement(target, item) and find_replacement(target, item.old.sha256) != item:
            raise Refused(
                f"less was erased from {item.old.path} in {target.location} than here: apply the same takedowns there, "
                f"with --erase"
            )
        if target.size(item.old.path) is not None and item.old.sha256 not in own:
            target.delete([item.old.path])
            erased += 1
    if erased:
        for version in {entry.path.removeprefix(PORTRAITS).partition("/")[0] for entry in target.list(PORTRAITS)}:
            forget(target, version)
    return erased


def _is_erased(target: Store, made: Mapping[str, Replacement], hash: str) -> bool:
    """Whether all that was erased from an object was erased from it over there, too, in whatever order."""
    there = _rows_gone(partial(find_replacement, target), hash)
    return there is not None and there.issuperset(_rows_gone(made.get, hash) or ())


def _rows_gone(find: Callable[[str], Replacement | None], hash: str) -> set[int] | None:
    """The rows that are blank in what stands in the place of an object; None where nothing was erased from it."""
    found = None
    while (item := find(hash)) is not None:
        found = (found or set()) | {*item.rows}
        if item.new is None:
            break
        hash = item.new.sha256
    return found


def _chains(made: dict[str, Replacement], hashes: Iterable[str]) -> list[Replacement]:
    """The records of these objects and of what stands in their place, the last of each chain first."""
    found: dict[str, Replacement] = {}
    for hash in hashes:
        chain = []
        while hash in made and hash not in found:
            chain.append(made[hash])
            new = made[hash].new
            hash = new.sha256 if new else ""
        found.update((item.old.sha256, item) for item in reversed(chain))
    return list(found.values())


def standing(listed: Listing, source: Store, hashes: Iterable[str], own: set[str]) -> set[str]:
    """The hashes of the objects that hold the rows of these now: themselves, or what stands in their place. `own`: of
    files that stand though their records say that they are gone."""
    records, found = listed.by_id["replacements"], set[str]()
    for hash in hashes:
        while hash in records and hash not in own:
            made = find_replacement(source, hash)
            hash = made.new.sha256 if made and made.new else ""
        found |= {hash} & listed.by_id["data"].keys()
    return found
