"""Which columns stand behind those of a version: carried along by name, or what a stage is known to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Facts = Mapping[str, Any]

READ = {"licensed": "license_evidence", "fingerprints": "text"}
READ_BY_SIGNALS = {"addresses": "url", "consent": ""}  # consent reads files of whole sites; all others read the text
EXPORTED = ("text", "url", "title")  # of snapshots, whatever stands between


class Column(NamedTuple):
    """A column of a partition, and whether it is carried along as it is."""

    partition: str
    name: str
    same: bool


def columns_behind(facts: Facts, version: Facts, inputs: Sequence[Facts]) -> dict[str, list[Column]]:
    """Input columns by column of a version; those of which nothing is known are left out."""
    snapshots = [item for item in facts["versions"] if item["stage"] == "snapshots"]
    found: dict[str, list[Column]] = {}
    for name, _ in version["columns"]:
        exported = version["stage"] == "published" and name in EXPORTED
        behind = [item for item in (snapshots if exported else inputs) if _has(item, name)]
        # what is written around a text, and the edits of it, make another one of it
        columns = [Column(item["partition"], name, not (exported and name == "text")) for item in behind]
        if columns := columns or _read(version, inputs):
            found[name] = columns
    return found


def _read(version: Facts, inputs: Sequence[Facts]) -> list[Column]:
    """What a stage makes all of its own columns of."""
    read = READ.get(version["stage"], "")
    if version["stage"] == "signals":
        group = version["partition"].rpartition("/")[2].partition(".")[0]
        read = READ_BY_SIGNALS.get(group, "text")
    snapshots = (item for item in inputs if item["stage"] == "snapshots")
    return [Column(item["partition"], read, False) for item in snapshots if _has(item, read)]


def _has(version: Facts, column: str) -> bool:
    return any(name == column for name, _ in version["columns"])
