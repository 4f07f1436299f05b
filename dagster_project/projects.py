"""Where the dbt project lies, in a checkout or in an installed wheel, and where it may write."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from dagster_project.settings import Settings, SettingsError

PACKAGE = Path(__file__).parent


def dbt_directory() -> Path:
    """The dbt project: inside the installed package, or beside it in a checkout."""
    for folder in (PACKAGE / "_data" / "dbt", PACKAGE.parent / "dbt"):
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise SettingsError(
        f"there is no dbt project in {PACKAGE / '_data'} or beside {PACKAGE}: install florilegium again"
    )


def dbt_workspace(settings: Settings) -> Path:
    """A directory of our own for parsed projects, logs and DuckDB files: under home, or for a home that is read-only
    a private one among the temporary files."""
    place = settings.home.absolute() / "dbt"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        place = Path(tempfile.gettempdir()) / f"florilegium-dbt-{os.getuid()}"
        place.mkdir(mode=0o700, exist_ok=True)
        if place.stat().st_uid != os.getuid():
            raise SettingsError(
                f"{place} belongs to somebody else: set FLORILEGIUM_HOME to a directory of yours"
            ) from None
    return place
