"""A version with all that it was made from in another store, under the same ids: on another server, in a directory.

Takedowns go first, then objects, records of builds and manifests, what people said of versions, and publications last:
a replication that was stopped shows nothing over there, and repeated goes on where it was. Publications have numbers of
their own over there, and the times that they had.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

from dagster_project.corpus.erasing.owned import erased_whole, orders_of, owned
from dagster_project.corpus.keeping.copying import COPIERS, CopyTask, copy
from dagster_project.corpus.keeping.marking import Listing, hashes_in, listing
from dagster_project.corpus.keeping.withdrawing import carry, refuse_erased_there, standing
from dagster_project.corpus.model.errors import Moved, Refused
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.statements.statements import Statement, make_statement, statements_of
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.refs import Ref
from dagster_project.corpus.storage.replacements import replaced_among
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.storage.sweeps import await_sweeps, last_sweep
from dagster_project.corpus.verification.versions import Version, walk

Progress = Callable[[int, int], None]  # bytes that are there, of how many


@dataclass
class Replica:
    """What stands over there now, and what was done for it."""

    partition: str
    id: str
    source: str
    destination: str
    versions: int = 0
    objects: int = 0
    bytes: int = 0
    copied: int = 0  # objects that were not there
    copied_bytes: int = 0
    publications: int = 0  # that are new there
    statements: int = 0
    requests: int = 0  # of takedowns, that are new there or decided anew
    erased: int = 0  # objects that stood there and from which texts are erased now
    seconds: float = 0.0

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def no_progress(done: int, total: int) -> None:
    """Progress that nobody watches."""


def replicate(
    source: Store, target: Store, partition: Partition, version: str, progress: Progress = no_progress
) -> Replica:
    """Bring one version to another store. Refused where its records are damaged, or where a partition of that name has
    versions over there that it never had here."""
    begun = time.monotonic()
    if source.location == target.location:
        raise Refused(f"{source.location} is the store itself: name another destination")
    below = walk(source, partition, version)
    if below.problems:
        raise Refused(f"{below.problems[0][1]}: mend that first, `florilegium verify {partition}` tells more")
    report = Replica(str(partition), version, source.location, target.location, len(below.versions))
    publications = [(item, _publication(source, item)) for item in reversed(below.versions)]
    for item in below.versions:
        _refuse_others(source, target, _name_of(item))
    listed = listing(source)
    hashes = set[str]().union(*(hashes_in(item.manifest.encoded()) for item in below.versions))
    named = hashes | hashes_in(repr([ref for _, ref in publications]).encode())
    carried = carry(source, target, listed, hashes)
    report.requests, report.erased = carried
    gone = erased_whole(source, hashes) | erased_whole(target, hashes)
    own = owned(source, gone, orders_of(item.manifest for item in below.versions), erasing=target)
    objects = standing(listed, source, hashes, own)
    objects -= replaced_among(target, objects) - own  # what was erased there does not come back
    if any(target.size(listed.by_id["data"][hash].path) is None for hash in objects):
        snapshots = [(item.partition, item.manifest) for item in below.versions if item.stage == "snapshots"]
        refuse_erased_there(source, target, snapshots)
    records = [listed.by_id["builds"][key].path for key in sorted(named & listed.by_id["builds"].keys())]
    records += [item.path for item in reversed(below.versions)]
    while True:
        swept = await_sweeps(target)
        _copy(source, target, listed, objects, report, progress)
        _put(source, target, records)
        if last_sweep(target) == swept:  # else what stood there unnamed may be gone again
            break
    for item in below.versions:
        report.statements += _state(source, target, item.manifest.id)
    report.publications = sum(_publish(target, _name_of(item), ref) for item, ref in publications)
    report.seconds = round(time.monotonic() - begun, 3)
    return report


def _copy(
    source: Store, target: Store, listed: Listing, hashes: Iterable[str], report: Replica, progress: Progress
) -> None:
    entries = {hash: listed.by_id["data"][hash] for hash in sorted(hashes)}
    report.objects, report.bytes = len(entries), sum(entry.size for entry in entries.values())
    done = 0
    tasks = [CopyTask(source, target, entry, hash) for hash, entry in entries.items()]
    with ThreadPoolExecutor(COPIERS) as pool:
        for task, is_new in zip(tasks, pool.map(copy, tasks), strict=True):
            done += task.entry.size
            report.copied += is_new
            report.copied_bytes += task.entry.size if is_new else 0
            progress(done, report.bytes)


def _put(source: Store, target: Store, paths: Iterable[str]) -> None:
    """Records, which stand as they are where they were put before."""
    with ThreadPoolExecutor(COPIERS) as pool:
        list(pool.map(lambda path: target.put_once(path, source.get(path)), paths))


def _state(source: Store, target: Store, version: str) -> int:
    """Make the statements on a version that were not made over there; their signatures stay good."""
    there = Counter(statements_of(target, version))
    new = 0
    for item, count in _counted(statements_of(source, version)):
        if count > there[item]:  # the same may be said again, after its contrary
            make_statement(target, item)
            new += 1
    return new


def _counted(statements: Iterable[Statement]) -> Iterator[tuple[Statement, int]]:
    """Each with how often it was made by then."""
    seen = Counter[Statement]()
    for item in statements:
        seen[item] += 1
        yield item, seen[item]


def _name_of(version: Version) -> Partition:
    return parse(version.partition.partition("#")[0])[0]


def _publication(store: Store, version: Version) -> Ref:
    """The last publication of a version; `walk` has found one."""
    return [ref for ref in refs.history(store, _name_of(version)) if ref.id == version.manifest.id][-1]


def _refuse_others(source: Store, target: Store, partition: Partition) -> None:
    """A name is a promise over there, too; takedowns over there keep it."""
    here = {item.id for item in refs.history(source, partition)}
    there = [item for item in refs.history(target, partition) if item.reason != refs.TAKEDOWN]
    strange = [item.id for item in there if item.id not in here]
    if strange and not partition.is_moving:
        raise Refused(
            f"{target.location} has {partition}#{strange[0][:12]}, which was never published here: name another "
            f"destination, for one name cannot mean both"
        )


def _publish(target: Store, partition: Partition, ref: Ref) -> int:
    """How many publications were added: this one, unless it stands; and once more the one that was the newest, if it is
    of a later time."""
    there = refs.history(target, partition)
    if any(item.id == ref.id and item.published >= ref.published for item in there):
        return 0
    newest = there[-1] if there else None
    again = [newest] if newest and newest.id != ref.id and newest.published > ref.published else []
    for number, item in enumerate([ref, *again], len(there) + 1):
        if not refs.put_ref(target, partition, replace(item, number=number)):
            raise Moved(f"{partition} moved in {target.location} meanwhile: replicate again")
    return 1 + len(again)
