"""Which examples are learned from, which are held out, and which are neither and why.

All is decided by a keyed hash of the text: the same whatever the order in which the examples came, and no text is on
both sides. The texts lie in a temporary file; memory holds 64 bytes for each.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.scorers.examples import Example
from dagster_project.corpus.scorers.fasttext_models import line_of

RECORD = np.dtype(
    [
        ("rank", "<u8"),  # the two halves of the hash of the text
        ("draw", "<u8"),
        ("id", "V16"),
        ("positive", "?"),
        ("origin", "<i4"),
        ("offset", "<i8"),
        ("length", "<i8"),
    ]
)
Records = NDArray[np.void]
Fates = NDArray[np.int8]
FATES = ("train", "held-out", "empty", "contradictory", "repeated", "beyond the limit", "to balance the classes")
TRAIN, HELD_OUT, EMPTY, CONTRADICTORY, REPEATED, BEYOND, UNBALANCED = range(len(FATES))
HELD = 1 << 16  # records before they become an array


class Origin(NamedTuple):
    """Where examples come from: the examples, whether they are positive, and how many are taken at most."""

    examples: Iterable[Example]
    is_positive: bool
    documents: int | None = None


class Pool:
    """Every example in a temporary file, as one line or as it is, and a record of each."""

    def __init__(self, file: BinaryIO, seed: int, written: Callable[[str], str]):
        self._file, self._written = file, written
        self._key = hashlib.sha256(f"florilegium examples {seed}".encode()).digest()
        self._parts: list[Records] = []
        self.records: Records = np.empty(0, RECORD)

    def fill(self, origins: Sequence[Origin]) -> None:
        """Read everything there is, and order it by hash."""
        for number, origin in enumerate(origins):
            held = []
            for example in origin.examples:
                held.append(self._record(example, number, origin.is_positive))
                if len(held) == HELD:
                    self._parts.append(np.array(held, RECORD))
                    held = []
            self._parts.append(np.array(held, RECORD))
        records = np.concatenate(self._parts) if self._parts else self.records
        ids = np.ascontiguousarray(records["id"]).view(">u8").reshape(-1, 2)
        order = (ids[:, 1], ids[:, 0], records["origin"], ~records["positive"], records["draw"], records["rank"])
        self.records = records[np.lexsort(order)]
        self._parts.clear()

    def texts(self, records: Records) -> Iterator[str]:
        """The texts of some records, as they were written."""
        for offset, length in zip(records["offset"].tolist(), records["length"].tolist(), strict=True):
            self._file.seek(offset)
            yield self._file.read(length).decode()

    def _record(self, example: Example, origin: int, is_positive: bool) -> tuple[object, ...]:
        text = self._written(example.text).encode()
        hashed = hashlib.blake2b(text, digest_size=16, key=self._key).digest()
        offset = self._file.tell()
        self._file.write(text)
        rank, draw = int.from_bytes(hashed[:8], "big"), int.from_bytes(hashed[8:], "big")
        return rank, draw, example.doc_id, is_positive, origin, offset, len(text)


def one_line(text: str) -> str:
    """A text as fastText reads it."""
    return line_of(text).strip()


def unchanged(text: str) -> str:
    """A text with its lines and spaces."""
    return text


@contextlib.contextmanager
def pooled(origins: Sequence[Origin], seed: int, written: Callable[[str], str] = one_line) -> Iterator[Pool]:
    """All examples, while their file lasts."""
    with tempfile.TemporaryFile(prefix="florilegium-examples-") as file:
        pool = Pool(file, seed, written)
        pool.fill(origins)
        yield pool


def fates_of(records: Records, limits: Sequence[int | None], *, balanced: bool, held_out: float) -> Fates:
    """What becomes of every record, as an index into FATES: int8[n]. Records are in the order of their hashes."""
    fates = np.full(len(records), TRAIN, np.int8)
    same = np.zeros(len(records), bool)
    same[1:] = (records["rank"][1:] == records["rank"][:-1]) & (records["draw"][1:] == records["draw"][:-1])
    fates[same] = REPEATED
    text = np.cumsum(~same) - 1
    positives = np.bincount(text[records["positive"]], minlength=len(records))
    negatives = np.bincount(text[~records["positive"]], minlength=len(records))
    fates[((positives > 0) & (negatives > 0))[text]] = CONTRADICTORY
    fates[records["length"] == 0] = EMPTY
    for origin, limit in enumerate(limits):
        if limit is not None:
            fates[np.flatnonzero((fates == TRAIN) & (records["origin"] == origin))[limit:]] = BEYOND
    if balanced:
        classes = [np.flatnonzero((fates == TRAIN) & (records["positive"] == side)) for side in (True, False)]
        for rows in classes:
            fates[rows[min(map(len, classes)) :]] = UNBALANCED
    drawn = records["draw"] < np.uint64(int(held_out * (1 << 64)))
    fates[(fates == TRAIN) & drawn] = HELD_OUT
    return fates


def counted(fates: Fates) -> dict[str, int]:
    """How many examples met each fate."""
    return {fate: int((fates == number).sum()) for number, fate in enumerate(FATES)}
