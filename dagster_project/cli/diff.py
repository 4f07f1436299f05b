"""florilegium diff: two versions of a partition, or of two partitions of one stage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.partitions import MOVING, SPACES, Partition, parse

if TYPE_CHECKING:
    from dagster_project.corpus.lineage.diff import Diff, Difference
    from dagster_project.corpus.mixing.turnover import Turnover
    from dagster_project.corpus.model.manifests import Manifest
    from dagster_project.corpus.storage.stores import Store

BY_NAME = ("published", "deduplicated", "snapshots")  # what a name without a stage means, the first that stands
OF_MIXES = ("mixed", "published")
BY_POLICY = ("filtered",)  # and one with the name of a policy, as web@1+gopher
COMPANIONS = {"licensed": ("licensed", ""), "identified": ("signals", "language")}  # counts of a snapshot's side tables
VERSION = re.compile(r"@[^+]*")
BACK = re.compile(r"(.+)~([0-9]{1,6})")


@click.command()
@click.argument("first")
@click.argument("second")
@click.option("--list", "kind", type=click.Choice(("added", "removed", "changed")), help="Name the records, too.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Name at most so many.")
@verb
def diff(session: Session, first: str, second: str, kind: str | None, limit: int) -> None:
    """What differs from FIRST to SECOND: recipe, inputs, counts, and the documents that came, went or changed.

    Each is name@version, as `news@2026-10 news@2026-11`, or stage/key; `#id` behind it is one exact version of
    `florilegium history`, and `~1` the one before the newest. Of two policies on the same snapshot, as `web@1+gopher
    web@1+fineweb`, also which documents change side, by which rule, and which rules and limits differ. Of two mixes
    also which documents left and entered, and why the version that lacks them did not take them.
    """
    from dagster_project.corpus.lineage.diff import compare
    from dagster_project.corpus.mixing.turnover import turnover
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        (one, before), (two, after) = addressed(store, first), addressed(store, second)
        found = compare(store, before, after, kind=kind or "", limit=limit)
        besides = companions(store, (one, before), (two, after))
        turned = turnover(store, before, after, limit) if one.stage in OF_MIXES else None
    names = [f"{one}#{before.id[:12]}", f"{two}#{after.id[:12]}"]
    if session.json:
        session.show_json(as_json(names, (before, after), found, besides, turned))
    else:
        from dagster_project.cli.differences import show

        show(session, names, found, besides, turned)


def addressed(store: Store, text: str) -> tuple[Partition, Manifest]:
    """The version that a name means, in the store and whatever the recipes say today."""
    from dagster_project.corpus.storage import refs

    partition, version = named(store, text)
    return partition, refs.load_manifest(store, version)


def named(store: Store, text: str) -> tuple[Partition, str]:
    """The same by its id, whether it can be read or not."""
    from dagster_project.corpus.storage import refs

    back = BACK.fullmatch(text)
    address, sign, exact = (back[1] if back else text).partition("#")
    if back and sign:
        raise PartitionError(f"{text} has both #… and ~{back[2]}: give one of them")
    partition, version = parse(_standing(store, address) + sign + exact)
    if not back:
        return partition, refs.resolve(store, partition, version)
    refs.resolve(store, partition)
    history = refs.history(store, partition)
    if int(back[2]) >= len(history):
        raise PartitionError(f"{partition} has {len(history)} versions: `florilegium history {partition}` lists them")
    return partition, history[-1 - int(back[2])].id


def _standing(store: Store, address: str) -> str:
    """The address of a partition that stands in the store: of a name alone a mix, else a corpus, else a source; of a
    source with a policy its verdicts."""
    from dagster_project.corpus.storage import refs

    stage, slash, rest = address.rpartition("/") if address.count("/") == 1 else ("", "", address)
    if "/" in rest or (slash and ("@" in rest or stage not in SPACES)):
        return address
    name, plus, policy = rest.partition("+")
    for candidate in [stage] if stage else BY_POLICY if plus else BY_NAME:
        known = [partition.key for partition in refs.published(store, candidate)]
        versions = [key for key in known if VERSION.sub("", key) == rest]
        for key in (rest, f"{name}@{MOVING}{plus}{policy}", *(versions if len(versions) == 1 else ())):
            if key in known:
                return f"{candidate}/{key}"
        if versions:
            raise PartitionError(f"{rest!r} has several versions: say one of {', '.join(versions[:20])}")
    raise PartitionError(f"{rest!r} stands nowhere in this store: `florilegium versions` lists what does")


def companions(store: Store, *versions: tuple[Partition, Manifest]) -> dict[str, Sequence[Difference]]:
    """Differences of what was concluded and measured of two snapshots: licenses, languages; where both have it. Of two
    publications those of the recipes of their mixes."""
    from dagster_project.corpus.lineage.diff import differences, recipe_of
    from dagster_project.corpus.mixing.turnover import mixed_of

    if versions[0][0].stage == "published":
        before, after = (recipe_of(mixed_of(store, manifest)) for _, manifest in versions)
        return {"mixed": differences(before, after)}
    if versions[0][0].stage != "snapshots":
        return {}
    found: dict[str, Sequence[Difference]] = {}
    for name, (stage, part) in COMPANIONS.items():
        profiles = [_profile(store, Partition(stage, item.key, part), manifest.id) for item, manifest in versions]
        if None not in profiles:
            found[name] = differences(profiles[0] or {}, profiles[1] or {})
    return found


def _profile(store: Store, partition: Partition, snapshot: str) -> dict[str, Any] | None:
    """The newest profile of a side table of one exact snapshot."""
    from dagster_project.corpus.storage import refs

    for ref in reversed(refs.history(store, partition)):
        manifest = refs.load_manifest(store, ref.id)
        if snapshot in manifest.identity.inputs:
            return dict(manifest.profile)
    return None


def as_json(
    names: Sequence[str],
    versions: Sequence[Manifest],
    found: Diff,
    besides: dict[str, Sequence[Difference]],
    turned: Turnover | None,
) -> dict[str, Any]:
    from dagster_project.corpus.lineage import sides, steps
    from dagster_project.corpus.mixing import turnover

    documents = found.documents
    return {
        "first": {"partition": names[0].partition("#")[0], "id": versions[0].id, "rows": versions[0].rows},
        "second": {"partition": names[1].partition("#")[0], "id": versions[1].id, "rows": versions[1].rows},
        "same": versions[0].id == versions[1].id,
        "documents": {"by": documents.by, **documents.counts} if documents else None,
        "listed": [item._asdict() for item in documents.listed] if documents else [],
        "recipe": [item._asdict() for item in found.recipe],
        "inputs": [item._asdict() for item in found.inputs],
        "counts": [item._asdict() for item in found.counts],
        **({"sides": sides.as_data(found.sides)} if found.sides else {}),
        **(steps.as_data(found.policies) if found.policies else {}),
        **{name: [item._asdict() for item in told] for name, told in besides.items()},
        **(turnover.as_data(turned) if turned else {}),
    }
