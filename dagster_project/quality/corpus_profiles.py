"""Profiles of the stages that bring sources together: families, corpora, mixes and what is published of them."""

from __future__ import annotations

from collections.abc import Mapping

from dagster_project.corpus.deduplication.weights import WHOLE
from dagster_project.quality.counts import Counts, share
from dagster_project.quality.document_profiles import UNKNOWN, Numbers

STATUSES = ("survivor", "suppressed", "rejected", "withdrawn")


def families(counts: Counts) -> Numbers:
    found, members = counts.number("families"), counts.number("in_families")
    numbers = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "families": found,
        "in_families": members,
        "families_without_members": max(0, 2 * found - members),  # a family has two members at least
        "in_families_share": share(members, counts.rows),
        "families_over_limit": counts.number("families_over_limit"),
        "distant_share": share(counts.number("distant"), members),
        "hot_buckets_per_document": share(counts.number("hot_buckets"), counts.rows),
        "bridges_per_family": share(counts.number("bridges"), found),
    }
    return numbers, {"families_over_limit": _sizes(counts.by_name("family_sizes"))}


def deduplicated(counts: Counts) -> Numbers:
    status, stored, copies = (counts.by_name(name) for name in ("status", "stored", "copies"))
    survivors, suppressed = status.get("survivor", 0), status.get("suppressed", 0)
    classes, licenses = counts.by_name("license_classes"), counts.by_name("licenses")
    by_source = counts.by_name("by_source")
    shares = {source: suppressed_share(found) for source, found in by_source.items()}
    standing = {source: _not_removed(found) for source, found in by_source.items()}
    barren = {source: found.get("rejected", 0) for source, found in by_source.items() if not standing[source]}
    floor = counts.bounds.get("min_survivors", 0)
    poor = {source: found for source, found in standing.items() if found < floor}
    numbers = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "survivors": survivors,
        "unbalanced_documents": sum(stored.get(name, 0) for name in STATUSES) - int(counts.bounds.get("documents", 0)),
        "unbalanced_sources": sum(sum(found.values()) for found in by_source.values()) - counts.rows,
        "copies_without_survivor": stored.get("suppressed", 0) - counts.number("proved"),
        "families_with_many_survivors": counts.number("families_with_many_survivors"),
        "unexplained_copies": suppressed - sum(copies.values()),
        "linked_share": share(copies.get("linked", 0), suppressed),
        "suppressed_share": suppressed_share(status),
        "largest_removed_share_by_source": max(shares.values(), default=0.0),
        "sources_without_survivors": len(barren),
        "fewest_survivors": min(standing.values(), default=0),
        "members_without_license": survivors - sum(licenses.values()) + licenses.get("", 0),
        "license_unknown_share": share(classes.get(UNKNOWN, 0), survivors),
        "license_findings_share": share(counts.number("with_findings"), survivors),
    }
    offenders: dict[str, Mapping[str, float]] = {
        "suppressed_share": shares,
        "largest_removed_share_by_source": shares,
        "unbalanced_documents": stored,
        "sources_without_survivors": barren,
        "fewest_survivors": poor,
        "linked_share": copies,
        "license_unknown_share": classes,
    }
    return numbers, offenders


def passages(counts: Counts) -> Numbers:
    status, by_source = counts.by_name("status"), counts.by_name("by_source")
    cut = {source: share(found.get("cut_bytes", 0), found.get("bytes", 0)) for source, found in by_source.items()}
    before, after = (
        share(counts.number("parallels", when, "parallel"), counts.number("parallels", when, "lines"))
        for when in ("before", "after")
    )
    emptied = {source: found.get("status", {}).get("emptied", 0) for source, found in by_source.items()}
    numbers = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "unbalanced_survivors": int(counts.bounds.get("survivors", 0))
        - status.get("survivor", 0)
        - status.get("emptied", 0),
        "survivors": status.get("survivor", 0),
        "emptied": status.get("emptied", 0),
        "repeated_share": share(counts.number("repeated_bytes"), counts.number("bytes")),
        "cut_share": share(counts.number("cut_bytes"), counts.number("bytes")),
        "largest_cut_share_by_source": max(cut.values(), default=0.0),
        "parallel_loss": max(0.0, share(before - after, before)),
    }
    return numbers, {"largest_cut_share_by_source": cut, "cut_share": cut, "emptied": emptied}


def weights(counts: Counts) -> Numbers:
    survivors, found = counts.number("survivors", "documents"), counts.by_name("weights")
    numbers = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "survivors": survivors,
        "unbalanced_survivors": int(counts.bounds.get("survivors", 0)) - survivors,
        "unweighted_survivors": survivors - sum(found.values()),
        "weightless_survivors": sum(number for weight, number in found.items() if int(weight) < 1),
        "unmeasured_share": share(counts.number("unmeasured"), survivors),
        "effective_share": share(counts.number("effective", "documents"), WHOLE * survivors),
    }
    return numbers, {"effective_share": found}


def mixed(counts: Counts) -> Numbers:
    components, licenses, classes = (counts.column(f"by_{name}") for name in ("component", "license", "license_class"))
    excluded = _licenses_refused(counts)
    empty: Mapping[str, float] = {name: 0.0 for name in counts.by_name("asked") if not components.get(name)}
    unit, budget = _budget(counts)
    got = counts.rows if unit == "documents" else counts.number(unit)
    numbers = {
        "rows": counts.rows,
        "words": counts.number("words"),
        "unbalanced_members": sum(components.values()) - counts.rows,
        "unbalanced_words": sum(counts.column("by_component", "words").values()) - counts.number("words"),
        "members_without_source": counts.rows - sum(counts.column("by_source").values()),
        "members_without_license": counts.rows - sum(licenses.values()) + licenses.get("", 0),
        "license_unknown_share": share(classes.get(UNKNOWN, 0), counts.rows),
        "excluded_by_license_share": share(sum(excluded.values()), sum(excluded.values()) + counts.rows),
        "empty_components": len(empty),
        "repeated_share": share(counts.number("repeats"), counts.rows),
        "budget_share": share(got, budget),
        "contaminated_members": counts.number("contaminated_members"),
        "unanswered_benchmarks": len({*counts.recipe.get("clean_of", ())} - _answered(counts)),
    }
    offenders: dict[str, Mapping[str, float]] = {
        "excluded_by_license_share": excluded,
        "license_unknown_share": classes,
        "empty_components": empty,
        "unbalanced_members": components,
        "contaminated_members": _hit(counts, "members"),
    }
    return numbers, offenders


def published(counts: Counts) -> Numbers:
    exports = counts.facts.get("exports", {})
    rows = {name: sum(shard["rows"] for shard in found["shards"]) for name, found in exports.items()}
    missing = {name: counts.rows - found for name, found in rows.items() if found != counts.rows}
    numbers: dict[str, float] = {
        "rows": counts.rows,
        "uncovered_documents": counts.uncovered(),
        "formats": len(exports),
        "incomplete_formats": len(missing),
        "words": counts.number("words"),
        "text_bytes": counts.number("text_bytes"),
        "contaminated_documents": counts.number("contaminated_documents"),
        "unanswered_benchmarks": len({*counts.bounds.get("clean_of", ())} - _answered(counts)),
    }
    return numbers, {"incomplete_formats": missing, "contaminated_documents": _hit(counts, "documents")}


def suppressed_share(status: Mapping[str, int]) -> float:
    """Copies among the documents that their policy kept."""
    suppressed = status.get("suppressed", 0)
    return share(suppressed, suppressed + status.get("survivor", 0))


def _not_removed(status: Mapping[str, int]) -> int:
    """Documents of a source that no copy and no policy removed; a takedown is asked for, and no sign of bad data."""
    return status.get("survivor", 0) + status.get("withdrawn", 0)


def _sizes(histogram: Mapping[str, int]) -> dict[str, float]:
    return {f"of {2 ** int(size):,} and more": number for size, number in histogram.items()}


def _licenses_refused(counts: Counts) -> dict[str, float]:
    refused: dict[str, float] = {}
    for by_license in counts.by_name("excluded_by_license").values():
        for name, number in by_license.items():
            refused[name] = refused.get(name, 0) + number
    return refused


def _answered(counts: Counts) -> set[str]:
    """The artifacts whose benchmarks were searched for."""
    return {name.rpartition("/")[0] for name in counts.by_name("contaminated")}


def _hit(counts: Counts, of: str) -> dict[str, float]:
    """The benchmarks that something repeats, and each of their items."""
    found: dict[str, float] = {}
    for name, hit in counts.by_name("contaminated").items():
        if hit["items"]:
            found[name] = hit[of]
            found |= {f"{name} item {item}": number for item, number in hit["items"].items()}
    return found


def _budget(counts: Counts) -> tuple[str, int]:
    asked = counts.recipe.get("budget") or {}
    return next(((unit, amount) for unit, amount in asked.items() if amount), ("documents", 0))
