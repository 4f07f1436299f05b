"""`python -m dagster_project.serving HOST PORT`: the provenance pages of the store that the settings name."""

from __future__ import annotations

import sys

import uvicorn

from dagster_project.serving.app import application
from dagster_project.settings import Settings
from dagster_project.stores import opened_store

MOST_AT_ONCE = 32


def main(host: str, port: str) -> None:
    """Serve until a signal ends it."""
    settings = Settings.from_environment()
    with opened_store(settings) as store:
        app = application(store, host, settings.expectations)
        uvicorn.run(app, host=host, port=int(port), limit_concurrency=MOST_AT_ONCE, server_header=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
