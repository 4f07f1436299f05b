"""The store that settings name, opened: for those who only read, and who import nothing of what builds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from dagster_project.corpus.storage.embedded import embedded, status
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from dagster_project.corpus.storage.stores import Store
from dagster_project.settings import Settings


@contextlib.contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """The store alone, for those who only read. An embedded one runs at least until the block ends."""
    if directory := settings.embedded:
        with embedded(directory) as config:
            yield S3Store(config)
    else:
        yield S3Store(store_config(settings))


def is_running(settings: Settings) -> bool:
    """Whether the store can be asked without starting anything."""
    return settings.embedded is None or status(settings.embedded).running


def store_config(settings: Settings) -> S3Config:
    """How to enter the store that the settings name."""
    bucket, prefix = settings.bucket_and_prefix()
    return S3Config(
        endpoint=settings.endpoint,
        bucket=bucket,
        prefix=prefix,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        region=settings.region,
        session_token=settings.session_token,
    )
