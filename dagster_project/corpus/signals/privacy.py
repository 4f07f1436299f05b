"""The `privacy` group: where personal data and secrets stand in a text, and how many of each kind.

Places are stored, and never what was found there. Where findings overlap, the kind that stands first in KINDS is
kept, and of one kind the longer. What is looked for is said in `personal_data`, `phones`, `national_ids`, `secrets`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.signals.national_ids import NATIONAL_IDS
from dagster_project.corpus.signals.patterns import Found, Scanner, joined_texts
from dagster_project.corpus.signals.personal_data import PERSONAL_DATA
from dagster_project.corpus.signals.phones import PHONES
from dagster_project.corpus.signals.secrets import SECRETS

CODE_VERSION = "1"
STRETCH = 16 << 10  # bytes of text that are shown to all patterns together; a longer document is one stretch
PATTERNS = (*SECRETS, *PERSONAL_DATA, *NATIONAL_IDS, *PHONES)
KINDS: Mapping[str, str] = {  # most specific first; and the column of their count
    "private_key": "private_keys",
    "api_key": "api_keys",
    "email": "emails",
    "iban": "ibans",
    "credit_card": "credit_cards",
    "national_id": "national_ids",
    "ipv6": "ipv6_addresses",
    "ipv4": "ipv4_addresses",
    "phone": "phones",
}
RANKS = {kind: rank for rank, kind in enumerate(KINDS)}
FINDING = pa.struct(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),  # UTF-8 bytes of the text of the view
        pa.field("end", pa.int64(), nullable=False),
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        *[pa.field(column, pa.int64(), nullable=False) for column in KINDS.values()],
        pa.field("findings", pa.list_(FINDING), nullable=False),  # in the order of the text, none overlaps another
    ]
)


def measure(block: Block, recipe: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    """The findings of every document; of each kind how many documents have one, and how many there are by pattern."""
    found, patterns = findings(*block.texts)
    lists = as_lists(found, block.documents.num_rows)
    counts = {kind: np.zeros(len(lists), np.int64) for kind in KINDS}
    for document, item in found:
        counts[item.pattern.kind][document] += 1
    columns = [block.documents.column("doc_id"), *[pa.array(counts[kind]) for kind in KINDS], lists]
    return pa.table(columns, schema=SCHEMA), {
        "findings": {kind: int(counts[kind].sum()) for kind in KINDS},
        "documents_with": {kind: int((counts[kind] > 0).sum()) for kind in KINDS},
        "patterns": dict(sorted(patterns.items())),
    }


def decided_by() -> Mapping[str, Any]:
    """What the lineage says of the engine and the list that decide."""
    return {"re2": version("google-re2"), "public_suffix_list": version("publicsuffixlist")}


def findings(data: Bytes, offsets: Offsets) -> tuple[list[tuple[int, Found]], Counter[str]]:
    """Every finding with its document, in the order of the text, at bytes of its own document; and how many each
    pattern gave."""
    joined, starts = joined_texts(data, offsets)
    found = (item for start, end in _stretches(starts, len(joined)) for item in scanner().scan(joined, start, end))
    kept = without_overlaps(found, len(joined))
    placed = []
    for item in kept:
        document = bisect_right(starts, item.start) - 1
        start = item.start - starts[document]
        placed.append((document, Found(start, start + item.end - item.start, item.pattern)))
    return placed, Counter(item.pattern.name for item in kept)


@lru_cache(maxsize=1)
def scanner() -> Scanner:
    """All patterns, ready to be looked for."""
    return Scanner(PATTERNS)


def without_overlaps(found: Iterable[Found], size: int) -> list[Found]:
    """The findings that stay, in the order of the text of `size` bytes."""
    ranked = sorted(found, key=lambda item: (RANKS[item.pattern.kind], item.start - item.end, item.start))
    taken = bytearray(size if ranked else 0)
    kept = []
    for item in ranked:
        if taken.find(1, item.start, item.end) < 0:
            taken[item.start : item.end] = b"\1" * (item.end - item.start)
            kept.append(item)
    return sorted(kept)


def as_lists(found: Iterable[tuple[int, Found]], documents: int) -> pa.ListArray:
    """One list of findings per document."""
    rows = list(found)
    places = np.zeros(documents + 1, np.int32)
    np.cumsum(np.bincount([document for document, _ in rows] or [], minlength=documents), out=places[1:])
    values = pa.StructArray.from_arrays(
        [
            pa.array([item.pattern.kind for _, item in rows], pa.string()),
            pa.array([item.start for _, item in rows], pa.int64()),
            pa.array([item.end for _, item in rows], pa.int64()),
        ],
        fields=list(FINDING),
    )
    return pa.ListArray.from_arrays(places, values, type=pa.list_(FINDING))


def _stretches(starts: list[int], size: int) -> Iterator[tuple[int, int]]:
    """Whole documents of STRETCH bytes together."""
    first = 0
    for start in [*starts[1:], size]:
        if start - first >= STRETCH or start == size:
            yield first, start
            first = start
