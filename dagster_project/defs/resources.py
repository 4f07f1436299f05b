"""What assets and jobs are given: a library, opened once per run and closed after it."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.corpus.building.library import Built, Library
from dagster_project.corpus.model.partitions import Partition
from dagster_project.opening import opened
from dagster_project.settings import Settings


def library_resource(settings: Settings) -> dg.ResourceDefinition:
    """A store is reached, or the embedded one started, only when a run asks. Credentials are no configuration: the
    settings keep them, so that they are never shown or stored."""

    def open_library(_: dg.InitResourceContext) -> Iterator[Library]:
        with opened(settings) as library:
            yield library

    return dg.ResourceDefinition(open_library, description="The library on the store of the settings.")


class Logged:
    """Progress of a build in the log of a run: at its start, at each tenth, and at its end."""

    def __init__(self, log: dg.DagsterLogManager) -> None:
        self.log = log
        self.tenth = 0

    def started(self, partition: Partition) -> None:
        self.tenth = 0
        self.log.info(f"{partition}: begun")

    def progressed(self, partition: Partition, done: int, total: int) -> None:
        tenth = 10 * done // total if total else 0
        if tenth > self.tenth:
            self.tenth = tenth
            self.log.info(f"{partition}: {done:,} of {total:,}")

    def finished(self, built: Built) -> None:
        said = "published" if built.fresh else "stood already"
        self.log.info(f"{built.partition}#{built.manifest.id[:12]}: {said}, {built.seconds:.1f} s")
