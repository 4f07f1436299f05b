"""A store of any size for questions of lineage: manifests, refs, shards and indexes in their real formats, by the
writers of the library, without the work of building them. Documents are of one line; fingerprints of one source are
real, those of the others are noise."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.deduplication import decisions, fingerprints, memberships
from dagster_project.corpus.filtering import verdicts
from dagster_project.corpus.licenses import licensed
from dagster_project.corpus.licenses.table import class_of
from dagster_project.corpus.lineage.index import index_version
from dagster_project.corpus.mixing import mix
from dagster_project.corpus.model.documents import DOCUMENTS, doc_id, record_id
from dagster_project.corpus.model.manifests import Identity, Input, Manifest
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.shards import write_shard
from dagster_project.corpus.storage.stores import Store

ACCESS = "public"
LICENSES = ("MIT", "CC-BY-4.0", "Apache-2.0 OR MIT")
HOSTS = 7  # of each source
COUNTED = pa.schema([pa.field("doc_id", pa.binary(16), nullable=False), pa.field("words", pa.int64(), nullable=False)])
TAKEN = 0.9  # of the documents: what the policy keeps


@dataclass(frozen=True)
class Size:
    """How much is generated."""

    manifests: int
    mixes: int
    members: int

    @property
    def documents(self) -> int:
        """So many that every mix has each of its documents a few times."""
        return self.members // 25

    @property
    def sources(self) -> int:
        return max(PER_CORPUS, self.manifests // 200 * PER_CORPUS)

    @property
    def groups(self) -> int:
        """Signal groups of each source: as many manifests as are asked for, with what else there is of a source."""
        corpora = 2 * self.sources // PER_CORPUS
        return max(1, (self.manifests - corpora - 2 * self.mixes) // self.sources - 4)


PER_CORPUS = 10


@dataclass(frozen=True)
class Source:
    """A source as members need it: its snapshot, and everything of its documents that they state."""

    key: str
    snapshot: Manifest
    prints: Manifest
    filtered: Manifest
    ids: pa.Array
    licenses: pa.Array


def generate(store: Store, size: Size, seed: int = 0) -> list[Source]:
    """Fill a store; its sources."""
    random = np.random.default_rng(seed)
    each = size.documents // size.sources
    sources = [_source(store, number, each, size.groups, random) for number in range(size.sources)]
    corpora = [
        _corpus(store, number, sources[start : start + PER_CORPUS])
        for number, start in enumerate(range(0, size.sources, PER_CORPUS))
    ]
    for number in range(size.mixes):
        chosen = [(number + step) % len(corpora) for step in range(max(1, len(corpora) * 2 // 5))]
        _mix(store, number, size.members // size.mixes, [corpora[at] for at in chosen], random)
    return sources


def text_of(source: int, row: int) -> str:
    return f"Document {row} of source {source}: the quick brown fox of house {row * 7 + source} jumps over {row} dogs."


def url_of(source: int, row: int) -> str:
    return f"https://h{row % HOSTS}.site{source}.example/{row}"


def _source(store: Store, number: int, rows: int, groups: int, random: np.random.Generator) -> Source:
    key = f"source{number}@1"
    texts = [text_of(number, row) for row in range(rows)]
    urls = [url_of(number, row) for row in range(rows)]
    records = [record_id(f"source{number}", url) for url in urls]
    ids = pa.array([doc_id(*pair) for pair in zip(records, map(str.encode, texts), strict=True)], pa.binary(16))
    licenses = pa.array([LICENSES[(number + row) % len(LICENSES)] for row in range(rows)])
    said = {"doc_id": ids, "record_id": records, "source": [f"source{number}"] * rows, "locator": urls, "url": urls}
    table = filled(DOCUMENTS, {**said, "text": texts, "raw_position": np.arange(rows)}, rows)
    raw = [{"uri": "", "sha256": "0" * 64, "size": rows}]
    snapshot = _put(store, f"snapshots/{key}", [(table, "")], [], facts={"raw_objects": raw})
    documents, above = snapshot.files[0].sha256, _input(f"snapshots/{key}", snapshot)
    classes = [class_of(name) for name in licenses.to_pylist()]
    concluded = filled(licensed.SCHEMA, {"doc_id": ids, "license": licenses, "license_class": classes}, rows)
    _put(store, f"licensed/{key}", [(concluded, documents)], [above])
    recipe = FingerprintRecipe()
    prints = _prints(number, texts, urls, ids, recipe, random)
    printed = _put(store, f"fingerprints/{key}/{recipe.part}", [(prints, documents)], [above], vars(recipe))
    counted = pa.table([ids, np.full(rows, 20)], schema=COUNTED)
    measured = [_put(store, f"signals/{key}/group{at}", [(counted, documents)], [above]) for at in range(groups)]
    keeps = np.arange(rows) < rows * TAKEN
    rules = [None if keep else "words" for keep in keeps.tolist()]
    judged = filled(verdicts.SCHEMA, {"doc_id": ids, "keep": keeps, "rule": rules, "value": np.full(rows, 20.0)}, rows)
    reads = [above, _input(f"signals/{key}/group0", measured[0])]
    said_by = {"rules": [{"rule": "words", "name": "words", "min": 0}]}
    filtered = _put(store, f"filtered/{key}+plain", [(judged, documents)], reads, said_by)
    return Source(key, snapshot, printed, filtered, ids, licenses)


def _prints(
    number: int, texts: Sequence[str], urls: Sequence[str], ids: pa.Array, recipe: FingerprintRecipe, random: Any
) -> pa.Table:
    if number == 0:
        columns = {"doc_id": ids, "text": pa.array(texts), "url": pa.array(urls)}
        return fingerprints.fingerprints(pa.table(columns), vars(recipe))[0]
    digests = [hashlib.sha256(text.encode()).digest()[:16] for text in texts]
    noise = random.bytes(8 * recipe.bands * len(texts))
    bands = [noise[at : at + 8 * recipe.bands] for at in range(0, len(noise), 8 * recipe.bands)]
    said = {"doc_id": ids, "text_digest": digests, "normalized_digest": digests, "bands": bands}
    return filled(fingerprints.SCHEMA, {**said, "shingles": np.ones(len(texts), np.int64)}, len(texts))


def _corpus(store: Store, number: int, sources: Sequence[Source]) -> tuple[Manifest, Sequence[Source]]:
    inputs, families, survivors = [], [], []
    for source in sources:
        rows, documents = len(source.ids), source.snapshot.files[0].sha256
        prints = f"fingerprints/{source.key}/{FingerprintRecipe().part}"
        inputs += [_input(f"snapshots/{source.key}", source.snapshot), _input(prints, source.prints)]
        inputs.append(_input(f"filtered/{source.key}+plain", source.filtered))
        alone = {"doc_id": source.ids, "family_size": np.ones(rows, np.int64)}
        families.append((filled(memberships.SCHEMA, alone, rows), documents))
        classes = [class_of(name) for name in source.licenses.to_pylist()]
        said = {**alone, "status": ["survivor"] * rows, "survivor": source.ids, "license": source.licenses}
        survivors.append((filled(decisions.SCHEMA, {**said, "license_class": classes}, rows), documents))
    key = f"corpus{number}@1"
    found = _put(store, f"families/{key}", families, inputs)
    above = [*inputs, _input(f"families/{key}", found)]
    profile = {"licenses": dict.fromkeys(LICENSES, 1)}
    return _put(store, f"deduplicated/{key}", survivors, above, profile=profile), sources


def _mix(
    store: Store,
    number: int,
    members: int,
    corpora: Sequence[tuple[Manifest, Sequence[Source]]],
    random: np.random.Generator,
) -> None:
    sources = [source for _, found in corpora for source in found]
    kept = [int(np.ceil(len(source.ids) * TAKEN)) for source in sources]
    rows = np.concatenate([np.arange(count) for count in kept])
    of_source = np.repeat(np.arange(len(sources)), kept)
    copies = -(-members // len(rows))
    chosen = random.permutation(len(rows) * copies)[:members]
    copy, at = np.divmod(chosen, len(rows))
    ids = pa.chunked_array([source.ids[:count] for source, count in zip(sources, kept, strict=True)]).combine_chunks()
    said = pa.chunked_array([item.licenses[:count] for item, count in zip(sources, kept, strict=True)]).combine_chunks()
    entered = [name.split(" OR ")[-1] for name in LICENSES]  # of a choice the part that the policy lets in
    names = pa.array(entered).take(pa.array([LICENSES.index(name) for name in said.to_pylist()]))
    numbers = of_source[at]
    columns = {
        "doc_id": ids.take(pa.array(at)),
        "component": pa.repeat("all", members),
        "phase": pa.repeat("all", members),
        "copy": copy,
        "index": np.arange(members),
        "source": pa.array([source.key for source in sources]).take(pa.array(numbers)),
        "license": names.take(pa.array(at)),
        "license_class": pa.array([class_of(name) for name in names.to_pylist()]).take(pa.array(at)),
        "words": np.full(members, 20),
        "documents": pa.array([source.snapshot.files[0].sha256 for source in sources]).take(pa.array(numbers)),
        "row": rows[at],
    }
    table = filled(mix.SCHEMA, columns, members)
    shards = [(table.slice(start, mix.MEMBERS_PER_SHARD), "") for start in range(0, members, mix.MEMBERS_PER_SHARD)]
    key = f"mix{number}@1"
    inputs = [_input(f"deduplicated/corpus{item.identity.recipe['name']}@1", item) for item, _ in corpora]
    recipe = {"components": [{"name": "all", "corpus": "all", "replay": ""}]}
    mixed = _put(store, f"mixed/{key}", shards, inputs, recipe)
    exported = [(table.slice(start, 50_000).select(["doc_id"]), "") for start in range(0, members, 50_000)]
    _put(store, f"published/{key}", exported, [_input(f"mixed/{key}", mixed)])


def _put(
    store: Store,
    partition: str,
    shards: Sequence[tuple[pa.Table, str]],
    inputs: Sequence[Input],
    recipe: Mapping[str, Any] | None = None,
    *,
    profile: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Manifest:
    """A version with its indexes, published."""
    files = tuple(write_shard(store, table, access=ACCESS, documents=documents) for table, documents in shards)
    place, _ = parse(partition)
    schema = tuple((item.name, str(item.type)) for item in shards[0][0].schema)
    said = {"name": _number(place), **(recipe or {})} if place.stage != "fingerprints" else dict(recipe or {})
    digests = hashlib.sha256(f"{partition} {files}".encode()).hexdigest()
    identity = Identity(place.stage, schema, said, "1", tuple(item.id for item in inputs), digests)
    manifest = Manifest(identity, tuple(inputs), files, profile or {}, {"access": ACCESS, **(facts or {})})
    refs.put_manifest(store, manifest)
    index_version(store, manifest)
    refs.publish(store, place, manifest.id, build_key=manifest.id, started_from=None)
    return manifest


def _number(place: Partition) -> str:
    return "".join(filter(str.isdigit, place.name))


def _input(partition: str, manifest: Manifest) -> Input:
    return Input(manifest.stage, partition, manifest.id)


def filled(schema: pa.Schema, columns: Mapping[str, Any], rows: int) -> pa.Table:
    """A table of a schema whose other columns are null, or empty where they may not be."""
    return pa.table([_column(field, columns.get(field.name), rows) for field in schema], schema=schema)


def _column(field: pa.Field, given: Any, rows: int) -> pa.Array:
    if given is not None:
        found = given if isinstance(given, pa.Array | pa.ChunkedArray) else pa.array(given, field.type)
        return found.cast(field.type)
    if field.nullable:
        return pa.nulls(rows, field.type)
    if pa.types.is_list(field.type):
        return pa.array([[]] * rows, field.type)
    empty: dict[Any, Any] = {pa.string(): "", pa.binary(): b"", pa.bool_(): False}
    nothing = bytes(16) if pa.types.is_fixed_size_binary(field.type) else 0
    return pa.array([empty.get(field.type, nothing)] * rows, field.type)
