"""The shell: everything that imports Dagster, and nothing that touches a row."""
