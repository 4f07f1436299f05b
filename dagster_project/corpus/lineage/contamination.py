"""Where documents repeat the items of benchmarks: the answers of what searched them, and the spans with their text."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.contamination.answers import SEARCHED, answers
from dagster_project.corpus.contamination.hits import KINDS
from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.lineage.trace import published_from
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.shards import iterate_shard, read_row
from dagster_project.corpus.storage.stores import Store

Facts = Mapping[str, Any]
TEXT_CHARS = 1000  # of a span that is told
WHOLE = KINDS[-1]


@dataclass(frozen=True)
class Search:
    """A version of the signals `contamination`, and what it was made of."""

    partition: Partition
    manifest: Manifest
    artifact: str  # its key
    benchmarks: Mapping[str, Facts]
    documents: Mapping[str, File]  # by digest
    edits: Mapping[str, File]  # by the digest of the documents; none of the raw text

    @property
    def answers(self) -> list[dict[str, Any]]:
        """One per benchmark, of all documents of the source."""
        found = answers(self.benchmarks, self.manifest.profile[SEARCHED])
        return [{**item, "of": self.partition.key, "benchmark": self.named(item["benchmark"])} for item in found]

    def named(self, benchmark: str) -> str:
        return f"{self.artifact}/{benchmark}"


def searches_of(store: Store, mixed: Manifest) -> list[Search]:
    """Those that a mix rests on."""
    names = [item for item in mixed.inputs if item.stage == "signals"]
    found = ((parse(item.partition)[0], load_manifest(store, item.id)) for item in names)
    return [search_of(store, *item) for item in found if item[1].identity.recipe.get("group") == "contamination"]


def search_of(store: Store, partition: Partition, manifest: Manifest) -> Search:
    inputs = {item.stage: (item, load_manifest(store, item.id)) for item in manifest.inputs}
    name, artifact = inputs["artifacts"]
    documents, edits = inputs["snapshots"][1], inputs["signals"][1] if "signals" in inputs else None
    return Search(
        partition,
        manifest,
        parse(name.partition)[0].key,
        artifact.facts["artifact"]["benchmarks"],
        {file.sha256: file for file in documents.files},
        {file.documents: file for file in edits.files} if edits else {},
    )


def answers_of_mix(store: Store, mix: Partition, mixed: Manifest) -> list[dict[str, Any]]:
    """What a mix promised: of its members, what its gate excluded, and what was found in the exported text."""
    published = published_from(store, mix, mixed.id)
    exported = {item["benchmark"]: item for item in (published.facts.get("clean_of", ()) if published else ())}
    excluded = mixed.profile.get("excluded_by_contamination", {}).values()
    return [
        {
            **item,
            "of": mix.key,
            "excluded": sum(counts.get(item["benchmark"], 0) for counts in excluded),
            "documents": exported[item["benchmark"]]["documents"] if exported else item["members"],
            "words": exported[item["benchmark"]]["words"] if exported else None,
        }
        for item in mixed.facts.get("clean_of", ())
    ]


def worst_spans(store: Store, searches: Iterable[Search], limit: int) -> list[dict[str, Any]]:
    """Of the pairs of a document and an item those that overlap most, and of each the longest span, with its text."""
    found = heapq.nsmallest(limit, (item for search in searches for item in _spans(store, search)), key=_order)
    return [{**_told(item), "text": _text(store, item)} for item in found]


def _order(item: Facts) -> tuple[Any, ...]:
    names = ("source", "doc_id", "benchmark", "item")
    return (-item["overlap"], item["start"] - item["end"], *(item[name] for name in names))


def _told(item: Facts) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in ("search", "documents", "row")}


def _spans(store: Store, search: Search) -> Iterator[dict[str, Any]]:
    for file in search.manifest.files:
        row = 0
        for batch in iterate_shard(store, file, ["doc_id", SEARCHED]):
            for at in pc.indices_nonzero(pc.list_value_length(batch.column(1))).to_pylist():
                place = {"search": search, "documents": file.documents, "row": row + at}
                place |= {"source": search.partition.key, "doc_id": batch.column(0)[at].as_py().hex()}
                yield from ({**place, **span} for span in _longest(search, batch.column(1)[at].as_py()))
            row += batch.num_rows


def _longest(search: Search, spans: Iterable[Facts]) -> list[dict[str, Any]]:
    """The longest span of each item."""
    longest: dict[tuple[str, str], dict[str, Any]] = {}
    for span in spans:
        key = (search.named(span["benchmark"]), span["item"])
        known = longest.setdefault(key, {**span, "benchmark": key[0], "overlap": 0.0})
        overlap = 1.0 if span["kind"] == WHOLE else round(span["found"] / (span["total"] or 1), 6)
        if span["end"] - span["start"] > known["end"] - known["start"]:
            known |= {name: span[name] for name in ("start", "end", "kind")}
        known["overlap"] = max(known["overlap"], overlap)
    return list(longest.values())


def _text(store: Store, item: Facts) -> str:
    """What stands there in the view that was searched."""
    search: Search = item["search"]
    table = read_row(store, search.documents[item["documents"]], item["row"]).select(["doc_id", "text"])
    if edits := search.edits.get(item["documents"]):
        table = table.append_column("edits", read_row(store, edits, item["row"]).column("edits"))
    text: bytes = edited(table).column("text").cast(pa.large_binary())[0].as_py()
    return text[item["start"] : item["end"]].decode(errors="replace")[:TEXT_CHARS]
