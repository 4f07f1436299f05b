"""What every machine with this project has: the Python manual, and the READMEs and code of installed distributions.

A distribution is a `*.dist-info` directory on `sys.path`; the first of a name wins, as for imports. Legacy egg-info
directories are left out, for they depend on the directory that one stands in. Florilegium never reads itself.
"""

from __future__ import annotations

import csv
import hashlib
import importlib
import io
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

from dagster_project.corpus.model.canonical import canonical, digest
from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.raw import Batch, RawObject, RawPart, touched
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources.batches import (
    EMPTY_TEXT,
    EXCERPT_BYTES,
    NO_TEXT,
    NOT_UTF8,
    TEXT_TOO_LONG,
    DeadLetter,
    Gathering,
    Record,
)
from dagster_project.corpus.sources.fields import EVIDENCE_CHARACTERS
from dagster_project.corpus.sources.spdx_tags import tag_evidence

OURSELVES = "florilegium"
DIST = "dist:"
TEXT_BYTES = 64 << 20
Evidence = list[dict[str, str]]


@dataclass(frozen=True)
class PythonManual:
    """The topics of `help()`, as the running CPython ships them: one record per topic."""

    def objects(self, recipe: SourceRecipe) -> list[RawObject]:
        size = sum(len(text.encode()) for text in _topics().values())
        uri = f"python:{platform.python_version()}/pydoc_data.topics"
        return [RawObject(uri, size, 0)]

    def checksum(self, item: RawObject) -> str:
        return digest(_topics())

    def parts(self, recipe: SourceRecipe, item: RawObject) -> list[RawPart]:
        return [RawPart(item.uri)]

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        gathering = Gathering(part.uri, recipe)
        manual = f"https://docs.python.org/{sys.version_info.major}.{sys.version_info.minor}"
        said = canonical({"python": platform.python_version()}).decode()
        for position, (topic, text) in enumerate(sorted(_topics().items())):
            if gathering.has_no_room_for(len(text)):
                yield gathering.take()
            url = f"{manual}/search.html?q={quote(topic)}"
            title = text.strip().partition("\n")[0].strip() or topic
            record = Record(position, text, key=topic, url=url, title=title, metadata=said)
            gathering.add(record if text.strip() else DeadLetter(position, EMPTY_TEXT, topic), len(text))
        yield from gathering.rest()


@dataclass(frozen=True)
class PythonReadmes:
    """The long descriptions of installed distributions: one object and one record each."""

    def objects(self, recipe: SourceRecipe) -> list[RawObject]:
        found = [(item, item.metadata.stat()) for item in installed().values()]
        return sorted(RawObject(item.uri, facts.st_size, touched(facts)) for item, facts in found)

    def checksum(self, item: RawObject) -> str:
        return hashlib.sha256(find(item.uri).read_metadata()).hexdigest()

    def parts(self, recipe: SourceRecipe, item: RawObject) -> list[RawPart]:
        return [RawPart(item.uri)]

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        gathering = Gathering(part.uri, recipe)
        item = readme(find(part.uri))
        gathering.add(item, 0)
        yield gathering.take()


@dataclass(frozen=True)
class PythonCode:
    """The .py files that installed distributions list in RECORD: one object per distribution, one record per file."""

    def objects(self, recipe: SourceRecipe) -> list[RawObject]:
        """Size and time are those of the files themselves, so that one edited in place is noticed."""
        listed = [(item, item.facts()) for item in installed().values()]
        return sorted(
            RawObject(item.uri, sum(fact.st_size for fact in facts), max(map(touched, facts)))
            for item, facts in listed
            if facts
        )

    def checksum(self, item: RawObject) -> str:
        distribution = find(item.uri)
        bodies = ((path, distribution.body(path)) for path in distribution.listing())
        return digest([[path, hashlib.sha256(body).hexdigest()] for path, body in bodies if body is not None])

    def parts(self, recipe: SourceRecipe, item: RawObject) -> list[RawPart]:
        return [RawPart(item.uri)]

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        gathering = Gathering(part.uri, recipe)
        item = find(part.uri)
        headers = item.headers()
        for position, path in enumerate(item.listing()):
            if (body := item.body(path)) is None:
                continue
            if gathering.has_no_room_for(len(body)):
                yield gathering.take()
            gathering.add(code_file(item, headers, position, path, body), len(body))
        yield from gathering.rest()


@dataclass(frozen=True)
class Distribution:
    """One installed distribution, by its directories."""

    name: str  # normalized
    version: str
    site: Path
    info: Path

    @property
    def uri(self) -> str:
        return f"{DIST}{self.name}=={self.version}"

    @property
    def metadata(self) -> Path:
        return self.info / "METADATA"

    @property
    def record(self) -> Path:
        return self.info / "RECORD"

    def read_metadata(self) -> bytes:
        try:
            return self.metadata.read_bytes()
        except OSError as error:
            raise SourceError(f"{self.metadata} cannot be read: {error.strerror}: reinstall {self.name}") from error

    def headers(self) -> Mapping[str, Any]:
        """The fields of METADATA by their packaging names, among them `description` and `license`."""
        known, unknown = parse_email(self.read_metadata())
        expression = unknown.get("license-expression", [])  # packaging before 24.2 does not know it
        return {**({"license_expression": expression[0]} if expression else {}), **known}

    def evidence(self, headers: Mapping[str, Any]) -> Evidence:
        """What METADATA says about the license, in its own words."""
        classifiers = [text for text in headers.get("classifiers", []) if text.startswith("License ::")]
        said = [
            ("package.license_expression", headers.get("license_expression") or ""),
            *(("package.classifier", text) for text in classifiers),
            ("package.license_field", headers.get("license") or ""),
        ]
        where = f"METADATA of {self.name}=={self.version}"
        return [_evidence(kind, value, where) for kind, value in said if value.strip()]

    def listing(self) -> list[str]:
        """The .py files below the site directory that RECORD names, sorted."""
        try:
            text = self.record.read_bytes().decode("utf-8", "replace")
        except OSError:
            return []
        return sorted({row[0] for row in csv.reader(io.StringIO(text)) if row and _is_code(row[0])})

    def facts(self) -> list[os.stat_result]:
        """What the file system says of the listed files that are there."""
        places = (self.site / path for path in self.listing())
        return [place.stat() for place in places if place.is_file()]

    def body(self, path: str) -> bytes | None:
        """The bytes of a listed file, cut one past the limit; None when it is not there or leads out of the site."""
        place = self.site / path
        try:
            if not place.resolve().is_relative_to(self.site.resolve()) or not place.is_file():
                return None
            with place.open("rb") as file:
                return file.read(TEXT_BYTES + 1)
        except OSError:
            return None


def installed() -> dict[str, Distribution]:
    """Normalized name → distribution, for everything on `sys.path` but this project."""
    return _scan(tuple((entry, _modified(entry)) for entry in sys.path))


def find(uri: str) -> Distribution:
    name, _, version = uri.removeprefix(DIST).partition("==")
    found = installed().get(name)
    if found is None or found.version != version:
        there = f"{found.version} is" if found else "it is not"
        raise SourceError(f"{uri} was listed, but {there} installed now: build the snapshot again")
    return found


def readme(item: Distribution) -> Record | DeadLetter:
    """The long description of a distribution."""
    headers = item.headers()
    text = headers.get("description") or ""
    if not text.strip() or text.strip() == "UNKNOWN":  # the word that old setuptools wrote for nothing
        reason = NOT_UTF8 if _is_not_utf8(item.read_metadata()) else NO_TEXT
        return DeadLetter(0, reason, f"METADATA of {item.name} has no description that can be read")
    url = f"https://pypi.org/project/{item.name}/"
    title = str(headers.get("name") or item.name)
    return Record(
        0, text, key=item.name, url=url, title=title, license_evidence=item.evidence(headers), metadata=_said(item)
    )


def code_file(
    item: Distribution, headers: Mapping[str, Any], position: int, path: str, body: bytes
) -> Record | DeadLetter:
    """One source file, with the license that its own header names before that of its distribution."""
    if len(body) > TEXT_BYTES:
        return DeadLetter(position, TEXT_TOO_LONG, f"{path} has more than {TEXT_BYTES:,} bytes", body[:EXCERPT_BYTES])
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        return DeadLetter(position, NOT_UTF8, f"{path}: {error.reason} at byte {error.start}", body[:EXCERPT_BYTES])
    if not text or text.isspace():
        return DeadLetter(position, EMPTY_TEXT, path, body[:EXCERPT_BYTES])
    evidence = [*tag_evidence(text, path), *item.evidence(headers)]
    key = f"{item.name}/{path}"
    return Record(position, text, key=key, title=path, license_evidence=evidence, metadata=_said(item))


@lru_cache(maxsize=1)
def _scan(entries: tuple[tuple[str, int], ...]) -> dict[str, Distribution]:
    """Read again as soon as a directory on the path has changed."""
    found: dict[str, Distribution] = {}
    for entry, _ in entries:
        for info in sorted(Path(entry or ".").absolute().glob("*.dist-info")):
            raw_name, _, version = info.name.removesuffix(".dist-info").partition("-")
            name = canonicalize_name(raw_name)
            if name != OURSELVES and version and (info / "METADATA").is_file():
                found.setdefault(name, Distribution(name, version, info.parent, info))
    return found


def _modified(entry: str) -> int:
    try:
        return os.stat(entry or ".").st_mtime_ns
    except OSError:
        return -1


def _topics() -> dict[str, str]:
    try:
        topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    except ImportError as error:
        raise SourceError("this Python ships no pydoc_data, the manual: use a complete CPython installation") from error
    return topics


def _evidence(kind: str, value: str, where: str) -> dict[str, str]:
    return {"kind": kind, "value": value.strip()[:EVIDENCE_CHARACTERS], "where": where}


def _said(item: Distribution) -> str:
    return canonical({"distribution": item.name, "version": item.version}).decode()


def _is_code(path: str) -> bool:
    place = PurePosixPath(path)
    return place.suffix == ".py" and not place.is_absolute() and ".." not in place.parts and "\0" not in path


def _is_not_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return False
