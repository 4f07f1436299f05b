"""Dated member and non-member sets of a mix, for whoever measures what a model remembers of it.

After WikiMIA (Shi et al. 2024, Min-K%, arXiv:2310.16789): members were published before a day, the others after one,
and every text is cut to as many words. Results on such a split are lower bounds, and dates tell the two sides apart,
too: compare with a model that saw neither (Duan et al. 2024, arXiv:2402.07841). Passages that a corpus cuts are missing
from members alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from dagster_project.corpus.audits.ages import date_of
from dagster_project.corpus.audits.split_pools import (
    Candidate,
    Others,
    Pool,
    Wanted,
    corpora_of,
    member_shards,
    others_of_corpora,
    pool_of,
)
from dagster_project.corpus.deduplication import near_texts, standing
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.words import words_of
from dagster_project.corpus.lineage.index import find_all
from dagster_project.corpus.lineage.rows import matching
from dagster_project.corpus.mixing.standing import standing as chosen_from
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.refs import history, load_manifest
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

SIZES = (32, 64, 128, 256)
NEAR_SHOWN = 1000  # texts near one that are looked at


@dataclass(frozen=True)
class SplitRequest:
    """Days count from 1970-01-01; sizes are words."""

    members_before: int
    non_members_after: int
    sizes: tuple[int, ...] = SIZES
    per_size: int = 100
    seed: int = 0


class Probe(NamedTuple):
    """One text of a split."""

    size: int
    label: int
    said: dict[str, Any]


@dataclass
class Split:
    """What was drawn, and of each side why others were not."""

    probes: list[Probe] = field(default_factory=list)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)


def split_of(
    store: Store, engine: Engine, mix: Partition, mixed: Manifest, asked: SplitRequest, others: Others | None = None
) -> Split:
    """Draw both sides; `others` is what non-members come from, the corpora of the mix unless said otherwise."""
    if asked.non_members_after < asked.members_before:
        raise Refused("non-members begin before members end: let --non-members-after be the later day")
    found = Split()
    policy = chosen_from(store, mixed).mix.licenses
    own = others_of_corpora(store, corpora_of(store, mixed))
    drawn_from = others or own
    with ExitStack() as stack:
        before = Wanted(1, asked.members_before, asked.seed)
        members = pool_of(store, engine, member_shards(store, mixed), before, own.gone, policy, stack)
        after = Wanted(0, asked.non_members_after, asked.seed)
        rest = pool_of(store, engine, drawn_from.shards, after, drawn_from.gone, policy, stack)
        found.reasons = {"members": members.reasons, "non_members": rest.reasons}
        known = Known(store, mix, mixed)
        found.probes += [*_drawn(members, asked, known), *_drawn(rest, asked, known)]
    for label, side in ((1, "member"), (0, "non-member")):
        if not any(probe.label == label for probe in found.probes):
            reasons = found.reasons[f"{side.replace('-', '_')}s"]
            why = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common()) or "no document at all"
            raise Refused(
                f"there is no {side} to draw ({why}): choose other days or sizes, or other documents with --from"
            )
    return found


class Known:
    """What any version of a mix holds, asked by the indexes of the catalog."""

    def __init__(self, store: Store, mix: Partition, mixed: Manifest):
        self.store, self.mixed = store, mixed
        versions = {ref.id: load_manifest(store, ref.id) for ref in history(store, mix)}
        self.versions = [*{**versions, mixed.id: mixed}.values()]
        corpora = {item.id: item for version in self.versions for item in corpora_of(store, version)}
        self.corpora = [standing.standing_layers(store, corpus) for corpus in corpora.values()]

    def holds(self, ids: Sequence[bytes]) -> set[bytes]:
        """Those that some version holds."""
        found = set[bytes]()
        for version in self.versions:
            places = find_all(self.store, version, "doc_id", ids) if ids else {}
            found |= {doc_id for doc_id in ids if places[doc_id]}
        return found

    def relation(self, candidate: Candidate) -> str:
        """How a document that no version holds is related to one that some version does; nothing where it is not."""
        if self.holds(self._family(candidate)):
            return "of the family of a member"
        for layers in self.corpora:
            least = layers[-1].families.identity.recipe["near"]["similarity"]
            answer = near_texts.near_text(self.store, layers, candidate.raw, NEAR_SHOWN)
            near = [item.doc_id for item in answer.near if item.kind != "near" or item.similarity >= least]
            if self.holds(near):
                return "a copy of a member"
        return ""

    def licenses(self, ids: Sequence[bytes]) -> list[str]:
        """Under which each is in the mix."""
        found = find_all(self.store, self.mixed, "doc_id", ids)
        said = []
        for doc_id in ids:
            shard, row = found[doc_id][0]
            said.append(read_rows(self.store, self.mixed.files[shard], [row], ["license"]).column(0)[0].as_py())
        return said

    def _family(self, candidate: Candidate) -> list[bytes]:
        if candidate.family is None:
            return []
        rows = [
            found.values["doc_id"]
            for layers in self.corpora
            for layer in layers
            for found in matching(self.store, layer.families, "family", candidate.family)
        ]
        return [candidate.family, *rows]


def _drawn(pool: Pool, asked: SplitRequest, known: Known) -> Iterator[Probe]:
    """The first of a side that are long enough, size by size."""
    left = dict.fromkeys(asked.sizes, asked.per_size)
    for batch in pool.candidates():
        if not any(left.values()):
            return
        ends = [_word_ends(candidate.text) for candidate in batch]
        held = known.holds([candidate.doc_id for candidate in batch]) if not pool.wanted.label else set[bytes]()
        for candidate, at in zip(batch, ends, strict=True):
            sizes = [size for size in asked.sizes if left[size] and len(at) >= size]
            if not sizes:
                pool.reasons["too short, or not needed"] += 1
                continue
            if not pool.wanted.label and (why := _excluded(candidate, held, known)):
                pool.reasons[why] += 1
                continue
            if pool.wanted.label:
                candidate = candidate._replace(license=known.licenses([candidate.doc_id])[0])
            for size in sizes:
                left[size] -= 1
                yield _probe(candidate, pool.wanted.label, size, at)


def _excluded(candidate: Candidate, held: set[bytes], known: Known) -> str:
    return "in a version of the mix" if candidate.doc_id in held else known.relation(candidate)


def _word_ends(text: str) -> list[int]:
    """Where each word ends, in bytes."""
    words = words_of(*buffers(pa.array([text], pa.large_string())))
    ends: list[int] = words.ends.tolist()
    return ends


def _probe(candidate: Candidate, label: int, size: int, ends: list[int]) -> Probe:
    said = {
        "input": candidate.text.encode()[: ends[size - 1]].decode(),
        "label": label,
        "doc_id": candidate.doc_id.hex(),
        "date": date_of(candidate.day),
        "confidence": candidate.confidence,
        "source": candidate.source,
        "license": candidate.license,
        "words": size,
        "words_of_document": len(ends),
        "copies": candidate.copies,
    }
    return Probe(size, label, said)


def lines_of(found: Split, size: int) -> list[dict[str, Any]]:
    """The texts of one size; by id, so that their order tells nothing."""
    return sorted((probe.said for probe in found.probes if probe.size == size), key=_by_id)


def split_report(found: Split, asked: SplitRequest, mixed: Manifest) -> dict[str, Any]:
    """JSON-ready: what was asked, what was drawn, under which license policy and licenses."""
    drawn = {
        str(size): {
            side: sum(probe.size == size and probe.label == label for probe in found.probes)
            for side, label in (("members", 1), ("non_members", 0))
        }
        for size in asked.sizes
    }
    short = [size for size, counts in drawn.items() if len({asked.per_size, *counts.values()}) > 1]
    return {
        "version": mixed.id,
        "members_before": date_of(asked.members_before),
        "non_members_after": date_of(asked.non_members_after),
        "seed": asked.seed,
        "per_size": asked.per_size,
        "drawn": drawn,
        "license_policy": dict(mixed.identity.recipe["licenses"]),
        "licenses": _licenses(found),
        "not_drawn": {side: dict(reasons.most_common()) for side, reasons in found.reasons.items()},
        "warnings": [f"of {size} words there are fewer than {asked.per_size:,} on a side" for size in short],
    }


def _licenses(found: Split) -> dict[str, dict[str, int]]:
    """Documents by side and license, each once."""
    told: dict[str, dict[str, int]] = {}
    for side, label in (("members", 1), ("non_members", 0)):
        documents = {probe.said["doc_id"]: probe.said["license"] for probe in found.probes if probe.label == label}
        told[side] = dict(sorted(Counter(documents.values()).items()))
    return told


def _by_id(said: dict[str, Any]) -> str:
    return str(said["doc_id"])
