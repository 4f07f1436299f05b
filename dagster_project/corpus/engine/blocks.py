"""Some documents being measured together: their columns, and what several signal groups ask of the same text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.kernels.texts import Bytes, Offsets, buffers
from dagster_project.corpus.kernels.words import Words, words_of

BLOCK_BYTES = 4 << 20  # of text: its words take some twenty megabytes


class Block:
    """Documents as a table of the wanted columns, `doc_id` first; `text` is the text of the view."""

    def __init__(self, documents: pa.Table):
        self.documents = documents

    @cached_property
    def texts(self) -> tuple[Bytes, Offsets]:
        """UTF-8 bytes, and offsets int64[n + 1]."""
        return buffers(self.documents.column("text"))

    @cached_property
    def words(self) -> Words:
        """The words of all texts, found once for all groups."""
        return words_of(*self.texts)


def blocks(documents: pa.Table) -> Iterator[Block]:
    """The documents in blocks of about BLOCK_BYTES of text; one block where there are none, or no text."""
    if "text" not in documents.column_names or not documents.num_rows:
        yield Block(documents)
        return
    sizes = pc.binary_length(documents.column("text")).to_numpy().astype("int64")
    block = (sizes.cumsum() - sizes) // BLOCK_BYTES
    starts = [0, *((block[1:] != block[:-1]).nonzero()[0] + 1).tolist(), documents.num_rows]
    for start, end in pairwise(starts):
        yield Block(edited(documents.slice(start, end - start)))
