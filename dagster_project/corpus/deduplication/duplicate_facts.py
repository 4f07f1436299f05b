"""The copies of a corpus as plain data: families, survivors, who copies from whom, and under which licenses.

The same versions give the same facts: no clock, no host, no order of work. Layers are counted together. Of texts only
the first lines of those that lead the largest families are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dagster_project.corpus.deduplication.duplicate_counts import Counts, count_copies
from dagster_project.corpus.deduplication.explaining import family_of
from dagster_project.corpus.deduplication.keys import KINDS
from dagster_project.corpus.deduplication.standing import Standing, read_places, read_texts, standing_layers
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.lineage.told import TOLD, cut
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.stores import Store

FORMAT = 1
LINE_CHARACTERS = 300
SUMMED = ("chained", "distant", "bridges", "hot_buckets")  # of the profiles of families
Facts = dict[str, Any]


def duplicate_facts(engine: Engine, store: Store, asked: str, deduplicated: Manifest, most: int) -> Facts:
    """The copies of one version of a corpus, with `most` of its largest families."""
    layers = standing_layers(store, deduplicated)
    counts = count_copies(engine, store, layers, most)
    found = {
        "format": FORMAT,
        "asked": asked,
        "id": deduplicated.id,
        "documents": sum(layer.deduplicated.rows for layer in layers),
        "status": _summed(layer.deduplicated.profile["status"] for layer in layers),
        "by_source": _by_source(layers),
        "copies": _summed(layer.deduplicated.profile["copies"] for layer in layers),
        **_families(counts, layers[-1].families.identity.recipe["near"]["max_family"]),
        "largest": [_family(store, layers, leader, size) for leader, size in counts.largest.items()],
        "meetings": [{**meeting._asdict(), "documents": count} for meeting, count in sorted(counts.meetings.items())],
        "edges": list(_edges(layers)),
        "chains": layers[-1].families.identity.recipe["near"]["chains"],
        **{name: sum(layer.families.profile[name] for layer in layers) for name in SUMMED},
        "largest_bucket": max(layer.families.profile["largest_bucket"] for layer in layers),
        "layers": list(_layers(layers, asked)),
    }
    _add_up(found, counts)
    return found


def _summed(counted: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for counts in counted:
        total.update(counts)
    return dict(sorted(total.items()))


def _by_source(layers: Sequence[Standing]) -> dict[str, dict[str, int]]:
    profiles = [layer.deduplicated.profile["by_source"] for layer in layers]
    sources = sorted({source for profile in profiles for source in profile})
    return {source: _summed(profile.get(source, {}) for profile in profiles) for source in sources}


def _families(counts: Counts, limit: int) -> Facts:
    """Every family of n has n documents, which are counted."""
    sizes = {size: documents // size for size, documents in sorted(counts.sizes.items()) if size > 1}
    bins: dict[int, Facts] = {}
    for size, families in sizes.items():
        least = 1 << (size.bit_length() - 1)
        row = bins.setdefault(least, {"from": least, "families": 0, "documents": 0})
        row["families"] += families
        row["documents"] += families * size
    return {
        "families": sum(sizes.values()),
        "alone": counts.sizes[1],
        "sizes": list(bins.values()),
        "over_limit": sum(families for size, families in sizes.items() if size > limit),
        "max_family": limit,
    }


def _family(store: Store, layers: Sequence[Standing], leader: bytes, size: int) -> Facts:
    """One family, and what tells a person which it is."""
    members = family_of(store, layers, leader)
    (place, *_) = [member.place for member in members if member.doc_id == leader]
    (row,) = read_places(store, [place], {"snapshots": TOLD}).to_pylist()
    (text,) = read_texts(store, [place])
    return {
        "leader": leader.hex(),
        "size": size,
        "status": _summed({member.status: 1} for member in members),
        "kinds": _summed({member.kind: 1} for member in members if member.kind),
        "sources": _summed({member.place.shard.source: 1} for member in members),
        "first_line": next((line for line in text.splitlines() if line.strip()), "")[:LINE_CHARACTERS],
        **cut(row),
    }


def _edges(layers: Sequence[Standing]) -> Iterator[Facts]:
    """Between which sources documents were found to be alike, kept or not."""
    total: dict[tuple[str, str], Counter[str]] = {}
    for layer in layers:
        for one, others in layer.families.profile["overlap"].items():
            for other, kinds in others.items():
                total.setdefault((one, other), Counter()).update(kinds)
    for (one, other), kinds in sorted(total.items()):
        yield {"one": one, "other": other, "kinds": {kind: kinds[kind] for kind in KINDS}}


def _layers(layers: Sequence[Standing], asked: str) -> Iterator[Facts]:
    names = {item.id: item.partition for layer in layers for item in layer.deduplicated.inputs}
    for layer in layers:
        yield {
            "partition": names.get(layer.deduplicated.id, asked),
            "id": layer.deduplicated.id,
            "families": layer.families.id,
            "documents": layer.deduplicated.rows,
            **{name: layer.families.profile[name] for name in (*SUMMED, "largest_bucket")},
        }


def _add_up(found: Facts, counts: Counts) -> None:
    """What the rows say is what the versions say, or nothing is told."""
    suppressed, counted = found["status"].get("suppressed", 0), sum(counts.meetings.values())
    if suppressed != counted or sum(counts.sizes.values()) != found["documents"]:
        raise IntegrityError(f"{found['asked']} {found['id'][:12]} counts others than its rows: rebuild it")
