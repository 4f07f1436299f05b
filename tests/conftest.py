"""Stores for tests: one real embedded server for the session, a fresh prefix for each test, and the fake in memory."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.corpus.storage.directory import DirectoryStore
from dagster_project.corpus.storage.embedded import embedded
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from dagster_project.corpus.storage.stores import Store

# a developer's own are none of the tests' business
for setting in (
    "STORE",
    "HOME",
    "RECIPES",
    "EXPECTATIONS",
    "WORKERS",
    "RAY",
    "POSTGRES",
    "LOG_FORMAT",
    "LOCK",
    "ALERTS",
):
    os.environ.pop(f"FLORILEGIUM_{setting}", None)


@pytest.fixture(scope="session")
def embedded_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Config]:
    with embedded(tmp_path_factory.mktemp("embedded")) as config:
        yield config


@pytest.fixture
def s3_store(embedded_s3: S3Config) -> S3Store:
    return S3Store(replace(embedded_s3, prefix=f"tests/{secrets.token_hex(6)}"))


@pytest.fixture
def memory_store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def directory_store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


@pytest.fixture(params=["memory", "directory", pytest.param("s3", marks=pytest.mark.embedded)])
def store(request: pytest.FixtureRequest) -> Store:
    return request.getfixturevalue(f"{request.param}_store")
