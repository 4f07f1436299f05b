"""Rows of a publication made again: the text of each member as its edits leave it, cut and rendered as the recipe says,
and its tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.formats.spans import Spans
from dagster_project.corpus.formats.streams import narrowest, stream_of
from dagster_project.corpus.lineage.walk import inputs_of, texts_of
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.rendering_recipes import ControlRecipe, RenderingRecipe, TemplateRecipe
from dagster_project.corpus.publishing.encoding import encode
from dagster_project.corpus.publishing.exports import CODE_VERSION
from dagster_project.corpus.publishing.gathering import MEMBER, rendered
from dagster_project.corpus.publishing.scattering import SENT, read_texts
from dagster_project.corpus.publishing.shortening import shortened
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.scorers.tokenizers import decided_by, load_tokenizer
from dagster_project.corpus.storage.refs import read_manifest
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

PLACE = ("documents", "edits", "row")


class Made(NamedTuple):
    """Rows as they are made today, and the tokens of each with its separator; None without a tokenizer, or by another
    release of it."""

    table: pa.Table
    tokens: list[NDArray[Any]] | None


@dataclass(frozen=True)
class TextsTask:
    """Some rows of one export shard; `first` is the place of its first row among the members of the mix."""

    store: Store
    version: str
    partition: str
    number: int
    first: int
    rows: tuple[int, ...]
    erased: frozenset[bytes]
    damaged: frozenset[str] = frozenset()


def is_known(published: Manifest) -> bool:
    """Whether this release writes rows as they were written then."""
    return published.identity.code_version == CODE_VERSION


def made_again(task: TextsTask, published: Manifest) -> Made:
    """The rows of a task, made of their documents."""
    (mix,) = inputs_of(task.store, published, "mixed")
    members = _members(task, mix)
    texts = _texts(task.store, members, texts_of(task.store, mix))
    columns = {**{name: members.column(name) for name in MEMBER}, **{name: texts.column(name) for name in SENT}}
    recipe = published.identity.recipe
    table, written, _ = rendered(
        shortened(pa.table(columns).combine_chunks()), rendering_of(recipe.get("rendering")), recipe.get("seed", 0)
    )
    return Made(table, _tokens(task.store, published, table, written))


def rendering_of(said: Mapping[str, Any] | None) -> RenderingRecipe:
    """A rendering as an identity tells it."""
    if said is None:
        return RenderingRecipe()
    templates = [
        TemplateRecipe(**{**item, "phases": tuple(item["phases"]), "components": tuple(item["components"])})
        for item in said["templates"]
    ]
    controls = [ControlRecipe(**item) for item in said["controls"]]
    return RenderingRecipe(**{**said, "templates": tuple(templates), "controls": tuple(controls)})


def _members(task: TextsTask, mix: Manifest) -> pa.Table:
    """The members of some rows, which may lie in several shards of the mix."""
    wanted, tables, start = np.array(task.rows) + task.first, list[pa.Table](), 0
    for file in mix.files:
        rows = wanted[(wanted >= start) & (wanted < start + file.rows)] - start
        if len(rows):
            tables.append(read_rows(task.store, file, rows.tolist(), [*MEMBER, *PLACE]))
        start += file.rows
    return pa.concat_tables(tables).combine_chunks()


def _texts(store: Store, members: pa.Table, files: Mapping[str, File]) -> pa.Table:
    """The text of each member, in their order; each must be the document that it says."""
    found, places = list[pa.Table](), list[int]()
    for (documents, edits), at in _by_shard(members):
        if missing := [name for name in (documents, edits) if name and name not in files]:
            raise IntegrityError(f"no shard {missing[0][:12]} below the mix")
        rows, place = np.unique(members.column("row").to_numpy()[at], return_inverse=True)
        texts = read_texts(store, files[documents], files.get(edits), rows).take(pa.array(place))
        if texts.column("doc_id").to_pylist() != members.column("doc_id").take(pa.array(at)).to_pylist():
            raise IntegrityError(f"members are not in their rows of {files[documents].path}")
        found.append(texts)
        places += at
    return pa.concat_tables(found).take(pa.array(np.argsort(places))).combine_chunks()


def _by_shard(members: pa.Table) -> Iterator[tuple[tuple[str, str], list[int]]]:
    groups: dict[tuple[str, str], list[int]] = {}
    pairs = zip(*(members.column(name).to_pylist() for name in ("documents", "edits")), strict=True)
    for at, pair in enumerate(pairs):
        groups.setdefault(pair, []).append(at)
    yield from groups.items()


def _tokens(store: Store, published: Manifest, table: pa.Table, written: Spans) -> list[NDArray[Any]] | None:
    told = published.facts.get("tokenizer")
    if not told or not decided_by().items() <= published.identity.recipe.items():
        return None
    artifact = artifact_of(store, read_manifest(store, told["id"]))
    if artifact.model is None:
        return None
    tokens = encode(load_tokenizer(artifact.model, artifact.loading), table, written).tokens
    assert tokens is not None
    values, offsets = stream_of(tokens, narrowest(told["vocabulary"]), told["separator"])
    return [values[start:end] for start, end in pairwise(offsets.tolist())]
