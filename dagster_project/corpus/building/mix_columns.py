"""Where the columns that a mix reads of documents stand, by the names that its expressions give them.

Bare names are columns of survivors, documents, conclusions or signals; `quality.score` is what the artifact `quality`
measures. What is measured of text is measured of the text that the policy of the member leaves.
"""

from __future__ import annotations

from typing import NamedTuple

from dagster_project.corpus.building.measuring import Measuring
from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.deduplication import decisions
from dagster_project.corpus.licenses import licensed
from dagster_project.corpus.mixing.selection import OF_DOCUMENTS, columns_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.measurements import Measurement
from dagster_project.corpus.model.mix_recipes import MixRecipe
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import CorpusRecipe
from dagster_project.corpus.signals.groups import GROUPS, group_of

PLAIN_SIGNALS = frozenset({"language"})  # measured of the raw text, as its documents are judged
OF_SURVIVORS = frozenset(decisions.SCHEMA.names) - {"doc_id", "survivor", "kind", "similarity"}


class Place(NamedTuple):
    """The partition of a column, its name there, and what stands before that name in the table of a mix."""

    partition: Partition
    column: str
    prefix: str = ""


def names_of(mix: MixRecipe, corpus: str) -> list[str]:
    """All columns that a mix reads of a corpus, but for what it counts of texts that cuts leave."""
    read = [columns_of(mix, component) for component in mix.components if component.corpus == corpus]
    return list(dict.fromkeys(name for names in read for name in names))


def is_measured_late(layer: CorpusRecipe, mix: MixRecipe, name: str) -> bool:
    """Is a column the tokens of a text that passages were cut from, of which there are no signals?"""
    return layer.passages.cuts and bool(mix.tokenizer) and name == f"{mix.tokenizer}.tokens"


def place_of(recipes: Recipes, measuring: Measuring, layer: CorpusRecipe, member: tuple[str, str], name: str) -> Place:
    """Where a column of the documents of one member of a corpus stands."""
    source, policy = member
    if layer.passages.cuts and name in ("status", "words"):
        return Place(Partition("passages", layer.key), name)
    if name in OF_SURVIVORS:
        return Place(Partition("deduplicated", layer.key), name)
    if name == "weight" and layer.soft.model:
        return Place(Partition("weights", layer.key), name)
    if name in OF_DOCUMENTS:
        return Place(Partition("snapshots", source), name)
    if name in licensed.SCHEMA.names:
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
