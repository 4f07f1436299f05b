"""What a record says it was made from: the values of a `parents` column as parents, or why they are none.

A value is one doc_id of 32 hexadecimal digits, an object {doc_id, start, end} with a span in bytes of the parent's text
(without `start` from its beginning, without `end` to its end), or a list of these; a string may hold such a list or
object in JSON. Whether anybody has such a document is asked when the snapshot is frozen.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from dagster_project.corpus.model.documents import ID_BYTES

HEXADECIMAL = re.compile(rf"[0-9a-fA-F]{{{2 * ID_BYTES}}}")
MOST_PARENTS = 10_000  # of one document
LARGEST = 2**62  # of a place in a text; Parquet and JSON may hold more than an int64
FIELDS = frozenset({"doc_id", "start", "end"})


class BadParent(Exception):
    """A value that names no parents; says what it is instead."""


def parents_in(value: Any) -> list[dict[str, Any]]:
    """The parents in their order, each once. Raises BadParent."""
    if type(value) is str and value.lstrip().startswith(("[", "{")):
        value = _decoded(value)
    values = value if type(value) is list else [value]
    if len(values) > MOST_PARENTS:
        raise BadParent(f"more than {MOST_PARENTS:,} parents")
    found = {(item["doc_id"], item["start"], item["end"]): item for item in map(_parent, values)}
    return list(found.values())


def _decoded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadParent("text that is neither an id nor JSON") from None


def _parent(value: Any) -> dict[str, Any]:
    said = value if type(value) is dict else {"doc_id": value}
    doc_id = said.get("doc_id")
    if type(doc_id) is not str or not HEXADECIMAL.fullmatch(doc_id):
        raise BadParent(f"no id of {2 * ID_BYTES} hexadecimal digits")
    if not said.keys() <= FIELDS:
        raise BadParent("a parent with other fields than doc_id, start and end")
    start, end = said.get("start"), said.get("end")
    if not all(place is None or (type(place) is int and 0 <= place <= LARGEST) for place in (start, end)):
        raise BadParent("a span that is no byte number from 0")
    if end is not None and (start or 0) >= end:
        raise BadParent("a span that ends before it begins, or is empty")
    return {"doc_id": bytes.fromhex(doc_id), "start": start, "end": end}
