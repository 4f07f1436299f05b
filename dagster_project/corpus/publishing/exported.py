"""What a publication says of its files: each with its format and the name under which readers look for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dagster_project.corpus.formats.formats import delivered_name
from dagster_project.corpus.model.manifests import File


class Exported(NamedTuple):
    """One file of one format."""

    format: str
    name: str
    file: File


def exported_files(facts: Mapping[str, Any]) -> Iterator[Exported]:
    """All files that the facts of a publication name, format by format and shard by shard."""
    for name, found in sorted(facts.get("exports", {}).items()):
        for number, shard in enumerate(found["shards"]):
            for suffix, file in shard["files"].items():
                yield Exported(name, delivered_name(name, number, suffix), File(**file))
        for title, file in found["index"].items():
            yield Exported(name, title, File(**file))
