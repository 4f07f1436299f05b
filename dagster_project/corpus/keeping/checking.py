"""Whether the records of a whole store agree, without reading any text: every publication, manifest, build, statement
and request is read, every object that they name is there in its size, and nothing lies about that nobody knows.

`verify` goes deeper, below one version: it hashes every object and makes rows again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any, TypeVar

from dagster_project.corpus.erasing.meant import unmeant
from dagster_project.corpus.erasing.owned import owned
from dagster_project.corpus.keeping.marking import READERS, Listed, Listing, listing
from dagster_project.corpus.keeping.places import KINDS, UNKNOWN
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.records import read_record
from dagster_project.corpus.storage.replacements import PREFIX, Replacement, find_replacement, path_of
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.erased import erased_table, read_erasures
from dagster_project.corpus.takedowns.register import read_register
from dagster_project.corpus.verification.problems import Problem, noting, told
from dagster_project.corpus.verification.replacements import NAMED
from dagster_project.corpus.verification.versions import Version, check_record

STORE = "the store"  # what a problem is of that no partition has
NUMBERED = ("takedowns", "erasures", "cleared", "sweeps", "statements", "asked")
Read = TypeVar("Read")


@dataclass
class Checked:
    """What was looked at, by kind, and what is wrong."""

    location: str
    objects: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    seconds: float = 0.0

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        problems = [{**asdict(item), "sentence": str(item)} for item in self.problems]
        return {**asdict(self), "problems": problems}


def check(store: Store) -> Checked:
    """Look at the whole store. Memory: its listing and its manifests' names."""
    begun = time.monotonic()
    listed = listing(store)
    kinds = [item.place.kind for item in listed.objects]
    report = Checked(store.location, {kind: kinds.count(kind) for kind in KINDS})
    replaced = _replacements(store, listed, report.problems)
    publications = _publications(store, listed, report.problems)
    report.problems += chain(
        _versions(store, listed, publications, replaced),
        _builds(store, listed),
        _numbered(store, listed),
        _erased(store, listed, replaced),
        (_wrong(item, "the object", "one of those that a store has", "unknown") for item in listed.of(UNKNOWN)),
    )
    report.problems = list(dict.fromkeys(report.problems))
    report.seconds = round(time.monotonic() - begun, 3)
    return report


def _publications(store: Store, listed: Listing, problems: list[Problem]) -> Mapping[str, str]:
    """The partitions of published versions, by their ids; refs are whole, in sequence, and name versions."""
    found: dict[str, str] = {}
    numbers: dict[str, list[int]] = {}
    for item in listed.of("refs"):
        numbers.setdefault(item.place.partition, []).append(item.place.number)
    for partition, known in numbers.items():
        problems += _gaps(f"refs/{partition}/", partition, known)
    for item, ref in _read(listed.of("refs"), lambda path: refs.read_ref(store, path), "the publication", problems):
        if ref.number != item.place.number:
            problems.append(_wrong(item, "its number", "that of its path", told(ref.number)))
        if ref.id not in listed.by_id["manifests"]:
            problems.append(_wrong(item, "the version that it names", "there", told(f"gone: {ref.id}")))
        found.setdefault(ref.id, item.place.partition)
    return found


def _versions(
    store: Store, listed: Listing, publications: Mapping[str, str], replaced: Mapping[str, Replacement]
) -> Iterator[Problem]:
    problems: list[Problem] = []
    manifests, data = listed.by_id["manifests"], listed.by_id["data"]

    def read(path: str) -> tuple[Manifest, list[Problem]]:
        id = path.removeprefix("manifests/").removesuffix(".json")
        manifest = refs.read_manifest(store, id)
        stands = id in publications  # of a version that is not published no build need be left
        return manifest, [*check_record(store, Version(publications.get(id, STORE), manifest), has_build=stands)]

    for item, (manifest, wrong) in _read(listed.of("manifests"), read, "the manifest", problems):
        partition = publications.get(item.place.id, STORE)
        problems += wrong
        for below in manifest.inputs:
            if below.id not in manifests:
                expected = f"manifests/{below.id}.json"
                problems.append(
                    Problem(item.entry.path, partition, f"its input {told(below.partition)}", expected, "gone")
                )
        for file in (*manifest.objects, *_copies(manifest)):
            problems += _object(file, partition, data, replaced)
    yield from problems


def _copies(manifest: Manifest) -> Iterator[File]:
    """The copies of raw objects that a snapshot kept."""
    for item in manifest.facts.get("raw_objects", ()):
        if "copy" in item:
            yield File(item["copy"], item["sha256"], item["size"], 0)


def _object(
    file: File, partition: str, data: Mapping[str, Any], replaced: Mapping[str, Replacement]
) -> Iterator[Problem]:
    """Whether a file, or what stands in its place, is there in its size."""
    seen = set[str]()
    while (made := replaced.get(file.sha256)) and file.sha256 not in seen:
        seen.add(file.sha256)
        if made.new is None:
            return
        file = made.new
    entry = data.get(file.sha256)
    if entry is None or entry.path != file.path:
        yield Problem(file.path, partition, "the object", "there", "gone")
    elif entry.size != file.size_bytes:
        yield Problem(file.path, partition, "its size", f"{file.size_bytes} bytes", f"{entry.size} bytes")


def _replacements(store: Store, listed: Listing, problems: list[Problem]) -> dict[str, Replacement]:
    """What stands in the place of each object that was erased from; the object itself is gone, or another export's."""
    found: dict[str, Replacement] = {}
    data = listed.by_id["data"]
    read = _read(listed.of("replacements"), lambda path: find_replacement(store, path[-69:-5]), "the record", problems)
    for item, made in read:
        if made is None:
            continue
        if made.old.sha256 != item.place.id:
            problems.append(_wrong(item, "the object that it replaces", item.place.id, told(made.old.sha256)))
        found[item.place.id] = made
    gone = {hash for hash, made in found.items() if made.new is None}
    unjudged = gone & data.keys()
    with noting(problems, PREFIX, STORE, "whether what is gone is another export's"):
        for hash in owned(store, gone):
            del found[hash]  # it has to be there, like any other
        unjudged = set()
    for hash in sorted(found.keys() & data.keys() - unjudged):
        expected = "gone, for texts were erased from it"
        problems.append(Problem(data[hash].path, STORE, "the object", expected, "there"))
    for hash, made in found.items():
        if made.new and made.new.sha256 not in found:
            problems += (
                Problem(path_of(hash), STORE, f"what it leads to, {item.path}: {item.what}", item.expected, item.found)
                for item in _object(made.new, STORE, data, {})
            )
    return found


def _builds(store: Store, listed: Listing) -> Iterator[Problem]:
    """Builds are whole, and the versions that they made are there."""
    problems: list[Problem] = []
    read = _read(listed.of("builds"), lambda path: refs.find_build(store, path[7:-5]), "the record", problems)
    for item, record in read:
        made = (record or {}).get("id")
        if made is not None and made not in listed.by_id["manifests"]:
            problems.append(_wrong(item, "the version that it made", "there", told(f"gone: {made}")))
    yield from problems


def _numbered(store: Store, listed: Listing) -> Iterator[Problem]:
    """States of registers, and statements on each version, are whole and in sequence."""
    problems: list[Problem] = []
    numbers: dict[str, list[int]] = {}
    for item in listed.of(*NUMBERED):
        numbers.setdefault(item.entry.path.rpartition("/")[0] + "/", []).append(item.place.number)
    for prefix, known in numbers.items():
        problems += _gaps(prefix, STORE, known)
    for item, record in _read(listed.of(*NUMBERED), lambda path: read_record(store, path), "the record", problems):
        if item.place.kind == "statements" and record.get("version") != item.place.id:
            problems.append(_wrong(item, "the version that it is said of", item.place.id, told(record.get("version"))))
        if record.get("number") != item.place.number:
            problems.append(_wrong(item, "its number", "that of its path", told(record.get("number"))))
    yield from problems


def _erased(store: Store, listed: Listing, replaced: Mapping[str, Replacement]) -> Iterator[Problem]:
    """The table of erased documents, as it stands, is there, and has none that its entries cannot mean."""
    problems: list[Problem] = []
    last = max(listed.of("erasures"), key=lambda item: item.place.number, default=None)
    for item, record in _read([last] if last else [], lambda path: read_record(store, path), "it", problems):
        with noting(problems, item.entry.path, STORE, "the table that it names"):
            wrong = list(_object(File(**record["documents"]), STORE, listed.by_id["data"], replaced))
            problems += wrong or _unmeant(store, item)
    yield from problems


def _unmeant(store: Store, item: Listed) -> Iterator[Problem]:
    others = unmeant(store, erased_table(store, read_erasures(store)), read_register(store).removing)
    for doc_id, entry in others[:NAMED]:
        yield _wrong(item, f"its document {doc_id.hex()}", f"one that entry {told(entry)} means", "another")


def _gaps(prefix: str, partition: str, numbers: Sequence[int]) -> Iterator[Problem]:
    for number in sorted({*range(1, max(numbers) + 1)} - {*numbers}):
        yield Problem(f"{prefix}{number:08d}.json", partition, "the record", "there", "gone")


def _read(
    items: Iterable[Listed], read: Callable[[str], Read], what: str, problems: list[Problem]
) -> Iterator[tuple[Listed, Read]]:
    """What is read of each record, several at once; one that cannot be read is told."""

    def tried(item: Listed) -> tuple[list[Problem], list[Read]]:
        wrong: list[Problem] = []
        found: list[Read] = []
        with noting(wrong, item.entry.path, item.place.partition or STORE, what):
            found.append(read(item.entry.path))
        return wrong, found

    asked = list(items)
    with ThreadPoolExecutor(READERS) as pool:
        for item, (wrong, found) in zip(asked, pool.map(tried, asked), strict=True):
            problems += wrong
            yield from ((item, one) for one in found)


def _wrong(item: Listed, what: str, expected: str, found: str) -> Problem:
    return Problem(item.entry.path, item.place.partition or STORE, what, expected, found)
