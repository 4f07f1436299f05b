"""What a mix is, in numbers: the funnel of every source, its licenses, and what the license gate refused."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dagster_project.cli.session import Session
    from dagster_project.corpus.model.manifests import Manifest
    from dagster_project.corpus.storage.stores import Store

COLUMNS = ("records", "documents", "kept", "survivors", "in_mix")


def facts_of_mix(store: Store, mixed: Manifest) -> dict[str, Any]:
    """Funnel, licenses and refusals from the profiles of a mix and of everything below it; no row is read."""
    refused: Counter[str] = Counter()
    for counts in mixed.profile["excluded_by_license"].values():
        refused.update(counts)
    return {
        "rows": mixed.rows,
        "words": mixed.profile.get("words", 0),
        "repeats": mixed.profile.get("repeats", 0),
        "funnel": funnel(store, mixed),
        "licenses": mixed.profile.get("by_license", {}),
        "excluded_by_license": dict(refused.most_common()),
    }


def funnel(store: Store, mixed: Manifest) -> dict[str, dict[str, int]]:
    """Per source: records read, documents, kept by the policy, survivors of deduplication, members of the mix."""
    rows = stages(store, mixed)
    for source, counts in mixed.profile.get("by_source", {}).items():
        rows[source]["in_mix"] = counts["documents"]
    return dict(sorted(rows.items()))


def stages(store: Store, mixed: Manifest) -> dict[str, dict[str, int]]:
    """The same below a mix; of sources that only mixes hold which it replays, as these were made of them."""
    from dagster_project.corpus.lineage.walk import ancestors, inputs_of, without_replays

    below = [
        (item.partition.split("/")[1], manifest)
        for item, manifest in ancestors(store, without_replays(mixed), parents=False)
    ]
    rows: dict[str, dict[str, int]] = {}
    for key, manifest in below:
        if manifest.stage == "snapshots":
            row = rows.setdefault(key, dict.fromkeys(COLUMNS, 0))
            row["records"], row["documents"] = manifest.profile["records"], manifest.rows
    for key, manifest in below:
        if manifest.stage == "filtered":
            rows[key.partition("+")[0]]["kept"] += manifest.profile["kept"]["documents"]
        if manifest.stage == "deduplicated":
            for source, status in manifest.profile["by_source"].items():
                rows[source]["survivors"] += status.get("survivor", 0)
    for earlier in inputs_of(store, mixed, "mixed"):
        rows = {**stages(store, earlier), **rows}
    return rows


def show_mix(session: Session, facts: dict[str, Any]) -> None:
    """The three tables of a mix."""
    from dagster_project.cli.tables import table

    rows = [[source, *(row[name] for name in COLUMNS)] for source, row in facts["funnel"].items()]
    total = [sum(row[number] for row in rows) for number in range(1, len(COLUMNS) + 1)]
    session.out.print(table("Funnel", ["source", *(name.replace("_", " ") for name in COLUMNS)], rows, ["all", *total]))
    licenses = sorted(facts["licenses"].items(), key=lambda item: -item[1]["documents"])
    counted = [[name, counts["documents"], counts["words"]] for name, counts in licenses]
    session.out.print(table("Licenses in the mix", ["license", "documents", "words"], counted))
    refused = [[name, count] for name, count in facts["excluded_by_license"].items()]
    session.out.print(table("Kept out for their license", ["license", "documents"], refused))
