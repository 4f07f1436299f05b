"""florilegium diff: two versions of a partition, or of two partitions of one stage."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.partitions import MOVING, SPACES, Partition, parse

if TYPE_CHECKING:
    from dagster_project.corpus.lineage.diff import Diff, Difference, Listed
    from dagster_project.corpus.lineage.sides import Sides
    from dagster_project.corpus.model.manifests import Manifest
    from dagster_project.corpus.storage.stores import Store

BY_NAME = ("published", "deduplicated", "snapshots")  # what a name without a stage means, the first that stands
COMPANIONS = {"licensed": ("licensed", ""), "identified": ("signals", "language")}  # counts of a snapshot's side tables
ROWS = 40  # of a table on a terminal
BACK = re.compile(r"(.+)~([0-9]{1,6})")


@click.command()
@click.argument("first")
@click.argument("second")
@click.option("--list", "kind", type=click.Choice(("added", "removed", "changed")), help="Name the records, too.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many of them.")
@verb
def diff(session: Session, first: str, second: str, kind: str | None, limit: int) -> None:
    """What differs from FIRST to SECOND: recipe, inputs, counts, and the documents that came, went or changed.

    Each is name@version, as `news@2026-10 news@2026-11`, or stage/key; `#id` behind it is one exact version of
    `florilegium history`, and `~1` the one before the newest. Of two policies on the same snapshot, as
    `filtered/web@1+gopher filtered/web@1+fineweb`, also which documents change side, and by which rule.
    """
    from dagster_project.corpus.lineage.diff import compare
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store:
        (one, before), (two, after) = addressed(store, first), addressed(store, second)
        found = compare(store, before, after, kind=kind or "", limit=limit)
        besides = companions(store, (one, before), (two, after))
    names = [f"{one}#{before.id[:12]}", f"{two}#{after.id[:12]}"]
    if session.json:
        session.show_json(as_json(names, (before, after), found, besides))
    else:
        show(session, names, found, besides)


def addressed(store: Store, text: str) -> tuple[Partition, Manifest]:
    """The version that a name means, in the store and whatever the recipes say today."""
    from dagster_project.corpus.storage import refs

    back = BACK.fullmatch(text)
    address, sign, exact = (back[1] if back else text).partition("#")
    if back and sign:
        raise PartitionError(f"{text} has both #… and ~{back[2]}: give one of them")
    partition, version = parse(_standing(store, address) + sign + exact)
    if not back:
        return partition, refs.load_manifest(store, refs.resolve(store, partition, version))
    refs.resolve(store, partition)
    history = refs.history(store, partition)
    if int(back[2]) >= len(history):
        raise PartitionError(f"{partition} has {len(history)} versions: `florilegium history {partition}` lists them")
    return partition, refs.load_manifest(store, history[-1 - int(back[2])].id)


def _standing(store: Store, address: str) -> str:
    """The address of a partition that stands in the store: of a name alone a mix, else a corpus, else a source."""
    from dagster_project.corpus.storage import refs

    stage, slash, rest = address.rpartition("/") if address.count("/") == 1 else ("", "", address)
    if "/" in rest or (slash and ("@" in rest or stage not in SPACES)):
        return address
    for candidate in [stage] if stage else BY_NAME:
        known = [partition.key for partition in refs.published(store, candidate)]
        versions = [key for key in known if key.partition("@")[0] == rest]
        for key in (rest, f"{rest}@{MOVING}", *(versions if len(versions) == 1 else ())):
            if key in known:
                return f"{candidate}/{key}"
        if versions:
            raise PartitionError(f"{rest!r} has several versions: say one of {', '.join(versions[:20])}")
    raise PartitionError(f"{rest!r} stands nowhere in this store: `florilegium versions` lists what does")


def companions(store: Store, *versions: tuple[Partition, Manifest]) -> dict[str, Sequence[Difference]]:
    """Differences of what was concluded and measured of two snapshots: licenses, languages; where both have it."""
    from dagster_project.corpus.lineage.diff import differences

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
    names: Sequence[str], versions: Sequence[Manifest], found: Diff, besides: dict[str, Sequence[Difference]]
) -> dict[str, Any]:
    from dagster_project.corpus.lineage.sides import as_data

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
        **({"sides": as_data(found.sides)} if found.sides else {}),
        **{name: [item._asdict() for item in told] for name, told in besides.items()},
    }


def show(session: Session, names: Sequence[str], found: Diff, besides: dict[str, Sequence[Difference]]) -> None:
    from dagster_project.cli.tables import table

    session.out.print(f"{names[0]} → {names[1]}")
    if found.documents:
        title = "Records" if found.documents.by == "record_id" else "Documents"
        session.out.print(
            table(title, ["", "number"], [[name, count] for name, count in found.documents.counts.items()])
        )
    if found.sides:
        show_sides(session, found.sides)
    sections = {"Recipe": found.recipe, "Inputs": found.inputs, "Counts": found.counts}
    sections |= {name.capitalize(): tuple(told) for name, told in besides.items()}
    for title, told in sections.items():
        if told:
            rows = [[item.name, _told(item.before), _told(item.after)] for item in told[:ROWS]]
            rows += [[f"… and {len(told) - ROWS:,} more: --json", "", ""]] if len(told) > ROWS else []
            session.out.print(table(title, ["", "before", "after"], rows))
    if found.documents and found.documents.listed:
        rows = [_row(item) for item in found.documents.listed]
        session.out.print(table(f"The first {found.documents.listed[0].kind}", ["id", "what", "title"], rows))


def show_sides(session: Session, found: Sides) -> None:
    """How many documents change side, by which rules, and some of them."""
    from dagster_project.cli.tables import table

    rows: list[list[Any]] = [
        [change.side, change.before or "kept", change.after or "kept", change.documents, change.words]
        for change in found.changes[:ROWS]
    ]
    rows += [[f"… and {len(found.changes) - ROWS:,} more: --json", "", "", "", ""]] if len(found.changes) > ROWS else []
    rows.append(["kept by both", "kept", "kept", found.kept["documents"], found.kept["words"]])
    rows.append(["removed by the same rule of both", "", "", found.removed["documents"], found.removed["words"]])
    session.out.print(table("Who changes side", ["", "before", "after", "documents", "words"], rows))
    examples = [
        [change.before or "kept", change.after or "kept", item["doc_id"], _where(item), str(item["title"] or "")[:100]]
        for change in found.changes[:ROWS]
        for item in change.examples
    ]
    if examples:
        session.out.print(table("Examples", ["before", "after", "id", "what", "title"], examples))


def _where(told: Mapping[str, Any]) -> str:
    return str(told.get("url") or told.get("locator"))[:300]


def _told(value: Any) -> Any:
    return (
        value if isinstance(value, int) and not isinstance(value, bool) else "" if value is None else str(value)[:200]
    )


def _row(item: Listed) -> list[str]:
    told = item.told
    what = str(told.get("url") or told.get("locator") or ", ".join(map(str, told.values())))
    return [item.id, what[:300], str(told.get("title", ""))[:100]]
