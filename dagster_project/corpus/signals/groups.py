"""The signal groups: each measures some columns of the documents and is a manifest of its own.

A new group is one module with a `Group` and one line in GROUPS. Integers are stored and ratios derived by the rules;
model scores are quantized, so that ids agree across processors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from dagster_project.corpus.engine.tables import Column, Function, map_shards
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.signals import addresses, consent, counting, language
from dagster_project.corpus.storage.stores import Store


@dataclass(frozen=True)
class Group:
    """How one group is measured. `code_version` changes whenever its output does; `recipe` names models by hash."""

    code_version: str
    schema: pa.Schema
    columns: tuple[str, ...]
    measure: Callable[..., tuple[pa.Table, Mapping[str, Any]]]  # a Function; with `sites`, takes them by that name
    recipe: Callable[[], Mapping[str, Any]]
    sites: Callable[[Store, Manifest], Any] | None = None  # what it reads of a snapshot beside its documents


GROUPS: dict[str, Group] = {
    "counts": Group(counting.CODE_VERSION, counting.SCHEMA, ("text",), counting.measure, dict),
    "language": Group(language.CODE_VERSION, language.SCHEMA, ("text",), language.measure, language.model_record),
    "addresses": Group(addresses.CODE_VERSION, addresses.SCHEMA, ("url",), addresses.measure, addresses.decided_by),
    "consent": Group(
        consent.CODE_VERSION, consent.SCHEMA, consent.COLUMNS, consent.measure, dict, sites=consent.site_files
    ),
}


def group_of(column: str) -> str:
    """The group that holds a signal."""
    for name, group in GROUPS.items():
        if column in group.schema.names[1:]:
            return name
    known = sorted(column for group in GROUPS.values() for column in group.schema.names[1:])
    raise Refused(f"{column!r} is not a signal: use one of {', '.join(known)}")


def measure(work: Work, snapshot: Manifest, group: Group) -> Manifest:
    """One row of signals for every document of a snapshot."""
    function: Function = group.measure
    if group.sites:
        function = partial(group.measure, sites=group.sites(work.store, snapshot))
    return map_shards(work, snapshot.files, function, [Column(snapshot, group.columns)])
