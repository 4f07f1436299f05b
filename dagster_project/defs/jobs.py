"""Jobs: one per partition space, and those that build a corpus, a mix or what a takedown changes with all it needs."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.taking_down import take_down
from dagster_project.corpus.lineage.upkeep import kept_up
from dagster_project.corpus.model.errors import AuditFailed, FlorilegiumError, Refused
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.defs.checks import evaluations_of, report_evaluations
from dagster_project.defs.materializing import again, failure
from dagster_project.defs.mirroring import mirror
from dagster_project.defs.pools import ENGINE
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
    """Which mix: its key, or its name alone. `reason`: why one that is not `dev` may be published again. `refill`:
    where documents were taken down, make it anew in another order."""

    mix: str
    reason: str = ""
    refill: bool = False


class CorpusConfig(dg.Config):
    """Which corpus: its key, or its name alone. `reason`: why one that is not `dev` may be published again."""

    corpus: str
    reason: str = ""


@dg.op(pool=ENGINE)
def build_everything(
    context: dg.OpExecutionContext, config: MixConfig, library: dg.ResourceParam[Library]
) -> dict[str, str]:
    """Build a mix and whatever it needs, then tell Dagster of every version that it lacks."""
    with reporting(context, library):
        asked = replace(library, observer=Logged(context.log, library.observer), refill=config.refill)
        built = asked.build(Partition("published", library.recipes.mix(config.mix).key), reason=config.reason)
    return {"partition": str(built.partition), "version": built.manifest.id}


@dg.op(pool=ENGINE)
def build_all_of_corpus(
    context: dg.OpExecutionContext, config: CorpusConfig, library: dg.ResourceParam[Library]
) -> dict[str, str]:
    """Build a corpus and whatever it needs, then tell Dagster of every version that it lacks."""
    with reporting(context, library):
        asked = replace(library, observer=Logged(context.log, library.observer))
        built = asked.build(Partition("deduplicated", library.recipes.corpus(config.corpus).key), reason=config.reason)
    return {"partition": str(built.partition), "version": built.manifest.id}


@dg.op(pool=ENGINE)
def take_out(context: dg.OpExecutionContext, library: dg.ResourceParam[Library]) -> None:
    """Build anew what holds documents that were taken down, and withdraw the old versions: what `takedown apply` does.
    Nothing is erased, for that cannot be undone: only a person asks for it."""
    with reporting(context, library):
        done = take_down(replace(library, observer=Logged(context.log, library.observer)))
        context.log.info(f"{len(done.built)} partitions built anew, {len(done.withdrawn)} versions withdrawn")
        if left := [f"{item.partition} {item.lacking}" for item in done.affected if item.lacking]:
            raise Refused(f"what is taken down still stands where {'; '.join(left)}: see to the recipes")


@dg.job
def build_mix() -> None:
    """A mix and all it needs, in one process: what `florilegium build` does."""
    build_everything()


@dg.job
def build_corpus() -> None:
    """A corpus and all it needs, in one process."""
    build_all_of_corpus()


@dg.job
def apply_takedowns() -> None:
    """Every corpus and mix anew that holds what the takedown register removes."""
    take_out()


BUILDS = [build_mix, build_corpus, apply_takedowns]


@contextlib.contextmanager
def reporting(context: dg.OpExecutionContext, library: Library) -> Iterator[None]:
    """Whatever a build of many partitions does is told to Dagster, also when it is refused in the end."""
    try:
        yield
    except AuditFailed as refusal:
        told(context.instance, refusal, context.run_id)
        raise failure(refusal) from None
    except FlorilegiumError as refusal:
        raise again(refusal, context.retry_number) from None
    finally:
        show(context, library)


def show(context: dg.OpExecutionContext, library: Library) -> None:
    """Mirror what was built. A store that cannot be read just now ends nothing: why the build ended is not to be lost,
    and a sensor mirrors too."""
    try:
        mirrored = mirror(context.instance, library.store, run_id=context.run_id, pages=library.pages)
        context.log.info(f"{len(mirrored)} partitions mirrored")
        if mirrored:
            kept_up(library.store)
    except FlorilegiumError as refusal:
        context.log.warning(f"not mirrored, the sensor `mirror_versions` will: {refusal}")


def told(instance: dg.DagsterInstance, refusal: AuditFailed, run_id: str) -> None:
    """The failed checks of a version that was not published, on the partition that it was meant for."""
    partition, _ = parse(refusal.partition)
    report_evaluations(instance, evaluations_of(partition.stage, partition.key, refusal.outcomes), run_id)
