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
    stages = dg.Definitions(
        assets=[linked(stage, settings.pages) for stage in STAGES],
        jobs=[*jobs.ASSET_JOBS, jobs.build_mix],
        sensors=automation.sensors(settings),
        schedules=automation.schedules(settings),
        resources={"library": library_resource(settings)},
        executor=dg.in_process_executor,  # the engine of the library does the work, and a process per step costs 5 s
    )
    return dg.Definitions.merge(stages, marts(settings))


def linked(stage: dg.AssetsDefinition, pages: str | None) -> dg.AssetsDefinition:
    """A stage, that of mixes with a link to where their provenance is served, when it is."""
    if pages is None or stage not in OF_MIXES:
        return stage
    link = {"provenance pages": dg.MetadataValue.url(pages)}
    return stage.map_asset_specs(lambda spec: spec.merge_attributes(metadata=link))


definitions = build_definitions(Settings.from_environment())
