"""Above the stages: plan → run → audit → publish. The only room that knows them all; CLI and Dagster call it alike."""
