"""What a format is: it makes files of one export shard, and gives rows of them back.

A shard lies in memory whole when it is written. When it is read, a format asks for the bytes that it needs and no more,
as far as it can find rows without reading those before them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.tokens import Tokens
from dagster_project.corpus.storage.shards import parquet_bytes

ROWS = ("index", "doc_id", "text", "tokens", "mask")  # what rows of a shard may hold, in this order
MOST_IDS = 2**31  # int32 is the widest type that every format has
MOST_TOKENS = 2**31 - 1  # of one shard: the offsets of Arrow's lists are int32


@dataclass(frozen=True, eq=False)
class Shard:
    """One export shard: rows with at least `doc_id`, `index` and `text`, and perhaps their tokens.

    `start` is the place in the whole mix at which it begins; places of documents that were taken down have no row.
    `vocabulary` is how many ids the tokenizer has, from 0; it alone decides how wide tokens are stored, so that all
    shards of an export agree. `separator` is the id that ends every document in the formats that are one stream.
    `mask` says of every token whether it carries loss; None where the recipe of the export masks nothing.
    """

    number: int
    start: int
    table: pa.Table
    tokens: Tokens | None = None
    vocabulary: int = 0
    separator: int | None = None
    mask: NDArray[np.bool_] | None = None

    @cached_property
    def parquet(self) -> bytes:
        """Its rows, without tokens, as every shard of a store is written."""
        return parquet_bytes(self.table)

    def __post_init__(self) -> None:
        indexes = self.table.column("index").to_numpy()
        if (np.diff(indexes, prepend=self.start - 1) < 1).any():
            raise IntegrityError(f"the rows of export shard {self.number} are not numbered upwards from {self.start}")
        if self.tokens is not None:
            self._check_tokens(*self.tokens)

    def _check_tokens(self, values: NDArray[Any], offsets: NDArray[np.int64]) -> None:
        aligned = len(offsets) == self.table.num_rows + 1 and offsets[0] == 0 and offsets[-1] == len(values)
        if self.mask is not None and len(self.mask) != len(values):
            raise IntegrityError(f"the loss mask of export shard {self.number} does not cover its tokens")
        if not aligned or (np.diff(offsets) < 0).any():
            raise IntegrityError(f"the tokens of export shard {self.number} do not cover its documents")
        used = [int(values.min(initial=0)), int(values.max(initial=0)), self.separator or 0]
        if min(used) < 0 or max(used) >= min(self.vocabulary, MOST_IDS):
            raise IntegrityError(
                f"export shard {self.number} has tokens beyond its vocabulary of {self.vocabulary}: encode it again"
            )
        if len(values) + self.table.num_rows > MOST_TOKENS:
            raise Refused(f"export shard {self.number} has {len(values)} tokens: make shards smaller")


class Written(NamedTuple):
    """The files of one shard by suffix, and what the index of the whole export says of it (JSON)."""

    files: Mapping[str, bytes]
    facts: Mapping[str, Any] = {}


class Stored(NamedTuple):
    """The files of one shard where they lie: `read(suffix, start, length)` gives exactly these bytes of one of them."""

    rows: int
    sizes: Mapping[str, int]  # bytes, by suffix
    read: Callable[[str, int, int], bytes]

    def whole(self, suffix: str) -> bytes:
        return self.read(suffix, 0, self.sizes[suffix])

    def part(self, suffix: str, start: int, length: int) -> bytes:
        """`length` bytes from `start`; a ValueError where the file has not that many."""
        if not 0 <= start <= start + length <= self.sizes[suffix]:
            raise ValueError(f"{length} bytes from {start} of {self.sizes[suffix]}")
        return self.read(suffix, start, length)

    def array(self, suffix: str, dtype: Any, start: int, count: int) -> NDArray[Any]:
        """`count` items from byte `start`."""
        return np.frombuffer(self.part(suffix, start, count * np.dtype(dtype).itemsize), dtype, count)


class Format(Protocol):
    """One format. A new one is a module with such a class and a line in FORMATS."""

    stem: ClassVar[str] = "shard-{:05d}"  # the names of its files, less their suffixes
    needs_tokens: ClassVar[bool] = False  # it holds nothing else
    streams: ClassVar[bool] = False  # the separator stands at the end of every document's tokens
    seeks: ClassVar[bool] = True  # some rows are read without all others
    together: ClassVar[int] = 1  # rows that are decoded whenever one of them is asked for

    def write(self, shard: Shard) -> Written:
        """The files of a shard, byte for byte the same for the same rows; Refused for what the format cannot hold."""
        ...

    def rows(self, stored: Stored, start: int, stop: int) -> pa.Table:
        """The rows from `start` to `stop` of a shard, in those columns of ROWS that the format has. What it
        raises of ALTERED says that the file is not what was written."""
        ...

    def index(self, facts: Sequence[Mapping[str, Any]]) -> Mapping[str, bytes]:
        """The files beside all shards, by name, from the facts of every shard in order."""
        return {}


def tokens_needed(shard: Shard, name: str) -> Tokens:
    if shard.tokens is None:
        raise Refused(f"the format {name} holds tokens alone: name a tokenizer in the recipe, or another format")
    return shard.tokens
