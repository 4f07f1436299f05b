"""Landing places: a `location` with `{version}` in it, where every folder of a valid name is a version of the source.

`/landing/news/{version}/*.warc.gz`, `s3://bucket/crawl/date={version}/`, and for single files
`/dumps/{version}.jsonl.zst`. Only the folder above is listed, never what lies in a version.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from pyarrow import fs

from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.model.partitions import MOVING, NAME
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources import files, remote

VERSION = "{version}"
MARKERS = ("_SUCCESS", ".done")  # a file in a version's folder by which its writer says that it is whole
SHOWN = 200  # characters of a name in a sentence


class Landing(NamedTuple):
    """What lies at a landing place: versions in natural order, oldest first, and why other names are none."""

    versions: tuple[str, ...]
    problems: tuple[str, ...]


class Place(NamedTuple):
    """A location taken apart: the folder above, what stands before and after the version in its name, and the rest."""

    above: str
    before: str
    after: str
    rest: str

    @property
    def is_file(self) -> bool:
        return not self.rest and bool(self.after)


class Found(NamedTuple):
    """One name in a folder."""

    name: str
    is_folder: bool
    is_link: bool = False


def is_landing(recipe: SourceRecipe) -> bool:
    """Whether the folders of a place are the versions of this source."""
    return VERSION in recipe.location


def landed(recipe: SourceRecipe) -> Landing:
    """The versions that lie at a landing place, by one listing; SourceError when it cannot be listed."""
    place = place_of(recipe.location)
    versions, problems = [], []
    for found in _listed(recipe, place.above):
        if found.is_folder == place.is_file or not _fits(found.name, place):
            continue
        name = found.name[len(place.before) : len(found.name) - len(place.after)]
        why = "it is a link, and where it leads may change" if found.is_link else unfit(name)
        if why:
            problems.append(f"{visible(found.name, SHOWN)} in {place.above} is no version of {recipe.name}: {why}")
        else:
            versions.append(name)
    return Landing(tuple(sorted(versions, key=natural)), tuple(sorted(problems)))


def filled(recipe: SourceRecipe, version: str) -> SourceRecipe:
    """The recipe of one version, its place filled in; whether anything lies there is not asked."""
    return replace(recipe, version=version, location=recipe.location.replace(VERSION, version))


def unfit(version: str) -> str | None:
    """Why a name cannot be a version, or None when it can."""
    if version == MOVING:
        return f"{MOVING} is the name of what may change"
    if not re.fullmatch(NAME, version) or ".." in version:
        return "a version is a-z 0-9 . _ - without '..', a letter or digit first"
    return None


def complaint(location: str) -> str | None:
    """What is wrong with a location that holds `{version}`."""
    if location.count(VERSION) != 1:
        return f"holds {VERSION} {location.count(VERSION)} times; say it once"
    place = place_of(location)
    if any(sign in place.above + place.before + place.after for sign in files.WILD):
        return f"has a wildcard before {VERSION} or beside it; wildcards may follow in later folders"
    if place.above.endswith((":", ":/")):
        return f"has {VERSION} for a bucket; use s3://bucket/{VERSION}/"
    return None


def natural(version: str) -> tuple[tuple[tuple[bool, int, str], ...], str]:
    """A sorting key by which 2 comes before 10, numbers before letters, and 1.0 before 1.0.1."""
    chunks = re.findall(r"[0-9]+|[^0-9]+", version)
    return tuple((not c.isdigit(), int(c) if c.isdigit() else 0, "" if c.isdigit() else c) for c in chunks), version


def is_marked(recipe: SourceRecipe, version: str) -> bool:
    """Whether a version's folder holds one of MARKERS."""
    place = place_of(recipe.location)
    if place.is_file:
        return False
    folder = f"{place.above}/{place.before}{version}{place.after}"
    return any(not found.is_folder and found.name in MARKERS for found in _listed(recipe, folder))


def place_of(location: str) -> Place:
    above, _, rest = location.partition(VERSION)
    above, _, before = above.rpartition("/")
    after, slash, rest = rest.partition("/")
    return Place(above or ("/" if location.startswith("/") else ""), before, after, slash + rest)


def _fits(name: str, place: Place) -> bool:
    long_enough = len(name) > len(place.before) + len(place.after)
    return long_enough and name.startswith(place.before) and name.endswith(place.after)


def _listed(recipe: SourceRecipe, folder: str) -> Iterator[Found]:
    """The names directly in a folder or below a prefix, whatever they are."""
    try:
        if remote.is_remote(folder):
            there = remote.place_of(folder)
            for info in there.system.get_file_info(fs.FileSelector(there.path, recursive=False)):
                yield Found(info.base_name, info.type == fs.FileType.Directory)
        else:
            local = files.local_path(folder) if folder.startswith(files.FILE) else os.path.expanduser(folder)
            with os.scandir(local or ".") as entries:
                for entry in entries:
                    yield Found(entry.name, entry.is_dir(), entry.is_symlink())
    except OSError as error:
        reason = (error.strerror or str(error)).split("\n", 1)[0][:300]
        raise SourceError(
            f"source {recipe.name}: {visible(folder, SHOWN)} cannot be listed ({reason}): mend `location`"
        ) from error
