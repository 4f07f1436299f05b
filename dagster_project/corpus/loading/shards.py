"""Samples of an export, read with one shard at hand: its files, its part of the order manifest, some decoded rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.formats.format import Format, Stored
from dagster_project.corpus.formats.formats import format_of, read_rows
from dagster_project.corpus.formats.masks import MASK, mask_of
from dagster_project.corpus.formats.spans import spans_of
from dagster_project.corpus.formats.streams import stream_of, tokens_of
from dagster_project.corpus.kernels.texts import ids_of
from dagster_project.corpus.loading.exports import Export, Place
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.tokens import Tokens
from dagster_project.corpus.storage.replacements import refuse_erased
from dagster_project.corpus.storage.shards import get_object, stands
from dagster_project.corpus.storage.stores import Store

WINDOW_ROWS = 4096  # that are decoded together where the whole shard is in memory
HEAD_BYTES = 4096  # of a file, kept while it is read by ranges: formats look there again and again
Read = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One sample of a mix. Tokens (uint16 or uint32, of one type in the whole export) end with the separator where the
    tokenizer has one, whatever the format; they are None without a tokenizer, and the text is None where the format
    has tokens alone. `mask` is true where a token carries loss."""

    index: int  # position in the whole mix, from 0
    doc_id: bytes
    component: str
    phase: str
    copy: int
    tokens: NDArray[Any] | None
    text: str | None
    mask: NDArray[np.bool_] | None


class Window(NamedTuple):
    """Decoded rows of a shard, from row `start` up to, and without, `stop`."""

    start: int
    stop: int
    tokens: Tokens | None
    texts: pa.Array | None
    mask: NDArray[np.bool_] | None = None  # of all tokens


class Reader:
    """Gives samples in the order in which they are asked for, with one shard at hand; going on within it costs nothing
    but decoding. One thread may use it.

    The files of a shard come whole and are checked by hash. With `ranged` only the parts that are asked for come, where
    the format can seek: sizes, lengths and ids are checked, and single bytes only by formats with checksums (Parquet).
    Damage is an IntegrityError.
    """

    def __init__(self, store: Store, export: Export, *, ranged: bool = False) -> None:
        self.store, self.export, self.ranged = store, export, ranged
        self._open: OpenShard | None = None

    def samples(self, first: int, stop: int) -> Iterator[Sample]:
        """The samples at the places from `first` to `stop` of the whole export."""
        for place in self.export.order.places(first, stop):
            if self._open is None or self._open.number != place.shard:
                self._open = None  # what the last shard needed is let go before more is read
                self._open = OpenShard(self.store, self.export, place.shard, self.ranged)
            yield from self._open.samples(place)


class OpenShard:
    """One shard at hand: its files or how to reach into them, its part of the order manifest, and one window."""

    def __init__(self, store: Store, export: Export, number: int, ranged: bool) -> None:
        self.export, self.number, self.format = export, number, format_of(export.format)
        self.together = rows_together(self.format, ranged)
        self.order = ShardOrder(export.order.read(store, number))
        if bad := [file for file in export.shards[number].values() if not stands(store, file)]:
            refuse_erased(store, bad[0])
            raise IntegrityError(f"{bad[0].path} is gone or cut short: build its partition again with --repair")
        fetch = _by_ranges if ranged and self.format.seeks else _whole
        reads = {suffix: fetch(store, file) for suffix, file in export.shards[number].items()}
        sizes = {suffix: file.size_bytes for suffix, file in export.shards[number].items()}
        rows = export.order.files[number].rows
        self.stored = Stored(rows, sizes, lambda suffix, start, length: reads[suffix](start, length))
        self.window = Window(0, 0, None, None)

    def samples(self, place: Place) -> Iterator[Sample]:
        start, stop = self.order.rows(place.first, place.stop)
        for row in range(start, stop):
            if not self.window.start <= row < self.window.stop:
                self.window = self.decoded(row, stop)
            yield self._sample(row)

    def decoded(self, row: int, wanted: int) -> Window:
        """The rows from `row` up to `wanted`, and those that come with them."""
        start = row - row % self.together
        stop = min(max(start + self.together, wanted), self.stored.rows)
        table = read_rows(self.export.format, self.stored, start, stop)
        order = self.order.table.slice(start, stop - start)
        for name in [name for name in ("index", "doc_id") if name in table.column_names]:
            if not table.column(name).combine_chunks().equals(order.column(name).combine_chunks()):
                self._differs(name)
        texts = table.column("text").combine_chunks() if "text" in table.column_names else None
        tokens = self._tokens(table, order)
        return Window(start, stop, tokens, texts, self._mask(table, order, tokens))

    def _tokens(self, table: pa.Table, order: pa.Table) -> Tokens | None:
        if "tokens" not in table.column_names:
            return None
        separator = None if self.format.streams else self.export.separator
        tokens = stream_of(tokens_of(table.column("tokens")), self.export.token_type, separator)
        if not np.array_equal(np.diff(tokens.offsets), order.column("length").to_numpy()):
            self._differs("length")
        return tokens

    def _mask(self, table: pa.Table, order: pa.Table, tokens: Tokens | None) -> NDArray[np.bool_] | None:
        """The mask that the order manifest tells, whatever the format; one of the format says the same."""
        if tokens is None:
            return None
        mask = mask_of(spans_of(order.column("masked").combine_chunks()), tokens.offsets)
        if "mask" in table.column_names:
            separator = None if self.format.streams or self.export.separator is None else 1
            if not np.array_equal(stream_of(tokens_of(table.column("mask")), MASK, separator).values, mask):
                self._differs("masked")
        return mask

    def _differs(self, name: str) -> NoReturn:
        where = f"{self.export.format} shard {self.number} of {self.export.order.version[:12]}"
        raise IntegrityError(
            f"{where} and its order manifest differ in {name}: it was altered; build its partition again with --repair"
        )

    def _sample(self, row: int) -> Sample:
        window, at, tokens, mask = self.window, row - self.window.start, None, None
        if window.tokens is not None:
            values, offsets = window.tokens
            tokens = values[offsets[at] : offsets[at + 1]].copy()  # of its own: a sample may outlive its shard
            mask = window.mask[offsets[at] : offsets[at + 1]].copy() if window.mask is not None else None
        text = window.texts[at].as_py() if window.texts is not None else None
        return Sample(*self.order.facts(row), tokens, text, mask)


class ShardOrder:
    """The order manifest of one shard, from which single rows are quickly told."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.indexes, self.copies = table.column("index").to_numpy(), table.column("copy").to_numpy()
        self.ids = ids_of(table.column("doc_id")).tobytes()
        self.components, self.phases = _coded(table.column("component")), _coded(table.column("phase"))

    def rows(self, first: int, stop: int) -> tuple[int, int]:
        """The rows whose samples stand at the places from `first` to `stop`."""
        start, end = np.searchsorted(self.indexes, [first, stop]).tolist()
        return start, end

    def facts(self, row: int) -> tuple[int, bytes, str, str, int]:
        """Index, id, component, phase and copy."""
        doc_id = self.ids[row * ID_BYTES : (row + 1) * ID_BYTES]
        (components, names), (phases, titles) = self.components, self.phases
        return int(self.indexes[row]), doc_id, names[components[row]], titles[phases[row]], int(self.copies[row])


def rows_together(format: Format, ranged: bool) -> int:
    """How many rows are decoded whenever one of them is asked for; 1: those that are asked for, and no other."""
    if not format.seeks:
        return 1 << 62
    return format.together if ranged else max(format.together, WINDOW_ROWS)


def _coded(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], list[str]]:
    """A code for each row, and what the codes mean."""
    coded = column.combine_chunks().dictionary_encode()
    return coded.indices.to_numpy(), coded.dictionary.to_pylist()


def _whole(store: Store, file: File) -> Read:
    body = memoryview(get_object(store, file.path, file.sha256))
    return lambda start, length: bytes(body[start : start + length])


def _by_ranges(store: Store, file: File) -> Read:
    head = store.get_range(file.path, 0, min(HEAD_BYTES, file.size_bytes))

    def read(start: int, length: int) -> bytes:
        end = start + length
        return head[start:end] if end <= len(head) else store.get_range(file.path, start, length)

    return read
