"""What lies at a source now, against what its newest version was read from.

An object of the same address, size and time as recorded is not read again for its checksum. A version that is not
`dev` stands for what it was read from: an object that is gone is taken as recorded, and read, should that be needed,
from its copy; what changed or came besides is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.model.raw import RawObject, Source
from dagster_project.corpus.model.recipes import SourceRecipe

NAMED = 3  # objects of each kind that a sentence names
Recorded = Mapping[str, Any]  # an entry of the fact `raw_objects`


@dataclass(frozen=True)
class Changes:
    """Addresses of raw objects that are no longer what a version was read from."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __str__(self) -> str:
        kinds = {"changed": self.changed, "added": self.added, "removed": self.removed}
        return "; ".join(f"{kind} {_named(uris)}" for kind, uris in kinds.items() if uris)


@dataclass(frozen=True)
class Looked:
    """The raw objects that a version is made of, with checksums; those of them that are gone; and what changed."""

    objects: tuple[RawObject, ...]
    gone: tuple[RawObject, ...] = ()
    changes: Changes = Changes()
    trouble: str = ""  # why nothing could be listed


def look(source: Source, recipe: SourceRecipe, known: Iterable[Recorded]) -> Looked:
    """What a moving version is made of: all that is there now. `known` saves checksums."""
    return Looked(tuple(checksummed(source, source.objects(recipe), known)))


def look_again(source: Source, recipe: SourceRecipe, recorded: Sequence[Recorded], known: Iterable[Recorded]) -> Looked:
    """What a fixed version is made of that was read from `recorded` before."""
    there, trouble = list[RawObject](), ""
    try:
        there = source.objects(recipe)
    except SourceError as error:
        trouble = str(error)
    now = checksummed(source, there, known)
    changes = changes_of(recorded, now)
    missing = {*changes.removed}
    gone = tuple(_as_recorded(item) for item in recorded if item["uri"] in missing)
    return Looked(tuple(sorted([*now, *gone])), gone, changes, trouble)


def changes_of(recorded: Sequence[Recorded], now: Sequence[RawObject]) -> Changes:
    """How objects differ from what was recorded. One that lies elsewhere with the same content is no change."""
    before = {item["uri"]: item["sha256"] for item in recorded}
    after = {item.uri: str(item.sha256) for item in now}
    removed, added = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
    moved = Counter(before[uri] for uri in removed) & Counter(after[uri] for uri in added)
    return Changes(
        tuple(sorted(uri for uri in before.keys() & after.keys() if before[uri] != after[uri])),
        _less(added, after, moved.copy()),
        _less(removed, before, moved.copy()),
    )


def checksummed(source: Source, objects: Sequence[RawObject], known: Iterable[Recorded]) -> list[RawObject]:
    """Raw objects with their checksums; one of the same size and modification time as before is not read again. No
    more of what is known is asked for than is needed."""
    wanted = {(item.uri, item.size, item.modified_ns) for item in objects}
    before: dict[tuple[str, int, int], str] = {}
    for item in known if wanted else ():
        if (place := (item["uri"], item["size"], item["modified_ns"])) in wanted:
            before.setdefault(place, item["sha256"])
            if len(before) == len(wanted):
                break
    return [
        replace(found, sha256=before.get((found.uri, found.size, found.modified_ns)) or source.checksum(found))
        for found in objects
    ]


def _less(uris: Sequence[str], sums: Mapping[str, str], moved: Counter[str]) -> tuple[str, ...]:
    """The addresses, less those whose content moved."""
    left = []
    for uri in uris:
        if moved[sums[uri]] > 0:
            moved[sums[uri]] -= 1
        else:
            left.append(uri)
    return tuple(left)


def _as_recorded(item: Recorded) -> RawObject:
    return RawObject(item["uri"], item["size"], item["modified_ns"], item["sha256"])


def _named(uris: Sequence[str]) -> str:
    more = f" and {len(uris) - NAMED:,} more" if len(uris) > NAMED else ""
    return ", ".join(visible(uri, 300) for uri in uris[:NAMED]) + more
