"""Where the columns that a mix reads of documents stand, by the names that its expressions give them.

Bare names are columns of survivors, documents, conclusions or signals; `quality.score` is what the artifact `quality`
measures. What is measured of text is measured of the text that the policy of the member leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa

from dagster_project.corpus.building.measuring import Measuring
from dagster_project.corpus.building.recipes import Recipes, listed
from dagster_project.corpus.deduplication import decisions
from dagster_project.corpus.licenses import licensed
from dagster_project.corpus.mixing.candidates import PARENTS, WHOLE
from dagster_project.corpus.mixing.complaints import expressions_of
from dagster_project.corpus.mixing.expressions import Expression, Kind, complaint, condition, number
from dagster_project.corpus.mixing.selection import OF_DOCUMENTS, SOURCE, columns_of
from dagster_project.corpus.model.documents import DOCUMENTS
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.measurements import Measurement
from dagster_project.corpus.model.mix_recipes import MixRecipe
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import CorpusRecipe
from dagster_project.corpus.signals.groups import GROUPS, PLAIN, group_of

PLAIN_SIGNALS = frozenset({"language"})  # measured of the raw text, as its documents are judged
OF_SURVIVORS = frozenset(decisions.SCHEMA.names) - {"doc_id", "survivor", "kind", "similarity"}


COLUMNS: Mapping[str, pa.DataType] = MappingProxyType(
    {
        **{field.name: field.type for name in PLAIN for field in list(GROUPS[name].schema)[1:]},
        **{field.name: field.type for field in list(licensed.SCHEMA)[1:]},
        **{field.name: field.type for field in DOCUMENTS if field.name in OF_DOCUMENTS},
        "weight": pa.float64(),
        **{field.name: field.type for field in decisions.SCHEMA if field.name in OF_SURVIVORS},
        SOURCE: pa.string(),
    }
)


class Place(NamedTuple):
    """The partition of a column, its name there, and what stands before that name in the table of a mix."""

    partition: Partition
    column: str
    prefix: str = ""


def unfit_columns(recipes: Recipes, mix: MixRecipe) -> Iterator[tuple[str, str]]:
    """(field, what is wrong): columns that do not exist, or that cannot be asked so. What replayed members tell is
    another matter."""
    if all(item.replay for item in mix.components):
        return
    replays = tuple(f"components[{index}]." for index, item in enumerate(mix.components) if item.replay)
    for path, text, kind in expressions_of(mix):
        if not text or complaint(text, kind) or path.startswith(replays):
            continue
        if message := _unfit(recipes, condition(text) if kind == "condition" else number(text), kind):
            yield path, message
    for index, component in enumerate(mix.components):
        if component.balance and not component.replay and (message := _groupless(recipes, component.balance.by)):
            yield f"components[{index}].balance.by", message


def _groupless(recipes: Recipes, by: str) -> str | None:
    try:
        found = type_of(recipes, by)
    except Refused as problem:
        return str(problem)
    if pa.types.is_nested(found) or pa.types.is_fixed_size_binary(found):
        return f"{by} is {found}, which has no groups: balance by a text, a number or a truth value"
    return None


def type_of(recipes: Recipes, name: str) -> pa.DataType:
    """The type of a column in expressions."""
    artifact, _, column = name.rpartition(".")
    if artifact:
        found = GROUPS[group_of_artifact(recipes, artifact, column)].schema.field(column).type
    elif name in COLUMNS:
        found = COLUMNS[name]
    else:
        raise Refused(
            f"there is no column {name}: use one of {listed(name, COLUMNS)}, or what an artifact measures, such as "
            "quality.score"
        )
    return pa.float64() if column in WHOLE else found


def _unfit(recipes: Recipes, expression: Expression, kind: Kind) -> str | None:
    try:
        expression.check(pa.schema([(name, type_of(recipes, name)) for name in expression.columns]), kind)
    except Refused as problem:
        return str(problem)
    return None


def names_of(mix: MixRecipe, corpus: str) -> list[str]:
    """All columns that a mix reads of a corpus, but for what it counts of texts that cuts leave."""
    read = [columns_of(mix, component) for component in mix.components if component.corpus == corpus]
    return list(dict.fromkeys(name for names in read for name in names))


def names_of_member(recipes: Recipes, mix: MixRecipe, corpus: str, source: str) -> list[str]:
    """The same of one member: parents, where its documents have some."""
    return [*names_of(mix, corpus), *([PARENTS] if recipes.source(source).derived_from else [])]


def is_measured_late(layer: CorpusRecipe, mix: MixRecipe, name: str) -> bool:
    """Is a column the tokens of a text that passages were cut from, of which there are no signals?"""
    return layer.passages.cuts and bool(mix.tokenizer) and name == f"{mix.tokenizer}.tokens"


def place_of(recipes: Recipes, measuring: Measuring, layer: CorpusRecipe, member: tuple[str, str], name: str) -> Place:
    """Where a column of the documents of one member of a corpus stands."""
    source, policy = member
    if name == PARENTS:
        return Place(Partition("snapshots", source), name)
    type_of(recipes, name)  # or it is refused
    if layer.passages.cuts and name in ("status", "words"):
        return Place(Partition("passages", layer.key), name)
    if name in OF_SURVIVORS:
        return Place(Partition("deduplicated", layer.key), name)
    if name == "weight" and layer.soft.model:
        return Place(Partition("weights", layer.key), name)
    if name in OF_DOCUMENTS:
        return Place(Partition("snapshots", source), name)
    if name in licensed.SCHEMA.names[1:]:
        return Place(Partition("licensed", source), name)
    artifact, _, column = name.rpartition(".")
    group = group_of(column) if not artifact else group_of_artifact(recipes, artifact, column)
    taken = recipes.artifact(artifact).key if artifact else ""
    edits = measuring.cascade_named(policy)[0].edits if GROUPS[group].has_views and group not in PLAIN_SIGNALS else ()
    part = Measurement(group, edits, taken).part
    return Place(Partition("signals", source, part), column, f"{artifact}." if artifact else "")


def group_of_artifact(recipes: Recipes, artifact: str, column: str) -> str:
    """The signal group that has a column of what an artifact measures."""
    key = recipes.artifact(artifact).key
    groups = {name for name, group in GROUPS.items() if group.takes == "artifact" and column in group.schema.names[1:]}
    if len(groups) != 1:
        known = sorted(
            {name for group in GROUPS.values() if group.takes == "artifact" for name in group.schema.names[1:]}
        )
        raise Refused(f"{artifact}.{column} is nothing that {key} measures: use one of {', '.join(known)}")
    return groups.pop()
