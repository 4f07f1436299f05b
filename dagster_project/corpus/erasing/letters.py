"""Dead letters of documents that a snapshot identified and left out: these alone say which raw objects hold them."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.documents import ID, LEFT_OUT

SAID = r'^\{"doc_id":"(?P<doc_id>[0-9a-f]{32})"'  # canonical JSON, in which this is the first of its keys


def detail_of(doc_id: bytes, said: Mapping[str, object]) -> str:
    """What the letter of a left-out document says: its id, and more by names that sort after it."""
    return canonical({"doc_id": doc_id.hex(), **said}).decode()


def ids_alone(details: pa.ChunkedArray) -> pa.Array:
    """The same details with nothing but the ids; null where none is said."""
    ids = _ids(details)
    return pc.binary_join_element_wise(pa.scalar('{"doc_id":"'), ids, pa.scalar('"}'), "")


def left_out_documents(letters: pa.Table) -> pa.Table:
    """`doc_id` and `raw_object` of every left-out document among some dead letters."""
    letters = letters.filter(pc.is_in(letters.column("reason"), pa.array(sorted(LEFT_OUT))))
    ids = _ids(letters.column("detail"))
    doc_ids = [bytes.fromhex(item) for item in ids.drop_null().to_pylist()]
    raw_objects = letters.column("raw_object").filter(ids.is_valid())
    return pa.table({"doc_id": pa.array(doc_ids, ID), "raw_object": raw_objects})


def _ids(details: pa.ChunkedArray) -> pa.Array:
    return pc.struct_field(pc.extract_regex(details.combine_chunks(), SAID), "doc_id")
