"""Files of exports that stand though a record says that they are gone.

They are named after their bytes, so an erased one is written again as soon as another export has the same: of an exact
copy that is a document of its own, or offsets and indexes of texts that are as long. Then it is that export's, by the
rule by which `delete_exports` leaves it where it is: it stays while an export shard that holds no erased document names
it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pyarrow.compute as pc

from dagster_project.corpus.erasing.records import told_by_records
from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.replacements import find_replacement, replaced_among
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.erased import erased_table, read_erasures


def owned(
    store: Store, hashes: Collection[str], orders: Collection[str] | None = None, erasing: Store | None = None
) -> set[str]:
    """Those of erased files, by their hashes, that are of an export shard without erased documents: of any that records
    tell, or of those whose order manifests have the hashes `orders`. `erasing`: the store that knows what was erased,
    if it is another one."""
    found, teller = set[str](), erasing or store
    if not hashes:
        return found
    erased = erased_table(teller, read_erasures(teller)).column("doc_id")
    for item in told_by_records(store).exports:
        named = {file.sha256 for file in item.files}.intersection(hashes) - found
        if named and (orders is None or item.order.sha256 in orders):
            try:
                ids = read_shard(store, item.order, ["doc_id"]).column("doc_id")
            except MissingObject:
                continue  # it is of nobody any more
            if not pc.any(pc.is_in(ids, erased)).as_py():
                found |= named
    return found


def orders_of(versions: Iterable[Manifest]) -> set[str]:
    """The hashes of the order manifests of these versions."""
    return {item["sha256"] for manifest in versions for item in manifest.facts.get("order", ())}


def erased_whole(store: Store, hashes: Collection[str]) -> set[str]:
    """Those of objects, by their hashes, in whose place nothing stands, as their records say."""
    made = [find_replacement(store, hash) for hash in sorted(replaced_among(store, hashes))]
    return {item.old.sha256 for item in made if item and item.new is None}
