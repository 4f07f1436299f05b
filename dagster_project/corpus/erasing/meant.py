"""Whether the table of erased documents (`takedowns/erased.py`) has none that its entry cannot mean, as far as a row
says so by itself: for entries that mean documents alone, by an id, an address or a source. Texts, licenses and copies
are told by what is gone, or by a whole corpus, and are not judged here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.erasing.standing import rows_of, said_by_snapshots
from dagster_project.corpus.lineage.index import Look, find_all
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.matching import COLUMNS, matched

TOLD = frozenset({"document", "record", "url", "host", "domain", "source"})  # kinds that a row tells


def unmeant(store: Store, table: pa.Table, entries: Sequence[Entry], look: Look = find_all) -> list[tuple[bytes, str]]:
    """Rows of ERASED, sorted, whose document stands in a snapshot where neither it nor what it was made of is what the
    entry means. One that stands in no snapshot, or in none that can be read, holds nothing here and is not judged."""
    judged = {entry.id: entry for entry in entries if entry.kind in TOLD and entry.scope == "document"}
    table = table.filter(pc.is_in(table.column("entry"), pa.array(sorted(judged), pa.string())))
    ids = table.column("doc_id").unique().to_pylist()
    seen, meant, parents = set[bytes](), set[tuple[bytes, str]](), dict[bytes, set[bytes]]()
    names_of: dict[Entry, list[str]] = {}  # of entries, by what a row can say of them
    for name, item in judged.items():
        names_of.setdefault(_spelled(item), []).append(name)
    spelled = {item.id: of for item, of in names_of.items()}
    asked_of = partial(rows_of, store, ids=pa.array(ids, ID), columns=[*COLUMNS, "parents"], look=look)
    for rows in said_by_snapshots(store, asked_of) if ids else ():
        names = rows.column("doc_id").to_pylist()
        seen.update(names)
        for entry, places in matched(rows, list(names_of)):
            meant.update((names[place], name) for place in places.tolist() for name in spelled[entry])
        for name, made_of in zip(names, rows.column("parents").to_pylist(), strict=True):
            parents.setdefault(name, set()).update(item["doc_id"] for item in made_of or ())
    asked = {(row["doc_id"], row["entry"]) for row in table.to_pylist() if row["doc_id"] in seen}
    meant |= {(bytes.fromhex(item.value), name) for name, item in judged.items() if item.kind == "document"}
    left = asked - meant
    while found := {(name, entry) for name, entry in left if any((of, entry) in meant for of in parents[name])}:
        meant |= found
        left -= found
    return sorted(left)


def _spelled(entry: Entry) -> Entry:
    """A row says of which source it is, and not of which version: the same document may stand in others."""
    value = entry.value.partition("@")[0] if entry.kind == "source" else entry.value
    return Entry(entry.kind, value)
