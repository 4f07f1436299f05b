"""Where the store is, where recipes lie, who works: read from the environment here and nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.corpus.model.retention import Retention, parse_retention

HOME = ".florilegium"
LOG_FORMATS = ("text", "json")
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
BAD_PORT = re.compile(r":(?![0-9]*(,|$))")
PLAIN, DRIVEN = "postgresql://", "postgresql+psycopg2://"  # SQLAlchemy must be told the driver that Dagster brings


class SettingsError(FlorilegiumError):
    """A setting that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """All that a process must know beforehand. Without `store`, the embedded one under `home` is used."""

    store: str | None = None  # s3://bucket/prefix, or file:///directory
    home: Path = Path(HOME)
    recipes: tuple[Path, ...] = ()
    expectations: Path | None = None  # suites that stand in for the packaged ones of the same stages
    workers: int | None = None  # none: one per core
    ray: str | None = None  # the address of a Ray cluster, or `local`; none: processes of this machine
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    openlineage_key: str | None = field(default=None, repr=False)  # of whoever collects lineage events
    pages: str | None = None  # where `florilegium up` serves the provenance pages, for links to them
    lock: str | None = None  # how long manifests and refs are locked: governance:30d
    alerts: str | None = field(default=None, repr=False)  # a web address that is told of failures; it may hold a key
    log_format: str = "text"  # or `json`: one object a line
    postgres: str | None = field(default=None, repr=False)  # the database of the Dagster instance; none: SQLite in home

    def __post_init__(self) -> None:
        if self.store is not None and self.directory is None:
            self.bucket_and_prefix()
        if self.lock is not None and parse_retention(self.lock) is None:
            raise SettingsError(f"FLORILEGIUM_LOCK is {self.lock!r}: use governance:30d or compliance:365d, in days")
        if self.alerts and not _is_web_address(self.alerts):
            raise SettingsError("FLORILEGIUM_ALERTS is no web address: use https://… of whoever is to be told")
        if self.workers is not None and self.workers < 1:
            raise SettingsError(f"{self.workers} workers cannot work: use 1 or more (FLORILEGIUM_WORKERS, --workers)")
        if self.log_format not in LOG_FORMATS:
            raise SettingsError(f"FLORILEGIUM_LOG_FORMAT is {self.log_format!r}: use text or json")
        if self.postgres is not None and not self.postgres.startswith((PLAIN, DRIVEN)):
            raise SettingsError("FLORILEGIUM_POSTGRES names no database: use postgresql://USER:PASSWORD@HOST/DATABASE")
        if not _is_unambiguous(self.database):
            raise SettingsError(
                "FLORILEGIUM_POSTGRES can be read in two ways: write @ / ? # % in a password as %40 %2F %3F %23 %25"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """The environment's settings; overrides that are not None win."""
        env = os.environ if environment is None else environment
        found = cls(
            store=env.get("FLORILEGIUM_STORE") or None,
            home=Path(env.get("FLORILEGIUM_HOME") or HOME),
            recipes=tuple(Path(item) for item in env.get("FLORILEGIUM_RECIPES", "").split(os.pathsep) if item),
            expectations=Path(env["FLORILEGIUM_EXPECTATIONS"]) if env.get("FLORILEGIUM_EXPECTATIONS") else None,
            workers=_workers(env.get("FLORILEGIUM_WORKERS")),
            ray=env.get("FLORILEGIUM_RAY") or None,
            endpoint=env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL") or None,
            region=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or cls.region,
            access_key=env.get("AWS_ACCESS_KEY_ID") or None,
            secret_key=env.get("AWS_SECRET_ACCESS_KEY") or None,
            session_token=env.get("AWS_SESSION_TOKEN") or None,
            openlineage_key=env.get("OPENLINEAGE_API_KEY") or None,
            pages=env.get("FLORILEGIUM_PAGES") or None,
            lock=env.get("FLORILEGIUM_LOCK") or None,
            alerts=env.get("FLORILEGIUM_ALERTS") or None,
            log_format=env.get("FLORILEGIUM_LOG_FORMAT") or cls.log_format,
            postgres=env.get("FLORILEGIUM_POSTGRES") or None,
        )
        return replace(found, **{name: value for name, value in overrides.items() if value is not None})

    @property
    def database(self) -> str:
        """The database of the Dagster instance, as libpq spells it; empty for SQLite."""
        return (self.postgres or "").replace(DRIVEN, PLAIN)

    @property
    def embedded(self) -> Path | None:
        """The directory of the embedded store, when that is the one in use."""
        return self.home / "store" if self.store is None else None

    @property
    def directory(self) -> Path | None:
        """The directory of `store`, where it names one."""
        url = urlsplit(self.store or "")
        is_local = url.scheme == "file" and url.netloc in ("", "localhost") and not url.query and not url.fragment
        return Path(unquote(url.path)) if is_local and url.path.startswith("/") else None

    @property
    def retention(self) -> Retention | None:
        """For how long manifests and refs are locked."""
        return parse_retention(self.lock) if self.lock else None

    def bucket_and_prefix(self) -> tuple[str, str]:
        """The two parts of `store`."""
        url = urlsplit(self.store or "")
        if url.scheme != "s3" or not url.netloc or "@" in url.netloc or url.query or url.fragment:
            raise SettingsError(
                f"{self._shown()!r} names no store: use s3://bucket or s3://bucket/prefix, without keys, or file:///directory"
            )
        return url.netloc, url.path.strip("/")

    def inherited(self, **more: str) -> dict[str, str]:
        """The environment of a child that is to open the same store and read the same recipes, wherever it starts."""
        chosen = {
            "FLORILEGIUM_HOME": str(self.home.absolute()),
            "FLORILEGIUM_RECIPES": os.pathsep.join(str(path.absolute()) for path in self.recipes),
            "FLORILEGIUM_EXPECTATIONS": str(self.expectations.absolute()) if self.expectations else "",
            "FLORILEGIUM_STORE": self.store or "",
            "FLORILEGIUM_WORKERS": str(self.workers or ""),
            "FLORILEGIUM_RAY": self.ray or "",
            "FLORILEGIUM_LOCK": self.lock or "",
            "FLORILEGIUM_LOG_FORMAT": self.log_format,
            "FLORILEGIUM_POSTGRES": (self.postgres or "").replace(PLAIN, DRIVEN),
        }
        return {**os.environ, **chosen, **more}

    def _shown(self) -> str:
        """The store as it was given, less any credentials in it."""
        before, at, after = (self.store or "").rpartition("@")
        return f"{before.partition('://')[0]}://…@{after}" if at else after


def without_telemetry() -> None:
    """Ray reads at its start whether it may report that it is used; who said so already is heard."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


def without_threads() -> None:
    """Tokenizers read at their work whether they may use every core; who said so already is heard."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        reaches = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        return (
            parts.scheme in ("http", "https") and reaches and text.isascii() and text.isprintable() and " " not in text
        )
    except ValueError:  # http://[
        return False


def _is_unambiguous(database: str) -> bool:
    """Whether nothing of a password can be taken for a host or a port, which errors show, or for a bad escape."""
    try:
        parts = urlsplit(database)
        hosts = parts.netloc.rpartition("@")[2]
        ports = re.sub(r"\[[^\]]*\]", "", hosts)  # of IPv6
    except ValueError:  # an unclosed [
        return False
    separate = database.count("@") <= 1 and "@" not in database.removeprefix(PLAIN).removeprefix(parts.netloc)
    return separate and not parts.fragment and not BAD_ESCAPE.search(database) and not BAD_PORT.search(ports)


def _workers(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise SettingsError(f"FLORILEGIUM_WORKERS is {text!r}: use a whole number")
    return int(text)
