"""WebDataset: a tar archive of one `.txt`, one `.json` and, with tokens, one `.tokens.npy` per document, and beside it
one `.mask.npy` where an export masks anything.

Files are named by the index in the mix, and never by anything that a text says.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.formats.format import Format, Shard, Stored, Written
from dagster_project.corpus.formats.jsonl import json_lines
from dagster_project.corpus.formats.masks import masks_of
from dagster_project.corpus.formats.numpy_arrays import HEADER_BYTES, array_header, header_of
from dagster_project.corpus.formats.pieces import cut, fixed, joined, padding, piece
from dagster_project.corpus.formats.streams import narrowest, stream_of, token_lists
from dagster_project.corpus.formats.tar import BLOCK, MOST_MEMBERS, Member, ending, headers, members
from dagster_project.corpus.kernels.texts import Bytes, buffers
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.tokens import Tokens

TEXT, FACTS, TOKENS, MASK = "txt", "json", "tokens.npy", "mask.npy"


class Webdataset(Format):
    """`shard-00000.tar`; a file is `{index:012d}.txt` and its like, and `.json` holds every column but the text."""

    seeks: ClassVar[bool] = False
    suffix: ClassVar[str] = "tar"

    def write(self, shard: Shard) -> Written:
        numbers = shard.table.column("index").to_numpy()
        if numbers.max(initial=0) >= MOST_MEMBERS:
            raise Refused(f"a webdataset names {MOST_MEMBERS:,} documents at most: export a smaller mix")
        text = piece(*buffers(shard.table.column("text")))
        facts = pa.array(chain.from_iterable(json_lines(shard.table.drop_columns("text"))), pa.large_binary())
        files = [(TEXT, [text]), (FACTS, [facts])]
        if shard.tokens is not None:
            tokens = stream_of(shard.tokens, narrowest(shard.vocabulary), None)
            files += [(TOKENS, [_array_headers(tokens), piece(*tokens)])]
        if (masks := masks_of(shard)) is not None:
            files += [(MASK, [_array_headers(masks), piece(*masks)])]
        data, _ = joined([part for suffix, body in files for part in _file(suffix, numbers, body)])
        return Written({self.suffix: b"".join((data.data, ending(len(data))))})

    def rows(self, stored: Stored, start: int, stop: int) -> pa.Table:
        data = np.frombuffer(stored.whole(self.suffix), np.uint8)
        found: dict[str, list[Member]] = {TEXT: [], FACTS: [], TOKENS: [], MASK: []}
        for member in members(data):
            found[member.name.partition(".")[2]].append(member)
        texts, facts, *arrays = found.values()
        if not len(texts) == len(facts) == stored.rows or any(len(files) not in (0, stored.rows) for files in arrays):
            raise ValueError(f"{len(texts)} texts and {len(facts)} records")
        told = [orjson.loads(data[item.start : item.start + item.size].tobytes()) for item in facts[start:stop]]
        columns = {
            "index": pa.array([row["index"] for row in told], pa.int64()),
            "doc_id": pa.array([bytes.fromhex(row["doc_id"]) for row in told], ID),
            "text": _bodies(data, texts[start:stop]).cast(pa.string()),
        }
        tokens, masks = arrays
        if tokens or not texts:
            columns["tokens"] = _arrays(data, tokens[start:stop])
        if masks:
            columns["mask"] = _arrays(data, masks[start:stop])
        return pa.table(columns)


def _file(suffix: str, numbers: NDArray[np.int64], body: Sequence[pa.LargeBinaryArray]) -> list[pa.LargeBinaryArray]:
    """A file for each row: its header, the parts of its body, and what fills its last block."""
    sizes = np.sum([np.diff(buffers(part)[1]) for part in body], axis=0)
    return [headers(suffix, numbers, sizes), *body, padding(sizes, BLOCK)]


def _array_headers(tokens: Tokens) -> pa.LargeBinaryArray:
    lengths, rows = np.unique(np.diff(tokens.offsets), return_inverse=True)
    known = b"".join(array_header(tokens.values.dtype, length) for length in lengths.tolist())
    return fixed(np.frombuffer(known, np.uint8).reshape(-1, HEADER_BYTES)[rows])


def _bodies(data: Bytes, files: Sequence[Member], skip: int = 0) -> Any:
    """What the files hold after their first `skip` bytes."""
    places = np.array([(item.start, item.start + item.size) for item in files], np.int64).reshape(-1, 2)
    return cut(data, places[:, 0] + skip, places[:, 1])


def _arrays(data: Bytes, files: Sequence[Member]) -> pa.ListArray:
    first = files[0].start if files else 0
    dtype = header_of(data[first : first + HEADER_BYTES].tobytes())[0] if files else np.dtype("<u2")
    found, offsets = buffers(_bodies(data, files, HEADER_BYTES))
    return token_lists(Tokens(np.frombuffer(found.tobytes(), dtype), offsets // dtype.itemsize))
