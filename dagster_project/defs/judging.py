"""Everything that stands judged again by the suites as they are now, and Dagster told; nothing is rebuilt."""

import dagster as dg

from dagster_project.corpus.building.judging import judged_again
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.outcomes import Outcome
from dagster_project.defs.checks import about_newest, evaluations_of, report_evaluations
from dagster_project.defs.versions import Standing, standings


@dg.op
def judge_all(context: dg.OpExecutionContext, library: dg.ResourceParam[Library]) -> dict[str, int]:
    """The newest version of every partition: how many were judged, and of how many a critical check failed."""
    judged = failed = 0
    for standing in standings(library.store):
        outcomes = outcomes_of(context, library, standing)
        evaluations = evaluations_of(standing.stage, standing.key, outcomes)
        report_evaluations(
            context.instance, about_newest(context.instance, standing.stage, standing.key, evaluations), context.run_id
        )
        judged += 1
        failed += any(not item.passed and item.severity == "error" for item in outcomes)
    context.log.info(f"{judged:,} partitions judged, {failed:,} with failed checks")
    return {"judged": judged, "failed": failed}


@dg.job(description="Judge what stands by the suites as they are now: after a suite was changed. Nothing is rebuilt.")
def judge_again() -> None:
    """What `florilegium checks show --all` does, told to Dagster."""
    judge_all()


def outcomes_of(context: dg.OpExecutionContext, library: Library, standing: Standing) -> list[Outcome]:
    """Those of all parts of a partition; a part that was published unjudged is told of, and left out."""
    found: list[Outcome] = []
    for partition, _ in standing.parts:
        try:
            found += judged_again(library.store, library.auditor, partition).outcomes
        except Refused as refusal:
            context.log.warning(str(refusal))
    return found
