"""The `artifacts` stage: a scorer or tokenizer trained here, a model counted here, clusters found here, a file of the
user, or benchmarks, kept in the store.

Its rows are the examples that it was made from, each with what became of it; the model itself is an object under its
hash, which stands in the identity. A model is never an unversioned file on somebody's disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.contamination import stored
from dagster_project.corpus.contamination.stored import StoredIndex
from dagster_project.corpus.engine.work import ShardResult, Work, assemble
from dagster_project.corpus.model import artifact_rules
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe, BenchmarkRecipe, ExampleRecipe
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.recipes import as_data
from dagster_project.corpus.scorers import benchmarks, tokenizers
from dagster_project.corpus.scorers.complaints import BENCHMARK, complaints
from dagster_project.corpus.scorers.examples import find_file, format_of, of_file, of_version
from dagster_project.corpus.scorers.files import StoredModel, as_facts, find_model, from_facts
from dagster_project.corpus.scorers.formats import code_hash
from dagster_project.corpus.scorers.making import MAKERS, POSITIVE, REFERENCE, Found, Made, loading_of
from dagster_project.corpus.scorers.scorer import Loading
from dagster_project.corpus.scorers.selection import FATES, HELD_OUT, Origin, counted
from dagster_project.corpus.scorers.training import NEGATIVE
from dagster_project.corpus.storage.rows import column_of, entries
from dagster_project.corpus.storage.shards import write_shard
from dagster_project.corpus.storage.stores import Store

CODE_VERSION = "1"
ROWS_PER_SHARD = 1 << 18
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),  # of a file: the hash of the text
        pa.field("origin", pa.string(), nullable=False),  # partition, or sha256: and the hash of the file
        pa.field("label", pa.string(), nullable=False),
        pa.field("fate", pa.string(), nullable=False),  # one of FATES
        pa.field("score", pa.int64()),  # millionths; null but of what a scorer was measured on
    ]
)


@dataclass(frozen=True)
class Artifact:
    """An artifact as it travels to a worker: its model, which a factory of the user may do without, and its use; or the
    index of its benchmarks."""

    model: StoredModel | None
    loading: Loading
    index: StoredIndex | None = None


def schema_of(recipe: ArtifactRecipe) -> pa.Schema:
    """Rows are examples, or the items of benchmarks."""
    return benchmarks.SCHEMA if recipe.kind == BENCHMARK else SCHEMA


def find(recipe: ArtifactRecipe) -> Found:
    """Every file that a recipe names, by hash; what is missing or changed is refused."""
    for message in artifact_rules.complaints(recipe):
        raise Refused(f"artifact {recipe.name}, {message}")
    for complaint in complaints(recipe):
        raise Refused(f"artifact {recipe.name} {complaint}")
    files = {item.file: find_file(item) for item in _read_by(recipe)}
    path = Path(recipe.file).expanduser()
    model = find_model(path, recipe.license, name=recipe.name, sha256=recipe.sha256) if recipe.file else None
    return Found(files, model, code_hash(recipe.factory) if recipe.factory else "")


def recipe_of(recipe: ArtifactRecipe, found: Found) -> dict[str, Any]:
    """What of a recipe decides the artifact: files by their content, and never by their place."""
    if recipe.kind == BENCHMARK:
        return benchmarks.recipe_of(recipe, found.files)
    loading = _stated(loading_of(recipe))
    if recipe.kind == "model" or recipe.file:
        model = {"sha256": found.model.sha256} if found.model else {}
        return {"kind": recipe.kind, "loading": loading, "license": recipe.license, "code": found.code, **model}
    return {
        "kind": recipe.kind,
        "loading": loading,
        "license": recipe.license,
        "positives": [_content(item, found) for item in recipe.positives],
        "negatives": [_content(item, found) for item in recipe.negatives],
        "training": as_data(recipe.training) if recipe.kind == "scorer" else {},
        "held_out": recipe.held_out,
        "seed": recipe.seed,
        **({"tokenizer": as_data(recipe.tokenizer), **tokenizers.decided_by()} if recipe.kind == "tokenizer" else {}),
        **({"clustering": as_data(recipe.clustering)} if recipe.kind == "clusters" else {}),
    }


def build_artifact(work: Work, recipe: ArtifactRecipe, found: Found, versions: Mapping[str, Manifest]) -> Manifest:
    """Make or keep the model, or the index. `versions`: the input versions, by the partition that the recipe names."""
    if recipe.kind == BENCHMARK:
        manifest, told = benchmarks.build_benchmarks(work, recipe, found.files)
    else:
        manifest, told = _build_model(work, recipe, found, versions)
    _refuse_changed(recipe, found)
    said = {"kind": recipe.kind, "title": recipe.title, "license": recipe.license}
    return replace(manifest, facts={**manifest.facts, "artifact": {**said, **told}})


def _build_model(
    work: Work, recipe: ArtifactRecipe, found: Found, versions: Mapping[str, Manifest]
) -> tuple[Manifest, dict[str, Any]]:
    origins = [
        Origin(_examples(work.store, item, versions), is_positive, item.documents)
        for items, is_positive in ((recipe.positives, True), (recipe.negatives, False))
        for item in items
    ]
    with tempfile.TemporaryDirectory(prefix="florilegium-artifact-") as folder:
        made = MAKERS[recipe.kind](work, recipe, found, origins, Path(folder))
    names = [_origin(item, found) for item in (*recipe.positives, *recipe.negatives)]
    label = (recipe.label or POSITIVE) if recipe.kind == "scorer" else REFERENCE
    made_of = {**work.recipe, "model": made.model.sha256 if made.model else ""}
    manifest = assemble(replace(work, recipe=made_of), _shards(work, made, names, label))
    model = as_facts(made.model) if made.model else None
    return manifest, {"model": model, "loading": _stated(loading_of(recipe)), **made.facts}


def artifact_of(store: Store, manifest: Manifest) -> Artifact:
    """The artifact of a version, for those who use it."""
    if manifest.stage != "artifacts":
        raise Refused(f"{manifest.stage} {manifest.id[:12]} is no artifact: name a version of the stage artifacts")
    told = manifest.facts["artifact"]
    if told["kind"] == BENCHMARK:
        return Artifact(None, Loading(BENCHMARK), stored.from_facts(store, told["index"]))
    loading = Loading(**{**told["loading"], "cuts": tuple(told["loading"]["cuts"])})
    return Artifact(from_facts(store, told["model"]) if told["model"] else None, loading)


def _examples(store: Store, recipe: ExampleRecipe, versions: Mapping[str, Manifest]) -> Iterator[Any]:
    return of_file(recipe) if recipe.file else of_version(store, versions[recipe.partition], recipe.keep)


def _refuse_changed(recipe: ArtifactRecipe, found: Found) -> None:
    for item in _read_by(recipe):
        if find_file(item) != found.files[item.file]:
            raise Refused(f"{item.file} changed while it was read: build again when nobody writes to it")


def _read_by(recipe: ArtifactRecipe) -> list[ExampleRecipe | BenchmarkRecipe]:
    """Whatever of a recipe is read from a file, but for a model."""
    examples = [item for item in (*recipe.positives, *recipe.negatives) if item.file]
    return [*examples, *recipe.benchmarks]


def _content(recipe: ExampleRecipe, found: Found) -> dict[str, Any]:
    """A file by its hash and by how it is read, since the same bytes are other texts in another format."""
    said = {**as_data(recipe), "sha256": found.files.get(recipe.file, "")}
    return {**said, "file": "".join(format_of(Path(recipe.file))) if recipe.file else ""}


def _origin(recipe: ExampleRecipe, found: Found) -> str:
    return f"sha256:{found.files[recipe.file]}" if recipe.file else recipe.partition


def _stated(loading: Loading) -> dict[str, Any]:
    """As canonical data, in which a separator stands only where there is one."""
    said = {**asdict(loading), "cuts": list(loading.cuts)}
    return said if loading.separator else {name: value for name, value in said.items() if name != "separator"}


def _shards(work: Work, made: Made, origins: Sequence[str], label: str) -> Iterator[ShardResult]:
    """One row for every example that was read."""
    scores = np.zeros(len(made.records), np.int64)
    is_scored = np.zeros(len(made.records), bool)
    if len(made.scores):
        is_scored = made.fates == HELD_OUT
        scores[is_scored] = made.scores
    for start in range(0, len(made.records), ROWS_PER_SHARD):
        rows = slice(start, start + ROWS_PER_SHARD)
        records = made.records[rows]
        labels = np.where(records["positive"], label, NEGATIVE)
        columns = [
            column_of(records["id"]),
            pa.array(origins, pa.string()).take(pa.array(records["origin"])),
            pa.array(labels.tolist(), pa.string()),
            pa.array(FATES, pa.string()).take(pa.array(made.fates[rows])),
            pa.array(scores[rows], mask=~is_scored[rows]),
        ]
        table = pa.table(columns, schema=SCHEMA)
        file = write_shard(work.store, table, access=work.access)
        profile = {"examples": {str(name): counted(made.fates[rows][labels == name]) for name in np.unique(labels)}}
        yield ShardResult(file, profile, entries(table).tobytes())
