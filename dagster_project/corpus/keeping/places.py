"""Every kind of object that a store has, by its path. What has none of these is not ours, and nothing here touches it.

Whoever writes to a new place adds a line: `tests/corpus/keeping/test_places.py` writes to all that there are.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dagster_project.corpus.model.partitions import NAME, PART, STAGES

ID = r"[0-9a-f]{64}"
NUMBER = r"[0-9]{8}\.json"
UNKNOWN = "unknown"

PLACES: dict[str, re.Pattern[str]] = {
    "data": re.compile(r"data/[^/]+/sha256/(?P<shard>[0-9a-f]{2})/(?P<id>(?P=shard)[0-9a-f]{62})\.[^/]+"),
    "manifests": re.compile(rf"manifests/(?P<id>{ID})\.json"),
    "builds": re.compile(rf"builds/(?P<id>{ID})\.json"),
    "refs": re.compile(
        rf"refs/(?P<partition>(?:{'|'.join(STAGES)})/{NAME}@{NAME}(?:\+{NAME})?(?:/{PART.pattern})?)/(?P<number>{NUMBER})"
    ),
    "replacements": re.compile(rf"replacements/(?P<id>{ID})\.json"),
    "takedowns": re.compile(rf"takedowns/(?P<number>{NUMBER})"),
    "erasures": re.compile(rf"erasures/(?P<number>{NUMBER})"),
    "cleared": re.compile(rf"cleared/(?P<number>{NUMBER})"),
    "asked": re.compile(rf"asked/[0-9a-f]{{32}}/(?P<number>{NUMBER})"),
    "statements": re.compile(rf"statements/(?P<id>{ID})/(?P<number>{NUMBER})"),
    "sweeps": re.compile(rf"sweeps/(?P<number>{NUMBER})"),
    "probes": re.compile(r"probes/[0-9a-f]{16}\.json"),
    "indexes": re.compile(rf"catalog/indexes/(?P<id>{ID})/[a-z_]+\.parquet"),
    "portraits": re.compile(rf"catalog/portraits/(?P<id>{ID})/[^/]+"),
    "catalog": re.compile(rf"catalog/(?:tables|merged/[a-z_]+\.[a-z_]+)/(?P<id>{ID})/[^/]+"),
    "scratch": re.compile(r"scratch/.+"),
}
KINDS = (*PLACES, UNKNOWN)


class Place(NamedTuple):
    """What an object is: its kind, and what its path says. `id` is the hash or the version it is named after, where
    there is one; `number` that of a publication or a state; `partition` whose publication it is."""

    kind: str
    id: str = ""
    number: int = 0
    partition: str = ""


def place_of(path: str) -> Place:
    """What lies at a path; of the kind UNKNOWN when it is none of a store's objects."""
    for kind in _kinds_under(path.partition("/")[0]):
        if found := PLACES[kind].fullmatch(path):
            said = found.groupdict()
            number = int((said.get("number") or "0").removesuffix(".json"))
            return Place(kind, said.get("id") or "", number, said.get("partition") or "")
    return Place(UNKNOWN)


def _kinds_under(top: str) -> tuple[str, ...]:
    return ("indexes", "portraits", "catalog") if top == "catalog" else (top,) if top in PLACES else ()
