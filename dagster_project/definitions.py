"""The composition root of the Dagster shell: assets, jobs, sensors, schedules and resources, and nothing else.

No store is asked and none is started here; a run does that, when it opens its library.
"""

import dagster as dg

from dagster_project.defs import automation, jobs
from dagster_project.defs.artifacts import artifacts
from dagster_project.defs.deduplicated import deduplicated
from dagster_project.defs.families import families
from dagster_project.defs.filtered import filtered
from dagster_project.defs.fingerprints import fingerprints
from dagster_project.defs.freshness import freshness
from dagster_project.defs.judging import judge_again
from dagster_project.defs.licensed import licensed
from dagster_project.defs.marts import marts
from dagster_project.defs.mixed import mixed
from dagster_project.defs.passages import passages
from dagster_project.defs.published import published
from dagster_project.defs.resources import library_resource
from dagster_project.defs.signals import signals
from dagster_project.defs.snapshots import snapshots
from dagster_project.defs.statistics import statistics
from dagster_project.defs.weights import weights
from dagster_project.settings import Settings

STAGES = [
    *(snapshots, artifacts, signals, licensed, statistics, fingerprints),
    *(filtered, families, deduplicated, passages, weights, mixed, published),
]
OF_MIXES = (mixed, published)


def build_definitions(settings: Settings) -> dg.Definitions:
    """Everything that Dagster knows of, for one store and one set of recipe directories."""
    return dg.Definitions.merge(stages(settings), marts(settings))


def stages(settings: Settings, library: dg.ResourceDefinition | None = None) -> dg.Definitions:
    """The same without the marts, which dbt must parse first; on a library of the caller, where one is given."""
    of_stages = dg.Definitions(
        assets=[linked(stage, settings.pages) for stage in STAGES],
        jobs=[*jobs.ASSET_JOBS, *jobs.BUILDS, judge_again],
        sensors=automation.sensors(settings),
        schedules=automation.schedules(settings),
        resources={"library": library or library_resource(settings)},
        executor=dg.in_process_executor,  # the engine of the library does the work, and a process per step costs 5 s
    )
    return dg.Definitions.merge(of_stages, freshness(settings))


def linked(stage: dg.AssetsDefinition, pages: str | None) -> dg.AssetsDefinition:
    """A stage with links to its Data Docs, and of mixes to where their provenance is, when they are served."""
    if pages is None:
        return stage
    links = {"data docs": dg.MetadataValue.url(f"{pages}/checks")}
    links |= {"provenance pages": dg.MetadataValue.url(pages)} if stage in OF_MIXES else {}
    return stage.map_asset_specs(lambda spec: spec.merge_attributes(metadata=links))


definitions = build_definitions(Settings.from_environment())
