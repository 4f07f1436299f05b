"""A Dagster home: telemetry off, and on SQLite for one machine or on a PostgreSQL that several share."""

from importlib.util import find_spec
from pathlib import Path

from dagster_project.corpus.model.errors import Refused

DAGSTER_YAML = """\
# Written by Florilegium; yours to change.
telemetry: {enabled: false}
nux: {enabled: false}
# Two runs at a time, and of those that use every core (the pool `engine`) one: the others wait in the queue.
concurrency:
  runs: {max_concurrent_runs: 2}
  pools: {default_limit: 1, granularity: run}
# A run whose process died is begun again once; what was refused or failed is not.
run_retries: {enabled: true, max_retries: 1, retry_on_asset_or_op_failure: false}
retention:
  schedule: {purge_after_days: 90}
  sensor: {purge_after_days: {skipped: 2, success: 30, failure: 90}}
"""
VARIABLE = "FLORILEGIUM_POSTGRES"
STORAGE = f"storage: {{postgres: {{postgres_url: {{env: {VARIABLE}}}}}}}\n"  # where the URL stands: never a password


def prepared_home(directory: Path, *, postgres: bool = False) -> Path:
    """The directory as an absolute DAGSTER_HOME. A dagster.yaml that was changed is left as it is, and refused where it
    speaks of another database than the settings do."""
    if postgres and find_spec("dagster_postgres") is None:
        raise Refused("PostgreSQL needs the package dagster-postgres: install florilegium[postgres]")
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "dagster.yaml"
    wanted, other = DAGSTER_YAML + STORAGE * postgres, DAGSTER_YAML + STORAGE * (not postgres)
    said = path.read_text(encoding="utf-8") if path.exists() else ""
    if said in ("", other):
        path.write_text(wanted, encoding="utf-8")
    elif (VARIABLE in said) != postgres:
        way = f"add the line `{STORAGE.strip()}` to it" if postgres else f"set {VARIABLE}, or delete it"
        raise Refused(f"{path} was changed by hand and {'does not name' if postgres else 'names'} {VARIABLE}: {way}")
    return directory.absolute()
