"""Partition keys: `snapshots/web@1`, `filtered/web@1+gopher`, `signals/web@1/language`, `mixed/demo@1#id`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dagster_project.corpus.model.errors import PartitionError

NAME = r"[a-z0-9][a-z0-9._-]*"
KEY = re.compile(rf"{NAME}@{NAME}")
VERDICT_KEY = re.compile(rf"{NAME}@{NAME}\+{NAME}")
PART = re.compile(r"[a-z0-9][a-z0-9._@-]*")
VERSION_ID = re.compile(r"[0-9a-f]{6,64}")

# stage → the space its keys live in; each space is one dynamic partition dimension of the Dagster shell
SPACES: dict[str, str] = {
    "snapshots": "snapshots",
    "licensed": "snapshots",
    "signals": "snapshots",
    "statistics": "snapshots",
    "fingerprints": "snapshots",
    "filtered": "verdicts",
    "families": "corpora",
    "deduplicated": "corpora",
    "passages": "corpora",
    "weights": "corpora",
    "mixed": "mixes",
    "published": "mixes",
    "artifacts": "artifacts",
}
STAGES = tuple(SPACES)
MOVING = "dev"  # the one version name that may be rebuilt from other inputs


@dataclass(frozen=True, order=True)
class Partition:
    """One partition of one stage; `part` names a signal group or the parameters of fingerprints, and is empty for
    every other stage."""

    stage: str
    key: str
    part: str = ""

    def __post_init__(self) -> None:
        check_key(self.stage, self.key)
        if self.part and (not PART.fullmatch(self.part) or ".." in self.part):
            raise PartitionError(f"{self.part!r} cannot name a part of a partition: use {PART.pattern}")

    def __str__(self) -> str:
        return "/".join(filter(None, (self.stage, self.key, self.part)))

    @property
    def name(self) -> str:
        return self.key.partition("@")[0]

    @property
    def version(self) -> str:
        return self.key.partition("@")[2].partition("+")[0]

    @property
    def policy(self) -> str:
        return self.key.partition("+")[2]

    @property
    def is_moving(self) -> bool:
        return self.version == MOVING


def check_key(stage: str, key: str) -> None:
    """Refuse what Dagster would accept: keys become object paths and range selectors."""
    if stage not in SPACES:
        raise PartitionError(f"{stage!r} is not a stage: use one of {', '.join(STAGES)}")
    pattern = VERDICT_KEY if SPACES[stage] == "verdicts" else KEY
    if not pattern.fullmatch(key) or ".." in key:
        shape = "source@version+policy" if pattern is VERDICT_KEY else "name@version"
        raise PartitionError(f"{key!r} cannot name a partition of {stage}: use {shape} in a-z 0-9 . _ - without '..'")


def parse(text: str) -> tuple[Partition, str | None]:
    """Read `stage/key[/part][#id]`; the id, when given, addresses one exact version."""
    address, _, version = text.partition("#")
    stage, _, rest = address.partition("/")
    key, _, part = rest.partition("/")
    if version and not VERSION_ID.fullmatch(version):
        raise PartitionError(f"{version!r} is not a version id: use 6 to 64 hexadecimal digits")
    return Partition(stage, key, part), version or None
