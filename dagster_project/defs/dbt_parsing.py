"""The parsed dbt project, made once for every state of its files: dbt takes seconds to parse, and races with itself."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sysconfig
import tempfile
from importlib.metadata import version
from pathlib import Path

from dagster_project.projects import dbt_directory, dbt_workspace
from dagster_project.settings import Settings, SettingsError

READ = (".sql", ".yml")
WRITTEN = ("target", "logs")


def parsed_manifest(settings: Settings) -> Path:
    """The manifest of the dbt project as it is now. Neither the store nor the network is asked."""
    project, workspace = dbt_directory(), dbt_workspace(settings)
    manifest = workspace / "parsed" / _state(project) / "manifest.json"
    if not manifest.exists():
        with (workspace / "parse.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not manifest.exists():
                _parse(settings, project, manifest)
    return manifest


def dbt_executable() -> str:
    """dbt as installed with us; it need not be on PATH."""
    return os.fspath(Path(sysconfig.get_path("scripts")) / "dbt")


def _state(project: Path) -> str:
    """A hash of every file that dbt reads, of where they lie, and of dbt itself."""
    total = hashlib.sha256(f"{project} {version('dbt-core')} {version('dbt-duckdb')}".encode())
    for path in sorted(project.rglob("*")):
        within = path.relative_to(project)
        if path.suffix in READ and within.parts[0] not in WRITTEN:
            total.update(f"\0{within}\0".encode() + path.read_bytes())
    return total.hexdigest()[:32]


def _parse(settings: Settings, project: Path, manifest: Path) -> None:
    """Parse into a draft directory, and put the manifest in its place in one step; earlier states go."""
    shutil.rmtree(manifest.parent.parent, ignore_errors=True)
    manifest.parent.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=manifest.parent) as draft:
        places = [
            f"--project-dir={project}",
            f"--profiles-dir={project}",
            f"--target-path={draft}",
            f"--log-path={draft}",
        ]
        environment = settings.inherited(DBT_DUCKDB_PATH=os.fspath(Path(draft) / "marts.duckdb"))
        command = [dbt_executable(), "--no-send-anonymous-usage-stats", "--no-use-colors", "parse", *places]
        told = subprocess.run(command, env=environment, capture_output=True, text=True)
        if told.returncode:
            raise SettingsError(f"dbt cannot parse {project}: {' '.join(told.stdout.split())[-600:]}")
        os.replace(Path(draft) / "manifest.json", manifest)
