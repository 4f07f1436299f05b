"""Pools: what must not run at the same time on one machine. Their limits stand in dagster.yaml and in the web UI."""

ENGINE = "engine"  # stages whose workers take every core; licenses, verdicts and counts are light and wait for nobody
MARTS = "marts"  # dbt, and the one DuckDB file that it leaves
