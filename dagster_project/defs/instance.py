"""A Dagster home for a single machine, with telemetry off."""

from pathlib import Path

DAGSTER_YAML = """\
# Written once by Florilegium; yours to change. PostgreSQL: see `storage:` in Dagster's documentation of dagster.yaml.
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  runs: {max_concurrent_runs: 2}
run_retries: {enabled: true, max_retries: 1, retry_on_asset_or_op_failure: false}
"""


def prepared_home(directory: Path) -> Path:
    """The directory as an absolute DAGSTER_HOME; a dagster.yaml that is there already is left as it is."""
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with (directory / "dagster.yaml").open("x", encoding="utf-8") as file:
            file.write(DAGSTER_YAML)
    except FileExistsError:
        pass
    return directory.absolute()
