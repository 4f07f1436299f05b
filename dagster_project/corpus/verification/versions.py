"""A version and all that it was made from, found by their records; and whether these records are whole and agree.

A manifest that cannot be read hides what lies below it, and is told; all others are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dagster_project.corpus.model.errors import FlorilegiumError, IntegrityError, MissingObject
from dagster_project.corpus.model.manifests import Input, Manifest
from dagster_project.corpus.model.orders import ORDER_OF
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.model.recipes import ACCESS_CLASSES
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.problems import Problem, noting, told

OBJECT = re.compile(rf"data/(?:{'|'.join(ACCESS_CLASSES)})/sha256/([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})\..+")


class Version(NamedTuple):
    """A version under the name by which it was used."""

    partition: str
    manifest: Manifest

    @property
    def stage(self) -> str:
        return self.manifest.stage

    @property
    def path(self) -> str:
        """Of its record."""
        return f"manifests/{self.manifest.id}.json"


@dataclass
class Below:
    """A version, the first, and its ancestors; and what is wrong with their records, by stage."""

    versions: list[Version] = field(default_factory=list)
    problems: list[tuple[str, Problem]] = field(default_factory=list)

    @property
    def by_id(self) -> Mapping[str, Version]:
        return {item.manifest.id: item for item in self.versions}

    def inputs(self, version: Version, stage: str) -> list[Version]:
        """What a version was made from of one stage, as far as it can be read."""
        known = self.by_id
        return [known[item.id] for item in version.manifest.inputs if item.stage == stage and item.id in known]


def walk(store: Store, partition: Partition, version: str) -> Below:
    """Every version at and below one, breadth first, each once."""
    found = Below()
    queue, seen = [Input(partition.stage, str(partition), version)], {version}
    while queue:
        item = queue.pop(0)
        problems: list[Problem] = []
        path = f"manifests/{item.id}.json"
        with noting(problems, path, item.partition, "the manifest"):
            manifest = refs.read_manifest(store, item.id)
            known = Version(item.partition, manifest)
            found.versions.append(known)
            problems += [*check_record(store, known), *_publication(store, known)]
            if manifest.stage != item.stage:
                problems.append(Problem(path, item.partition, "its stage", told(item.stage), told(manifest.stage)))
            for below in _named_by(known):
                if below.id not in seen:
                    seen.add(below.id)
                    queue.append(below)
        found.problems += [(item.stage, problem) for problem in problems]
    return found


def _named_by(version: Version) -> Iterator[Input]:
    """Its inputs, and the earlier version of its partition whose order it has."""
    yield from version.manifest.inputs
    if order := version.manifest.identity.recipe.get(ORDER_OF):
        yield Input(version.stage, version.partition.partition("#")[0], order)


def check_record(store: Store, version: Version, *, has_build: bool = True) -> Iterator[Problem]:
    """Whether a manifest is spelled as it was written, and its physical record is complete. `has_build`: whether the
    record of its build must be left."""
    manifest = version.manifest

    def wrong(what: str, expected: Any, found: Any) -> Problem:
        return Problem(version.path, version.partition, what, told(expected), told(found))

    if store.get(version.path) != manifest.encoded():
        yield wrong("its bytes", "the canonical spelling of what it says", "another spelling")
    if (named := tuple(item.id for item in manifest.inputs)) != tuple(manifest.identity.inputs):
        yield wrong("its inputs by name", f"those {len(manifest.identity.inputs)} of its identity", f"{len(named)}")
    for item in manifest.inputs:
        if item.partition.partition("/")[0] != item.stage:
            yield wrong(f"the stage of its input {told(item.partition)}", item.partition.partition("/")[0], item.stage)
    if manifest.facts.get("access") not in ACCESS_CLASSES:
        yield wrong("its access class", f"one of {', '.join(ACCESS_CLASSES)}", manifest.facts.get("access"))
    for name in ("build_key", "libraries"):
        if not manifest.facts.get(name):
            yield wrong(f"its fact {name}", "told", "missing")
    for file in manifest.objects:
        if not (named_as := OBJECT.fullmatch(file.path)) or named_as[2] != file.sha256:
            yield wrong("an object's path", f"named after SHA-256 {told(file.sha256)}", told(file.path))
    if manifest.profile.get("rows", manifest.rows) != manifest.rows:
        yield wrong("the count of rows", manifest.rows, manifest.profile["rows"])
    if has_build:
        yield from _build(store, version, str(manifest.facts.get("build_key")), "id", manifest.id)


def _build(store: Store, version: Version, key: str, name: str, expected: str) -> Iterator[Problem]:
    """Whether a build record stands and says what it should; with no expectation, that it says something."""
    problems: list[Problem] = []
    path = f"builds/{key}.json"
    with noting(problems, path, version.partition, "the record"):
        record = refs.find_build(store, key)
        if record is None:
            problems.append(Problem(path, version.partition, "the object", "there", "gone"))
        elif name not in record or (expected and record[name] != expected):
            said = told(record.get(name))
            problems.append(Problem(path, version.partition, name, told(expected or "told"), said))
    yield from problems


def _publication(store: Store, version: Version) -> Iterator[Problem]:
    """Whether the refs of its partition are whole, in their order, and one of them names it; and their records."""
    partition, _ = parse(version.partition)
    numbers: list[int] = []
    naming: list[refs.Ref] = []
    for entry in store.list(f"refs/{partition}/"):
        if "/" in entry.path.removeprefix(f"refs/{partition}/"):
            continue
        try:
            ref = refs.read_ref(store, entry.path)
        except MissingObject:
            continue
        except (FlorilegiumError, TypeError) as error:
            said = told(error) if isinstance(error, IntegrityError) else "no publication"
            yield Problem(entry.path, str(partition), "the publication", "as it was written", said)
            continue
        numbers.append(ref.number)
        if entry.path != f"refs/{partition}/{ref.number:08d}.json":
            yield Problem(entry.path, str(partition), "its number", "that of its path", told(ref.number))
        if ref.id == version.manifest.id:
            naming.append(ref)
        elif store.size(f"manifests/{ref.id}.json") is None:
            yield Problem(entry.path, str(partition), "the version that it names", "there", told(f"gone: {ref.id}"))
    if not naming:
        expected = f"one of the publications in refs/{partition}/"
        yield Problem(version.path, version.partition, "the version", expected, "none of them")
    if numbers and sorted(numbers) != list(range(1, max(numbers) + 1)):
        missing = sorted({*range(1, max(numbers) + 1)} - {*numbers})
        path = f"refs/{partition}/{missing[0] if missing else 0:08d}.json"
        yield Problem(path, str(partition), "the publication", "there", "gone or damaged")
    for ref in naming:
        yield from _build(store, version, ref.build_key, "id", ref.id)
        if audit := ref.run.get("audit"):
            yield from _build(store, version, audit, "outcomes", "")
