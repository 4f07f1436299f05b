"""Where raw objects lie: files, directories, globs and prefixes of remote file systems, listed and opened alike."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote_to_bytes

from pyarrow import fs

from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.raw import RawObject, touched
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources.remote import Place, is_remote, place_of

FILE = "file://"
WILD = "*?["
UNREAD_ARCHIVES = {".zip", ".7z", ".br", ".lz4", ".tar", ".tgz", ".rar", ".lzma"}
BLOCK_BYTES = 1 << 20


def find(recipe: SourceRecipe, suffixes: Iterable[str]) -> list[RawObject]:
    """The raw objects at a recipe's location, sorted by uri. In a directory or below a prefix, `suffixes` choose."""
    location, endings = recipe.location, tuple(suffixes)
    if not location:
        raise SourceError(f"source {recipe.name} says no location: give a path, a glob or an s3:// prefix")
    found = _find_remote(recipe, endings) if is_remote(location) else _find_local(recipe, endings)
    if not found:
        ending = ", ".join(endings)
        raise SourceError(f"source {recipe.name}: nothing at {location!r} ends in {ending}: mend `location`")
    for item in found:
        if (ending := suffix_of(item.uri)) in UNREAD_ARCHIVES:
            said = f"{item.uri} is {ending}, which is not read: use .gz, .bz2, .xz or .zst"
            raise SourceError(f"source {recipe.name}: {said}")
    return sorted(set(found), key=lambda item: item.uri)


def open_raw(uri: str) -> BinaryIO:
    """The bytes of a raw object, seekable; every failure to read them is a SourceError."""
    with _sentences(uri):
        if is_remote(uri):
            place = place_of(uri)
            return cast(BinaryIO, Raw(uri, place.system.open_input_file(place.path)))
        return cast(BinaryIO, Raw(uri, open(local_path(uri), "rb")))


def object_at(uri: str) -> RawObject | None:
    """The object of an address; None where no file is, or none that can be an object."""
    with _sentences(uri):
        if is_remote(uri):
            place = place_of(uri)
            info = place.system.get_file_info(place.path)
            return _remote_object(place, info) if info.type == fs.FileType.File else None
        return _local_object(local_path(uri)) if os.path.isfile(local_path(uri)) else None


def names_in(folder: str) -> list[str]:
    """The names in a directory, sorted; none where there is no directory."""
    with _sentences(folder):
        if is_remote(folder):
            place = place_of(folder)
            inside = fs.FileSelector(place.path.rstrip("/"), allow_not_found=True)
            return sorted(info.base_name for info in place.system.get_file_info(inside))
        return sorted(os.listdir(local_path(folder))) if os.path.isdir(local_path(folder)) else []


def checksum(uri: str) -> str:
    """SHA-256 of a raw object, read as a stream."""
    seen = hashlib.sha256()
    with open_raw(uri) as raw:
        while block := raw.read(BLOCK_BYTES):
            seen.update(block)
    return seen.hexdigest()


def size_of(raw: BinaryIO) -> int:
    return raw.seek(0, os.SEEK_END)


def suffix_of(uri: str) -> str:
    return os.path.splitext(uri)[1].lower()


def local_path(uri: str) -> str:
    return os.fsdecode(unquote_to_bytes(uri.removeprefix(FILE)))


def root_of(recipe: SourceRecipe, uri: str) -> str:
    """The directory, as a uri that ends in a slash, from which the names at a recipe's location count: that which is
    named, that of the file which is named, or that before the first sign of a glob."""
    whole = _folder(recipe.location if is_remote(recipe.location) else Path(_absolute(recipe.location)).as_uri())
    if uri.startswith(whole):
        return whole
    if uri + "/" == whole:
        return uri.rpartition("/")[0] + "/"
    if is_remote(recipe.location):
        return _stem(recipe.location).rpartition("/")[0] + "/"
    return _folder(Path(_stem(_absolute(recipe.location)).rpartition("/")[0] or "/").as_uri())


def name_below(root: str, uri: str) -> bytes:
    """The name of an object from a root on, `/`-separated, in the bytes of its file system."""
    name = uri.removeprefix(root)
    return name.encode() if is_remote(uri) else unquote_to_bytes(name)


class Raw:
    """A file whose read errors are sentences, so that a lost network never passes for a corrupt archive."""

    mode = "rb"

    def __init__(self, uri: str, file: Any):
        self._uri, self._file = uri, file

    def read(self, size: int = -1) -> bytes:
        with _sentences(self._uri):
            return bytes(self._file.read(size if size >= 0 else None))

    def seek(self, offset: int, whence: int = 0) -> int:
        with _sentences(self._uri):
            return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return bool(self._file.closed)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _sentences:
    """Turns an OSError into a SourceError that names the object."""

    def __init__(self, uri: str):
        self._uri = uri

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, OSError):
            said = f"{self._uri} cannot be read: {_reason(error)}: check that it is there and readable"
            raise SourceError(said) from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).split("\n", 1)[0][:300]


def _find_local(recipe: SourceRecipe, endings: tuple[str, ...]) -> list[RawObject]:
    location = _absolute(recipe.location)
    if os.path.isdir(location):
        return [_local_object(path) for path in _walk(location, endings)]
    if os.path.lexists(location):
        return [_local_object(location)]
    if not any(sign in location for sign in WILD):
        raise SourceError(f"source {recipe.name}: there is no {location!r}: mend `location`, or put the file there")
    home = os.path.realpath(os.path.dirname(_stem(location)))
    matches = [path for path in glob.glob(location, recursive=True) if not os.path.isdir(path)]
    for path in matches:
        if not _is_within(os.path.realpath(path), home):
            raise _leads_out(path, home)
    return [_local_object(path) for path in matches]


def _walk(root: str, endings: tuple[str, ...]) -> Iterator[str]:
    """Files of a directory tree; links may point inside the tree, never out of it."""
    home = os.path.realpath(root)
    for folder, folders, files in os.walk(root, onerror=_refuse):
        for name in folders + files:
            path = os.path.join(folder, name)
            if os.path.islink(path) and not _is_within(os.path.realpath(path), home):
                raise _leads_out(path, root)
            if name in files and name.lower().endswith(endings):
                yield path


def _refuse(error: OSError) -> None:
    raise SourceError(f"{error.filename} cannot be listed: {_reason(error)}: check its permissions")


def _leads_out(path: str, root: str) -> SourceError:
    return SourceError(f"{path} is a link out of {root}: copy the file there, or name it in `location`")


def _is_within(path: str, home: str) -> bool:
    return os.path.commonpath((path, home)) == home


def _local_object(path: str) -> RawObject:
    uri = Path(path).as_uri()
    with _sentences(uri):
        facts = os.stat(path)
        if not stat.S_ISREG(facts.st_mode):
            raise SourceError(f"{uri} is not a file: name files or a directory of files in `location`")
        if not os.access(path, os.R_OK):
            raise PermissionError(13, "Permission denied")
    return RawObject(uri, facts.st_size, touched(facts))


def _find_remote(recipe: SourceRecipe, endings: tuple[str, ...]) -> list[RawObject]:
    """Objects below a bucket or prefix, one object, or those that match a glob, in which `*` crosses slashes."""
    with _sentences(recipe.location):
        place = place_of(recipe.location)
        path = place.path.rstrip("/")
        stem = _stem(path)
        if stem == path and (single := place.system.get_file_info(path)).type == fs.FileType.File:
            return [_remote_object(place, single)]
        folder = path if stem == path else stem.rpartition("/")[0] or path[: path.startswith("/")]
        if not folder:
            raise SourceError(f"source {recipe.name}: {recipe.location!r} names no bucket: write s3://bucket/prefix")
        below = place.system.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=stem == path))
    files = [info for info in below if info.type == fs.FileType.File]
    if stem == path:
        return [_remote_object(place, info) for info in files if info.path.lower().endswith(endings)]
    return [_remote_object(place, info) for info in files if fnmatchcase(place.uri(info.path), place.uri(path))]


def _remote_object(place: Place, info: Any) -> RawObject:
    return RawObject(place.uri(info.path), info.size, info.mtime_ns or 0)


def _folder(uri: str) -> str:
    """With one slash at its end, or the three of the root of all."""
    return uri if uri == f"{FILE}/" else uri.rstrip("/") + "/"


def _absolute(location: str) -> str:
    if location.startswith(FILE):
        if not location.startswith(f"{FILE}/"):
            raise SourceError(f"{location!r} names another machine: write file:///path")
        location = local_path(location)
    return os.path.abspath(os.path.expanduser(location))


def _stem(location: str) -> str:
    """What stands before the first sign of a glob."""
    return location[: min((location.find(sign) for sign in WILD if sign in location), default=len(location))]
