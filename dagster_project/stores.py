"""The store that settings name, opened: for those who only read, and who import nothing of what builds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from dagster_project.corpus.storage.directory import DirectoryStore
from dagster_project.corpus.storage.embedded import embedded, status
from dagster_project.corpus.storage.promises import require_one_winner
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from dagster_project.corpus.storage.stores import Store
from dagster_project.settings import Settings, SettingsError


@contextlib.contextmanager
def opened_store(settings: Settings, *, writing: bool = False) -> Iterator[Store]:
    """The store alone. An embedded one runs at least until the block ends; any other, for those who write, is refused
    unless it lets one writer win. So is a lock that it cannot keep."""
    if writing and settings.retention and (settings.embedded or settings.directory):
        raise SettingsError("only a bucket with object lock can keep FLORILEGIUM_LOCK: name one (--store), or drop it")
    if directory := settings.embedded:
        with embedded(directory) as config:
            yield S3Store(config)
    elif settings.directory:
        yield DirectoryStore(settings.directory)
    else:
        store = S3Store(store_config(settings))
        store.check_lock()
        if writing:
            require_one_winner(store)
        yield store


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
        lock=settings.retention,
    )


def iceberg_properties(store: Store) -> dict[str, str]:
    """How pyiceberg enters a store, in its own terms; of one in a directory nothing."""
    if not isinstance(store, S3Store):
        return {}
    config = store.config
    said = {
        "s3.endpoint": config.endpoint,
        "s3.region": config.region,
        "s3.access-key-id": config.access_key,
        "s3.secret-access-key": config.secret_key,
        "s3.session-token": config.session_token,
    }
    return {name: value for name, value in said.items() if value}
