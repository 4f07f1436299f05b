"""What every asset does: build one partition from inputs that stand in the store, and report it once published."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import dagster as dg

from dagster_project.corpus.building.library import Built, Library
from dagster_project.corpus.lineage.upkeep import kept_up
from dagster_project.corpus.model.errors import AuditFailed, FlorilegiumError, MissingObject, Moved, StoreError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.defs.checks import results_of
from dagster_project.defs.metadata import metadata_of, told_besides
from dagster_project.defs.provenance import input_tags, inputs_of
from dagster_project.defs.resources import Logged
from dagster_project.defs.versions import standing_in, standing_of

Events = Iterator[dg.AssetCheckResult | dg.AssetObservation | dg.AssetMaterialization | dg.MaterializeResult[None]]
PASSING = (Moved, StoreError)  # what another try may mend, but for an object that is lost
# what a person may say in the launchpad
LAUNCH = {
    "reason": dg.Field(
        str, default_value="", description="Why a version not named dev may be published again from other inputs."
    ),
    "repair": dg.Field(
        bool, default_value=False, description="Read every object of what stands, and make again what is missing."
    ),
}
RETRIES = 3
WAIT_SECONDS = 15.0  # before the first of them, then twice as long each time


def materialized(
    context: dg.AssetExecutionContext, library: Library, stage: str, parts: Sequence[str] = ("",)
) -> Events:
    """Build the run's partition of a stage. What it needs must stand already: Dagster built it, or says so."""
    watched, launched = (
        replace(library, observer=Logged(context.log, library.observer)),
        context.op_execution_context.op_config,
    )
    try:
        partitions = [Partition(stage, context.partition_key, part) for part in parts]
        built = [watched.build(partition, upstream=False, **launched) for partition in partitions]
    except AuditFailed as refusal:
        # before the failure: this is what stores the evaluations
        yield from results_of(stage, context.partition_key, refusal.outcomes)
        raise failure(refusal) from None
    except FlorilegiumError as refusal:
        raise again(refusal, context.retry_number) from None
    keep_up(library, built)
    yield from told_besides(library.store, standing_of(built))
    yield reported(library, built)


def reported(library: Library, built: Sequence[Built]) -> dg.MaterializeResult[None]:
    """The materialization of a partition; check results given here are tied to it and not to the one before."""
    standing = standing_in(library.store, built[0].partition)
    outcomes = [outcome for item in built for outcome in item.outcomes]
    return dg.MaterializeResult(
        data_version=dg.DataVersion(standing.data_version),
        tags=input_tags(standing.stage, inputs_of(library.store, standing)),
        metadata=metadata_of(library.store, standing, library.pages),
        check_results=results_of(standing.stage, standing.key, outcomes),
    )


def keep_up(library: Library, built: Sequence[Built]) -> None:
    """What makes lineage quick, brought up to date as the command line does it after a build."""
    if any(item.fresh for item in built):
        kept_up(library.store)


def again(refusal: FlorilegiumError, tried: int) -> dg.RetryRequested | dg.Failure:
    """Another try, later and later, of what may pass; a failure of all else, and of what did not pass."""
    if not isinstance(refusal, PASSING) or isinstance(refusal, MissingObject) or tried >= RETRIES:
        return failure(refusal)
    request = dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=WAIT_SECONDS * 2**tried * random.uniform(1, 1.5))
    request.__cause__ = failure(refusal)
    return request


def failure(refusal: FlorilegiumError) -> dg.Failure:
    """A refusal as Dagster knows it: its sentence, and no retry of what would be refused again."""
    return dg.Failure(str(refusal), allow_retries=False)
