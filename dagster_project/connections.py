"""Settings handed to a process of our own through a private file, so that no command line or log ever shows a key."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from dagster_project.settings import Settings, SettingsError


@contextlib.contextmanager
def handed_over(settings: Settings, directory: Path) -> Iterator[Path]:
    """A file with these settings that only its owner reads, gone when the block ends."""
    path = directory / f".connection.{secrets.token_hex(8)}.json"
    paths = {
        "home": str(settings.home.absolute()),
        "recipes": [str(item) for item in settings.recipes],
        "expectations": str(settings.expectations) if settings.expectations else None,
    }
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({**asdict(settings), **paths}, file)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def received(path: Path) -> Settings:
    """The settings that were handed over."""
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} can be read by others: give it the permissions 0600")
    plain = json.loads(path.read_text())
    paths = {
        "home": Path(plain["home"]),
        "recipes": tuple(map(Path, plain["recipes"])),
        "expectations": Path(plain["expectations"]) if plain["expectations"] else None,
    }
    return Settings(**{**plain, **paths})
