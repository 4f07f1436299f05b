"""What the files of a tree say about their licenses: the nearest license file above each, and SPDX tags at their heads.

A directory's own license files count before those of the directories above it, up to the root of the tree. The files
below a `LICENSES/` directory are named by SPDX identifiers (REUSE 3.3), so their names say more than their texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dagster_project.corpus.model.raw import RawObject
from dagster_project.corpus.sources import files
from dagster_project.corpus.sources.remote import is_remote

LICENSE_FILE = re.compile(
    r"(?:licen[sc]e|copying|unlicense)(?:-[a-z0-9.+-]{1,40})?(?:\.(?:md|markdown|txt|rst|lesser|lib|mit|bsd|gpl|apache))?",
    re.IGNORECASE | re.ASCII,
)
REUSE_FOLDER = "LICENSES"
REUSE_FILE = re.compile(r"([A-Za-z0-9.+-]{1,80})\.txt", re.ASCII)
HEAD_BYTES = 4_096  # of a license file
TEXT_CHARACTERS = 500  # of a license file, enough for its first lines
FOLDERS_HELD = 10_000

Evidence = dict[str, str]


class LicenseFile(NamedTuple):
    """One license file: its name below the root of its tree, what it says, and the object that it is."""

    where: str
    value: str
    item: RawObject


@dataclass
class LicenseFiles:
    """The license files of trees, each directory looked at once; copies that travel to workers start with none."""

    _folders: dict[tuple[str, str], tuple[LicenseFile, ...]] = field(default_factory=dict)

    def above(self, root: str, uri: str) -> tuple[LicenseFile, ...]:
        """Those that speak for an object: of the nearest directory that has any."""
        folder = uri.rpartition("/")[0] + "/"
        while folder.startswith(root):
            if found := self._in(root, folder):
                return found
            folder = folder.rstrip("/").rpartition("/")[0] + "/"
        return ()

    def forget(self) -> None:
        self._folders.clear()

    def _in(self, root: str, folder: str) -> tuple[LicenseFile, ...]:
        if len(self._folders) >= FOLDERS_HELD:
            self.forget()
        if (root, folder) not in self._folders:
            self._folders[root, folder] = tuple(_listed(root, folder))
        return self._folders[root, folder]

    def __reduce__(self) -> tuple[type[LicenseFiles], tuple[()]]:
        return LicenseFiles, ()


def is_license_file(uri: str) -> bool:
    folder, _, name = uri.rpartition("/")
    is_reuse = folder.endswith(f"/{REUSE_FOLDER}") and REUSE_FILE.fullmatch(name)
    return bool(is_reuse or LICENSE_FILE.fullmatch(name))


def file_evidence(found: Sequence[LicenseFile]) -> list[Evidence]:
    return [{"kind": "file.license", "value": item.value, "where": item.where} for item in found if item.value]


def _listed(root: str, folder: str) -> list[LicenseFile]:
    names = files.names_in(folder)
    found = [name for name in names if LICENSE_FILE.fullmatch(name)]
    items = [_license_file(root, folder, name) for name in found]
    if REUSE_FOLDER in names:
        inner = f"{folder}{REUSE_FOLDER}/"
        reuse = [(name, match) for name in files.names_in(inner) if (match := REUSE_FILE.fullmatch(name))]
        items += [_license_file(root, inner, name, match[1]) for name, match in reuse]
    return [item for item in items if item]


def _license_file(root: str, folder: str, name: str, value: str | None = None) -> LicenseFile | None:
    """One license file; None for a directory, a device, or a link out of the tree."""
    uri = folder + name  # both patterns admit only characters that stand in a uri as they are
    if (not is_remote(uri) and not _is_below(root, uri)) or (item := files.object_at(uri)) is None:
        return None
    if value is None:
        with files.open_raw(uri) as raw:
            value = raw.read(HEAD_BYTES).decode("utf-8-sig", "replace").strip()[:TEXT_CHARACTERS].strip()
    return LicenseFile(files.name_below(root, uri).decode("utf-8", "replace"), value, item)


def _is_below(root: str, uri: str) -> bool:
    return Path(files.local_path(uri)).resolve().is_relative_to(Path(files.local_path(root)).resolve())
