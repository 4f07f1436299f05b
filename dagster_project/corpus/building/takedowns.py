"""What a takedown changes of versions that stand: which differ by nothing else, and mixes that keep their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.building.planner import Plan, Planner
from dagster_project.corpus.engine.work import schema_names
from dagster_project.corpus.lineage.walk import layers_of, versions_of
from dagster_project.corpus.mixing.holes import Missing, Warn, missing_from, take_out
from dagster_project.corpus.model.canonical import canonical, digest
from dagster_project.corpus.model.manifests import Identity, Input, Manifest
from dagster_project.corpus.model.orders import ORDER_OF
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.reading import Kind
from dagster_project.corpus.reaching.reach import Reach
from dagster_project.corpus.storage.refs import latest, load_manifest, published
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.gone import WITHDRAWN, Gone, Numbers

MODEL = "model"  # where an artifact names what was made of its inputs
STANDING = pa.array(["survivor", "suppressed"])  # statuses of kept documents that are not withdrawn


class Affected(NamedTuple):
    """A corpus or a mix that holds what is to be removed, in its newest version, how many documents of it, and why it
    cannot be built anew, where it cannot."""

    partition: Partition
    version: str
    documents: int
    lacking: str = ""


def affected(planner: Planner) -> Iterator[Affected]:
    """Corpora and then mixes that takedowns change, as they stand; those of which there are no recipes any more, too,
    which nothing can build."""
    store, reach = planner.store, Reach(planner.store)
    for partition in published(store, "deduplicated") if reach else ():
        newest = planner.newest(partition)
        gone = reach.gone_from(layers_of(store, newest))
        if lost := sum(len(rows) for _, rows in _not_withdrawn(store, [newest], gone.rows)):
            yield Affected(partition, newest.id, lost, _lacking(planner, partition, "corpora"))
    for partition in published(store, "mixed") if reach else ():
        yield from islice(_affected(planner, reach, partition.key), 1)


def _affected(planner: Planner, reach: Reach, key: str) -> Iterator[Affected]:
    """A mix, and its publication, which a run that was stopped may have left behind."""
    for name in (Partition("mixed", key), Partition("published", key)):
        if latest(planner.store, name):
            newest = planner.newest(name)
            missing = still_in(reach, members_of(planner.store, newest))
            if missing.members:
                yield Affected(name, newest.id, missing.documents, _lacking(planner, name, "mixes"))


def _lacking(planner: Planner, partition: Partition, kind: Kind) -> str:
    """Why nothing can build a partition."""
    recipes = planner.recipes
    is_there = not recipes.lacks(kind, partition.key)
    return "" if is_there else f"cannot be rebuilt: its recipe is not in {recipes.places}"


def members_of(store: Store, version: Manifest) -> Manifest:
    """The version of a mix that a publication was made from; itself, where it is one."""
    return load_manifest(store, version.identity.inputs[0]) if version.stage == "published" else version


def still_in(reach: Reach, mixed: Manifest) -> Missing:
    """What of a version of a mix was taken down since."""
    return missing_from(reach.store, mixed, gone_below(reach, mixed).rows)


def lost_from(store: Store, corpora: Sequence[Manifest], gone: Mapping[str, Numbers]) -> dict[str, str]:
    """What versions of corpora still have of what is gone, as digests by documents shard."""
    return {documents: digest(rows.tolist()) for documents, rows in _not_withdrawn(store, corpora, gone)}


def _not_withdrawn(
    store: Store, corpora: Sequence[Manifest], gone: Mapping[str, Numbers]
) -> Iterator[tuple[str, Numbers]]:
    """Rows of corpora that are to go and are not withdrawn yet, by the digest of their documents shard."""
    for file in (file for manifest in corpora for file in manifest.files):
        if (rows := gone.get(file.documents)) is not None:
            status = read_shard(store, file, ["status"]).column("status").take(pa.array(rows))
            if len(still := rows[pc.is_in(status, STANDING).to_numpy()]):
                yield file.documents, still


def gone_below(reach: Reach, mixed: Manifest) -> Gone:
    """What is to go of all corpora that a version of a mix was chosen from, itself or those that it replays."""
    if not reach:
        return Gone({}, [])
    return reach.gone_from(versions_of(reach.store, whole_of(reach.store, mixed), "deduplicated"))


def with_holes(reach: Reach, plan: Plan, partition: Partition, newest: Manifest, warn: Warn) -> Plan:
    """How a mix is built where nothing but the takedown register changed since its newest version: from the version
    that has the order, less what is taken down; or as it stands, where no member is. One that holds what it promised
    not to hold is made anew, for only then it is counted again."""
    store = reach.store
    whole = whole_of(store, newest)
    identity = Identity(whole.stage, schema_names(plan.schema), plan.recipe, plan.code_version, (), "")
    is_clean = not whole.profile.get("contaminated_members")
    if not is_clean or not differ_by_takedowns(store, whole, Manifest(identity, plan.inputs, ())):
        return plan
    gone = gone_below(reach, whole)
    missing = missing_from(store, whole, gone.rows)
    if not missing.members:
        return replace(plan, inputs=whole.inputs, run=lambda work: whole)
    return replace(
        plan,
        recipe={**whole.identity.recipe, ORDER_OF: whole.id, WITHDRAWN: missing._asdict()},
        inputs=(*whole.inputs, Input("mixed", str(partition), whole.id)),
        run=lambda work: take_out(work, whole, gone, warn),
    )


def whole_of(store: Store, manifest: Manifest) -> Manifest:
    """The version that has the order of a mix: itself, or the one that documents were taken from."""
    origin = manifest.identity.recipe.get(ORDER_OF)
    return load_manifest(store, origin) if origin else manifest


def differ_by_takedowns(store: Store, before: Manifest, after: Manifest) -> bool:
    """Whether two versions of a partition differ by what the register takes out, of them or of anything below, and by
    nothing else."""
    return _differ(store, before, after, {})


def _differ(store: Store, before: Manifest, after: Manifest, known: dict[tuple[str, str], bool]) -> bool:
    had, has = before.id, after.id
    before, after = whole_of(store, before), whole_of(store, after)
    if before.id == after.id:
        return had != has
    if _kept(before) != _kept(after) or len(before.inputs) != len(after.inputs):
        return False
    pairs = list(zip(before.inputs, after.inputs, strict=True))
    others = [(old.id, new.id) for old, new in pairs if old.id != new.id]
    if any(old.partition != new.partition for old, new in pairs):
        return False
    if not others:  # the same is made of the same, but for what is withdrawn here, or read from outside
        return before.identity.recipe.get(WITHDRAWN) != after.identity.recipe.get(WITHDRAWN)
    for old, new in others:
        if (old, new) not in known:
            known[old, new] = _differ(store, load_manifest(store, old), load_manifest(store, new), known)
    return all(known[pair] for pair in others)


def _kept(manifest: Manifest) -> tuple[Any, ...]:
    """What of a version a takedown leaves as it is. A model that was learned of other documents is another; what an
    artifact reads from outside, it names by hash beside that."""
    identity = manifest.identity
    changes = {WITHDRAWN, *([MODEL] if identity.stage == "artifacts" else [])}
    recipe = {name: value for name, value in identity.recipe.items() if name not in changes}
    return identity.stage, identity.schema, canonical(recipe), identity.code_version
