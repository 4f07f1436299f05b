"""What assets and jobs are given: a library, opened once per run and closed after it."""

import time
from collections.abc import Iterator

import dagster as dg

from dagster_project.corpus.building.library import Built, Library
from dagster_project.corpus.building.observers import Observer
from dagster_project.corpus.model.partitions import Partition
from dagster_project.logs import Logs
from dagster_project.opening import opened
from dagster_project.settings import Settings

QUIET_SECONDS = 5.0


def library_resource(settings: Settings) -> dg.ResourceDefinition:
    """A store is reached, or the embedded one started, only when a run asks. Credentials are no configuration: the
    settings keep them, so that they are never shown or stored."""

    def open_library(context: dg.InitResourceContext) -> Iterator[Library]:
        logs = Logs(context.run_id or "") if settings.log_format == "json" else None
        with opened(settings, logs) as library:
            yield library

    return dg.ResourceDefinition(open_library, description="The library on the store of the settings.")


class Logged:
    """Progress of a build in the log of a run: its start, its end, and every few seconds between. Whoever watched the
    library before goes on watching."""

    def __init__(self, log: dg.DagsterLogManager, also: Observer) -> None:
        self.log, self.also = log, also
        self.run = log.metadata["run_id"] or ""
        self.said = time.monotonic()

    def started(self, partition: Partition) -> None:
        self.said = time.monotonic()
        self.log.info(f"{partition}: begun")
        self.also.started(partition)

    def progressed(self, partition: Partition, done: int, total: int) -> None:
        self.also.progressed(partition, done, total)
        if time.monotonic() - self.said >= QUIET_SECONDS:
            self.said = time.monotonic()
            self.log.info(f"{partition}: {done:,} of {total:,}")

    def finished(self, built: Built) -> None:
        said = "published" if built.fresh else "stood already"
        self.log.info(f"{built.partition}#{built.manifest.id[:12]}: {said}, {built.seconds:.1f} s")
        self.also.finished(built)
