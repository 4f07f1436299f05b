"""What a portrait is: a Bloom filter of the n-grams of a text, in parts, and a header that says what it can tell.

A data portrait (Marone, Van Durme 2023) holds the hashes of characters 0 to 49, 50 to 99 … of every document, as they
are: neither case nor spaces are folded. It is asked with a hash at every character. It can be made again of its version
at any time, so it lies in the catalog and is no part of the version's identity.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dagster_project.corpus.kernels.portraits import BLOCK_BITS, BLOCK_WORDS
from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.errors import IntegrityError, MissingObject
from dagster_project.corpus.storage.stores import Store

FORMAT = 1
WIDTH = 50  # characters of an n-gram, and from one to the next
BITS = 10  # of the filter for each different n-gram: 2.5 % of ASCII, less of other scripts
PROBES = 6
BLOCK_BYTES = BLOCK_BITS // 8
WORD_BYTES = BLOCK_BYTES // BLOCK_WORDS
PREFIX = "catalog/portraits/"


@dataclass(frozen=True)
class PartOf:
    """One part of the filter: the hashes whose leading bits say its number."""

    blocks: int
    elements: int  # different n-grams
    sha256: str
    false_rate: float  # with which it says yes to what it does not hold

    @property
    def size_bytes(self) -> int:
        return self.blocks * BLOCK_BYTES


@dataclass(frozen=True)
class Header:
    """A portrait less its filter. Counts are of the texts as they are exported, copies included."""

    version: str
    stage: str
    documents: int
    short: int  # documents of fewer than `width` characters, of which it knows nothing
    text_bytes: int
    covered_bytes: int  # in n-grams; the rest are the ends of documents, and the short ones
    parts: tuple[PartOf, ...]
    width: int = WIDTH
    bits: int = BITS
    probes: int = PROBES
    format: int = FORMAT

    @property
    def elements(self) -> int:
        return sum(part.elements for part in self.parts)

    @property
    def size_bytes(self) -> int:
        return sum(part.size_bytes for part in self.parts)

    @property
    def share(self) -> float:
        """Its size as a share of the text's."""
        return self.size_bytes / self.text_bytes if self.text_bytes else 0.0

    @property
    def false_rate(self) -> float:
        """How probable it is that an n-gram that no document has is held for one: each part is asked as often."""
        return sum(part.false_rate for part in self.parts) / len(self.parts)

    @property
    def certain(self) -> int:
        """Characters from which on a span that stands in a document is never missed."""
        return 2 * self.width - 1


def write_header(store: Store, header: Header) -> None:
    """The last object of a portrait: it stands when its header does."""
    store.put(_header_path(header.version), canonical(asdict(header)))


def read_header(store: Store, version: str) -> Header | None:
    """The header of a portrait; None when there is none, or one of another format, which is made again."""
    try:
        told: Mapping[str, Any] = json.loads(store.get(_header_path(version)))
    except MissingObject:
        return None
    except ValueError:
        raise IntegrityError(
            f"{_header_path(version)} was altered: remove it, and the portrait is made again"
        ) from None
    if told.get("format") != FORMAT:
        return None
    return Header(**{**told, "parts": tuple(PartOf(**part) for part in told["parts"])})


def part_path(version: str, number: int) -> str:
    return f"{PREFIX}{version}/{number:04d}.bloom"


def forget(store: Store, version: str) -> None:
    """Remove a portrait: of what is to be erased nothing may be asked any more."""
    store.delete([entry.path for entry in store.list(f"{PREFIX}{version}/")])


def portrayed(store: Store) -> dict[str, float]:
    """The versions of which there is anything, and when the last of it was written, in seconds since the epoch."""
    found: dict[str, float] = {}
    for entry in store.list(PREFIX):
        version = entry.path.removeprefix(PREFIX).partition("/")[0]
        found[version] = max(found.get(version, 0.0), entry.modified)
    return found


def told_of(header: Header) -> dict[str, Any]:
    """The same for people and programs."""
    facts = {name: value for name, value in asdict(header).items() if name != "parts"}
    return {
        **facts,
        "parts": len(header.parts),
        "elements": header.elements,
        "size_bytes": header.size_bytes,
        "share_of_text": round(header.share, 6),
        "false_rate": round(header.false_rate, 6),
        "certain": header.certain,
    }


def _header_path(version: str) -> str:
    return f"{PREFIX}{version}/header.json"
