"""What a row lacks after its document was erased: everything that holds its text, or points into it.

In any table with `doc_id`: `text` becomes empty; titles, metadata and what a license was concluded from become null;
lists of spans of the text, and lists of words that stood on the page (evidence, findings, reservations), become empty.
Ids, source, locator, URL, dates, parents and counts stay: they say which document it was, and keep it out of later
builds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.erasing.letters import ids_alone
from dagster_project.corpus.model.documents import CONTRARY, DEAD_LETTERS, SAME
from dagster_project.corpus.model.orders import ORDER

STAYS = frozenset({"parents"})  # spans of the texts of others
NULLED = frozenset({"title", "metadata", "license_value", "tdm_policy"})
EMPTIED = frozenset({"license_findings"})  # lists of sentences that quote the page
SAID = frozenset({"start", "value", "text"})  # fields of a list's items that point into the text, or hold some of it
KEPT = ("doc_id", "record_id", "source", "locator", "url", "dates", "parents", "counts")  # for people
Mask = NDArray[np.bool_]


def blankable(schema: pa.Schema) -> list[str]:
    """The columns of a table with ids that a blanked row lacks. The order manifest of an export has spans of tokens,
    which say nothing, and stays."""
    if "doc_id" not in schema.names or schema.names == ORDER.names:
        return []
    return [field.name for field in schema if _is_blankable(field)]


def blank(table: pa.Table, chosen: Mask) -> pa.Table:
    """The table with some rows blanked; their order, and the types, stay."""
    for name in blankable(table.schema):
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        column = table.column(name).combine_chunks()
        table = table.set_column(place, field, pc.if_else(pa.array(~chosen), column, _nothing(field)))
    return table


def is_blank(table: pa.Table, rows: Sequence[int]) -> bool:
    """Whether these rows lack all of it already."""
    some = table.select(blankable(table.schema)).take(pa.array(rows, pa.int64()))
    return bool(blank_all(some).equals(some))


def blank_all(table: pa.Table) -> pa.Table:
    columns = [pa.repeat(_nothing(field), len(table)).cast(field.type) for field in table.schema]
    return pa.table(columns, schema=table.schema)


def is_dead_letters(schema: pa.Schema) -> bool:
    return bool(schema.names == DEAD_LETTERS.names)


def blank_letters(letters: pa.Table, chosen: Mask) -> pa.Table:
    """Dead letters without their excerpts, and repeated ones without the evidence that they keep: their ids stay."""
    repeats = pc.is_in(letters.column("reason"), pa.array([SAME, CONTRARY])).to_numpy()
    without = {"excerpt": (chosen, pa.scalar(None, pa.binary()))}
    without["detail"] = chosen & repeats, ids_alone(letters.column("detail"))
    for name, (those, instead) in without.items():
        place = letters.schema.get_field_index(name)
        kept = pc.if_else(pa.array(~those), letters.column(name).combine_chunks(), instead)
        letters = letters.set_column(place, letters.schema.field(place), kept)
    return letters


def _is_blankable(field: pa.Field) -> bool:
    if field.name in STAYS:
        return False
    if field.name == "text" or field.name in NULLED | EMPTIED:
        return True
    if not pa.types.is_list(field.type):
        return False
    item = field.type.value_type
    if pa.types.is_struct(item):
        return bool(SAID & {item.field(number).name for number in range(item.num_fields)})
    return False


def _nothing(field: pa.Field) -> pa.Scalar:
    if pa.types.is_list(field.type):
        return pa.scalar([], field.type)
    return pa.scalar("" if field.name == "text" else None, field.type)
