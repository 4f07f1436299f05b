"""Jobs: one per partition space, and one that builds a mix with all it needs."""

from dataclasses import replace

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.errors import AuditFailed, FlorilegiumError
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.defs.checks import evaluations_of, report_evaluations
from dagster_project.defs.materializing import failure
from dagster_project.defs.mirroring import mirror
from dagster_project.defs.resources import Logged

snapshot_sources = dg.define_asset_job(
    "snapshot_sources",
    ["snapshots", "licensed", "signals", "statistics", "fingerprints"],
    description="Freeze a source, measure its documents, and count them by language.",
)
filter_snapshots = dg.define_asset_job("filter_snapshots", ["filtered"], description="Judge a snapshot by a policy.")
deduplicate_corpora = dg.define_asset_job(
    "deduplicate_corpora", ["families", "deduplicated", "passages"], description="Tell the copies of a corpus apart."
)
weigh_corpora = dg.define_asset_job("weigh_corpora", ["weights"], description="Say how often survivors are drawn.")
publish_mixes = dg.define_asset_job("publish_mixes", ["mixed", "published"], description="Mix a corpus and export it.")
ASSET_JOBS = [snapshot_sources, filter_snapshots, deduplicate_corpora, weigh_corpora, publish_mixes]


class MixConfig(dg.Config):
    """Which mix: its key, or its name alone."""

    mix: str


@dg.op
def build_everything(
    context: dg.OpExecutionContext, config: MixConfig, library: dg.ResourceParam[Library]
) -> dict[str, str]:
    """Build a mix and whatever it needs, then tell Dagster of every version that it lacks."""
    watched = replace(library, observer=Logged(context.log))
    try:
        built = watched.build(Partition("published", library.recipes.mix(config.mix).key))
    except AuditFailed as refusal:
        told(context.instance, refusal, context.run_id)
        raise failure(refusal) from None
    except FlorilegiumError as refusal:
        raise failure(refusal) from None
    finally:
        mirrored = mirror(context.instance, library.store, run_id=context.run_id)
        context.log.info(f"{len(mirrored)} partitions mirrored")
    return {"partition": str(built.partition), "version": built.manifest.id}


@dg.job
def build_mix() -> None:
    """A mix and all it needs, in one process: what `florilegium build` does."""
    build_everything()


def told(instance: dg.DagsterInstance, refusal: AuditFailed, run_id: str) -> None:
    """The failed checks of a version that was not published, on the partition that it was meant for."""
    partition, _ = parse(refusal.partition)
    report_evaluations(instance, evaluations_of(partition.stage, partition.key, refusal.outcomes), run_id)
