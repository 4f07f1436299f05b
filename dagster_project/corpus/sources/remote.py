"""File systems beyond this machine, as pyarrow opens them, and how a uri names one file of theirs.

Credentials come from where each system looks for them by itself, never from a location: that is shown and recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
from pyarrow import fs

from dagster_project.corpus.model.errors import SourceError
from dagster_project.settings import Settings

S3 = "s3://"
SCHEMES = ("s3", "gs", "gcs", "abfs", "abfss", "hdfs", "viewfs")
PATIENCE = "?retry_limit_seconds=60"  # by itself Arrow asks Google for a quarter of an hour
OPTIONS = {"gs": PATIENCE, "gcs": PATIENCE}


@dataclass(frozen=True)
class Place:
    """A file, prefix or glob in a file system; there, paths begin with `base` where uris begin with `root`."""

    system: Any  # pyarrow.fs.FileSystem
    path: str
    root: str
    base: str

    def uri(self, path: str) -> str:
        return self.root + path.removeprefix(self.base).lstrip("/")


def is_remote(location: str) -> bool:
    """Whether a location lies in a file system of SCHEMES; one of another scheme is refused."""
    scheme, found, _ = location.partition("://")
    if not found or scheme == "file" or "/" in scheme:
        return False
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise SourceError(f"{scheme}:// is not read from: use a path, file:// or one of {known}")
    return True


def place_of(location: str) -> Place:
    if location.startswith(S3):
        return Place(s3(), location.removeprefix(S3), S3, "")
    scheme, _, rest = location.partition("://")
    authority, slash, path = rest.partition("/")
    system, base = _system(f"{scheme}://{authority}")
    return Place(system, base + slash + path, f"{scheme}://{authority}/", base)


@cache
def s3() -> Any:
    """The standard AWS chain; Arrow 26 reads credentials and region by itself, but not AWS_ENDPOINT_URL."""
    settings = Settings.from_environment()
    if not settings.endpoint:
        return fs.S3FileSystem()
    return fs.S3FileSystem(endpoint_override=settings.endpoint, region=settings.region)


@cache
def _system(root: str) -> tuple[Any, str]:
    """The file system at a root such as gs://bucket, and how its paths begin."""
    if ":" in root.rpartition("@")[0].partition("://")[2]:
        scheme = root.partition("://")[0]
        raise SourceError(f"a {scheme}:// location holds a password: leave it out, and set it in the environment")
    try:
        system, base = fs.FileSystem.from_uri(f"{root}/{OPTIONS.get(root.partition(':')[0], '')}")
    except pa.ArrowInvalid as error:
        raise SourceError(f"{root} cannot be opened: {str(error)[:300].splitlines()[0]}: mend `location`") from error
    return system, base.rstrip("/")
