"""Mixes with everything that a recipe can say, exported in every format: the same wherever and however it is built."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.formats.format import Stored
from dagster_project.corpus.formats.formats import FORMATS, read_rows
from dagster_project.corpus.formats.streams import stream_digest, tokens_of
from dagster_project.corpus.loading.loader import Begin, Loader
from dagster_project.corpus.mixing import mix
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing import relaying
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import documents, library, write_jsonl
from tests.corpus.deduplication.test_layers import write

MIXED, PUBLISHED = Partition("mixed", "rich@1"), Partition("published", "rich@1")
LICENSES = ("MIT", "CC-BY-4.0", "CC-BY-SA-4.0", "LicenseRef-Nobody-Knows")
RECIPES = {
    "sources/notes.yaml": """
name: notes
format: jsonl
location: PLACE
columns: {url: url, title: title, license: license}
""",
    "policies/plain.yaml": "name: plain\nrules:\n  - {rule: words, min: 1}\n",
    "corpora/notes.yaml": "name: notes\nmembers: [{source: notes, policy: plain}]\n",
    "artifacts/bpe.yaml": """
name: bpe
version: "1"
kind: tokenizer
positives: [{partition: snapshots/notes@dev}]
tokenizer: {vocabulary: 400}
""",
    "mixes/rich.yaml": """
name: rich
version: "1"
seed: 7
tokenizer: bpe@1
budget: {tokens: 20000}
components:
  - {name: long, corpus: notes, where: "words >= 100", balance: {by: license}}
  - {name: short, corpus: notes, where: "words < 100", quantile: {of: words, above: 0.5}, max_epochs: 8}
  - {name: any, corpus: notes, sample: "least(words, 200) / 100"}
phases:
  - {name: stable, share: 0.8, weights: {long: 3, short: 1, any: 1}}
  - {name: anneal, share: 0.2, weights: {short: 1}, order: {policy: curriculum, by: words}}
licenses: {allow: [permissive, share-alike], evidence: record}
exports: [parquet, jsonl, megatron, numpy, mds, mds-zstd, webdataset, packed]
packing: {length: 128}
rendering:
  templates: [{name: from, text: "from {source} : {text} </>", share: 0.5, phases: [stable]}]
  controls: [{token: "<|short|>", where: "words < 60"}]
shard_words: 800
""",
}


def rows() -> list[dict[str, Any]]:
    found = documents(120)
    for number, row in enumerate(found):
        row["text"] = " ".join(f"{word}{number}" for word in row["text"].split()[: 20 + 3 * number])
        row |= {"license": LICENSES[number % 4], "title": f"t{number}"}
    return found


def built(store: Store, folder: Path, files: int = 1, workers: int = 1, **changes: str) -> Library:
    everything = rows()
    for number in range(files):
        write_jsonl(folder / "raw" / f"{number}.jsonl", everything[number::files])
    for name, text in RECIPES.items():
        write(folder / "recipes" / name, changes.get(name, text).replace("PLACE", str(folder / "raw")))
    found = library(store, folder / "recipes", workers=workers, auditor=GreatExpectationsAuditor())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freeze, "GROUP_BYTES", 1)
        found.build(PUBLISHED)
    found.engine.close()
    return found


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return built(MemoryStore(), tmp_path_factory.mktemp("rich"))


@pytest.fixture(scope="module")
def mixed(rich: Library) -> Manifest:
    return rich.build(MIXED).manifest


@pytest.fixture(scope="module")
def published(rich: Library) -> Manifest:
    return rich.build(PUBLISHED).manifest


def members(found: Library, manifest: Manifest) -> list[dict[str, Any]]:
    return [row for file in manifest.files for row in read_shard(found.store, file).to_pylist()]


@pytest.mark.embedded
def test_any_files_shards_and_workers_give_the_same_version(
    tmp_path: Path, s3_store: S3Store, mixed: Manifest, published: Manifest
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mix, "MEMBERS_PER_SHARD", 50)
        patch.setattr(relaying, "FAN", 3)
        other = built(s3_store, tmp_path, files=3, workers=2)
    again = other.build(MIXED).manifest
    assert len(again.files) > 1 == len(mixed.files)
    assert again.id == mixed.id
    assert other.build(PUBLISHED).manifest.id == published.id
    assert other.build(PUBLISHED).manifest.facts["stream"] == published.facts["stream"]


def test_the_budget_is_met_by_component_phase_and_group(mixed: Manifest) -> None:
    profile = mixed.profile
    asked = {name: found["tokens"] for name, found in profile["asked"].items()}
    assert asked == {"long": 9600, "short": 3200 + 4000, "any": 3200}
    assert sum(asked.values()) == 20_000
    longest = max(100 * 60, 1)
    for name, amount in asked.items():
        assert abs(profile["by_component"][name]["tokens"] - amount) < longest / 2
    assert abs(profile["tokens"] - 20_000) < 1500
    assert profile["asked"]["short"]["phases"] == {"stable": 3200, "anneal": 4000}
    groups = profile["asked"]["long"]["groups"]
    assert set(groups) == {"CC-BY-4.0", "CC-BY-SA-4.0", "MIT"}
    assert {found["tokens"] for found in groups.values()} == {3200}


def test_who_was_turned_away_is_counted(mixed: Manifest) -> None:
    profile = mixed.profile
    looked_at = 120
    for name in ("long", "short", "any"):
        kept = profile["asked"][name]["available"]["documents"]
        out = sum(profile["turned_away"][name].values()) + sum(profile["excluded_by_license"][name].values())
        assert kept + out == looked_at, name
    assert profile["license_reasons"]["any"] == {"class": 30}
    assert profile["excluded_by_license"]["any"] == {"LicenseRef-Nobody-Knows": 30}
    short = profile["turned_away"]["short"]
    assert abs(short["quantile"] - profile["asked"]["short"]["available"]["documents"]) <= 1


def test_members_are_what_their_components_say(rich: Library, mixed: Manifest) -> None:
    found = members(rich, mixed)
    assert [row["phase"] for row in found] == sorted((row["phase"] for row in found), reverse=True)
    for row in found:
        assert row["license"] != "LicenseRef-Nobody-Knows"
        assert (row["words"] >= 100) == (row["component"] == "long") or row["component"] == "any"
        assert row["tokens"] > row["words"]
    anneal = [row["words"] for row in found if row["phase"] == "anneal"]
    assert anneal == sorted(anneal)
    for name in ("long", "short"):
        copies = Counter((row["doc_id"]) for row in found if row["component"] == name)
        assert max(copies.values()) - min(copies.values()) <= 1 or name == "long"
    drawn = {row["doc_id"]: row["words"] for row in found if row["component"] == "any"}
    assert np.mean(list(drawn.values())) > np.mean([row["words"] for row in members(rich, mixed)])


def test_repeats_and_warnings_are_told(rich: Library, mixed: Manifest) -> None:
    found, repetition = members(rich, mixed), mixed.facts["repetition"]
    copies = Counter(row["doc_id"] for row in found)
    assert repetition["members"] == len(found)
    assert repetition["documents"] == len(copies)
    assert repetition["exact"] == len(found) - len(copies)
    assert repetition["most_copies"] == max(copies.values())
    assert repetition["by_source"] == {
        "notes@dev": {
            "documents": len(copies),
            "members": len(found),
            "exact": len(found) - len(copies),
            "variant": 0,
            "near": repetition["near"],
        }
    }
    assert "repetition.share" in {item["about"] for item in mixed.facts["warnings"]}


def test_what_is_planned_is_what_is_built(rich: Library, mixed: Manifest) -> None:
    planned = rich.plan_mix(MIXED)
    for name in ("rows", "words", "tokens", "distinct", "asked", "turned_away", "license_reasons"):
        assert planned[name] == mixed.profile[name], name
    assert {name: planned[name] for name in planned if name.startswith("by_")} == {
        name: counts for name, counts in mixed.profile.items() if name.startswith("by_")
    }
    assert planned["repetition"] == mixed.facts["repetition"]
    assert planned["warnings"] == mixed.facts["warnings"]


def test_a_smaller_mix_is_a_subset(rich: Library, tmp_path: Path, mixed: Manifest) -> None:
    smaller = RECIPES["mixes/rich.yaml"].replace("20000", "5000")
    found = built(MemoryStore(), tmp_path, **{"mixes/rich.yaml": smaller})
    counted = [
        Counter((row["component"], row["doc_id"], row["copy"]) for row in members(library_, manifest))
        for library_, manifest in ((found, found.build(MIXED).manifest), (rich, mixed))
    ]
    assert not counted[0] - counted[1]
    assert counted[0].total() < counted[1].total() / 2


def test_more_than_there_is_is_refused_with_arithmetic(tmp_path: Path) -> None:
    larger = RECIPES["mixes/rich.yaml"].replace("20000", "2000000")
    with pytest.raises(Refused, match=r"short is asked for 720,000 and has .* at most .* tokens can be had"):
        built(MemoryStore(), tmp_path, **{"mixes/rich.yaml": larger})


# ---- exports --------------------------------------------------------------------------------------------------


def stored(store: Store, shard: Mapping[str, Any]) -> Stored:
    files = shard["files"]
    sizes = {suffix: file["size_bytes"] for suffix, file in files.items()}
    paths = {suffix: file["path"] for suffix, file in files.items()}
    return Stored(shard["rows"], sizes, lambda suffix, start, length: store.get_range(paths[suffix], start, length))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_stream_of_tokens(rich: Library, published: Manifest, name: str) -> None:
    shards = published.facts["exports"][name]["shards"]
    assert len(shards) == len(published.files) > 3
    texts = [text for file in published.files for text in read_shard(rich.store, file, ["text"]).column(0).to_pylist()]
    streams, read = [], []
    for shard in shards:
        table = read_rows(name, stored(rich.store, shard))
        separator = None if FORMATS[name].streams else 0
        streams.append(stream_digest([tokens_of(table.column("tokens"))], separator))
        read += table.column("text").to_pylist() if "text" in table.column_names else []
    assert streams == published.facts["stream"]["shards"]
    assert published.facts["stream"]["digest"] == digest(streams)
    assert read == ([] if FORMATS[name].needs_tokens else texts)


def test_the_order_manifest_leads_to_every_token(rich: Library, mixed: Manifest, published: Manifest) -> None:
    order = [row for file in published.facts["order"] for row in read_shard(rich.store, File(**file)).to_pylist()]
    asked = members(rich, mixed)
    assert [row["index"] for row in order] == list(range(len(asked)))
    for name in ("doc_id", "component", "phase", "copy"):
        assert [row[name] for row in order] == [row[name] for row in asked]
    masked = [sum(span["end"] - span["start"] for span in row["masked"]) for row in order]
    assert [row["length"] - out for row, out in zip(order, masked, strict=True)] == [row["tokens"] + 1 for row in asked]
    at = Counter[int]()
    for row in order:
        assert row["offset"] == at[row["shard"]]
        at[row["shard"]] += row["length"]


def test_packed_sequences_hold_every_token_once(rich: Library, published: Manifest) -> None:
    found = published.facts["exports"]["packed"]["shards"]
    numpy_shards = published.facts["exports"]["numpy"]["shards"]
    first = 0
    for shard, whole in zip(found, numpy_shards, strict=True):
        sequences = np.load(io.BytesIO(rich.store.get(shard["files"]["128.npy"]["path"]))).reshape(-1, 128)
        pieces = pq.read_table(pa.BufferReader(rich.store.get(shard["files"]["pieces.parquet"]["path"]))).to_pylist()
        texts = tokens_of(read_rows("numpy", stored(rich.store, whole)).column("tokens"))
        seen = {number: np.full(size, -1) for number, size in enumerate(np.diff(texts.offsets))}
        filled: Counter[int] = Counter()
        for piece in pieces:
            at = filled[piece["row"]]
            part = sequences[piece["row"], at : at + piece["length"]]
            filled[piece["row"]] += piece["length"]
            seen[piece["index"] - first][piece["start"] : piece["start"] + piece["length"]] = part
        for number, values in seen.items():
            assert values.tolist() == texts.values[texts.offsets[number] : texts.offsets[number + 1]].tolist()
        first += shard["rows"]
    report = published.profile["packing"]
    assert report["tokens"] + report["padding_tokens"] == 128 * report["sequences"]
    assert report["tokens"] == published.profile["tokens"] + published.rows


def test_what_is_written_around_a_text_is_masked_and_drawn(rich: Library, published: Manifest) -> None:
    found = [row for file in published.files for row in read_shard(rich.store, file).to_pylist()]
    order = [row for file in published.facts["order"] for row in read_shard(rich.store, File(**file)).to_pylist()]
    texts = {row["title"]: row["text"] for row in rows()}
    in_template = [row for row in found if "</>" in row["text"]]
    stable = [row for row in found if row["phase"] == "stable"]
    assert {row["phase"] for row in in_template} == {"stable"}
    assert abs(len(in_template) - len(stable) / 2) < 4 * np.sqrt(len(stable) / 4)
    for row, placed in zip(found, order, strict=True):
        rendered, bare = row["text"].encode(), texts[row["title"]].encode()
        masked = [rendered[span["start"] : span["end"]] for span in row["masked"]]
        before = (b"<|short|>" if row["words"] < 60 else b"") + (b"from notes : " if b"</>" in rendered else b"")
        after = b" </>" if b"</>" in rendered else b""
        assert rendered == before + bare + after
        assert masked == [part for part in (before, after) if part]
        spans, last = placed["masked"], placed["length"] - 1  # the separator
        assert (any(span["start"] == 0 for span in spans), any(span["end"] == last for span in spans)) == (
            bool(before),
            bool(after),
        )
    assert published.profile["rendering"]["templates"] == {"from": len(in_template)}


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_published_can_be_loaded(rich: Library, published: Manifest, name: str) -> None:
    found = list(Loader(rich.store, published, Begin(name)))
    order = [row for file in published.facts["order"] for row in read_shard(rich.store, File(**file)).to_pylist()]
    assert [sample.index for sample in found] == list(range(published.rows))
    assert [sample.doc_id for sample in found] == [row["doc_id"] for row in order]
    assert [len(sample.tokens) for sample in found if sample.tokens is not None] == [row["length"] for row in order]


def test_a_second_build_finds_everything(rich: Library) -> None:
    assert not rich.build(PUBLISHED).fresh
    assert load_manifest(rich.store, rich.build(PUBLISHED).manifest.id).objects
