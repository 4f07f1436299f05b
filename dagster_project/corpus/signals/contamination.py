"""The `contamination` group: which items of the benchmarks of an artifact a document repeats, and where.

What counts as a repetition is said in `contamination/index.py`; what could not be looked for, by the artifact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.contamination.answers import SEARCHED
from dagster_project.corpus.contamination.hits import KINDS, Hits, counted, find, overlaps, tally
from dagster_project.corpus.contamination.index import Index
from dagster_project.corpus.contamination.stored import load_index
from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import Artifact

CODE_VERSION = "1"
SPAN = pa.struct(
    [
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),  # UTF-8 bytes of the text of the view
        pa.field("end", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # one of KINDS
        pa.field("found", pa.int64(), nullable=False),  # different n-grams of the item that the document has
        pa.field("total", pa.int64(), nullable=False),  # that are looked for
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("contaminated_items", pa.int64(), nullable=False),
        pa.field("contaminated_ngrams", pa.int64(), nullable=False),  # found, of all items together
        pa.field("contaminated_words", pa.int64(), nullable=False),  # in spans, each once
        pa.field("largest_overlap", pa.int64(), nullable=False),  # with an item, in millionths of what is looked for
        pa.field("contaminated", pa.list_(SPAN), nullable=False),  # in the order of benchmark, item, kind and start
    ]
)


def measure(block: Block, recipe: Mapping[str, Any], artifact: Artifact) -> tuple[pa.Table, dict[str, Any]]:
    """What every document repeats; of each benchmark the documents with a hit, spans, words in them and items."""
    if artifact.index is None:
        raise Refused("a model is nothing that documents could be searched for: name an artifact of kind benchmark")
    index = load_index(artifact.index)
    hits = find(*block.texts, index)
    documents = block.documents.num_rows
    found = overlaps(hits, documents)
    columns = [block.documents.column("doc_id"), *map(pa.array, found), spans(hits, index, documents)]
    return pa.table(columns, schema=SCHEMA), {SEARCHED: counted(tally(hits, index), index)}


def spans(hits: Hits, index: Index, documents: int) -> pa.ListArray:
    """One list of spans per document."""
    places = np.zeros(documents + 1, np.int32)
    np.cumsum(np.bincount(hits.row, minlength=documents), out=places[1:])
    values = pa.StructArray.from_arrays(
        [
            pa.array(index.names, pa.string()).take(pa.array(index.benchmark[hits.item])),
            pa.array(index.ids, pa.string()).take(pa.array(hits.item)),
            pa.array(hits.start),
            pa.array(hits.end),
            pa.array(KINDS, pa.string()).take(pa.array(hits.kind)),
            pa.array(hits.found.astype(np.int64)),
            pa.array(hits.total.astype(np.int64)),
        ],
        fields=list(SPAN),
    )
    return pa.ListArray.from_arrays(places, values, type=pa.list_(SPAN))
